"""Selection: what is dropped, in which order, and that nothing drifts apart."""

import awkward as ak
import numpy as np
import pytest

from simdprep.errors import AlignmentError, ExpressionError, SchemaError
from simdprep.schema.config import load_config
from simdprep.transforms import Catalog, CutFlow, ObjectRules, Rules, apply, parse, settle


def rules_of(objects=None, select=None, parents=None):
    data = {"objects": objects or {}, **({"select": select} if select else {})}
    return Rules.from_config(load_config(data), parents=parents)


@pytest.fixture
def events():
    return ak.Array(
        [
            {
                "MET_pt": 60.0,
                "Jet": [{"pt": 30.0, "eta": 1.0}, {"pt": 50.0, "eta": 0.0}, {"pt": 5.0, "eta": 3.0}],
                "Muon": [{"pt": 10.0}, {"pt": 2.0}],
                "tracks": [[{"d0": 1.0}, {"d0": 2.0}], [{"d0": 3.0}], []],
                "weights": [1.0, 2.0],
            },
            {"MET_pt": 10.0, "Jet": [], "Muon": [{"pt": 10.0}], "tracks": [], "weights": []},
            {
                "MET_pt": 70.0,
                "Jet": [{"pt": 25.0, "eta": 1.0}],
                "Muon": [{"pt": 1.0}],
                "tracks": [[{"d0": 7.0}]],
                "weights": [3.0],
            },
        ]
    )


def test_all_at_once(events):
    rules = rules_of(
        {
            "Muon": {"select": "pt > 5"},
            "Jet": {
                "select": "pt > 20 & abs(eta) < 2.5",
                "order": "-pt",
                "fields": {"pt": None, "deta": {"expr": "eta - lead.eta"}, "ntracks": {"expr": "num(tracks)"}},
            },
            "tracks": {"parent": "Jet", "fields": {"share": {"expr": "d0 / Jet.pt"}}},
            "events": {"fields": {"ht": {"expr": "sum(Jet.pt)"}, "second": {"expr": "Jet[1].pt"}}},
        },
        "MET_pt > 50 & num(Muon) >= 1",
    )
    selected, flow, keep = apply(events, rules)
    assert selected.to_list() == [
        {
            "MET_pt": 60.0,
            "Jet": [
                {"pt": 50.0, "eta": 0.0, "deta": 0.0, "ntracks": 1},
                {"pt": 30.0, "eta": 1.0, "deta": 1.0, "ntracks": 2},
            ],
            "Muon": [{"pt": 10.0}],
            "tracks": [[{"d0": 3.0, "share": 3 / 50}], [{"d0": 1.0, "share": 1 / 30}, {"d0": 2.0, "share": 2 / 30}]],
            "weights": [1.0, 2.0],
            "ht": 80.0,
            "second": 30.0,
        }
    ]
    assert keep.tolist() == [True, False, False]
    assert (flow.events_read, flow.events_kept, flow.events_dropped) == (3, 1, 2)
    assert {name: (entry.read, dict(entry.dropped), entry.kept) for name, entry in flow.objects.items()} == {
        "Jet": (4, {"select": 1, "event select": 1}, 2),
        "Muon": (4, {"select": 2, "event select": 1}, 1),
        "tracks": (4, {"event select": 1}, 3),
        "weights": (3, {"event select": 1}, 2),
    }


def test_flows_add_up(events):
    rules = rules_of({"Jet": {"select": "pt > 26"}}, "MET_pt > 20", {"tracks": "Jet"})
    whole = apply(events, rules)
    parts = [apply(events[start : start + 1], rules) for start in range(3)]
    assert ak.concatenate([part.events for part in parts]).to_list() == whole.events.to_list()
    assert np.concatenate([part.keep for part in parts]).tolist() == whole.keep.tolist()
    assert sum((part.flow for part in parts), CutFlow()) == whole.flow
    assert whole.flow.objects["tracks"].dropped == {"select of Jet": 1}


