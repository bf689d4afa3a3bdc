"""An event loop in C++, built as its author would, and what Python, h5py and h5dump read of its file."""

import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import awkward as ak
import h5py
import numpy as np
import pytest

import simdprep as sp
from tests.cmake_build import RELEASE, ROOT, build, configure, kept, run
from tests.golden.stored_bytes import stored_sha256
from tests.install.dumped_events import dumped_events, fill_values
from tests.install.installed_library import QUICK, compiler, has_hdf5, needed

pytestmark = pytest.mark.skipif(not has_hdf5(), reason="needs pkg-config and libhdf5-dev")

PROJECT = Path(__file__).parent / "dumper"
NUM_EVENTS = 700


def built(name: str, *definitions: str) -> Path:
    """Build the project and return its program."""
    with kept(name) as folder:
        configure(PROJECT, folder, QUICK, *definitions)
        build(folder, "dumper")
    return folder / "dumper"


@pytest.fixture(scope="session")
def dumper(prefix: Path) -> Path:
    """The program, built by gcc against the installed library."""
    return built("dumper-gcc", f"CMAKE_PREFIX_PATH={prefix}", f"CMAKE_CXX_COMPILER={compiler('gcc')}")


def dump(program: Path, output: Path, layout: str = "columns", rows: str = "events", **options: object) -> str:
    """Run the program and return what it prints."""
    chosen = {"events": NUM_EVENTS, "part_rows": 0, "compression": "gzip", **options}
    return run(program, output, layout, rows, *map(str, chosen.values())).stdout


