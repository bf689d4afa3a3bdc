import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import simdprep as sp
from simdprep.errors import AlignmentError, SchemaError
from simdprep.padding import from_numpy
from simdprep.testing import assert_equal
from tests.reference.stored_file import StoredFile

EVENTS = ak.Array(
    {
        "run": np.arange(3),
        "extra": ak.Array({"weight": np.array([0.5, 1.5, 2.5], np.float32)}),
        "Jet": [[{"pt": 1.0, "eta": 2}, {"pt": 3.0, "eta": 4}], [], [{"pt": 5.0, "eta": 6}]],
        "tracks": [[[], [{"d0": 2.0}, {"d0": 3.0}]], [], [[{"d0": 4.0}]]],
    }
)
SCHEMA = sp.Schema.from_awkward(EVENTS, pad=2, parents={"tracks": "Jet"})


def arrays():
    """EVENTS as padded numpy arrays."""
    d0 = np.array([[[9.0, 9], [2, 3]], [[9, 9], [9, 9]], [[4, 9], [9, 9]]])
    return {
        "events": {"run": np.arange(3)},
        "extra": {"weight": np.array([0.5, 1.5, 2.5], np.float32)},
        "Jet": {
            "pt": np.array([[1.0, 3.0], [9, 9], [5, 9]]),
            "eta": np.array([[2, 4], [9, 9], [6, 9]]),
            "valid": np.array([[True, True], [False, False], [True, False]]),
        },
        "tracks": {"d0": d0, "valid": d0 != 9},
    }


def test_padded_arrays_are_the_same_events():
    assert_equal(from_numpy(arrays(), SCHEMA), EVENTS)


def test_structured_arrays_are_mappings_too():
    given_arrays = arrays()
    dtype = [(name, values.dtype) for name, values in given_arrays["Jet"].items()]
    structured = np.empty((3, 2), dtype)
    for name, values in given_arrays["Jet"].items():
        structured[name] = values
    assert_equal(from_numpy({**given_arrays, "Jet": structured}, SCHEMA), EVENTS)


def test_all_slots_are_real_without_valid():
    schema = sp.Schema.from_awkward(ak.Array({"Jet": [[{"pt": 1.0}]]}), pad=2)
    found = from_numpy({"Jet": {"pt": np.ones((3, 2))}}, schema)
    assert ak.num(found.Jet).tolist() == [2, 2, 2]


@given(st.data())
def test_gaps_are_closed(data):
    """What is written has its valid entries first, wherever they were."""
    valid = np.array(data.draw(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=4)))
    pt = np.arange(valid.size, dtype=np.float32).reshape(valid.shape)
    schema = sp.Schema.from_awkward(ak.Array({"Jet": [[{"pt": np.float32(1)}]]}), pad=3)
    found = from_numpy({"Jet": {"pt": pt, "valid": valid}}, schema)
    assert found.Jet.pt.to_list() == [row[mask].tolist() for row, mask in zip(pt, valid, strict=True)]


def test_embedded_objects_lie_in_their_parents():
    events = ak.Array([{"Jet": [{"pt": 1.0, "tracks": [{"d0": 2}], "ids": [3, 4]}]}])
    schema = sp.Schema.from_awkward(events)
    assert schema.names == ("Jet", "tracks", "Jet_ids")
    found = from_numpy(
        {"Jet": {"pt": np.ones((1, 1))}, "tracks": {"d0": np.full((1, 1, 1), 2)}, "Jet_ids": {"value": [[[3, 4]]]}},
        schema,
    )
    assert_equal(found.Jet[["pt", "tracks"]], events.Jet[["pt", "tracks"]])
    assert_equal(found.Jet.ids.value, events.Jet.ids)


def test_the_writer_takes_them(tmp_path):
    with sp.Writer(tmp_path / "out.h5", SCHEMA) as writer:
        writer.fill(arrays())
        writer.fill(EVENTS)
    file = StoredFile(tmp_path / "out.h5")
    for path, values in file.datasets.items():
        np.testing.assert_array_equal(values[:3], values[3:], err_msg=path)
    np.testing.assert_array_equal(file.datasets["/tracks/valid"][:3], arrays()["tracks"]["valid"])


def replaced(owner, key, value):
    changed = arrays()
    if value is None:
        del changed[owner][key]
    else:
        changed[owner][key] = value
    return changed


@pytest.mark.parametrize(
    ("given_arrays", "error", "text"),
    [
        ({"events": {}}, SchemaError, "missing field: got , expected an entry 'run'"),
        (replaced("Jet", "pt", None), SchemaError, "missing field: got eta, valid, expected an entry 'pt'"),
        ({**arrays(), "Jet": None}, SchemaError, "missing object"),
        (replaced("Jet", "pt", np.ones(3)), SchemaError, "rank: got 1, expected 2"),
        (replaced("tracks", "d0", np.ones((3, 2))), SchemaError, "rank: got 2, expected 3"),
        (replaced("Jet", "eta", np.ones((3, 1))), AlignmentError, "shape: got (3, 1), expected (3, 2)"),
        (replaced("Jet", "valid", np.ones((3, 2), np.int8)), SchemaError, "dtype of valid: got int8, expected bool"),
        (replaced("events", "run", np.arange(2)), AlignmentError, "rows: got"),
    ],
)  # fmt: skip
def test_mistakes(given_arrays, error, text):
    with pytest.raises(error) as raised:
        from_numpy(given_arrays, SCHEMA)
    assert str(raised.value).startswith(text)


def test_only_rows_of_events():
    schema = sp.Schema.from_awkward(EVENTS[["run", "Jet"]], rows="Jet")
    with pytest.raises(SchemaError, match=r"^numpy chunks: got rows 'Jet', expected rows 'events'\n  try an awkward"):
        from_numpy(arrays(), schema)