def test_no_rules_change_nothing(events):
    selected, flow, keep = apply(events, Rules())
    assert not Rules()
    assert selected.to_list() == events.to_list()
    assert selected.type == events.type
    assert keep.all()
    assert flow.events_kept == 3


def test_no_events(events):
    rules = rules_of(
        {"Jet": {"select": "pt > 20", "order": "-pt", "fields": {"x": {"expr": "pt - lead.pt"}}}},
        "num(Jet) > 0 & max(Jet.pt) > 3",
        {"tracks": "Jet"},
    )
    selected, flow, keep = apply(events[:0], rules)
    assert len(selected) == 0
    assert selected.Jet.x.to_list() == []
    assert (flow.events_read, flow.events_kept, len(keep)) == (0, 0, 0)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int64", "uint64", "float16", "float32", "float64"])
def test_order_is_stable_with_nan_last_whatever_the_dtype(dtype):
    low, high = (0, 1) if dtype == "bool" else (-100, 100)
    if np.dtype(dtype).kind in "iu":
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    rng = np.random.default_rng(3)
    counts = rng.poisson(5, 100)
    pool = np.array([low, high, low, high, 0, 1], dtype)
    if np.dtype(dtype).kind == "f":
        pool = np.append(pool, np.array([np.nan, np.inf, -np.inf, -0.0], dtype))
    key = rng.choice(pool, counts.sum())
    events = ak.zip({"x": ak.unflatten(ak.zip({"key": key, "i": np.arange(len(key))}), counts)}, depth_limit=1)
    for order, sign in (("key", 1), ("-key", -1)):
        ours = apply(events, rules_of({"x": {"order": order}})).events.x.i.to_list()
        expected = []
        for entries in events.x.to_list():
            good = [entry for entry in entries if entry["key"] == entry["key"]]
            bad = [entry["i"] for entry in entries if entry["key"] != entry["key"]]
            # Python's sort is stable, also in reverse
            good.sort(key=lambda entry: entry["key"], reverse=sign < 0)
            expected.append([entry["i"] for entry in good] + bad)
        assert ours == expected


def test_order_by_an_expression_and_missing_last():
    events = ak.Array([{"x": [{"a": 3}, {"a": None}, {"a": 1}, {"a": -2}]}, {"x": []}])
    assert apply(events, rules_of({"x": {"order": "abs(a)"}})).events.x.a.to_list() == [[1, -2, 3, None], []]
    assert apply(events, rules_of({"x": {"order": "-abs(a)"}})).events.x.a.to_list() == [[3, -2, 1, None], []]
    assert apply(events, rules_of({"x": {"order": "3"}})).events.x.a.to_list() == [[3, None, 1, -2], []]


def test_missing_values_in_conditions_drop():
    events = ak.Array([{"a": 1, "x": [{"b": 1}, {"b": None}]}, {"a": None, "x": [{"b": 5}]}, {"a": 3, "x": []}])
    assert apply(events, rules_of(None, "a > 0")).keep.tolist() == [True, False, True]
    assert apply(events, rules_of(None, "~(a > 0)")).keep.tolist() == [False, False, False]
    assert apply(events, rules_of(None, "a > 5 | x[0].b > 0")).keep.tolist() == [True, True, False]
    assert apply(events, rules_of(None, "x[0].b != 5")).keep.tolist() == [True, False, False]
    assert apply(events, rules_of({"x": {"select": "b > 0"}})).events.x.b.to_list() == [[1], [5], []]


def test_missing_derived_values_stay_missing(events):
    rules = rules_of({"events": {"fields": {"a": {"expr": "Muon[1].pt"}, "b": {"expr": "max(Jet.pt)"}}}})
    selected = apply(events, rules).events
    assert selected.a.to_list() == [2.0, None, None]
    assert selected.b.to_list() == [50.0, None, 25.0]


