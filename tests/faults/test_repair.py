"""Repair: whatever happens to parts, each is made again byte for byte from its inputs, or stays and is named."""

import json
import os
import random
import subprocess
import sys

import awkward as ak
import h5py
import numpy as np
import pytest

import simdprep as sp
from simdprep.convert.restoration import repair
from simdprep.errors import DatasetError, OutputError
from simdprep.storage import verify
from tests.faults.error_text import check_text
from tests.faults.small_files import write_root

NUM_EVENTS = 3000


def write_parquet(path, seed):
    """Events with strings, whose codes depend on the parts before."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(1.5, NUM_EVENTS)
    muons = {"pt": rng.exponential(20, counts.sum()).astype(np.float32), "charge": rng.integers(0, 9, counts.sum())}
    kinds = np.array([f"kind {number // 700} of {seed}" for number in range(NUM_EVENTS)])
    events = {"MET_pt": rng.random(NUM_EVENTS), "kind": kinds, "Muon": ak.unflatten(ak.Array(muons), counts)}
    ak.to_parquet(ak.Array(events), path, row_group_size=NUM_EVENTS // 4)
    return path


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    roots = [str(write_root(folder / f"{number}.root", NUM_EVENTS, seed=number)) for number in range(3)]
    return {"root": roots, "parquet": [str(write_parquet(folder / f"{number}.parquet", number)) for number in range(2)]}


CASES = [
    ("root", {}),
    ("root", {"layout": "compound", "rows": "Muon", "overrides": ["select=MET_pt > 20"]}),
    ("parquet", {"layout": "ragged"}),
    ("parquet", {"layout": "compound", "rows": "Muon", "entries": "100:5500"}),
]


@pytest.fixture(params=CASES, ids=["columns", "jets, selected", "strings, ragged", "strings, jets"])
def folder(request, inputs, tmp_path):
    kind, options = request.param
    sp.convert(inputs[kind], tmp_path / "out", part_rows=1024, **options)
    assert len(parts_of(tmp_path / "out")) >= 3
    return tmp_path / "out"


def parts_of(folder):
    return sorted(folder.glob("part-*.h5"))


def flip(path, rng):
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


DAMAGES = {
    "removed": lambda path, rng: path.unlink(),
    "empty": lambda path, rng: path.write_bytes(b""),
    "cut": lambda path, rng: os.truncate(path, rng.randrange(1, path.stat().st_size)),
    "longer": lambda path, rng: path.write_bytes(path.read_bytes() + b"more"),
    "flipped": flip,
    "zeros": lambda path, rng: path.write_bytes(bytes(path.stat().st_size)),
    "another part": lambda path, rng: path.write_bytes(
        next(other for other in parts_of(path.parent) if other != path).read_bytes()
    ),
}


def test_every_damage_of_every_part(folder, promise):
    """One damage each time, then several parts at once; the bytes are those from before."""
    whole = {path: path.read_bytes() for path in parts_of(folder)}
    rng, tried, rows = random.Random(5), 0, verify(folder).num_rows
    parts = list(whole)
    for number, (name, damage) in enumerate(DAMAGES.items()):
        bad = [parts[number % len(parts)]] if number % 2 else rng.sample(parts, 2)
        for path in bad:
            damage(path, rng)
        bad = [path for path in parts if not path.exists() or path.read_bytes() != whole[path]]
        report = repair(folder)
        assert report.ok, (name, report)
        assert report.repaired == sorted(map(str, bad))
        assert {path: path.read_bytes() for path in parts} == whole, name
        assert verify(folder).problems == []
        tried += len(bad)
    promise("R9", faults=tried, rows=rows * len(DAMAGES), equal=len(DAMAGES) * len(whole))
    assert [path for path in folder.parent.iterdir() if path != folder] == []


def test_all_parts(folder):
    """The manifest has the config: no part is needed to make the others."""
    whole = {path: path.read_bytes() for path in parts_of(folder)}
    for path in whole:
        path.unlink()
    report = repair(folder)
    assert report.ok, report
    assert {path: path.read_bytes() for path in whole} == whole


def test_a_manifest_from_before_it_had_configs(folder):
    """The config is known as long as any part says it; else it must be given."""
    whole = {path: path.read_bytes() for path in parts_of(folder)}
    manifest = folder / "manifest.json"
    data = json.loads(manifest.read_text())
    [config] = data.pop("configs").values()
    assert config in {entry["config"] for entry in sp.open(folder).provenance}
    manifest.write_text(json.dumps(data))
    for path in list(whole)[:-1]:
        path.unlink()
    assert repair(folder).ok
    assert {path: path.read_bytes() for path in whole} == whole
    for path in whole:
        path.unlink()
    report = repair(folder)
    assert set(report.failed) == set(map(str, whole))
    assert all("--config FILE" in check_text(str(error)) for error in report.failed.values())
    (folder.parent / "config.yaml").write_text(config)
    assert repair(folder, config=folder.parent / "config.yaml").ok
    assert {path: path.read_bytes() for path in whole} == whole


class TestRefused:
    @pytest.fixture
    def damaged(self, tmp_path):
        source = write_root(tmp_path / "in.root", NUM_EVENTS)
        sp.convert(str(source), tmp_path / "out", part_rows=1024)
        os.truncate(parts_of(tmp_path / "out")[1], 1000)
        return tmp_path / "out"

    def test_an_input_that_changed(self, damaged):
        source = damaged.parent / "in.root"
        write_root(source, NUM_EVENTS, seed=9)
        before = parts_of(damaged)[1].read_bytes()
        report = repair(damaged)
        [error] = report.failed.values()
        assert str(source) in check_text(str(error))
        assert "uuid of an input that rows are made again from: got" in str(error)
        assert parts_of(damaged)[1].read_bytes() == before

    def test_an_input_that_is_gone(self, damaged):
        (damaged.parent / "in.root").unlink()
        [error] = repair(damaged).failed.values()
        assert "which does not exist" in check_text(str(error))

    def test_rows_without_an_input(self, tmp_path):
        from tests.small_dataset import write_small

        write_small(tmp_path / "out", num_events=600, part_rows=128)
        parts_of(tmp_path / "out")[0].unlink()
        [error] = repair(tmp_path / "out").failed.values()
        assert "config of the part: got none recorded" in check_text(str(error))

    def test_somebody_else_writes(self, damaged):
        with sp.Writer(damaged.parent / "other", sp.open(parts_of(damaged)[0]).schema):
            pass
        code = (
            "import sys, time, simdprep._core as c; l = c.OutputLock(sys.argv[1]); print(1, flush=True); time.sleep(60)"
        )
        writer = subprocess.Popen([sys.executable, "-c", code, str(damaged)], stdout=subprocess.PIPE)
        try:
            assert writer.stdout.read(1) == b"1"
            with pytest.raises(OutputError, match=f"{writer.pid}"):
                repair(damaged)
        finally:
            writer.kill()
            writer.communicate()
        assert repair(damaged).ok

    def test_no_manifest(self, damaged):
        (damaged / "manifest.json").unlink()
        with pytest.raises(DatasetError, match=r"manifest\.json"):
            repair(damaged)


@pytest.mark.parametrize("options", [{}, {"part_rows": 1024}])
def test_a_file_is_made_again_as_a_whole(inputs, tmp_path, options):
    sp.convert(inputs["root"], tmp_path / "out.h5", **options)
    whole = sp.open(tmp_path / "out.h5").events().to_list()
    flip_a_chunk(tmp_path / "out.h5")
    assert not verify(tmp_path / "out.h5").ok
    report = repair(tmp_path / "out.h5")
    assert report.ok, report
    assert verify(tmp_path / "out.h5").ok
    assert sp.open(tmp_path / "out.h5").events().to_list() == whole


def test_the_command(inputs, tmp_path):
    sp.convert(inputs["root"], tmp_path / "out", part_rows=1024)
    command = [sys.executable, "-m", "simdprep", "repair", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "is sound: 0 of" in done.stdout
    bad = parts_of(tmp_path / "out")[2]
    bad.unlink()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{bad}: made again" in done.stdout


def test_a_folder_that_has_grown(inputs, tmp_path):
    """Parts that were added later are made again as those before."""
    sp.convert(inputs["root"][:1], tmp_path / "out", part_rows=1024)
    sp.convert(inputs["root"], tmp_path / "out", part_rows=1024, update=True)
    check_all_again(tmp_path / "out")


def test_a_merged_folder_of_two_configs(inputs, tmp_path):
    """Each part is made again by its own config, also after something was added."""
    for number, texts in enumerate([[], ["select=MET_pt > 20"]]):
        sp.convert(inputs["root"][number], tmp_path / f"{number}", part_rows=1024, pad={"*": 5}, overrides=texts)
    sp.merge([tmp_path / "0", tmp_path / "1"], tmp_path / "out")
    check_all_again(tmp_path / "out")
    sp.convert(inputs["root"], tmp_path / "out", part_rows=1024, update=True)
    check_all_again(tmp_path / "out")


def check_all_again(folder):
    """Remove the first part, the last, then all; the bytes are those from before."""
    assert verify(folder).ok, verify(folder).problems
    whole = {path: path.read_bytes() for path in parts_of(folder)}
    paths = list(whole)
    for removed in (paths[:1], paths[-1:], paths):
        for path in removed:
            path.unlink()
        report = repair(folder)
        assert report.ok, report
        assert {path: path.read_bytes() for path in parts_of(folder)} == whole


def test_a_merged_file_says_what_to_do(inputs, tmp_path):
    """Its rows come from two configs; its parts are the ones to merge again."""
    for number, name in enumerate(inputs["root"][:2]):
        sp.convert(name, tmp_path / f"{number}.h5", pad={"*": 5})
    sp.merge([tmp_path / "0.h5", tmp_path / "1.h5"], tmp_path / "out.h5")
    whole = (tmp_path / "out.h5").read_bytes()
    flip_a_chunk(tmp_path / "out.h5")
    damaged = (tmp_path / "out.h5").read_bytes()
    [error] = repair(tmp_path / "out.h5").failed.values()
    assert "configs of the dataset: got 2" in check_text(str(error))
    assert "try merging its parts again" in str(error)
    assert (tmp_path / "out.h5").read_bytes() == damaged
    sp.merge([tmp_path / "0.h5", tmp_path / "1.h5"], tmp_path / "out.h5", overwrite=True)
    assert (tmp_path / "out.h5").read_bytes() == whole


def flip_a_chunk(path):
    """Change one byte of the first chunk that is stored."""
    with h5py.File(path) as file:
        place = file["events/MET_pt"].id.get_chunk_info(0).byte_offset
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
