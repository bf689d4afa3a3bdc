"""Toy jets with constituents, in three classes: every stored number recomputed with numpy and awkward."""

import json

import awkward as ak
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import SimdprepWarning
from simdprep.prepare import run, shares
from simdprep.transforms import State
from tests.unit.prepare.jet_events import bytes_of, config_of, read_all, write_jets

pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jets")
    events = write_jets(folder)
    summary = sp.prepare(config_of(folder / "jets.parquet"), folder / "out")
    return folder / "out", summary, events, read_all(folder / "out", "jets", "tracks", "events")


def kept(events):
    return ak.to_numpy((abs(events.jets.eta) < 2.0) & (events.jets.pt > 22))


def test_every_row_once(prepared):
    _, summary, events, stored = prepared
    assert sorted(stored["jets"]["entry"].tolist()) == np.flatnonzero(kept(events)).tolist()
    first = ak.to_numpy(abs(events.jets.eta) < 2.0)
    assert summary.balance.dropped == {
        "abs(jets.eta) < 2.0": int((~first).sum()),
        "jets.pt > 22": int((first & ~kept(events)).sum()),
    }
    assert summary.balance.read == 3000
    assert summary.num_rows == kept(events).sum()


def test_fields_of_rows(prepared):
    _, _, events, stored = prepared
    entry = stored["jets"]["entry"]
    for name in ("pt", "eta", "mass", "flavour"):
        assert (stored["jets"][name] == ak.to_numpy(events.jets[name])[entry]).all()
    assert (stored["jets"]["weight"] == ak.to_numpy(events.jets.weight)[entry]).all()
    assert (stored["jets"]["flavour_label"] == ak.to_numpy(events.jets.flavour)[entry]).all()
    assert (stored["events"]["eventNumber"] == ak.to_numpy(events.eventNumber)[entry]).all()


def test_constituents(prepared):
    _, _, events, stored = prepared
    tracks = events.tracks[stored["jets"]["entry"]]
    tracks = tracks[tracks.pt > 0.5]
    tracks = tracks[ak.argsort(-tracks.pt, axis=1, stable=True)][:, :8]
    assert (stored["tracks"]["valid"].sum(axis=1) == ak.to_numpy(ak.num(tracks))).all()
    for name, field in (("pt", "pt"), ("d0", "d0"), ("charge", "charge")):
        expected = ak.to_numpy(ak.flatten(tracks[field]))
        assert (stored["tracks"][name][stored["tracks"]["valid"]] == expected).all()
    distance = np.hypot(ak.to_numpy(ak.flatten(tracks.deta)), ak.to_numpy(ak.flatten(tracks.dphi)))
    assert stored["tracks"]["distance"][stored["tracks"]["valid"]] == pytest.approx(distance, rel=1e-6)


def test_constants_are_those_of_the_training_rows_as_stored(prepared):
    out, _, _, stored = prepared
    state = State.load(out / "state.json")
    train = stored["jets"]["split"] == "train"
    jets = state.transform("jets", ["pt", "mass"])
    logs = np.log(stored["jets"]["pt"][train].astype(np.float64))
    assert jets.centre[0] == pytest.approx(logs.mean(), rel=1e-9)
    assert jets.scale[0] == pytest.approx(logs.std(), rel=1e-9)
    tracks = state.transform("tracks", ["pt", "d0", "distance"])
    valid = stored["tracks"]["valid"][train]
    for index, name in enumerate(["pt", "d0", "distance"]):
        values = stored["tracks"][name][train][valid].astype(np.float64)
        assert tracks.centre[index] == pytest.approx(values.mean(), rel=1e-9, abs=1e-12)
        assert tracks.scale[index] == pytest.approx(values.std(), rel=1e-9)
    assert "charge" not in state.normalise["tracks"].fields


def test_a_loader_trains_on_it(prepared):
    out, _, _, _ = prepared
    state = State.load(out / "state.json")
    inputs = {"jets": ["pt", "mass"], "tracks": ["pt", "d0", "distance"]}
    weights = np.zeros((3, 6))
    losses = []
    for _ in range(5):
        total = 0.0
        loader = sp.Loader(
            sp.open(out / "train"), inputs=inputs, labels="jets.flavour_label", weights="jets.weight",
            transforms=state, batch_size=128,
        )  # fmt: skip
        for batch in loader:
            x = np.concatenate([batch["jets"], np.abs(batch["tracks"]).sum(axis=1), np.ones((128, 1))], axis=1)
            score = x @ weights.T
            chance = np.exp(score - score.max(axis=1, keepdims=True))
            chance /= chance.sum(axis=1, keepdims=True)
            total -= float(np.log(chance[np.arange(128), batch.labels]).mean())
            chance[np.arange(128), batch.labels] -= 1
            weights -= 0.01 * chance.T @ x / 128
        losses.append(total / len(loader))
    assert losses[-1] < 0.95 * losses[0]