def test_a_derived_field_may_replace_one_and_be_used_by_others(events):
    rules = rules_of(
        {
            "Jet": {
                "select": "pt > 20",  # of the input
                "order": "pt",
                "fields": {"double": {"expr": "2 * pt"}, "pt": {"expr": "pt / 1000"}},
            },
            "events": {"fields": {"ht": {"expr": "sum(Jet.double)"}}},
        },
        "ht > 0.06",
        {"tracks": "Jet"},
    )
    selected = apply(events, rules).events
    assert selected.Jet.pt.to_list() == [[0.03, 0.05]]
    assert selected.Jet.double.to_list() == [[0.06, 0.1]]
    assert selected.ht.to_list() == [0.06 + 0.1]
    assert ak.fields(selected.Jet) == ["pt", "eta", "double"]


def test_objects_see_each_other_after_their_own_select(events):
    rules = rules_of({"Jet": {"select": "num(Muon) == 1"}, "Muon": {"select": "pt > 5"}}, None, {"tracks": "Jet"})
    selected = apply(events, rules).events
    assert selected.Jet.pt.to_list() == [[30.0, 50.0, 5.0], [], []]
    # a parent sees what is left of what hangs on it, which may see the parent's own numbers
    both = rules_of({"Jet": {"select": "num(tracks) == 1"}, "tracks": {"parent": "Jet", "select": "d0 * 30 > Jet.pt"}})
    assert apply(events, both).events.Jet.pt.to_list() == [[30.0, 50.0], [], [25.0]]
    assert apply(events, both).events.tracks.d0.to_list() == [[[2.0], [3.0]], [], [[7.0]]]


CIRCLES = {
    "each the other's number": {"Jet": {"select": "num(Muon) > 0"}, "Muon": {"select": "num(Jet) > 0"}},
    "a parent's list": {"Jet": {"select": "num(tracks) > 0"}, "tracks": {"parent": "Jet", "select": "max(Jet.pt) > 1"}},
    "derived fields": {"Muon": {"fields": {"a": {"expr": "b"}, "b": {"expr": "a"}}}},
}


@pytest.mark.parametrize("case", CIRCLES)
def test_circles(events, case):
    with pytest.raises(ExpressionError, match="rules that need each other: got objects"):
        apply(events, rules_of(CIRCLES[case], None, {"tracks": "Jet"}))


def test_a_derived_field_is_not_known_in_select_or_order(events):
    for key in ("select", "order"):
        rules = rules_of({"Muon": {key: "double > 3", "fields": {"double": {"expr": "2 * pt"}}}})
        with pytest.raises(ExpressionError) as caught:
            apply(events, rules)
        assert str(caught.value) == (
            "derived field: got double, expected fields of the input: the derived ones come after select and order\n"
            f"  in objects.Muon.{key}\n  try writing its expression out"
        )
    with pytest.raises(ExpressionError, match="unknown name: got 'double', expected a field of Muon"):
        apply(events, rules_of({"Muon": {"fields": {"double": {"expr": "2 * double"}}}}))


def test_a_nested_object_needs_a_named_parent(events):
    for key in ({"select": "pt > 3"}, {"order": "pt"}):
        with pytest.raises(SchemaError) as caught:
            apply(events, rules_of({"Jet": key}))
        assert str(caught.value) == (
            "nested object without parent: got tracks, whose outer lists are as long as those of Jet, "
            "expected the parent of every nested object to be named\n"
            f"  in objects.Jet.{next(iter(key))}\n"
            "  try objects.tracks.parent: Jet, or events where it hangs on no object"
        )
    assert apply(events, rules_of(None, "MET_pt > 65")).events.tracks.d0.to_list() == [[[7.0]]]
    assert apply(events, rules_of({"tracks": {"select": "d0 > 2"}})).events.tracks.d0.to_list() == [
        [[], [3.0], []], [], [[7.0]],
    ]  # fmt: skip
    alone = rules_of({"Jet": {"select": "pt > 30"}, "tracks": {"parent": "events"}})
    assert apply(events, alone).events.tracks.to_list() == events.tracks.to_list()


