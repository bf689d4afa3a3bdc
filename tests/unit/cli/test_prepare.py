"""simdprep prepare: what it prints, where it writes, and how mistakes end."""

import pytest

import simdprep as sp
from tests.unit.cli.command_line import assert_one_error, simdprep

CONFIG = """
simdprep: 1
input: {files: SAMPLE}
rows: Jet
select: MET_pt > 10
objects:
  events: {fields: [run, event]}
  Jet: {select: pt > 20, fields: [pt, eta]}
prepare:
  labels: {classes: {light: hadronFlavour == 0, heavy: hadronFlavour > 0}}
  split: {key: [run, event], train: 0.8, test: 0.2}
  normalise: {Jet: standard}
"""


@pytest.fixture
def config(sample, tmp_path):
    path = tmp_path / "jets.yaml"
    path.write_text(CONFIG.replace("SAMPLE", str(sample)))
    return path


def test_the_cut_flow_and_the_balance_are_printed(config, tmp_path):
    done = simdprep("prepare", config, "-o", tmp_path / "out", "--jobs", "1")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    steps = [
        line.split("  ")[0] for line in lines[: lines.index(next(row for row in lines if row.startswith("class")))]
    ]
    assert steps == ["step", "read", "select of Jet", "MET_pt > 10", "labelled", "weights", "split"]
    rows = {name: sp.open(tmp_path / "out" / name).num_rows for name in ("train", "test")}
    assert f"{tmp_path / 'out'}: train {rows['train']:,}, test {rows['test']:,} rows" in done.out
    assert f" rows in = {sum(rows.values()):,} rows written + " in lines[-1]
    assert "by select of Jet" in lines[-1]


def test_the_folder_is_named_as_the_config(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = simdprep("prepare", "jets.yaml", "--quiet", "--set", "prepare.seed=4")
    assert done.code == 0
    assert len(done.out.splitlines()) == 1
    assert sorted(path.name for path in (tmp_path / "jets").iterdir()) == [
        "report.json", "state.json", "test", "train",
    ]  # fmt: skip
    assert_one_error(simdprep("prepare", "jets.yaml"), "output exists, kept as it is: got jets", "try --overwrite")
    assert simdprep("prepare", "jets.yaml", "-q", "--overwrite").code == 0


def test_mistakes_are_one_error(config, tmp_path):
    done = simdprep("prepare", config, "-o", tmp_path / "out", "--set", "prepare.weight=genWieght")
    assert_one_error(done, "unknown name: got 'genWieght'", "try genWeight")
    assert_one_error(simdprep("prepare", tmp_path / "no.yaml"), "no such config file")
    assert_one_error(simdprep("prepare", config, "--jobs", "0"), "--jobs")
