"""Real NanoAOD to train, val and test, and the bookkeeping of samples, against uproot and numpy."""

import awkward as ak
import h5py
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import ConfigError
from simdprep.transforms import State
from tests.unit.prepare.jet_events import bytes_of, read_all

uproot = pytest.importorskip("uproot")

#: One row per jet, with the muons of its event left out; what a jet is comes from its hadron.
NANO = {
    "simdprep": 1,
    "rows": "Jet",
    "objects": {
        "events": {"fields": ["run", "event", "MET_pt"]},
        "Jet": {
            "select": "pt > 20 & abs(eta) < 2.5",
            "order": "-pt",
            "fields": ["pt", "eta", "phi", "mass", "hadronFlavour"],
        },
    },
    "select": "MET_pt > 10 & num(Muon) <= 2",
    "prepare": {
        "labels": {
            "classes": {"light": "hadronFlavour == 0", "c": "hadronFlavour == 4", "b": "hadronFlavour == 5"},
        },
        "weight": "genWeight",
        "negative_weights": "absolute",
        "sum_of_weights": 1000,
        "split": {"key": ["run", "event"], "train": 0.6, "val": 0.2, "test": 0.2},
        "normalise": {"Jet": {"pt": {"log": True}, "mass": "standard", "eta": "robust"}},
    },
}