def test_a_nested_object_that_is_not_that_of_what_changes_may_stand_alone(events):
    rules = rules_of({"Muon": {"select": "pt > 5"}})
    assert apply(events, rules).events.tracks.to_list() == events.tracks.to_list()
    assert apply(events[:0], rules_of({"Jet": {"select": "pt > 5"}})).events.tracks.to_list() == []
    # one muon and one jet: by the last event alone it could be that of the muon
    with pytest.raises(SchemaError, match="nested object without parent"):
        apply(events[2:], rules)
    settled = settle(events, rules)
    assert settled.parents == {"tracks": "events"}
    assert apply(events[2:], settled).events.tracks.d0.to_list() == [[[7.0]]]
    with pytest.raises(SchemaError, match="nested object without parent"):
        settle(events, rules_of({"Jet": {"select": "pt > 5"}}))


def test_nested_objects_may_share_a_parent_without_fields():
    events = ak.Array(
        {"Jet": [[{"pt": 1}], [{"pt": 2}]], "a": [[[1.0, 2.0], []], []], "b": [[[5.0], [6.0, 7.0]], []], "n": [1, 2]}
    )
    parents = {"a": "boxes", "b": "boxes"}
    with pytest.raises(ExpressionError, match=r"level: got one per boxes \(b.value\)"):
        apply(
            events, rules_of({"a": {"fields": {"x": {"expr": "value + sum(b.value[0])"}}}}, "b.value[0] > 3", parents)
        )
    rules = rules_of({"Jet": {"order": "-pt"}, "a": {"select": "value > 1"}}, "sum(num(a) + num(b)) > 2", parents)
    assert apply(events, rules).events.a.to_list() == [[[2.0], []]]
    uneven = ak.Array({"a": [[[1.0]]], "b": [[[1.0], [2.0]]]})
    with pytest.raises(AlignmentError, match="outer lists: got 2 lists, expected 1"):
        apply(uneven, Rules(parents=parents))
    # equal lengths by chance: no error where the parent is said to be something else
    chance = ak.Array({"Jet": [[{"pt": 1}]], "a": [[[1.0]]]})
    for known, problem in (({"a": "boxes"}, True), ({"a": "boxes", "boxes": "events"}, False)):
        rules = rules_of({"Jet": {"select": "pt > 1"}}, None, known)
        if problem:
            with pytest.raises(SchemaError, match="nested object without parent"):
                apply(chance, rules)
        else:
            assert apply(chance, rules).events.a.to_list() == [[[1.0]]]
    settled = settle(events, rules_of({"Jet": {"select": "pt > 1"}}, None, {"a": "boxes"}))
    assert settled.parents == {"a": "boxes", "boxes": "events", "b": "events"}


def test_outer_lists_must_be_those_of_the_parent(events):
    with pytest.raises(AlignmentError) as caught:
        apply(events, rules_of({"tracks": {"parent": "Muon"}}, "MET_pt > 3"))
    assert str(caught.value) == (
        "outer lists: got 3 lists, expected 2, as many as its parent Muon has entries\n  in object tracks, event 0"
    )


def test_embedded_objects_travel_with_their_holder():
    events = ak.Array(
        [
            {"Jet": [{"pt": 1.0, "tracks": [{"d0": 1}, {"d0": 2}]}, {"pt": 3.0, "tracks": [{"d0": 3}], "n": 1}]},
            {"Jet": []},
        ]
    )
    rules = rules_of(
        {
            "Jet": {"order": "-pt", "fields": {"n": {"expr": "num(tracks)"}}},
            "tracks": {"select": "d0 != 1", "fields": {"x": {"expr": "d0 * Jet.pt"}}},
        }
    )
    assert apply(events, rules).events.to_list() == [
        {
            "Jet": [
                {"pt": 3.0, "tracks": [{"d0": 3, "x": 9.0}], "n": 1},
                {"pt": 1.0, "tracks": [{"d0": 2, "x": 2.0}], "n": 1},
            ]
        },
        {"Jet": []},
    ]


