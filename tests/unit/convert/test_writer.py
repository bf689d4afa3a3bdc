"""What a writer changes is told, once."""

import warnings
from dataclasses import replace

import awkward as ak
import pytest

import simdprep as sp
from simdprep.errors import SimdprepError, SimdprepWarning

EVENTS = ak.Array([{"x": 1.0, "Jet": [{"pt": 1.0}, {"pt": 2.0}, {"pt": None}]}, {"x": None, "Jet": []}])


def write(path, events, **options):
    with sp.Writer(path, sp.Schema.from_awkward(EVENTS, **options)) as writer:
        writer.fill(events)
    return writer.summary


def test_truncation_and_missing_values_are_one_warning(tmp_path):
    with pytest.warns(SimdprepWarning) as caught:
        summary = write(tmp_path / "a.h5", EVENTS, pad=2)
    assert len(caught) == 1
    assert str(caught[0].message).endswith(
        "truncated 1 of 3 Jet; 1 missing values of events.x took the fill value; "
        "1 missing values of Jet.pt took the fill value"
    )
    assert summary.num_truncated == {"events": 0, "Jet": 1}


def test_no_warning_where_nothing_changed(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write(tmp_path / "a.h5", ak.Array([{"x": 1.0, "Jet": [{"pt": 1.0}, {"pt": 2.0}]}]), pad=2)


def test_a_failed_fill_leaves_no_file(tmp_path):
    with pytest.raises(SimdprepError, match="missing in the events"):
        write(tmp_path / "a.h5", EVENTS[["x"]])
    assert list(tmp_path.iterdir()) == []


def test_a_closed_writer_takes_nothing(tmp_path):
    writer = sp.Writer(tmp_path / "a.h5", sp.Schema.from_awkward(EVENTS))
    writer.fill(EVENTS)
    assert writer.close() is writer.close()
    with pytest.raises(SimdprepError, match="closed writer"):
        writer.fill(EVENTS)


def test_an_order_in_the_schema_decides_what_survives(tmp_path):
    schema = sp.Schema.from_awkward(EVENTS, pad=1)
    specs = [replace(spec, order="-pt") if spec.name == "Jet" else spec for spec in schema.objects]
    with sp.Writer(tmp_path / "a.h5", replace(schema, objects=tuple(specs))) as writer:
        writer.fill(EVENTS)
    with sp.open(tmp_path / "a.h5") as dataset:
        assert dataset.events().Jet.pt.to_list() == [[2.0], []]