def assert_sound(output: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from simdprep.cli import main; main()", "verify", output],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def expected(kept_of_jets: int | None, kept_of_tracks: int | None) -> ak.Array:
    events = dumped_events(NUM_EVENTS)
    events["tracks"] = events.tracks[:, :kept_of_jets, :kept_of_tracks]
    events["jets"] = events.jets[:, :kept_of_jets]
    return events


def assert_equal(got: ak.Array, wanted: ak.Array, where: str) -> None:
    for name in wanted.fields:
        one, other = got[name], wanted[name]
        if other.fields:
            assert_equal(one, other, f"{where}.{name}")
            continue
        assert ak.to_list(ak.num(one, axis=0)) == ak.to_list(ak.num(other, axis=0)), f"{where}.{name}"
        for axis in range(1, other.ndim):
            assert ak.all(ak.num(one, axis=axis) == ak.num(other, axis=axis), axis=None), f"{where}.{name}"
        flat, flat_wanted = (np.asarray(ak.flatten(values, axis=None)) for values in (one, other))
        assert flat.dtype == flat_wanted.dtype, f"{where}.{name}"
        np.testing.assert_array_equal(flat, flat_wanted, err_msg=f"{where}.{name}")


@pytest.fixture(scope="session")
def wanted(dumper: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file, as it is from the first of the ways."""
    output = tmp_path_factory.mktemp("wanted") / "out.h5"
    dump(dumper, output)
    return output.read_bytes()


class TestWays:
    """However the project finds the library, with either compiler, its file is the same."""

    def check(self, program: Path, tmp_path: Path, wanted: bytes) -> None:
        dump(program, tmp_path / "out.h5")
        assert_sound(tmp_path / "out.h5")
        assert (tmp_path / "out.h5").read_bytes() == wanted

    def test_a_prefix_by_clang(self, prefix, tmp_path, wanted):
        self.check(
            built("dumper-clang", f"CMAKE_PREFIX_PATH={prefix}", f"CMAKE_CXX_COMPILER={compiler('clang')}"),
            tmp_path,
            wanted,
        )

    @pytest.mark.parametrize("name", ["gcc", "clang"])
    def test_a_wheel(self, wheel, tmp_path, wanted, name):
        found = f"simdprep_DIR={wheel / 'lib' / 'cmake' / 'simdprep'}"
        self.check(built(f"dumper-wheel-{name}", found, f"CMAKE_CXX_COMPILER={compiler(name)}"), tmp_path, wanted)

    def test_a_source_tree(self, tmp_path, wanted):
        """With the machine's compiler and the options of other folders, so that theirs is not compiled again."""
        self.check(built("dumper-source", f"SIMDPREP_SOURCE={ROOT}", *RELEASE), tmp_path, wanted)

    @pytest.mark.long
    def test_a_source_tree_by_clang(self, tmp_path, wanted):
        chosen = (f"SIMDPREP_SOURCE={ROOT}", f"CMAKE_CXX_COMPILER={compiler('clang')}")
        self.check(built("dumper-source-clang", *chosen), tmp_path, wanted)

    @pytest.mark.parametrize("place", ["prefix", "wheel"])
    def test_without_cmake(self, request, tmp_path, wanted, place):
        found = next(request.getfixturevalue(place).rglob("simdprep-hdf5.pc")).parent
        environment = {**os.environ, "PKG_CONFIG_PATH": str(found)}
        asked = [needed("pkg-config", "pkg-config"), "--cflags", "--libs", "simdprep-hdf5"]
        flags = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True).stdout.split()
        run(compiler("gcc"), "-std=c++20", "-Werror", PROJECT / "main.cpp", "-o", tmp_path / "dumper", *flags)
        self.check(tmp_path / "dumper", tmp_path, wanted)


@pytest.mark.parametrize("compression", ["gzip", "none"])
@pytest.mark.parametrize("rows", ["events", "jets"])
@pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
class TestFile:
    @pytest.fixture
    def output(self, dumper, tmp_path, layout, rows, compression):
        dump(dumper, tmp_path / "cpp.h5", layout, rows, compression=compression)
        return tmp_path / "cpp.h5"

    def test_it_is_that_of_pythons_writer(self, output, tmp_path):
        """The same schema gives the same chunks, byte by byte."""
        schema = sp.open(output).schema
        with warnings.catch_warnings(action="ignore"), sp.Writer(tmp_path / "python.h5", schema) as writer:
            writer.fill(dumped_events(NUM_EVENTS))
            writer.close()  # warns of what is truncated
        assert stored_sha256(output) == stored_sha256(tmp_path / "python.h5")
        with h5py.File(output) as ours, h5py.File(tmp_path / "python.h5") as theirs:
            assert_same_file(ours, theirs)

    def test_it_is_sound_and_read_back(self, output, layout, rows):
        assert_sound(output)
        dataset = sp.open(output)
        pad_of_jets = None if layout == "ragged" or rows == "jets" else 3
        if layout == "compound" and rows == "jets":
            assert dataset.num_rows == ak.sum(ak.num(dumped_events(NUM_EVENTS).jets))  # events without rows are gone
            return
        assert_equal(dataset.events(0, NUM_EVENTS), expected(pad_of_jets, None if layout == "ragged" else 2), "events")

    def test_fill_values_are_those_of_the_columns(self, output):
        schema = json.loads(h5py.File(output).attrs["simdprep_schema"])
        for spec in schema["objects"]:
            for field in spec["fields"]:
                assert str(float(field["fill"])) == str(float(fill_values()[spec["name"]][field["name"]])), field


def assert_same_file(ours: h5py.File, theirs: h5py.File) -> None:
    """The same objects, types, fill values and attributes; only the provenance is another's."""
    names: list[str] = []
    theirs.visit(names.append)
    found: list[str] = []
    ours.visit(found.append)
    assert sorted(found) == sorted(names)
    for name in ["/", *names]:
        one, other = ours[name], theirs[name]
        skipped = {"simdprep_provenance", "simdprep_provenance_sha256"}
        assert set(one.attrs) == set(other.attrs)
        for key in set(other.attrs) - skipped:
            assert one.attrs[key] == other.attrs[key], f"{name}@{key}"
            assert one.attrs.get_id(key).get_type() == other.attrs.get_id(key).get_type(), f"{name}@{key}"
        if isinstance(other, h5py.Dataset):
            assert one.id.get_type() == other.id.get_type(), name
            assert one.maxshape == other.maxshape
            assert one.chunks == other.chunks
            filters = [one.id.get_create_plist(), other.id.get_create_plist()]
            pipelines = [[plist.get_filter(index) for index in range(plist.get_nfilters())] for plist in filters]
            assert pipelines[0] == pipelines[1], name
            assert np.asarray(one.fillvalue).tobytes() == np.asarray(other.fillvalue).tobytes()


@pytest.mark.parametrize("rows", ["events", "jets"])
@pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
def test_several_parts_are_one_file_or_a_folder(dumper, tmp_path, layout, rows):
    options = {"events": 9000, "part_rows": 2048}
    dump(dumper, tmp_path / "one.h5", layout, rows, events=9000)
    dump(dumper, tmp_path / "merged.h5", layout, rows, **options)
    dump(dumper, tmp_path / "parts", layout, rows, **options)
    assert stored_sha256(tmp_path / "merged.h5") == stored_sha256(tmp_path / "one.h5")
    assert len(list((tmp_path / "parts").glob("part-*.h5"))) > 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["merged.h5", "one.h5", "parts"]
    for output in (tmp_path / "merged.h5", tmp_path / "parts"):
        assert_sound(output)
        assert sp.open(output).num_rows == sp.open(tmp_path / "one.h5").num_rows


def test_h5dump_reads_the_numbers(dumper, tmp_path):
    """HDF5's own tool, of the machine's HDF5 and not of h5py's."""
    program = needed("h5dump", "hdf5-tools")
    dump(dumper, tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        wanted = file["jets/charge"][()].ravel()
        weights = file["events/weight"][()]
    assert np.array_equal(dumped_by(program, tmp_path / "out.h5", "/jets/charge"), wanted)
    assert np.array_equal(dumped_by(program, tmp_path / "out.h5", "/events/weight"), weights)
    assert "H5T_ENUM" in run(program, "-H", "-d", "/jets/valid", tmp_path / "out.h5").stdout


def dumped_by(program: Path, file: Path, dataset: str) -> np.ndarray:
    text = run(program, "-y", "-m", "%.17g", "-d", dataset, file).stdout
    data = text[text.index("DATA {") :]
    return np.array([float(number) for number in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?|nan", data)])


def test_what_was_truncated_is_told(dumper, tmp_path):
    events = dumped_events(NUM_EVENTS)
    lost = int(ak.sum(ak.num(events.jets)) - ak.sum(ak.num(events.jets[:, :3])))
    assert lost > 0
    printed = dump(dumper, tmp_path / "out.h5")
    assert f"truncated {lost:,} of" in printed
    with h5py.File(tmp_path / "out.h5") as file:
        assert file["jets"].attrs["simdprep_num_truncated"] == lost


def test_an_error_is_one_of_ours(dumper, tmp_path):
    done = run(dumper, tmp_path / "none" / "out.h5", "columns", "events", "10", "0", "gzip", check=False)
    assert done.returncode == 1
    assert "expected a folder that exists" in done.stdout
