"""Info: what a dataset holds and how large it is, by independent counting."""

import json

import awkward as ak
import h5py
import numpy as np
import pytest

import simdprep as sp
from simdprep.convert.provenance import Origin
from simdprep.storage import info
from tests.small_dataset import VARIANTS, small_events, small_schema, write_small


@pytest.mark.parametrize("form", ["file", "folder"])
@pytest.mark.parametrize(("layout", "rows"), VARIANTS)
def test_counts(layout, rows, form, tmp_path):
    path = tmp_path / ("a.h5" if form == "file" else "a")
    events = write_small(path, layout, rows, num_events=4500, part_rows=128)
    told = info(path)
    objects = {entry.name: entry for entry in told.objects}
    jets, hits = objects["Jet"], objects["hits"]
    num_jets = int(ak.sum(ak.num(events.Jet)))
    num_hits = int(ak.sum(ak.num(events.hits, axis=2)))
    pads_jets = layout != "ragged" and rows == "events"
    kept_jets = int(ak.sum(ak.num(events.Jet[:, :3]))) if pads_jets else num_jets
    outer = events.hits[:, :3] if pads_jets else events.hits
    kept_hits = int(ak.sum(ak.num(outer[:, :, :2] if layout != "ragged" else outer, axis=2)))
    with_jets = int(ak.sum(ak.num(events.Jet) > 0))

    assert told.num_events == (with_jets if (layout, rows) == ("compound", "Jet") else 4500)
    assert told.num_rows == (4500 if rows == "events" else num_jets)
    assert (jets.num_items, jets.num_truncated) == (kept_jets, num_jets - kept_jets)
    assert (hits.num_items, hits.num_truncated) == (kept_hits, num_hits - kept_hits)
    assert hits.truncated_share == pytest.approx((num_hits - kept_hits) / num_hits)
    if layout == "ragged":
        assert hits.padding_share == 0
    else:
        slots = 4500 * 3 * 2 if rows == "events" else num_jets * 2
        assert hits.padding_share == pytest.approx(1 - kept_hits / slots)
    assert (told.layout, told.rows, told.codec) == (layout, rows, "gzip")
    assert len(told.files) == (1 if form == "file" else len(list(path.glob("part-*.h5"))))


def test_sizes(tmp_path):
    write_small(tmp_path / "a.h5", num_events=5000)
    told = info(tmp_path / "a.h5")
    assert told.file_bytes == (tmp_path / "a.h5").stat().st_size
    with h5py.File(tmp_path / "a.h5") as stored:
        for entry in told.datasets:
            dataset = stored[entry.path]
            assert entry.stored_bytes == dataset.id.get_storage_size()
            assert entry.raw_bytes == dataset.size * dataset.dtype.itemsize
            assert entry.num_chunks == 3
    assert {entry.path for entry in told.datasets} >= {"/Jet/pt", "/Jet/valid", "/events/MET"}


def test_fields_and_strings(tmp_path):
    fields = (sp.Field("pt", "float32", unit="GeV", description="momentum"), sp.Field("kind", "int32", categories=()))
    schema = sp.Schema((sp.ObjectSpec("Jet", fields, level="padded", parent="events", pad=4, order="-pt"),))
    with sp.Writer(tmp_path / "a.h5", schema) as writer:
        writer.fill(ak.Array({"Jet": [[{"pt": 1.0, "kind": "b"}, {"pt": 2.0, "kind": "c"}], []]}))
    [jets] = info(tmp_path / "a.h5").objects
    assert (jets.level, jets.parent, jets.slots, jets.order) == ("padded", "events", (4,), "-pt")
    assert [(entry.name, entry.dtype, entry.unit, entry.num_categories) for entry in jets.fields] == [
        ("pt", "float32", "GeV", None),
        ("kind", "string", "", 2),
    ]
    assert jets.fields[0].shape == (2, 4)
    assert jets.fields[0].description == "momentum"


def test_provenance(tmp_path):
    with sp.Writer(tmp_path / "out", small_schema(), part_rows=128, config_text="simdprep: 1") as writer:
        events = small_events(4500)
        writer.fill(events[:1000], origin=Origin({"name": "a.root", "tree": "Events"}, 0, 1000))
        writer.fill(events[1000:], origin=Origin({"name": "b.root", "tree": "Events"}, 0, 3500))
    told = info(tmp_path / "out")
    assert told.inputs == ({"name": "a.root", "tree": "Events"}, {"name": "b.root", "tree": "Events"})
    assert len(told.config_sha256) == 1
    assert told.versions["simdprep"] == (sp.__version__,)


def test_it_is_plain_data(tmp_path):
    write_small(tmp_path / "a.h5", "ragged")
    told = info(tmp_path / "a.h5")
    again = json.loads(json.dumps(told.to_dict()))
    assert again["num_rows"] == 60
    assert again["objects"][1]["fields"][0]["shape"] == [60, None]
    assert again["fingerprint"] == sp.open(tmp_path / "a.h5").fingerprint


def test_an_empty_dataset(tmp_path):
    with sp.Writer(tmp_path / "a.h5", small_schema()) as writer:
        writer.fill(small_events()[:0])
    told = info(tmp_path / "a.h5")
    assert told.num_rows == 0
    assert [entry.padding_share for entry in told.objects] == [0, 0, 0]
    assert np.isfinite([entry.truncated_share for entry in told.objects]).all()


def test_parts_and_what_was_not_finished(tmp_path):
    write_small(tmp_path / "out", num_events=5000, part_rows=2048)
    told = info(tmp_path / "out")
    assert [part.num_rows for part in told.parts] == [2048, 2048, 904]
    assert sum(part.num_bytes for part in told.parts) == told.file_bytes
    assert told.incomplete == ""
    (tmp_path / "out" / "part-00002.h5").unlink()
    (tmp_path / "out" / "manifest.json").unlink()
    told = info(tmp_path / "out")
    assert told.num_rows == 4096
    assert told.incomplete.startswith("incomplete dataset: got 2 whole parts and no manifest.json, expected")
