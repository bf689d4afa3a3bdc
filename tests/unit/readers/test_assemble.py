"""From branches to events."""

import awkward as ak
import numpy as np
import pytest

from simdprep.errors import InputError
from simdprep.readers import Branch, Group, Grouping, Member, assemble


def member(name, depth=0, slot=()):
    return Member(Branch(name, "float64", depth, lists=(name,) * depth), slot, name)


EVENTS = Group("events", None, 0, {"run": member("run")})
JET = Group("Jet", None, 1, {"pt": member("Jet_pt", 1), "eta": member("Jet_eta", 1)})
TRACKS = Group("Jet_trk", "Jet", 2, {"d0": member("Jet_trk_d0", 2)})
WISE = Group("eventwise", None, 0, {"MET": member("MET")})

ARRAYS = {
    "run": ak.Array([1.0, 2.0]),
    "MET": ak.Array([5.0, 6.0]),
    "Jet_pt": ak.Array([[1.0, 2.0], []]),
    "Jet_eta": ak.Array([[3.0, 4.0], []]),
    "Jet_trk_d0": ak.Array([[[1.0], [2.0, 3.0]], []]),
    "v": ak.from_numpy(np.arange(12.0).reshape(2, 2, 3), regulararray=True),
}


def put(*groups, **arrays):
    return assemble(ARRAYS | arrays, Grouping(groups), length=2, where="a.root : t", start=100)


def test_the_form_of_events():
    events = put(EVENTS, WISE, JET, TRACKS)
    assert events.to_list() == [
        {
            "run": 1.0,
            "eventwise": {"MET": 5.0},
            "Jet": [{"pt": 1.0, "eta": 3.0}, {"pt": 2.0, "eta": 4.0}],
            "Jet_trk": [[{"d0": 1.0}], [{"d0": 2.0}, {"d0": 3.0}]],
        },
        {"run": 2.0, "eventwise": {"MET": 6.0}, "Jet": [], "Jet_trk": []},
    ]
    assert ak.is_valid(events)


def test_contents_are_shared():
    events = put(EVENTS, JET)
    assert np.shares_memory(
        events.layout.content("Jet").content.content("pt").data, ARRAYS["Jet_pt"].layout.content.data
    )


def test_slots_of_fixed_arrays():
    group = Group("events", None, 0, {"v_0_2": member("v", slot=(0, 2)), "v_1_0": member("v", slot=(1, 0))})
    assert put(group).to_list() == [{"v_0_2": 2.0, "v_1_0": 3.0}, {"v_0_2": 8.0, "v_1_0": 9.0}]


def test_slots_within_lists():
    hits = ak.Array(ak.contents.ListOffsetArray(ak.index.Index64([0, 2, 2]), ARRAYS["v"].layout))
    group = Group("hit", None, 1, {"v_1_1": member("hits", 1, (1, 1))})
    assert put(group, hits=hits).to_list() == [{"hit": [{"v_1_1": 4.0}, {"v_1_1": 10.0}]}, {"hit": []}]


def test_entries_are_counted_where_nothing_has_fields():
    events = put(Group("events", None, 0, {}))
    assert len(events) == 2
    assert ak.fields(events) == []
    events = put(Group("events", None, 0, {}), Group("eventwise", None, 0, {}))
    assert len(events["eventwise"]) == 2


def test_parents_without_fields_carry_lengths():
    parent = Group("Jet", None, 1, {})
    events = put(parent, TRACKS)
    assert ak.num(events.Jet).to_list() == [2, 0]
    assert ak.fields(events.Jet) == []
    alone = put(parent)
    assert ak.num(alone.Jet).to_list() == [0, 0]


def test_missing_values_and_strings_stay():
    values = ak.Array([[None, "b"], []])
    assert put(Group("Jet", None, 1, {"s": member("Jet_s", 1)}), Jet_s=values).Jet.s.to_list() == values.to_list()


@pytest.mark.parametrize(
    ("eta", "text"),
    [
        ([[3.0, 4.0], [5.0]], "0 of Jet_pt and 1 of Jet_eta in entry 101"),
        ([[3.0], [4.0]], "2 of Jet_pt and 1 of Jet_eta in entry 100"),
    ],
)
def test_unequal_counts_name_the_entry(eta, text):
    with pytest.raises(InputError) as caught:
        put(JET, Jet_eta=ak.Array(eta))
    first, where, hint = str(caught.value).splitlines()
    assert first == f"counts within Jet: got {text}, expected as many of each"
    assert where == "  in a.root : t/Jet"
    assert hint.startswith("  try ")


def test_unequal_inner_counts_name_the_entry():
    two = Group("Jet_trk", "Jet", 2, {"d0": member("Jet_trk_d0", 2), "z0": member("Jet_trk_z0", 2)})
    with pytest.raises(InputError, match="2 of Jet_trk_d0 and 1 of Jet_trk_z0 in entry 100"):
        put(JET, two, Jet_trk_z0=ak.Array([[[1.0], [2.0]], []]))


def test_a_child_has_its_parents_lengths():
    with pytest.raises(InputError, match="counts within Jet_trk: got 0 of Jet_pt and 1 of Jet_trk_d0 in entry 101"):
        put(JET, TRACKS, Jet_trk_d0=ak.Array([[[1.0], [2.0, 3.0]], [[]]]))
