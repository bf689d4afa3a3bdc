"""Datasets of simdprep as inputs: files and folders of parts."""

import awkward as ak
import pytest

import simdprep as sp
from simdprep.convert import dataset_source
from simdprep.prepare import shares
from simdprep.transforms import State
from tests.unit.prepare.jet_events import bytes_of, config_of, write_jets

pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The same jets as a file and as a folder of parts."""
    folder = tmp_path_factory.mktemp("stored")
    events = write_jets(folder, 3000)
    events = events[["eventNumber", "jets", "tracks"]]
    schema = sp.Schema.from_awkward(events, pad={"tracks": 40})
    with sp.Writer(folder / "one.h5", schema) as one, sp.Writer(folder / "parts", schema, part_rows=512) as parts:
        one.fill(events)
        parts.fill(events)
    return folder


def test_every_input_is_hashed_once(stored, tmp_path, monkeypatch):
    asked = []
    identify = dataset_source.identify
    monkeypatch.setattr(dataset_source, "identify", lambda path, **more: asked.append(path) or identify(path, **more))
    monkeypatch.setattr(shares, "SHARE_BYTES", 1 << 18)
    config = config_of(stored / "one.h5", split={"train": 0.6, "val": 0.2, "test": 0.2})  # by file and entry
    summary = sp.prepare(config, tmp_path / "out", jobs=2)
    assert asked == [str(stored / "one.h5")]
    assert len(list((tmp_path / "out/train").glob("part-*.h5"))) > 4
    assert summary.balance.read == 3000


def test_a_folder_of_parts_gives_the_rows_of_the_file(stored, tmp_path):
    rows = {}
    for name in ("one.h5", "parts"):
        sp.prepare(config_of(stored / name), tmp_path / name.removesuffix(".h5"))
        rows[name] = sp.open(tmp_path / name.removesuffix(".h5") / "train")["tracks"]["pt"][:].tobytes()
    assert rows["one.h5"] == rows["parts"]
    again = tmp_path / "again"
    sp.prepare(config_of(stored / "parts"), again, jobs=1)
    assert bytes_of(again) == bytes_of(tmp_path / "parts")


def test_rows_may_be_events_of_lists_of_lists(tmp_path):
    """The state knows how many axes of slots each object has, and so do the exports."""
    events = ak.Array(
        [{"jets": [{"pt": 1.0 + at, "hits": [at, at + 2.0]}, {"pt": 3.0, "hits": []}]} for at in range(60)]
    )
    with sp.Writer(tmp_path / "in.h5", sp.Schema.from_awkward(events)) as writer:
        writer.fill(events)
    prepare = {
        "normalise": {"jets": ["pt"], "jets_hits": ["value"]},
        "split": {"train": 0.5, "val": 0.25, "test": 0.25},
    }
    sp.prepare({"input": {"files": str(tmp_path / "in.h5")}, "prepare": prepare}, tmp_path / "out")
    state = State.load(tmp_path / "out/state.json")
    assert (state.pads, state.parents) == ({"jets": 2, "jets_hits": 2}, {"jets_hits": "jets"})


def test_what_was_prepared_is_prepared_again(stored, tmp_path):
    """With no objects in the config, fields of the event are still called what they are called in the file."""
    sp.prepare(config_of(stored / "one.h5"), tmp_path / "first")
    config = {
        "input": {"files": str(tmp_path / "first/train")},
        "select": "eventNumber >= 0 & jets.pt > 22",
        "prepare": {
            "labels": {"name": "heavy", "classes": {"no": "flavour == 0", "yes": "flavour > 0"}},
            "split": {"key": ["eventNumber"], "train": 0.5, "val": 0.5},
            "normalise": {"jets": ["pt"], "tracks": "standard"},
        },
    }
    summary = sp.prepare(config, tmp_path / "second")
    assert summary.balance.read == sp.open(tmp_path / "first/train").num_rows
    again = sp.open(tmp_path / "second/train")["jets"]
    assert ((again["flavour"][:] > 0) == again["heavy"][:]).all()
    assert "eventNumber" in sp.open(tmp_path / "second/train").schema.object("events").field_names