def test_three_levels():
    events = ak.Array(
        [
            {
                "jets": [{"pt": 2.0}, {"pt": 5.0}],
                "tracks": [[{"d0": 1}, {"d0": 4}], [{"d0": 2}]],
                "hits": [[[{"q": 1}], [{"q": 2}, {"q": 3}]], [[{"q": 4}]]],
            }
        ]
    )
    rules = rules_of(
        {
            "jets": {"order": "-pt", "select": "num(tracks) > 0"},
            "tracks": {"parent": "jets", "select": "num(hits) > 1 | jets.pt > 3"},
            "hits": {"parent": "tracks", "order": "-q", "fields": {"z": {"expr": "q + tracks.d0 + jets.pt"}}},
        }
    )
    selected, flow, _ = apply(events, rules)
    assert selected.jets.pt.to_list() == [[5.0, 2.0]]
    assert selected.tracks.d0.to_list() == [[[2], [4]]]
    assert selected.hits.q.to_list() == [[[[4]], [[3, 2]]]]
    assert selected.hits.z.to_list() == [[[[11.0]], [[9.0, 8.0]]]]
    assert flow.objects["hits"].dropped == {"select of tracks": 1}


def test_what_is_no_object_travels_along():
    events = ak.Array(
        [
            {
                "a": 1,
                "name": "x",
                "info": {"b": 1},
                "Jet": [{"pt": 1.0, "words": "p", "p4": {"e": 1}}],
                "plain": [1, 2],
            },
            {
                "a": 2,
                "name": "y",
                "info": {"b": 2},
                "Jet": [{"pt": 2.0, "words": "q", "p4": {"e": 2}}] * 2,
                "plain": [3],
            },
        ]
    )
    selected = apply(events, rules_of({"Jet": {"order": "-pt"}}, "a > 1")).events
    assert selected.to_list() == events.to_list()[1:]
    assert selected.type.content == events.type.content


def test_behaviours_stay():
    events = ak.zip({"Jet": ak.zip({"pt": [[1.0, 2.0]], "eta": [[1.0, 2.0]]}, with_name="Cluster")}, depth_limit=1)
    selected = apply(events, rules_of({"Jet": {"order": "-pt"}})).events
    assert selected.Jet.layout.content.parameter("__record__") == "Cluster"


def test_missing_lists_are_empty_ones():
    events = ak.Array([{"Jet": [{"pt": 1.0}]}, {"Jet": None}])
    selected = apply(events, rules_of({"Jet": {"order": "pt"}}, "num(Jet) < 5")).events
    assert selected.Jet.to_list() == [[{"pt": 1.0}], []]


def test_lists_of_fixed_length():
    events = ak.Array({"x": np.arange(6.0).reshape(2, 3)})
    selected = apply(events, rules_of({"x": {"select": "value % 2 == 0", "order": "-value"}})).events
    assert selected.x.to_list() == [[2.0, 0.0], [4.0]]


def test_what_the_rules_read(events):
    rules = rules_of(
        {"Jet": {"select": "pt > 3", "fields": {"x": {"expr": "eta * 2"}, "y": {"expr": "x + num(Muon)"}}}},
        "any(Jet.y > 3) & MET_pt > 1",
        {"tracks": "Jet"},
    )
    catalog = Catalog.from_events(events, rules.parents)
    assert rules.reads(catalog) == {("Jet", "pt"), ("Jet", "eta"), ("Muon", None), ("events", "MET_pt")}


def test_syntax_errors_name_the_file_and_line(tmp_path):
    path = tmp_path / "train.yaml"
    path.write_text("objects:\n  Jet:\n    select: pt >\n")
    with pytest.raises(ExpressionError) as caught:
        Rules.from_config(load_config(path))
    assert f"  in {path} : objects.Jet.select, line 3, column 5 of 'pt >'" in str(caught.value)


def test_rules_without_a_config(events):
    rules = Rules({"Muon": ObjectRules(select=parse("pt > 5"))}, parse("num(Muon) > 0"))
    assert apply(events, rules).events.Muon.pt.to_list() == [[10.0], [10.0]]
