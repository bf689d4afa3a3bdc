"""The C++ examples and the C++ of the README and docs: built against the installed library, run, and checked."""

import re
from pathlib import Path

import awkward as ak
import h5py
import numpy as np
import pytest

import simdprep as sp
from tests.cmake_build import ROOT, build, configure, kept, run
from tests.install.hepmc_file import read_events
from tests.install.installed_library import QUICK, compiler, has_hdf5

pytestmark = pytest.mark.skipif(not has_hdf5(), reason="needs pkg-config and libhdf5-dev")

EXAMPLES = ROOT / "examples" / "cpp"
#: What clang says of the headers, test_hdf5_component and test_dumper ask in every run.
COMPILERS = ["gcc", pytest.param("clang", marks=pytest.mark.long)]
STRICT = "CMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror"


def built(prefix: Path, name: str, compiler_name: str = "gcc") -> Path:
    """Build an example and return the folder of its programs."""
    with kept(f"example-{name}-{compiler_name}") as folder:
        found = f"CMAKE_PREFIX_PATH={prefix}"
        configure(EXAMPLES / name, folder, QUICK, STRICT, found, f"CMAKE_CXX_COMPILER={compiler(compiler_name)}")
        build(folder)
    return folder


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.cpp")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_example_is_short(path):
    most = 100 if path.parent.name == "pybind_module" else 60  # a module has its own classes to bind
    assert len(path.read_text().splitlines()) <= most


@pytest.mark.parametrize("name", COMPILERS)
def test_plain_structs(prefix, tmp_path, name):
    output = tmp_path / "out.h5"
    run(built(prefix, "plain_structs", name) / "plain_structs", output)
    dataset = sp.open(output)
    events = dataset.events(0, dataset.num_rows)
    assert dataset.num_rows == 10_000
    assert list(events.number[:3]) == [0, 1, 2]
    pt = events.jets.pt
    assert ak.all(pt[:, :-1] >= pt[:, 1:])  # ordered
    assert ak.max(ak.num(pt)) == 6
    assert ak.max(ak.num(events.tracks.d0, axis=2)) == 10
    assert ak.all(ak.num(events.tracks.d0) == ak.num(pt))
    assert dataset.schema.object("jets").field("pt").unit == "GeV"


