"""What a config gets for what it asks."""

import numpy as np
import pytest

from simdprep.errors import ConfigError, InputError
from simdprep.readers import Branch, Wanted, group, group_by_config

TREE = [
    Branch("run", "uint32"),
    Branch("MET_pt", "float32"),
    Branch("MET_phi", "float32"),
    Branch("nJet", "int32"),
    Branch("nJet_pt", "int32"),
    Branch("Jet_pt", "float32", 1, lists=("Jet_pt",)),
    Branch("Jet_eta", "float32", 1, lists=("Jet_eta",)),
    Branch("Jet_cov", "float32", 1, (2,), lists=("Jet_cov",)),
    Branch("Jet_trk_d0", "float32", 2, lists=("Jet_trk_d0",) * 2),
    Branch("Jet_valid", "bool", 1, lists=("Jet_valid",)),
    Branch("JetAK8_pt", "float32", 1, lists=("JetAK8_pt",)),
    Branch("Jet_sub_m", "float32", 1, lists=("Jet_sub_m",)),
    Branch("Muons.p4.fPt", "float64", 1, lists=("Muons",)),
    Branch("FooAuxDyn.pt", "float32", 1, lists=("FooAuxDyn.pt",)),
    Branch("weights", "float32", 1, lists=("weights",)),
    Branch("v", "float32", 0, (3,)),
]
BRANCHES = {branch.name: branch for branch in TREE}
REFUSED = {"Jet_map": "a map", "odd": "a variant of several types"}


def ask(wanted):
    return group_by_config(BRANCHES, wanted, refused=REFUSED)


def objects(grouping):
    return {entry.name: list(entry.members) for entry in grouping.groups}


def test_fields_come_in_the_order_asked_for():
    found = ask({"Jet": Wanted(fields=["eta", "pt"]), "events": Wanted(fields=["MET_pt", "run"])})
    assert objects(found) == {"Jet": ["eta", "pt"], "events": ["MET_pt", "run"]}
    assert [entry.depth for entry in found.groups] == [1, 0]
    assert found.group("Jet").members["eta"].branch.name == "Jet_eta"
    assert found.branch_names == ("Jet_eta", "Jet_pt", "MET_pt", "run")


def test_without_a_list_an_object_takes_all_and_tells_what_it_leaves():
    found = ask({"Jet": Wanted()})
    assert objects(found) == {"Jet": ["pt", "eta", "cov_0", "cov_1", "valid", "sub_m"]}
    assert found.told == ("left out of Jet, lists of lists are objects of their own: Jet_trk_d0",)


def test_the_longest_name_wins():
    found = ask({"Jet": Wanted(), "Jet_sub": Wanted()})
    assert objects(found) == {"Jet": ["pt", "eta", "cov_0", "cov_1", "valid"], "Jet_sub": ["m"]}


def test_a_field_asked_for_by_name_is_taken_even_so():
    assert objects(ask({"Jet": Wanted(fields=["sub_m"]), "Jet_sub": Wanted()}))["Jet"] == ["sub_m"]


def test_events_takes_what_no_other_does_and_no_counters():
    assert objects(ask({"events": Wanted()}))["events"] == ["run", "MET_pt", "MET_phi", "v_0", "v_1", "v_2"]
    assert objects(ask({"events": Wanted(), "MET": Wanted(fields=["pt"])})) == {
        "events": ["run", "MET_phi", "v_0", "v_1", "v_2"],
        "MET": ["pt"],
    }


def test_counters_of_delphes_are_no_fields():
    branches = {name: Branch(name, "float32", 1, lists=(name,)) for name in ("Jet.PT", "Jet.Eta", "Track.PT")}
    branches |= {name: Branch(name, "int32") for name in ("Jet_size", "Track_size", "grid_size")}
    found = group_by_config(branches, {"Jet": Wanted(), "events": Wanted()}, refused={})
    assert objects(found) == {"Jet": ["PT", "Eta"], "events": ["grid_size"]}


def test_counters_are_stored_where_listed():
    assert objects(ask({"events": Wanted(fields=["nJet", "nJet_pt"])}))["events"] == ["nJet", "nJet_pt"]


def test_row_level_objects():
    found = ask({"eventwise": Wanted("*", ["run", "MET_pt"]), "met": Wanted("MET_*")})
    assert objects(found) == {"eventwise": ["run", "MET_pt"], "met": ["pt", "phi"]}
    assert [entry.depth for entry in found.groups] == [0, 0]


def test_a_pattern_gives_what_follows_it():
    assert objects(ask({"jets": Wanted("Jet_*", ["pt"])})) == {"jets": ["pt"]}
    assert ask({"jets": Wanted("Jet_*", ["pt"])}).group("jets").pattern == "Jet_*"


@pytest.mark.parametrize("pattern", ["FooAuxDyn.*", "Foo_*"])
def test_a_pattern_fits_the_name_in_the_file_or_the_plain_one(pattern):
    assert objects(ask({"foo": Wanted(pattern)})) == {"foo": ["pt"]}


def test_a_pattern_without_star_is_one_branch():
    assert objects(ask({"w": Wanted("weights")})) == {"w": ["value"]}


