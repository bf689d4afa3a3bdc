"""A process with nothing but h5py and numpy reads every layout, codec and row object."""

import json
import subprocess
import sys
from pathlib import Path

import awkward as ak
import h5py
import numpy as np
import pytest

import simdprep as sp
from simdprep.testing import toy_events
from tests.reference.expected_events import expected_events
from tests.small_dataset import VARIANTS, small_events, small_schema

READER = Path(__file__).with_name("stock_reader.py")


def flat(array, dtype):
    """All numbers of an awkward array, in order."""
    return ak.to_numpy(ak.flatten(array, axis=None)).astype(dtype)


def expected(events, schema):
    """What a file must hold, by `object/field` and `object/count`."""
    kept = expected_events(events, schema)
    found = {}
    for spec in schema.objects:
        owner = kept if spec.name == "events" else kept[spec.name]
        for field in spec.fields:
            values = owner[field.name]
            if field.is_string:
                texts = ak.to_list(ak.flatten(values, axis=None) if values.ndim > 1 else values)
                order = list(dict.fromkeys(ak.to_list(events[field.name])))  # codes by first appearance
                found[f"{spec.name}/{field.name}"] = np.array([order.index(text) for text in texts], np.int32)
            else:
                found[f"{spec.name}/{field.name}"] = flat(values, field.dtype)
        if spec.is_list:
            found[f"{spec.name}/count"] = multiplicities(events, schema, spec)
    return found


def multiplicities(events, schema, spec):
    """Before truncation, of the entries of the parent that are stored."""
    if spec.name == "Jet" or spec.parent == "events":
        return flat(ak.num(events[spec.name]), np.int64)
    counts = ak.num(events[spec.name], axis=2)
    parent = schema.object(spec.parent)
    return flat(counts[:, : parent.pad] if parent.level == "padded" else counts, np.int64)


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """One file and its plain arrays for every way of storing, and one of toy events."""
    folder = tmp_path_factory.mktemp("stock")
    made = {}
    for layout, rows in VARIANTS:
        for codec in ("gzip", "none"):
            made[f"{layout}-{rows}-{codec}"] = small_events(3000), small_schema(layout, rows, codec=codec)
    for layout in ("columns", "compound", "ragged"):
        events = toy_events(500)
        made[f"toy-{layout}"] = events, sp.Schema.from_awkward(events, layout=layout)
    for name, (events, schema) in made.items():
        with sp.Writer(folder / f"{name}.h5", schema) as writer:
            writer.fill(events)
        np.savez(folder / f"{name}.npz", **expected(events, schema))
    return folder, list(made)


def test_every_case(cases):
    folder, names = cases
    command = [sys.executable, "-I", str(READER), *(str(folder / name) for name in names)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    report = json.loads(done.stdout)
    assert report["loaded"] == []
    assert report["wrong"] == {str(folder / name): [] for name in names}


def test_the_reader_sees_a_difference(cases, tmp_path):
    folder, names = cases
    path = tmp_path / "a.h5"
    path.write_bytes((folder / f"{names[0]}.h5").read_bytes())
    path.with_suffix(".npz").write_bytes((folder / f"{names[0]}.npz").read_bytes())
    with h5py.File(path, "r+") as stored:
        stored["Jet/pt"][7, 0] += 1
    command = [sys.executable, "-I", str(READER), str(path.with_suffix(""))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["wrong"] == {str(path.with_suffix("")): ["Jet/pt"]}


def test_bools_are_bools_and_units_are_text(tmp_path):
    fields = (sp.Field("pt", "float32", unit="GeV", description="transverse momentum"), sp.Field("good", "bool"))
    schema = sp.Schema((sp.ObjectSpec("Jet", fields, level="padded", parent="events", pad=2),))
    with sp.Writer(tmp_path / "a.h5", schema) as writer:
        writer.fill(ak.Array({"Jet": [[{"pt": 1.0, "good": True}], []]}))
    with h5py.File(tmp_path / "a.h5") as stored:
        assert stored["Jet/valid"].dtype == stored["Jet/good"].dtype == np.bool_
        assert stored["Jet/pt"].attrs["unit"] == b"GeV"
        assert stored["Jet/pt"].attrs["description"] == b"transverse momentum"
        assert np.isnan(stored["Jet/pt"].fillvalue)
