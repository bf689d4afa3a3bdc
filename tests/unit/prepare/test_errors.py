"""Mistakes in what is to be prepared: one error each, that names the value, the rule and the place."""

import awkward as ak
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import SimdprepError
from tests.unit.prepare.jet_events import config_of, write_jets

pytest.importorskip("pyarrow")

LABELS = {"light": "flavour == 0", "c": "flavour == 1", "b": "flavour == 2"}


@pytest.fixture(scope="module")
def jets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("errors")
    write_jets(folder, 400)
    return folder / "jets.parquet"


def balance(**options):
    return {"method": "undersample", "variables": {"pt": [22, 60, 5000]}, **options}


MISTAKES = {  # what: changes of the config, then the parts of the error
    "unknown field in a weight": (
        {"weight": "wieght"},
        ["unknown name: got 'wieght', expected a field of jets or of the event", "prepare.weight", "try weight"],
    ),
    "unknown field in a class": (
        {"labels": {"classes": {"b": "flavuor == 2"}}},
        ["unknown name: got 'flavuor'", "prepare.labels.classes.b", "try flavour"],
    ),
    "unknown field in a cut": (
        {"select": "jets.pt > 20 & jets.etaa < 2"},
        ["unknown name: got 'etaa', expected a field of jets", "select", "try eta"],
    ),
    "unknown field to normalise": (
        {"normalise": {"jets": ["ptt"]}},
        ["field to normalise: got 'ptt', expected a stored field of jets", "prepare.normalise.jets", "try pt"],
    ),
    "unknown object to normalise": (
        {"normalise": {"track": "standard"}},
        ["object to normalise: got 'track', expected an object that is stored", "try tracks"],
    ),
    "unknown alias": (
        {"normalise": {"jets": {"pt": {"alias": "masss"}}}},
        ["field to normalise: got 'masss'", "try mass"],
    ),
    "alias of what is not normalised": (
        {"normalise": {"jets": {"pt": {"alias": "mass"}}}},
        ["alias: got 'mass', expected a field that is normalised"],
    ),
    "unknown variable": ({"balance": balance(variables={"ptt": [0, 1]})}, ["unknown name: got 'ptt'", "try pt"]),
    "unknown key": ({"split": {"key": ["eventNumbr"]}}, ["unknown name: got 'eventNumbr'", "try eventNumber"]),
    "unknown class": (
        {"sum_of_weights": {"bb": 10}},
        ["class: got 'bb', expected one of the classes light, c, b", "prepare.sum_of_weights", "try b"],
    ),
    "unknown validation field": ({"fields": {"validation": ["masss"]}}, ["field: got 'masss'", "try mass"]),
    "levels of a weight": (
        {"weight": "tracks.pt"},
        ["level: got one per tracks (tracks.pt), expected one value per event", "prepare.weight", "max(...)"],
    ),
    "levels mixed": (
        {"labels": {"classes": {"b": "flavour == 2 & tracks.d0 > 0"}}},
        ["level: got one per tracks", "prepare.labels.classes.b"],
    ),
    "a number as condition": (
        {"labels": {"classes": {"b": "flavour"}}},
        ["condition: got numbers (int32), expected a condition", "try flavour != 0"],
    ),
    "not finite after log": (
        {"normalise": {"jets": {"eta": {"log": True}}}},
        ["log(x): got ", "entries that are NaN or infinite, expected finite numbers", "field jets.eta"],
    ),
    "a field that does not vary": (
        {"normalise": {"jets": ["one"]}, "one": True},
        ["got 0.0, expected a positive", "jets.one"],
    ),
    "empty class": (
        {"labels": {"classes": {**LABELS, "tau": "flavour == 15"}}},
        ["rows of class tau: got none, expected one or more", "prepare.labels"],
    ),
    "overlap": (
        {"labels": {"classes": {**LABELS, "heavy": "flavour > 0"}}},
        ["overlap of class: got ", "rows in several", "in b and heavy", "jets.parquet, entry ", "overlap: first"],
    ),
    "unlabelled": (
        {"labels": {"classes": {"b": "flavour == 2"}}},
        ["class: got ", "rows in none (first ", "jets.parquet, entry ", "unlabelled: drop"],
    ),
    "impossible target": (
        {"balance": balance(counts={"train": 300})},
        ["rows of class ", "expected ", "as undersample takes no row twice", "counts of "],
    ),
    "unknown target": ({"balance": balance(target="lght")}, ["target", "'lght'", "try light"]),
    "empty training split": (
        {"split": {"by": "expression", "train": "pt < 0", "val": "pt > 0"}},
        ["rows of split train: got none"],
    ),
    "splits overlap": (
        {"split": {"by": "expression", "train": "pt > 0", "val": "pt > 50"}},
        ["overlap of split: got ", "rows in several"],
    ),
    "nothing left": ({"select": "jets.pt < 0"}, ["rows to label: got none, expected one or more", "select"]),
    "the label normalised": (
        {"normalise": {"jets": ["flavour_label"]}, "labels": {"name": "flavour_label", "classes": LABELS}},
        ["field to normalise: got 'flavour_label', expected a stored field of jets"],
    ),
    "a feature drawn from its own class": (
        {"parametric": {"field": "mass", "for": "b", "from": "b"}},
        ["classes: got b for both, expected two classes", "prepare.parametric"],
    ),
    "a sum of weights of 0": (
        {"sum_of_weights": 0},
        ["sum_of_weights.*: got 0, expected a number greater than 0", "prepare.sum_of_weights"],
    ),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_mistakes(jets, tmp_path, what):
    changes, parts = MISTAKES[what]
    changes = dict(changes)
    config = config_of(jets, **{key: value for key, value in changes.items() if key != "one"})
    if changes.get("one"):
        config["objects"]["jets"]["fields"] = {"pt": {}, "one": {"expr": "pt / pt"}}
    if what == "unknown validation field":
        config["prepare"]["fields"] = {"validation": ["masss"]}
    with pytest.raises(SimdprepError) as caught:
        sp.prepare(config, tmp_path / "out")
    text = str(caught.value)
    assert [part for part in parts if part not in text] == [], text
    assert len(text.splitlines()) <= 3
    assert not (tmp_path / "out").exists()


def test_a_training_split_without_rows(jets, tmp_path):
    """By fraction there may be none in so few rows; nothing can be fitted then."""
    config = config_of(jets, split={"train": 0.0, "val": 1.0, "test": 0.0})
    with pytest.raises(SimdprepError, match="rows of split train: got none, expected some to fit normalise on"):
        sp.prepare(config, tmp_path / "out")


def test_unequal_schemas_between_samples(jets, tmp_path):
    events = ak.from_parquet(jets)
    other = ak.with_field(events, ak.values_astype(events.jets.pt, np.float64), where=("jets", "pt"))
    ak.to_parquet(other, tmp_path / "wide.parquet")
    ak.to_parquet(ak.without_field(events, ("jets", "mass")), tmp_path / "less.parquet")
    for name, said in (("wide", "float64"), ("less", "mass")):
        samples = {"a": {"files": str(jets)}, "b": {"files": str(tmp_path / f"{name}.parquet")}}
        config = config_of(jets, input={"samples": samples})
        with pytest.raises(SimdprepError) as caught:
            sp.prepare(config, tmp_path / "out")
        assert said in str(caught.value)
        assert f"{name}.parquet" in str(caught.value)


def test_samples_that_share_rows(jets, tmp_path):
    samples = {"a": {"select": "jets.pt > 20"}, "b": {"select": "jets.pt > 50"}}
    config = config_of(jets, input={"files": str(jets), "samples": samples})
    with pytest.raises(SimdprepError, match=r"overlap of samples: got entry .* in a and b, expected every row in one"):
        sp.prepare(config, tmp_path / "out")
    del samples["a"]["select"]
    with pytest.raises(SimdprepError, match=r"file of several samples: got .* in a and b"):
        sp.prepare(config_of(jets, input={"files": str(jets), "samples": samples}), tmp_path / "out")


def test_outputs_are_not_overwritten(jets, tmp_path):
    config = config_of(jets)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").touch()
    with pytest.raises(SimdprepError, match="output exists, kept as it is"):
        sp.prepare(config, tmp_path / "out")
    with pytest.raises(SimdprepError, match=r"output folder holds other files: got mine.txt"):
        sp.prepare(config, tmp_path / "out", overwrite=True)
    with pytest.raises(SimdprepError, match="folder of the output: got"):
        sp.prepare(config, tmp_path / "no" / "out")
    with pytest.raises(SimdprepError, match="section prepare: got none"):
        sp.prepare({"input": {"files": str(jets)}}, tmp_path / "new")


def test_inputs_without_entries(jets, tmp_path):
    ak.to_parquet(ak.from_parquet(jets)[:0], tmp_path / "none.parquet")
    with pytest.raises(SimdprepError, match="entries of the inputs: got none, expected some to prepare"):
        sp.prepare(config_of(tmp_path / "none.parquet"), tmp_path / "out")
    summary = sp.prepare(config_of(tmp_path / "none.parquet", jets), tmp_path / "out")
    assert summary.balance.read == 400


def test_texts_are_labels_but_not_numbers(jets, tmp_path):
    """A text can be compared; it has no mean, is no weight, and nothing is balanced over it."""
    events = ak.from_parquet(jets)
    kinds = np.array(list(LABELS))[ak.to_numpy(events.jets.flavour)]
    ak.to_parquet(ak.with_field(events, kinds, where=("jets", "kind")), tmp_path / "texts.parquet")
    config = config_of(tmp_path / "texts.parquet", labels={"classes": {name: f'kind == "{name}"' for name in LABELS}})
    config["objects"]["jets"]["fields"] = ["pt", "eta", "mass", "kind"]
    sp.prepare(config, tmp_path / "out")
    stored = sp.open(tmp_path / "out/train")
    texts = stored.schema.object("jets").field("kind").categories
    rows = {name: stored["jets"][name][:].tolist() for name in ("kind", "label")}
    assert [list(LABELS)[label] for label in rows["label"]] == [texts[code] for code in rows["kind"]]
    for changes, said in (
        ({"normalise": {"jets": ["kind"]}}, "field to normalise: got the texts of kind, expected a field of numbers"),
        ({"weight": "kind"}, "text field: got 'kind', expected a field of numbers"),
        ({"split": {"key": ["jets.kind"]}}, "text field: got 'kind'"),
        ({"split": {"key": ["kind"]}}, "unknown name: got 'kind', expected a field of the event\n.*\n  try jets.kind"),
    ):
        wrong = {**config, "prepare": {**config["prepare"], **changes}}
        with pytest.raises(SimdprepError, match=said):
            sp.prepare(wrong, tmp_path / "other")


def test_a_sample_of_which_nothing_is_written_is_told(jets, tmp_path):
    samples = {"a": {"select": "jets.pt >= 22"}, "b": {"select": "jets.pt < 0"}}
    summary = sp.prepare(config_of(jets, input={"files": str(jets), "samples": samples}), tmp_path / "out")
    assert "no row of sample b was written" in summary.told