@pytest.fixture(scope="session")
def folder(prefix: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the HepMC3 example wrote its events and what it made of them."""
    for header in ("HepMC3/GenEvent.h", "fastjet/ClusterSequence.hh"):
        if not (Path("/usr/include") / header).is_file():
            pytest.skip("needs libhepmc3-dev and libfastjet-dev")
    programs = built(prefix, "hepmc_jets")
    folder = tmp_path_factory.mktemp("hepmc")
    run(programs / "make_events", folder / "events.hepmc")
    run(programs / "dump_jets", folder / "events.hepmc", folder / "jets.h5")
    return folder


class TestHepmcJets:
    """Jets and constituents beside those of the fastjet Python package."""

    def test_the_events(self, folder):
        events = sp.open(folder / "jets.h5").events(0, 200)
        wanted = read_events(folder / "events.hepmc")
        assert len(wanted) == 200
        assert ak.to_list(events.number) == [event.number for event in wanted]
        assert ak.to_list(events.weight) == [event.weight for event in wanted]

    def test_jets_and_constituents_are_those_of_fastjet(self, folder):
        fastjet = pytest.importorskip("fastjet")
        events = sp.open(folder / "jets.h5").events(0, 200)
        definition = fastjet.JetDefinition(fastjet.antikt_algorithm, 0.4)
        compared = 0
        for number, event in enumerate(read_events(folder / "events.hepmc")):
            particles = [fastjet.PseudoJet(*four) for four in event.momenta]
            for particle, identity in zip(particles, event.identities, strict=True):
                particle.set_user_index(identity)
            clusters = fastjet.ClusterSequence(particles, definition)
            wanted = sorted(clusters.inclusive_jets(20.0), key=lambda jet: -jet.pt())[:4]
            got = events[number]
            for name, value in {"pt": "pt", "eta": "eta", "phi": "phi_std", "mass": "m"}.items():
                numbers = [getattr(jet, value)() for jet in wanted]
                np.testing.assert_allclose(ak.to_numpy(got.jets[name]), numbers, rtol=1e-7, atol=1e-7)
            for index, jet in enumerate(wanted):
                inside = sorted(jet.constituents(), key=lambda particle: -particle.pt())[:25]
                found = got.constituents[index]
                np.testing.assert_allclose(ak.to_numpy(found.pt), [particle.pt() for particle in inside], rtol=1e-9)
                assert ak.to_list(found.id) == [particle.user_index() for particle in inside]
                compared += 1
        assert compared > 100

    def test_something_was_truncated_and_told(self, folder):
        with h5py.File(folder / "jets.h5") as file:
            assert file["constituents"].attrs["simdprep_num_truncated"] > 0


@pytest.mark.parametrize("name", COMPILERS)
def test_hdf5utils_dumper(prefix, tmp_path, name):
    run(built(prefix, "hdf5utils_dumper", name) / "hdf5utils_dumper", tmp_path / "jets.h5")
    with h5py.File(tmp_path / "jets.h5") as file:
        assert set(file) == {"jets", "tracks"}
        jets, tracks = file["jets"][()], file["tracks"][()]
        lost = file["tracks"].attrs["simdprep_num_truncated"]
    assert jets.dtype.names == ("pt", "eta", "flavour", "n_tracks")
    assert [str(jets.dtype[member]) for member in jets.dtype.names] == ["float32", "float16", "int32", "uint64"]
    assert tracks.dtype.names == ("d0", "z0", "hits", "valid")
    assert tracks.shape == (len(jets), 40)
    assert np.array_equal(tracks["valid"].sum(axis=1), np.minimum(jets["n_tracks"], 40))
    assert lost == np.maximum(jets["n_tracks"].astype(int) - 40, 0).sum() > 0
    assert np.isnan(tracks["d0"][~tracks["valid"]]).all()
    assert not np.isnan(tracks["d0"][tracks["valid"]]).any()


BLOCK = re.compile(r"^```cpp\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(BLOCK.findall(page.read_text()))
    if "int main(" in block
]


def test_the_readme_teaches_in_typing_order():
    [program] = BLOCK.findall((ROOT / "README.md").read_text())
    steps = ["simdprep::Columns<", "simdprep::Writer ", ".fill(", ".close()"]
    places = [program.index(step) for step in steps]
    assert places == sorted(places)


@pytest.mark.parametrize("name", COMPILERS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_cpp_of_a_page_runs(prefix, tmp_path, program, name):
    (tmp_path / "main.cpp").write_text(program)
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.24)\nproject(page LANGUAGES CXX)\n"
        "find_package(simdprep REQUIRED COMPONENTS hdf5)\nadd_executable(page main.cpp)\n"
        "target_link_libraries(page PRIVATE simdprep::hdf5)\n"
    )
    found = f"CMAKE_PREFIX_PATH={prefix}"
    configure(tmp_path, tmp_path / "build", QUICK, STRICT, found, f"CMAKE_CXX_COMPILER={compiler(name)}")
    build(tmp_path / "build")
    run("env", "-C", tmp_path, tmp_path / "build" / "page")
    [made] = tmp_path.glob("*.h5")
    assert sp.open(made).num_rows in (100, 1000)


#: Of pages that have a program, too; what another page shows is not of the writer.
FRAGMENTS = [
    pytest.param(page, block, id=f"{page.stem}-{number}")
    for page in PAGES
    if "int main(" in page.read_text()
    for number, block in enumerate(BLOCK.findall(page.read_text()))
    if "int main(" not in block
]

#: What a fragment may take as given, beside the types of its page's program.
GIVEN = """
#include <atomic>
#include <thread>
#define main program
{program}
#undef main
void fragment(simdprep::Writer& out, simdprep::ObjectWriter<Jet>& jet_rows, const std::vector<Event>& events,
              std::atomic<std::size_t>& next, double weight) {{
    static_cast<void>(out), static_cast<void>(jet_rows), static_cast<void>(events);
    static_cast<void>(next), static_cast<void>(weight);
{fragment}
}}
int main() {{}}
"""


@pytest.mark.parametrize(("page", "fragment"), FRAGMENTS)
def test_a_fragment_of_a_page_compiles(prefix, tmp_path, page, fragment):
    program = next(block for block in BLOCK.findall(page.read_text()) if "int main(" in block)
    (tmp_path / "main.cpp").write_text(GIVEN.format(program=program, fragment=fragment))
    flags = run("pkg-config", "--cflags", "hdf5").stdout.split()
    own = [
        "-std=c++20",
        "-fsyntax-only",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-Wno-return-type",
        "-I",
        str(prefix / "include"),
    ]
    run(compiler("gcc"), *own, *flags, tmp_path / "main.cpp")
