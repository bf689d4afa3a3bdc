"""The example of Hepynet's preparation: every statement of its config, recomputed from the table with numpy."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import simdprep as sp
from simdprep.transforms import State

feather = pytest.importorskip("pyarrow.feather")

FOLDER = Path(__file__).resolve().parent.parent.parent / "examples" / "hepynet"
SIGNALS = ["sig_Zp042", "sig_Zp045", "sig_Zp048", "sig_Zp051", "sig_Zp054"]
SELECTED = ["m_truth", "ptl1", "ptl2", "ptl3", "ptl4", "mz1_mz2", "ptz1", "ptz2", "mzz", "ptzz"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    spec = importlib.util.spec_from_file_location("make_table", FOLDER / "make_table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.make_table(8000, seed=5)
    path = tmp_path_factory.mktemp("hepynet") / "events.feather"
    feather.write_feather(made, path)
    return path, {name: made[name].to_numpy() for name in made.column_names}


@pytest.fixture(scope="module")
def prepared(table):
    path, columns = table
    out = path.parent / "zprime"
    summary = sp.prepare(FOLDER / "zprime.yaml", out, overrides=[f"input.files={path}"])
    return out, summary, columns


@pytest.fixture(scope="module")
def rows(prepared):
    """All rows written: every field of the three outputs, and the split they are in."""
    out, _, _ = prepared
    found = {}
    for split in ("train", "val", "test"):
        dataset = sp.open(out / split)
        for name in dataset.schema.object("events").field_names:
            found.setdefault(name, []).append(dataset["events"][name][:])
        found.setdefault("split", []).append(np.full(dataset.num_rows, split))
    return {name: np.concatenate(values) for name, values in found.items()}


def kept(columns):
    return (columns["ll_m"] > 130) & (columns["weight"] >= 0)


def test_cut_and_negative_weights(prepared, rows):
    _, summary, columns = prepared
    assert sorted(rows["entry"].tolist()) == np.flatnonzero(kept(columns)).tolist()  # each row once, and no other
    balance = summary.balance
    assert balance.read == 8000
    assert balance.dropped == {
        "ll_m > 130": int((~(columns["ll_m"] > 130)).sum()),
        "negative weight": int(((columns["ll_m"] > 130) & (columns["weight"] < 0)).sum()),
    }
    assert sum(balance.written.values()) + sum(balance.dropped.values()) == 8000
    assert (rows["weight"] >= 0).all()


def test_labels_and_samples(prepared, rows):
    _, _, columns = prepared
    assert (rows["label"] == columns["is_sig"][rows["entry"]]).all()
    names = list(State.load(prepared[0] / "state.json").sections["samples"])
    assert [names[code] for code in rows["sample"]] == columns["sample_name"][rows["entry"]].tolist()


def test_sums_of_weights(rows, prepared):
    _, _, columns = prepared
    for label in (0, 1):
        assert rows["weight"][rows["label"] == label].sum(dtype=np.float64) == pytest.approx(100000, rel=1e-5)
    # each signal sample has the same sum; backgrounds keep theirs relative to each other
    for code in range(2, 7):
        assert rows["weight"][rows["sample"] == code].sum(dtype=np.float64) == pytest.approx(20000, rel=1e-5)
    raw = [
        columns["weight"][kept(columns) & (columns["sample_name"] == name)].sum() for name in ("bkg_qcd", "bkg_ggZZ")
    ]
    ours = [rows["weight"][rows["sample"] == code].sum(dtype=np.float64) for code in (0, 1)]
    assert ours[0] / ours[1] == pytest.approx(raw[0] / raw[1], rel=1e-5)
    expected = columns["weight"][rows["entry"]]
    ratio = rows["weight"] / np.where(expected == 0, 1, expected)
    for code in range(7):  # one factor per sample
        own = ratio[(rows["sample"] == code) & (expected > 1e-3)]
        assert own.std() / own.mean() < 1e-5


def test_the_feature_of_background_is_drawn_from_the_signal(rows, prepared):
    _, _, columns = prepared
    signal = rows["label"] == 1
    assert (rows["m_truth"][signal] == columns["m_truth"][rows["entry"]][signal]).all()
    drawn = rows["m_truth"][~signal]
    assert set(np.unique(drawn)) == {42.0, 45.0, 48.0, 51.0, 54.0}
    # by weight each sample has the same sum in all splits together; the draw is of the training rows
    train = signal & (rows["split"] == "train")
    for mass in (42.0, 45.0, 48.0, 51.0, 54.0):
        weight = rows["weight"][train].astype(np.float64)
        share = weight[rows["m_truth"][train] == mass].sum() / weight.sum()
        assert (drawn == mass).mean() == pytest.approx(share, abs=4 * np.sqrt(share / len(drawn)))


def test_fractions_and_folds(rows):
    total = len(rows["entry"])
    for split, share in (("train", 0.6), ("val", 0.2), ("test", 0.2)):
        assert (rows["split"] == split).mean() == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / total))
    folds = np.bincount(rows["fold"], minlength=5)
    assert len(folds) == 5
    assert folds / total == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / total))
    for split in ("train", "val", "test"):  # folds are independent of the split
        inside = rows["fold"][rows["split"] == split]
        assert np.bincount(inside, minlength=5) / len(inside) == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / len(inside)))


def test_standardised_inputs(prepared, rows):
    out, _, _ = prepared
    state = State.load(out / "state.json")
    train = rows["split"] == "train"
    transform = state.transform("events", SELECTED)
    for index, name in enumerate(SELECTED):
        values = rows["ptl1" if name == "ptl2" else name][train].astype(np.float64)  # the alias
        assert transform.centre[index] == pytest.approx(values.mean(), rel=1e-9)
        assert transform.scale[index] == pytest.approx(values.std(), rel=1e-9)
    loader = sp.Loader(sp.open(out / "train"), inputs={"events": SELECTED}, transforms=state, tail="uneven")
    batches = np.concatenate([batch["events"] for batch in loader]).astype(np.float64)
    same = [index for index, name in enumerate(SELECTED) if name != "ptl2"]
    assert batches.mean(axis=0)[same] == pytest.approx(0, abs=1e-4)
    assert batches.std(axis=0)[same] == pytest.approx(1, abs=1e-4)


def test_what_fields_are_for(prepared):
    out, _, _ = prepared
    state = State.load(out / "state.json")
    assert state.sections["fields"]["inputs"] == {"events": SELECTED}
    assert state.sections["fields"]["validation"] == ["mz1", "mz2"]
    assert not {"mz1", "mz2"} & set(state.normalise["events"].fields)
    assert {"mz1", "mz2"} <= set(sp.open(out / "test").schema.object("events").field_names)
    assert State.of_dataset(sp.open(out / "val")).to_json() == (out / "state.json").read_text()


def test_again_gives_the_same_bytes(prepared, table):
    out, _, _ = prepared
    again = out.parent / "again"
    sp.prepare(FOLDER / "zprime.yaml", again, overrides=[f"input.files={table[0]}"])
    files = sorted(path.relative_to(out) for path in out.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert [path for path in files if (out / path).read_bytes() != (again / path).read_bytes()] == []
    assert not list(out.parent.glob("*.staged"))
    report = json.loads((out / "report.json").read_text())
    assert [step["step"] for step in report["cutflow"]] == [
        "read", "sample", "ll_m > 130", "labelled", "weights", "split",
    ]  # fmt: skip


@pytest.mark.long
def test_the_example_runs(tmp_path):
    done = subprocess.run(
        [sys.executable, FOLDER / "train.py", tmp_path], capture_output=True, text=True, check=True, timeout=300
    )
    assert float(done.stdout.rsplit(" ", 1)[1]) > 0.6