def test_an_object_called_like_a_branch_holds_its_values():
    assert objects(ask({"weights": Wanted(fields=["value"])})) == {"weights": ["value"]}


@pytest.mark.parametrize("field", ["p4_fPt", "p4.fPt"])
def test_dots_within_fields(field):
    assert objects(ask({"Muons": Wanted(fields=[field])})) == {"Muons": [field]}


def test_fixed_arrays_are_named_whole_or_by_slot():
    members = ask({"events": Wanted(fields=["v"])}).group("events").members
    assert {name: member.slot for name, member in members.items()} == {"v_0": (0,), "v_1": (1,), "v_2": (2,)}
    members = ask({"events": Wanted(fields=["v_1"])}).group("events").members
    assert {name: member.slot for name, member in members.items()} == {"v_1": (1,)}


class TestParents:
    def test_the_longest_object_that_begins_the_name(self):
        found = ask({"Jet_trk": Wanted(), "Jet": Wanted(fields=["pt"])})
        assert [(entry.name, entry.parent) for entry in found.groups] == [("Jet", None), ("Jet_trk", "Jet")]

    def test_a_named_one(self):
        found = ask({"jets": Wanted("Jet_*", ["pt"]), "tracks": Wanted("Jet_trk_*", parent="jets")})
        assert found.group("tracks").parent == "jets"

    def test_one_without_fields(self):
        found = ask({"outer": Wanted(fields=[]), "tracks": Wanted("Jet_trk_*", parent="outer")})
        assert objects(found) == {"outer": [], "tracks": ["d0"]}

    def test_one_is_made_where_none_fits(self):
        found = ask({"tracks": Wanted("Jet_trk_*")})
        assert [(entry.name, entry.parent) for entry in found.groups] == [
            ("tracks_list", None),
            ("tracks", "tracks_list"),
        ]

    @pytest.mark.parametrize(
        ("wanted", "message"),
        [
            ({"jets": Wanted("Jet_*", ["pt"]), "t": Wanted("Jet_trk_*", parent="jet")}, "got 'jet'.*\n.*\n  try jets"),
            ({"e": Wanted("MET_*"), "t": Wanted("Jet_trk_*", parent="e")}, "an object of lists"),
            ({"jets": Wanted("Jet_*", ["pt"]), "k": Wanted("JetAK8_*", parent="jets")}, "not lists of lists"),
        ],
    )
    def test_wrong_ones(self, wanted, message):
        with pytest.raises(ConfigError, match=message) as caught:
            ask(wanted)
        assert ".parent" in str(caught.value)

    def test_events_is_no_parent_to_speak_of(self):
        assert ask({"Jet": Wanted(fields=["pt"], parent="events")}).group("Jet").parent is None


class TestErrors:
    def test_an_unknown_field_has_near_names_and_its_place(self):
        with pytest.raises(ConfigError) as caught:
            ask({"Jet": Wanted(fields=["ptt"])})
        assert str(caught.value).splitlines()[:2] == [
            "field: got 'ptt', expected a field of Jet",
            "  in objects.Jet.fields.ptt",
        ]
        assert "pt" in caught.value.hint

    def test_an_unknown_object(self):
        with pytest.raises(ConfigError, match="try Jet"):
            ask({"Jets": Wanted(fields=["pt"])})
        with pytest.raises(ConfigError, match="for which there is no branch"):
            ask({"Jets": Wanted()})

    def test_a_refused_branch_has_its_reason(self):
        with pytest.raises(InputError, match="'map', branch Jet_map: a map"):
            ask({"Jet": Wanted(fields=["map"])})
        with pytest.raises(InputError, match="several types"):
            ask({"events": Wanted(fields=["odd"])})

    def test_numbers_and_lists_do_not_mix(self):
        with pytest.raises(ConfigError, match="run, one number per entry and Jet_pt, a list, expected all"):
            ask({"x": Wanted("*", ["run", "Jet_pt"])})
        with pytest.raises(ConfigError, match="Jet_trk_d0, a list of lists"):
            ask({"Jet": Wanted(fields=["pt", "trk_d0"])})

    def test_events_has_no_lists(self):
        with pytest.raises(ConfigError, match="'Jet_pt', a list, expected one number per entry"):
            ask({"events": Wanted(fields=["Jet_pt"])})

    @pytest.mark.parametrize("field", ["v_3", "v_0_0", "v_x", "v_"])
    def test_slots_that_are_not_there(self, field):
        with pytest.raises(ConfigError):
            ask({"events": Wanted(fields=[field])})


def test_what_is_grouped_without_a_config_can_be_asked_for():
    ragged = {1: np.array([1, 2]), 2: np.array([1, 2])}
    found = group(BRANCHES, lambda name, level=0: ragged[1] if level == 0 else np.array([1, 0, 2]))
    wanted = {
        entry.name: Wanted(entry.pattern, [member.source for member in entry.members.values()], entry.parent)
        for entry in found.groups
    }
    again = ask(wanted)
    for entry in found.groups:
        members = again.group(entry.name).members
        assert [(member.branch, member.slot) for member in members.values()] == [
            (member.branch, member.slot) for member in entry.members.values()
        ]
        assert again.group(entry.name).parent == entry.parent