def test_the_report_adds_up(prepared):
    out, summary, events, _ = prepared
    report = json.loads((out / "report.json").read_text())
    assert report == summary.report
    steps = {step["step"]: step for step in report["cutflow"]}
    weight = ak.to_numpy(events.jets.weight).astype(np.float64)
    assert steps["read"]["weighted"] == pytest.approx(weight.sum())
    assert steps["jets.pt > 22"]["weighted"] == pytest.approx(weight[kept(events)].sum())
    rows = report["rows"]
    assert rows["read"] == sum(rows["dropped"].values()) + sum(rows["written"].values())
    tracks = report["objects"]["tracks"]
    low = int(ak.sum(events.tracks.pt <= 0.5))
    assert (tracks["read"], tracks["dropped"]) == (int(ak.sum(ak.num(events.tracks))), {"select": low})
    written = {split: sum(entry["rows"] for entry in every.values()) for split, every in report["classes"].items()}
    assert written == summary.rows


@pytest.mark.parametrize("name", ["train", "val", "test"])
def test_the_outputs_are_sound(prepared, name):
    from simdprep.storage.verification import verify

    assert not verify(prepared[0] / name).problems


@pytest.mark.parametrize(("jobs", "by"), [(1, "itself"), (3, "threads"), (2, "processes")])
def test_the_same_bytes_whoever_does_it(prepared, tmp_path, jobs, by, monkeypatch):
    """Also cut into several tasks: every part is a share of the whole."""
    folder = prepared[0].parent
    config = config_of(folder / "jets.parquet")
    monkeypatch.setattr(run, "SHARES_FOR_THREADS", 0 if by == "processes" else 100)
    sp.prepare(config, tmp_path / "again", jobs=jobs)
    assert bytes_of(tmp_path / "again") == bytes_of(prepared[0])
    monkeypatch.setattr(shares, "SHARE_BYTES", 1 << 18)
    sp.prepare(config, tmp_path / "one", jobs=1)
    sp.prepare(config, tmp_path / "two", jobs=jobs)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")
    assert len(list((tmp_path / "one" / "train").glob("part-*"))) > 1
    many = read_all(tmp_path / "one", "jets")["jets"]
    one = prepared[3]["jets"]
    for key in ("entry", "flavour_label", "split", "weight"):
        assert (many[key][np.argsort(many["entry"])] == one[key][np.argsort(one["entry"])]).all()
    assert (tmp_path / "one" / "state.json").read_text() == (prepared[0] / "state.json").read_text()


def test_what_found_no_slot_is_told_once(prepared, tmp_path):
    with pytest.warns(SimdprepWarning, match=r"out: truncated [\d,]+ of [\d,]+ tracks$") as told:
        sp.prepare(config_of(prepared[0].parent / "jets.parquet"), tmp_path / "out")
    assert len(told) == 1


def test_without_shuffle_rows_keep_their_order(prepared, tmp_path):
    config = config_of(prepared[0].parent / "jets.parquet", shuffle=False)
    sp.prepare(config, tmp_path / "out")
    for split in ("train", "val", "test"):
        entry = sp.open(tmp_path / "out" / split)["jets"]["entry"][:]
        assert (np.diff(entry) > 0).all()
    assert (np.diff(prepared[3]["jets"]["entry"]) < 0).any()


def test_the_split_of_an_event_stays_with_more_files_in_another_order(prepared, tmp_path):
    write_jets(tmp_path, 1000, name="a_more.parquet", start=3000)
    config = config_of(prepared[0].parent / "jets.parquet", tmp_path / "a_more.parquet")
    sp.prepare(config, tmp_path / "out")
    found = read_all(tmp_path / "out", "jets", "events")
    both = dict(zip(found["events"]["eventNumber"].tolist(), found["jets"]["split"].tolist(), strict=True))
    first = prepared[3]
    before = dict(zip(first["events"]["eventNumber"].tolist(), first["jets"]["split"].tolist(), strict=True))
    assert {number: both[number] for number in before} == before
    assert len(both) > len(before)
