"""The rules (a) to (h), each with branches made for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep.errors import InputError
from simdprep.readers import Branch, group

ZERO, A, B, C = [0, 0, 0], [2, 0, 1], [1, 1, 0], [3, 0, 0]
INNER, OTHER = [4, 0, 1], [1, 2, 3]  # of the three items of A


def scalar(name, values=(7, 7, 7), dtype="int32", shape=()):
    return Branch(name, dtype, 0, shape), {0: values}


def jagged(name, counts, *, struct=None, counter=None, shape=()):
    return Branch(name, "float32", 1, shape, counter=counter, lists=(struct or name,)), {0: counts}


def nested(name, counts, inner, *, outer=None, struct=None):
    return Branch(name, "float32", 2, lists=(outer or name, struct or name)), {0: counts, 1: inner}


def grouped(*entries):
    branches = {branch.name: branch for branch, _ in entries}
    values = {branch.name: levels for branch, levels in entries}
    return group(branches, lambda name, level=0: np.array(values[name][level]))


def objects(grouping):
    return {entry.name: list(entry.members) for entry in grouping.groups}


def parents(grouping):
    return {entry.name: entry.parent for entry in grouping.groups if entry.parent}


class TestCounters:
    @pytest.mark.parametrize("counter", ["nJet", "NJet"])
    def test_a_counter_makes_an_object_and_is_not_stored(self, counter):
        found = grouped(scalar(counter, A), jagged("Jet_pt", A), jagged("Jet_eta", A), scalar("run"))
        assert objects(found) == {"events": ["run"], "Jet": ["pt", "eta"]}
        assert found.counters == {counter: "Jet"}
        assert found.told == ()

    def test_one_branch_is_enough(self):
        assert objects(grouped(scalar("nJet", A), jagged("Jet_pt", A))) == {"events": [], "Jet": ["pt"]}

    def test_dots_separate_as_well(self):
        assert objects(grouped(scalar("nJet", A), jagged("Jet.pt", A)))["Jet"] == ["pt"]

    def test_a_longer_name_is_another_object(self):
        found = grouped(
            scalar("nGenJet", A), scalar("nGenJetAK8", B), jagged("GenJet_pt", A), jagged("GenJetAK8_pt", B)
        )
        assert objects(found) == {"events": [], "GenJet": ["pt"], "GenJetAK8": ["pt"]}

    def test_counters_of_single_branches_are_not_stored_and_take_nothing(self):
        found = grouped(
            scalar("nJet", A),
            scalar("nJet_pt", A),
            scalar("nJet_pt_raw", A),
            jagged("Jet_pt", A, counter="nJet_pt"),
            jagged("Jet_pt_raw", A, counter="nJet_pt_raw"),
        )
        assert objects(found) == {"events": [], "Jet": ["pt", "pt_raw"]}
        assert set(found.counters) == {"nJet", "nJet_pt", "nJet_pt_raw"}

    def test_with_nothing_but_those_prefixes_decide(self):
        found = grouped(scalar("nJet_pt", A), scalar("nJet_pt_raw", A), jagged("Jet_pt", A), jagged("Jet_pt_raw", A))
        assert objects(found) == {"events": [], "Jet": ["pt", "pt_raw"]}

    def test_the_shortest_name_whose_counts_fit_wins(self):
        found = grouped(
            scalar("nJet", A),
            scalar("nJet_trk", C),
            jagged("Jet_pt", A),
            jagged("Jet_trk_d0", C),
            jagged("Jet_trk_n", A),
        )
        assert objects(found) == {"events": [], "Jet": ["pt", "trk_n"], "Jet_trk": ["d0"]}

    def test_a_number_that_counts_nothing_is_a_field(self):
        found = grouped(scalar("nJet", B), jagged("Jet_pt", A), jagged("Jet_eta", A))
        assert objects(found) == {"events": ["nJet"], "Jet": ["pt", "eta"]}
        assert found.counters == {}

    def test_the_file_knows_its_counters(self):
        # counts are not asked for where ROOT itself says what counts what
        entries = [scalar("nJet", A), jagged("Jet_pt", None, counter="nJet")]
        branches = {branch.name: branch for branch, _ in entries}

        def counts(name, level=0):
            assert name in ("nJet", "Jet_pt")
            return np.array(A)

        assert objects(group(branches, counts))["Jet"] == ["pt"]

    def test_a_list_beside_its_counter_is_an_object_of_values(self):
        found = grouped(scalar("nPSWeight", A), jagged("PSWeight", A))
        assert objects(found) == {"events": [], "PSWeight": ["value"]}
        assert found.counters == {"nPSWeight": "PSWeight"}

    def test_split_collections_have_a_branch_that_counts(self):
        found = grouped(scalar("Muon", A), jagged("Muon.pt", A, struct="Muon"), jagged("Muon.eta", A, struct="Muon"))
        assert objects(found) == {"events": [], "Muon": ["pt", "eta"]}
        assert found.counters == {"Muon": "Muon"}

    @pytest.mark.parametrize("counter", [scalar("nJet", A, "float32"), scalar("nJet", A, shape=(2,))])
    def test_counters_are_plain_integers(self, counter):
        assert "Jet" not in grouped(counter, jagged("Jet_pt", A)).counters.values()


class TestPrefixes:
    def test_equal_counts_and_a_common_prefix(self):
        found = grouped(jagged("jet_pt", A), jagged("jet_eta", A), jagged("trk_d0", B), jagged("trk_z0", B))
        assert objects(found) == {"events": [], "jet": ["pt", "eta"], "trk": ["d0", "z0"]}

    def test_the_longest_prefix_names_the_object(self):
        found = grouped(jagged("offline_akt4_NOSYS_pt", A), jagged("offline_akt4_NOSYS_m", A))
        assert objects(found)["offline_akt4_NOSYS"] == ["pt", "m"]

    def test_one_collection_stays_one_object(self):
        found = grouped(jagged("Jet_bReg_x", A), jagged("Jet_bReg_y", A), jagged("Jet_pt", A))
        assert objects(found) == {"events": [], "Jet": ["bReg_x", "bReg_y", "pt"]}

    def test_other_counts_deeper_down_are_another_object(self):
        found = grouped(jagged("Jet_pt", A), jagged("Jet_bReg_x", A), jagged("Jet_trk_d0", B), jagged("Jet_trk_z0", B))
        assert objects(found) == {"events": [], "Jet": ["pt", "bReg_x"], "Jet_trk": ["d0", "z0"]}

    def test_collections_that_share_a_prefix_only(self):
        found = grouped(jagged("off_jet_pt", A), jagged("off_jet_m", A), jagged("off_pv_x", B), jagged("off_pv_y", B))
        assert objects(found) == {"events": [], "off_jet": ["pt", "m"], "off_pv": ["x", "y"]}

    def test_unequal_counts_split_and_are_told(self):
        found = grouped(jagged("Jet_pt", A), jagged("Jet_eta", A), jagged("Jet_odd", B))
        assert objects(found) == {"events": [], "Jet": ["pt", "eta"], "Jet_odd": ["value"]}
        assert found.told == ("Jet was split, its branches have unequal counts: Jet_odd",)

    def test_unequal_counts_beside_a_counter_are_told(self):
        found = grouped(scalar("nJet", A), jagged("Jet_pt", A), jagged("Jet_a", B), jagged("Jet_b", B))
        assert objects(found) == {"events": [], "Jet": ["pt"], "Jet_a": ["value"], "Jet_b": ["value"]}
        assert found.told == ("Jet was split, nJet does not count Jet_a, Jet_b",)

    def test_a_list_alone_is_an_object_of_values(self):
        found = grouped(jagged("weights", A), jagged("pv_x", B))
        assert objects(found) == {"events": [], "weights": ["value"], "pv_x": ["value"]}

    def test_a_list_called_like_the_object_is_its_value(self):
        found = grouped(jagged("trk", A), jagged("trk_pt", A), jagged("trk_eta", A))
        assert objects(found) == {"events": [], "trk": ["value", "pt", "eta"]}

    def test_no_items_at_all_are_no_evidence(self):
        found = grouped(jagged("a_x_1", ZERO), jagged("a_x_2", ZERO), jagged("a_y_1", ZERO), jagged("a_y_2", ZERO))
        assert objects(found) == {"events": [], "a_x": ["1", "2"], "a_y": ["1", "2"]}

    def test_no_entries_go_by_names(self):
        found = grouped(scalar("nJet", []), jagged("Jet_pt", []), jagged("Jet_eta", []), jagged("trk_d0", []))
        assert objects(found) == {"events": [], "Jet": ["pt", "eta"], "trk_d0": ["value"]}


class TestStructs:
    def test_members_of_one_struct(self):
        names = ("jetp4.fP.fX", "jetp4.fP.fY", "jetp4.fE")
        found = grouped(*(jagged(name, A, struct="jetp4") for name in names), jagged("jetbtag", A))
        assert objects(found) == {"events": [], "jetp4": ["fP_fX", "fP_fY", "fE"], "jetbtag": ["value"]}

    def test_the_struct_names_the_object(self):
        names = ("Muons.fCoordinates.fPt", "Muons.fCoordinates.fEta")
        assert objects(grouped(*(jagged(name, A, struct="Muons") for name in names))) == {
            "events": [],
            "Muons": ["fCoordinates_fPt", "fCoordinates_fEta"],
        }

    @pytest.mark.parametrize("counts", [A, ZERO])
    def test_lists_beside_the_struct_join_it(self, counts):
        names = ("Muons.fCoordinates.fPt", "Muons.fCoordinates.fEta")
        found = grouped(*(jagged(name, counts, struct="Muons") for name in names), jagged("Muons_charge", counts))
        assert list(objects(found)) == ["events", "Muons"]

    def test_a_struct_of_one_member(self):
        assert objects(grouped(jagged("hits.e", A, struct="hits")))["hits"] == ["e"]

    def test_two_structs_in_one_object(self):
        found = grouped(
            jagged("evt.jets.pt", A, struct="evt.jets"),
            jagged("evt.jets.eta", A, struct="evt.jets"),
            jagged("evt.tracks.d0", A, struct="evt.tracks"),
            jagged("evt.tracks.z0", A, struct="evt.tracks"),
        )
        assert objects(found) == {"events": [], "evt_jets": ["pt", "eta"], "evt_tracks": ["d0", "z0"]}

    def test_physlite(self):
        found = grouped(
            jagged("AnalysisJetsAuxDyn.pt", A),
            jagged("AnalysisJetsAuxDyn.DFCommon_x", A),
            jagged("AnalysisJetsAuxDyn.link.m_persKey", A, struct="AnalysisJetsAuxDyn.link"),
            jagged("METAssoc_CoreAux.x", A),
            jagged("METAssoc_CoreAux.y", A),
            scalar("EventInfoAuxDyn.runNumber"),
        )
        assert objects(found) == {
            "events": ["EventInfo_runNumber"],
            "AnalysisJets": ["pt", "DFCommon_x", "link_m_persKey"],
            "METAssoc_Core": ["x", "y"],
        }


class TestEvents:
    def test_scalars_keep_their_whole_names(self):
        found = grouped(scalar("MET_pt"), scalar("lv.pt"), scalar("run"))
        assert objects(found) == {"events": ["MET_pt", "lv_pt", "run"]}

    def test_fixed_arrays_are_flattened(self):
        found = grouped(scalar("v", shape=(3,)), scalar("m", shape=(2, 2)), jagged("hit", A, shape=(2,)))
        assert objects(found) == {
            "events": ["v_0", "v_1", "v_2", "m_0_0", "m_0_1", "m_1_0", "m_1_1"],
            "hit": ["value_0", "value_1"],
        }
        assert found.group("events").members["m_1_0"].slot == (1, 0)

    def test_events_is_there_without_scalars(self):
        assert objects(grouped(jagged("x", A))) == {"events": [], "x": ["value"]}
        assert objects(grouped()) == {"events": []}


class TestNames:
    def test_reserved_names_are_changed_and_told(self):
        found = grouped(scalar("nJet", A), jagged("Jet_valid", A), jagged("Jet_count", A), scalar("offsets"))
        assert objects(found) == {"events": ["offsets_"], "Jet": ["valid_", "count_"]}
        assert found.group("Jet").members["valid_"].source == "valid"
        assert len(found.told) == 1
        assert "Jet.valid -> valid_, Jet.count -> count_, events.offsets -> offsets_" in found.told[0]

    def test_a_scalar_called_like_an_object_is_changed(self):
        found = grouped(scalar("Jet", dtype="float32"), jagged("Jet_pt", A), jagged("Jet_eta", A))
        assert objects(found) == {"events": ["Jet_"], "Jet": ["pt", "eta"]}

    def test_an_object_called_events_is_changed(self):
        found = grouped(jagged("events_x", A), jagged("events_y", A))
        assert objects(found) == {"events": [], "events_": ["x", "y"]}
        assert found.group("events_").pattern == "events_*"

    def test_flattened_names_that_are_taken(self):
        found = grouped(scalar("v_0"), scalar("v", shape=(2,)))
        assert objects(found) == {"events": ["v_0", "v_0_", "v_1"]}


class TestNested:
    def test_lists_of_lists_hang_on_their_object(self):
        found = grouped(jagged("Jet_pt", A), jagged("Jet_eta", A), nested("Jet_trk", A, INNER))
        assert objects(found) == {"events": [], "Jet": ["pt", "eta"], "Jet_trk": ["value"]}
        assert parents(found) == {"Jet_trk": "Jet"}

    def test_equal_inner_counts_and_a_prefix_are_one_object(self):
        found = grouped(
            jagged("Jet_pt", A),
            jagged("Jet_m", A),
            nested("Jet_trk_d0", A, INNER),
            nested("Jet_trk_z0", A, INNER),
            nested("Jet_sumPt", A, INNER),
            nested("Jet_clus_e", A, OTHER),
        )
        assert objects(found) == {
            "events": [],
            "Jet": ["pt", "m"],
            "Jet_trk": ["d0", "z0"],
            "Jet_sumPt": ["value"],
            "Jet_clus_e": ["value"],
        }
        assert set(parents(found).values()) == {"Jet"}

    def test_other_outer_counts_are_no_child(self):
        found = grouped(jagged("Jet_pt", A), jagged("Jet_m", A), nested("Jet_trk", B, [1, 1]))
        assert parents(found) == {"Jet_trk": "Jet_trk_list"}

    def test_without_a_parent_one_is_made(self):
        found = grouped(nested("x", A, INNER))
        assert objects(found) == {"events": [], "x_list": [], "x": ["value"]}
        assert parents(found) == {"x": "x_list"}

    def test_several_without_a_parent_share_one(self):
        found = grouped(nested("Jet_trk_d0", A, INNER), nested("Jet_trk_z0", A, INNER), nested("Jet_clus_e", A, OTHER))
        assert objects(found) == {"events": [], "Jet": [], "Jet_trk": ["d0", "z0"], "Jet_clus_e": ["value"]}
        assert parents(found) == {"Jet_trk": "Jet", "Jet_clus_e": "Jet"}

    def test_one_object_of_several_without_a_parent(self):
        found = grouped(nested("sp_X", A, INNER), nested("sp_Y", A, INNER))
        assert objects(found) == {"events": [], "sp_list": [], "sp": ["X", "Y"]}

    def test_structs_of_structs(self):
        found = grouped(
            nested("Jet.trk.d0", A, INNER, outer="Jet", struct="Jet.trk"),
            nested("Jet.trk.z0", A, INNER, outer="Jet", struct="Jet.trk"),
        )
        assert objects(found) == {"events": [], "Jet": [], "Jet_trk": ["d0", "z0"]}
        assert parents(found) == {"Jet_trk": "Jet"}

    def test_a_container_with_nothing_else_is_the_parent(self):
        name = "HLT_xAuxDyn.Matched"
        found = grouped(nested(f"{name}.key", A, INNER, outer=name, struct=name))
        assert parents(found) == {"HLT_x_Matched": "HLT_x"}

    def test_a_made_parent_has_one_length(self):
        found = grouped(nested("F.a", A, INNER), nested("F.b", B, [1, 5]))
        assert parents(found) == {"F_a": "F", "F_b": "F_b_list"}

    def test_deeper_ones_are_named_and_left_out(self):
        found = grouped((Branch("deep", "float32", 3, lists=("deep",) * 3), {}), scalar("run"))
        assert objects(found) == {"events": ["run"]}
        assert found.told == ("left out, lists nested 3 deep: deep",)


class TestGrouping:
    def test_only_keeps_parents(self):
        found = grouped(jagged("Jet_pt", A), jagged("Jet_m", A), nested("Jet_trk", A, INNER), scalar("run"))
        assert objects(found.only(["Jet_trk"])) == {"Jet": ["pt", "m"], "Jet_trk": ["value"]}
        assert objects(found.only(["events"])) == {"events": ["run"]}

    def test_unknown_objects_have_near_names(self):
        found = grouped(jagged("Jet_pt", A), jagged("Jet_m", A))
        with pytest.raises(InputError, match="try Jet"):
            found.only(["jet"])

    def test_branches_are_read_once(self):
        found = grouped(scalar("v", shape=(3,)), jagged("Jet_pt", A))
        assert found.branch_names == ("v", "Jet_pt")


NAME = st.lists(st.sampled_from(["a", "b", "Jet", "n", "valid"]), min_size=1, max_size=4).flatmap(
    lambda parts: st.sampled_from(["_", "."]).map(lambda dot: dot.join(parts))
)
ENTRY = st.tuples(st.sampled_from(["", "n", "N"]), NAME, st.sampled_from([0, 1, 2]), st.sampled_from([ZERO, A, B]))


@given(st.lists(ENTRY, max_size=12, unique_by=lambda entry: entry[0] + entry[1]))
def test_every_branch_is_in_one_object_of_equal_counts(entries):
    made = []
    for prefix, name, depth, counts in entries:
        if depth == 0:
            made.append(scalar(prefix + name, counts))
        elif depth == 1:
            made.append(jagged(prefix + name, counts))
        else:
            made.append(nested(prefix + name, counts, [1] * sum(counts)))
    found = grouped(*made)
    levels = {branch.name: values for branch, values in made}
    stored = [member.branch.name for entry in found.groups for member in entry.members.values()]
    assert sorted([*stored, *found.counters]) == sorted(levels)
    names = [entry.name for entry in found.groups]
    assert len(set(names)) == len(names)
    assert not set(found.group("events").members) & set(names)
    for entry in found.groups:
        assert not {"valid", "count", "offsets"} & set(entry.members)
        for level in range(entry.depth):
            assert len({tuple(levels[member.branch.name][level]) for member in entry.members.values()}) <= 1
        if entry.parent is not None:
            outer = found.group(entry.parent)
            assert outer.depth == 1
            held = [*outer.members.values()] or [
                member for child in found.groups if child.parent == outer.name for member in child.members.values()
            ]
            inner = next(iter(entry.members.values()))
            assert levels[held[0].branch.name][0] == levels[inner.branch.name][0]
