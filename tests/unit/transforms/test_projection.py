"""Projection keeps what is named, under its new name."""

import awkward as ak
import pytest

from simdprep.errors import SchemaError
from simdprep.transforms import project

EVENTS = ak.Array(
    [
        {
            "run": 1,
            "MET": 2.0,
            "info": {"a": 1, "b": 2},
            "Jet": [{"pt": 1.0, "eta": 2.0, "tracks": [{"d0": 1, "z0": 2}]}],
            "weights": [1.0, 2.0],
        }
    ]
)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"events": {"MET": "met"}}, {"met": 2.0}),
        ({"events": {"run": "MET", "MET": "run"}}, {"MET": 1, "run": 2.0}),
        ({"info": {"b": "c"}, "events": {}}, {"info": {"c": 2}}),
        ({"Jet": {"eta": "eta", "pt": "p"}}, {"Jet": [{"p": 1.0, "eta": 2.0}]}),
        ({"tracks": {"d0": "d"}}, {"Jet": [{"tracks": [{"d": 1}]}]}),
        ({"Jet": {"pt": "pt"}, "tracks": {"d0": "d0"}}, {"Jet": [{"pt": 1.0, "tracks": [{"d0": 1}]}]}),
        ({"weights": {"value": "value"}}, {"weights": [1.0, 2.0]}),
        ({"weights": {"value": "w"}}, {"weights": [{"w": 1.0}, {"w": 2.0}]}),
        ({}, {}),
    ],
)
def test_what_is_kept(fields, expected):
    assert project(EVENTS, fields).to_list() == [expected]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"Jte": {}}, "no such object: got 'Jte', expected an object of the events\n  try Jet"),
        ({"Jet": {"ptt": "x"}}, "no such field: got 'ptt', expected a field of Jet\n  try pt"),
        ({"events": {"rnu": "x"}}, "no such field: got 'rnu', expected a field of the event\n  try run"),
    ],
)
def test_what_is_not_there(fields, text):
    with pytest.raises(SchemaError) as caught:
        project(EVENTS, fields)
    assert str(caught.value) == text