@pytest.fixture(scope="module")
def nano(data_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("nano")
    path = data_dir / "nanoAOD_2015_CMS_Open_Data_ttbar.root"
    config = {**NANO, "input": {"files": str(path), "tree": "Events"}}
    summary = sp.prepare(config, folder / "out")
    with uproot.open(path) as file:
        names = ["Jet_pt", "Jet_eta", "Jet_mass", "Jet_hadronFlavour", "MET_pt", "nMuon", "genWeight", "event"]
        events = file["Events"].arrays(names)
    return folder / "out", summary, events, config


def test_rows_of_real_jets(nano):
    out, summary, events, _ = nano
    import awkward as ak

    good = (events.Jet_pt > 20) & (abs(events.Jet_eta) < 2.5)
    passed = (events.MET_pt > 10) & (events.nMuon <= 2)
    rows = read_all(out, "Jet", "events")
    assert len(rows["Jet"]["pt"]) == int(ak.sum(good[passed])) == summary.num_rows
    expected = np.sort(ak.to_numpy(ak.flatten(events.Jet_pt[good][passed])))
    assert (np.sort(rows["Jet"]["pt"]) == expected).all()
    flavour = ak.to_numpy(ak.flatten(events.Jet_hadronFlavour[good][passed]))
    for label, code in enumerate((0, 4, 5)):
        mine = rows["Jet"]["label"] == label
        assert mine.sum() == (flavour == code).sum()
        assert (rows["Jet"]["hadronFlavour"][mine] == code).all()
        assert rows["Jet"]["weight"][mine].sum(dtype=np.float64) == pytest.approx(1000, rel=1e-5)
    dropped = summary.balance.dropped
    assert dropped["select of Jet"] == int(ak.sum(~good))
    assert summary.balance.read == int(ak.sum(ak.num(events.Jet_pt))) == summary.num_rows + sum(dropped.values())
    # all jets of an event are in one split
    pairs = set(zip(rows["events"]["event"].tolist(), rows["Jet"]["split"].tolist(), strict=True))
    assert len(pairs) == len(set(rows["events"]["event"].tolist()))
    number = ak.to_numpy(events.event)[rows["Jet"]["entry"]]
    assert (number == rows["events"]["event"]).all()


def test_a_loader_and_the_same_bytes(nano, tmp_path):
    out, _, _, config = nano
    state = State.load(out / "state.json")
    loader = sp.Loader(
        sp.open(out / "train"), inputs={"Jet": ["pt", "eta", "mass"], "events": ["MET_pt"]}, labels="Jet.label",
        weights="Jet.weight", transforms={"Jet": state.transform("Jet", ["pt", "eta", "mass"])}, batch_size=32,
    )  # fmt: skip
    batches = list(loader)
    assert len(batches) >= 4
    values = np.concatenate([batch["Jet"] for batch in batches])
    assert np.isfinite(values).all()
    assert abs(values[:, 0].mean()) < 0.3
    sp.prepare(config, tmp_path / "again", jobs=2)
    assert bytes_of(tmp_path / "again") == bytes_of(out)


def test_samples_are_scaled_by_cross_section_and_generated_weights(data_dir, tmp_path):
    """Two files of one process, one of another; the counters of NanoAOD's Runs."""
    dy = data_dir / "nano_dy.root"
    samples = {
        "dy": {"files": str(dy), "label": "dy", "cross_section": 6077.22, "sum_of_weights": "auto"},
        "tt": {
            "files": str(data_dir / "nano_tt_v12.root"),
            "label": "tt",
            "cross_section": 831.76,
            "sum_of_weights": 5e6,
        },
    }
    config = {
        "input": {"tree": "Events", "samples": samples},
        "objects": {"events": {"fields": ["run", "event", "MET_pt"]}},
        "prepare": {"luminosity": 59.7, "weight": "genWeight", "split": {"train": 1.0}},
    }
    summary = sp.prepare(config, tmp_path / "out")
    with uproot.open(dy) as file:
        total = file["Runs"]["genEventSumw_"].array(library="np").sum()
        weight = file["Events"]["genWeight"].array(library="np").astype(np.float64)
    scale = 6077.22 * 59.7e3 / total
    report = summary.report["samples"]
    assert report["dy"]["scale"] == pytest.approx(scale)
    assert report["dy"]["sum_of_weights"]["train"] == pytest.approx((weight * scale).sum(), rel=1e-9)
    assert report["tt"]["scale"] == pytest.approx(831.76 * 59.7e3 / 5e6)
    rows = read_train(tmp_path / "out")
    assert rows["weight"][rows["sample"] == 0] == pytest.approx((weight * scale)[rows["entry"][rows["sample"] == 0]])
    del samples["tt"]["sum_of_weights"]
    with pytest.raises(ConfigError, match=r"sum_of_weights: got none, expected the weights of all generated events"):
        sp.prepare(config, tmp_path / "other")
    samples["tt"]["sum_of_weights"] = "auto"
    with pytest.raises(ConfigError, match=r"counters of generated events: got none in .*nano_tt_v12.root"):
        sp.prepare(config, tmp_path / "other")


def read_train(folder):
    dataset = sp.open(folder / "train")
    return {name: dataset["events"][name][:] for name in dataset.schema.object("events").field_names}


def test_the_bookkeeper_of_atlas_files(tmp_path):
    from simdprep.storage.bookkeeper import booked_weights

    record = np.array([(100, 250.5, 700.0)], [("nEventsProcessed", "i8"), ("sumOfWeights", "f8"), ("squared", "f8")])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["cutBookkeeper/nominal/counts"] = record[0]
        file["jets"] = np.arange(3)
    assert booked_weights(str(tmp_path / "a.h5")) == 250.5
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["jets"] = np.arange(3)
    assert booked_weights(str(tmp_path / "b.h5")) is None
    assert booked_weights(__file__) is None


def test_the_bookkeepers_of_xaods(data_dir, tmp_path):
    """Of all events before any skim, in the last cycle; once for each file that went in. The real file has none."""
    from simdprep.prepare.counters import generated_weights
    from simdprep.schema.config import load_config

    every = "AllExecutedEvents"
    inputs = [
        [(every, "StreamAOD", 0, 1e6), (every, "StreamAOD", 1, 250.5), ("Kept", "StreamAOD", 2, 9.0)],
        [(every, "unknownStream", 3, 7.0), (every, "StreamAOD", 1, 100.25)],
    ]  # fmt: skip
    keys = ("name", "inputStream", "cycle", "sumOfEventWeights")
    booked = [[dict(zip(keys, entry, strict=True)) for entry in found] for found in inputs]
    path = tmp_path / "a.root"
    with uproot.recreate(path) as file:
        columns = ak.Array([{key: [entry[key] for entry in found] for key in keys} for found in booked])
        file.mkrntuple("MetaData", {"CutBookkeepersAux": columns})
        file.mkrntuple("CollectionTree", {"x": np.arange(3)})
    real = data_dir / "PHYSLITE_example.root"
    sample = {"files": str(path), "sum_of_weights": "auto"}
    config = load_config({"input": {"samples": {"zee": sample}}})
    one = config.input.samples[0]
    assert generated_weights(config, one, [str(path)]) == 350.75
    assert generated_weights(config, one, [str(path)] * 2) == 701.5
    with pytest.raises(ConfigError, match=r"counters .*none in .*PHYSLITE_example.root.*CutBookkeepers in MetaData"):
        generated_weights(config, one, [str(path), str(real)])
