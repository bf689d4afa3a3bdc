"""Classes of toy jets balanced by prepare: the rows that are written are those asked for, and the report says so."""

import json

import awkward as ak
import h5py
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import SchemaError
from simdprep.storage import verify
from simdprep.testing import toy_jets
from simdprep.transforms import State

pytest.importorskip("pyarrow")

CLASSES = ("light", "c", "b")
PT, ETA = [20.0, 25.0, 35.0, 100.0], [0.0, 1.0, 2.5]
COUNT = 12_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two files of jets whose classes have spectra of their own, a tenth of them of negative weight."""
    folder = tmp_path_factory.mktemp("balanced")
    jets = toy_jets(COUNT, mean_tracks=1, seed=21)
    flavour, pt = ak.to_numpy(jets.jets.flavour), ak.to_numpy(jets.jets.pt)
    jets["jets", "pt"] = (20 * (pt / 20) ** np.array([1, 1.1, 1.25])[flavour]).astype(np.float32)
    sign = np.where(np.arange(COUNT) % 10 == 0, -1, 1).astype(np.float32)
    jets["jets", "weight"] = ak.to_numpy(jets.jets.weight) * sign
    for name, part in (("one", jets[:5_000]), ("two", jets[5_000:])):
        ak.to_parquet(part, folder / f"{name}.parquet", row_group_size=1_000)
    return folder


def prepared(folder, output, balance, layout="columns", **changes):
    config = {
        "input": {"files": [str(folder / "one.parquet"), str(folder / "two.parquet")]},
        "objects": {"events": {"fields": ["eventNumber"]}, "jets": {"fields": ["pt", "eta", "flavour"]}},
        "select": "jets.pt < 100",
        "output": {"layout": layout},
        "prepare": {
            "labels": {
                "name": "flavour_label",
                "classes": {name: f"flavour == {label}" for label, name in enumerate(CLASSES)},
            },
            "weight": "weight",
            "split": {"key": ["eventNumber"], "train": 0.6, "val": 0.2, "test": 0.2},
            "balance": {"variables": {"pt": PT, "abs(eta)": ETA}, **balance},
            **changes,
        },
    }
    summary = sp.prepare(config, output)
    return summary, json.loads((output / "report.json").read_text())


def histograms(output, split, weights=False):
    """What is stored of each class, by numpy."""
    with sp.open(output / split) as dataset:
        jets = {name: dataset["jets"][name][:] for name in ("pt", "eta", "flavour_label", "weight")}
    return np.array(
        [
            np.histogram2d(
                jets["pt"][own], abs(jets["eta"][own]), [PT, ETA], weights=jets["weight"][own] if weights else None
            )[0]
            for own in (jets["flavour_label"] == label for label in range(3))
        ]
    )


@pytest.mark.parametrize("method", ["pdf", "countup", "undersample", "oversample"])
def test_resampled(method, folder, tmp_path):
    counts = {} if method in ("undersample", "oversample") else {"train": 1_500, "val": {"b": 400}}
    balance = {"method": method, "target": None if not counts else "b", "splits": ["train", "val"], "counts": counts}
    summary, report = prepared(folder, tmp_path / "out", balance)
    for split in ("train", "val"):
        stored, told = histograms(tmp_path / "out", split), report["balance"][split]
        np.testing.assert_array_equal(stored, told["after"])
        wanted, before = np.array(told["wanted"]), np.array(told["before"])
        if method == "pdf":
            assert (abs(stored - wanted) < 5 * np.sqrt(wanted) + 1).all()
        else:
            np.testing.assert_array_equal(stored, wanted)
        if method == "undersample":
            np.testing.assert_array_equal(wanted, np.stack([before.min(axis=0)] * 3))
        elif method == "oversample":
            np.testing.assert_array_equal(wanted, np.stack([before.max(axis=0)] * 3))
        else:
            asked = [1_500] * 3 if split == "train" else [before[2].sum(), before[2].sum(), 400]
            assert wanted.sum(axis=(1, 2)) == pytest.approx(asked)
            shape = before[2] / before[2].sum()
            np.testing.assert_allclose(wanted / wanted.sum(axis=(1, 2), keepdims=True), [shape] * 3, atol=0.003)
    assert "test" not in report["balance"]
    rows = summary.balance
    assert rows.read == COUNT == sum(rows.written.values()) + sum(rows.dropped.values())
    assert sum(rows.written.values()) + sum(rows.copies.values()) == summary.num_rows


def test_reweighted(folder, tmp_path):
    balance = {"method": "reweight", "target": "mean"}
    changes = {"negative_weights": "drop", "sum_of_weights": {"b": 1_000}}
    _, report = prepared(folder, tmp_path / "out", balance, **changes)
    stored, told = histograms(tmp_path / "out", "train", weights=True), report["balance"]["train"]
    np.testing.assert_allclose(stored, told["after"], rtol=1e-5)
    np.testing.assert_allclose(stored[:2], told["wanted"][:2], rtol=1e-5)
    np.testing.assert_allclose(stored[0], np.mean(told["before"], axis=0), rtol=1e-5)
    np.testing.assert_allclose(stored[2] / stored[2].sum(), stored[0] / stored[0].sum(), rtol=1e-4)
    total = sum(report["classes"][split]["b"]["sum_of_weights"] for split in ("train", "val", "test"))
    assert total == pytest.approx(1_000, rel=1e-12)


@pytest.mark.parametrize("method", ["reweight", "countup"])
def test_rows_in_no_bin_are_left_out_and_counted(method, folder, tmp_path):
    balance = {"method": method, "target": "b", "variables": {"pt": [25, 40, 60]}}
    summary, report = prepared(folder, tmp_path / "out", balance, negative_weights="absolute")
    with sp.open(tmp_path / "out" / "train") as dataset:
        pt, weight = dataset["jets"]["pt"][:], dataset["jets"]["weight"][:]
    assert pt.min() >= 25
    assert pt.max() <= 60
    assert (weight > 0).all()
    outside = sum(report["balance"]["train"]["num_outside"])
    if method == "reweight":
        assert summary.balance.dropped["not drawn"] == outside
    assert outside > 100
    rows = summary.balance
    assert rows.read == sum(rows.written.values()) + sum(rows.dropped.values())


def test_what_negative_weights_cost_is_told(folder, tmp_path):
    jets = ak.concatenate([ak.from_parquet(folder / f"{name}.parquet").jets for name in ("one", "two")])
    jets = jets[jets.pt < 100]
    for policy in ("keep", "drop", "zero", "absolute"):
        _, report = prepared(folder, tmp_path / policy, {"method": "pdf", "target": "b"}, negative_weights=policy)
        told = report["negative_weights"]
        assert told["policy"] == policy
        for label, name in enumerate(CLASSES):
            weights = ak.to_numpy(jets.weight[jets.flavour == label]).astype(np.float64)
            after = {"keep": weights, "drop": weights[weights >= 0], "zero": weights.clip(0), "absolute": abs(weights)}
            assert told["classes"][name]["negative"] == (weights < 0).sum()
            for when, values in (("before", weights), ("after", after[policy])):
                expected = values.sum() ** 2 / (values**2).sum()
                assert told["classes"][name][when]["rows"] == len(values)
                assert told["classes"][name][when]["sum_of_weights"] == pytest.approx(values.sum(), rel=1e-10)
                assert told["classes"][name][when]["effective_size"] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(
    ("balance", "what"),
    [
        (
            {"method": "undersample", "target": "b", "counts": {"train": 100_000}},
            "rows of class light in pt .*: got .*, expected .* in the target, as undersample takes no row twice",
        ),
        (
            {"method": "pdf", "target": "b", "outside": "error", "variables": {"pt": [30, 40]}},
            "bins: got .* rows in none",
        ),
        (
            {"method": "countup", "target": "light", "variables": {"pt": {"n": 200, "low": 20, "high": 100}}},
            "class . in pt .* to .*: got no row, and .* such bins more",
        ),
        ({"method": "pdf", "target": "bb"}, "target of a balance: got 'bb', expected flat.*\n.*\n  try b"),
        ({"method": "pdf", "target": "b", "counts": {"train": {"bb": 3}}}, "class: got 'bb'"),
    ],
)
def test_what_cannot_be_had_is_told(balance, what, folder, tmp_path):
    with pytest.raises(sp.errors.SimdprepError, match=what) as caught:
        prepared(folder, tmp_path / "out", balance)
    assert "prepare" in caught.value.where
    assert not (tmp_path / "out").exists()


def test_an_empty_class_is_told(folder, tmp_path):
    changes = {"labels": {"unlabelled": "drop", "classes": {"b": "flavour == 2", "tau": "flavour == 15"}}}
    with pytest.raises(SchemaError, match="rows of class tau: got none, expected one or more"):
        prepared(folder, tmp_path / "out", {"method": "pdf", "target": "b"}, **changes)


def test_names_of_classes_are_where_other_tools_look_and_a_second_run_gives_the_same_bytes(folder, tmp_path):
    balance = {"method": "countup", "target": "mean", "counts": {"train": 3_000}}
    for name in ("one", "again"):
        prepared(folder, tmp_path / name, balance, layout="compound")
    for split in ("train", "val", "test"):
        with h5py.File(tmp_path / "one" / split / "part-00000.h5") as file:
            assert list(file["jets"].attrs["flavour_label"]) == list(CLASSES)
        assert not verify(tmp_path / "one" / split).problems
    state = State.load(tmp_path / "one" / "state.json")
    rows = np.bincount(sp.open(tmp_path / "one" / "train")["jets"]["flavour_label"][:])
    assert state.class_weights == pytest.approx(rows.max() / rows)
    one, again = (
        {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
        for root in (tmp_path / "one", tmp_path / "again")
    )
    assert one == again


def test_fractions_are_exact_in_every_thousand_entries(folder, tmp_path):
    split = {"by": "fraction", "train": 0.5, "val": 0.3, "test": 0.2}
    prepared(folder, tmp_path / "out", {"method": "pdf", "target": "b", "splits": ["test"]}, split=split)
    jets = ak.concatenate([ak.from_parquet(folder / f"{name}.parquet") for name in ("one", "two")])
    every = np.sort(ak.to_numpy(jets.eventNumber))
    for name, share in (("train", 500), ("val", 300)):
        with sp.open(tmp_path / "out" / name) as dataset:
            place = np.searchsorted(every, dataset["events"]["eventNumber"][:])
        kept = np.bincount(place // 1000, minlength=12)
        assert (kept <= share).all()
        assert kept.sum() > 0.9 * 12 * share  # what is missing was cut


def test_how_the_inputs_are_cut_into_tasks_does_not_matter(folder, tmp_path, monkeypatch):
    balance = {"method": "countup", "target": "b", "counts": {"train": 1_000}}
    found = []
    for size in (64 << 20, 100_000):
        monkeypatch.setattr("simdprep.prepare.shares.SHARE_BYTES", size)
        output = tmp_path / str(size)
        prepared(folder, output, balance, split={"key": ["eventNumber"], "train": 0.6, "val": 0.2, "folds": 3})
        with sp.open(output / "train") as dataset:
            rows = [dataset["events"]["eventNumber"][:], dataset["jets"]["weight"][:], dataset["jets"]["fold"][:]]
        found.append((len(list((output / "train").glob("part-*.h5"))), sorted(zip(*rows, strict=True))))
    assert found[0][0] < found[1][0]
    assert found[0][1] == found[1][1]
