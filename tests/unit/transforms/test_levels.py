"""Names and levels: what an expression may refer to from where it stands."""

import awkward as ak
import pytest

from simdprep.errors import ConfigError, ExpressionError, SchemaError
from simdprep.transforms import Catalog, ObjectRules, Rules, apply, parse
from simdprep.transforms.levels import check_levels
from simdprep.transforms.scope import Scope

EVENTS = ak.Array(
    [
        {
            "MET_pt": 60.0,
            "run": 1,
            "HLT": True,
            "weather": "sunny",
            "info": {"lumi": 3},
            "Jet": [{"pt": 30.0, "eta": 1.0, "id": 3, "label": "b"}],
            "Muon": [{"pt": 10.0, "jetIdx": 0}, {"pt": 2.0, "jetIdx": -1}],
            "tracks": [[{"d0": 1.0}, {"d0": 2.0}]],
            "weights": [1.0, 2.0],
        }
    ]
)
CATALOG = Catalog.from_events(EVENTS, {"tracks": "Jet"})


def problem(text, own="events", lead=False):
    with pytest.raises(ExpressionError) as caught:
        check_levels(parse(text, where=f"objects.{own}.select"), Scope(CATALOG, own, lead=lead))
    return str(caught.value)


def test_the_catalog_of_events():
    assert CATALOG["events"].fields == ("MET_pt", "run", "HLT")
    assert CATALOG["events"].texts == ("weather",)
    assert {entry.name: entry.path for entry in CATALOG} == {
        "events": (),
        "info": (),
        "Jet": ("Jet",),
        "Muon": ("Muon",),
        "tracks": ("Jet", "tracks"),
        "weights": ("weights",),
    }
    assert CATALOG["weights"].plain
    assert CATALOG["weights"].fields == ("value",)
    assert CATALOG.undeclared() == []


def test_a_catalog_made_before_reading_is_the_same():
    built = Catalog.build(
        {name: CATALOG[name].fields for name in ("events", "info", "Jet", "Muon", "tracks", "weights")},
        depths={"Jet": 1, "Muon": 1, "tracks": 2, "weights": 1},
        parents={"tracks": "Jet"},
        texts={"events": ["weather"], "Jet": ["label"]},
    )
    for entry in CATALOG:
        assert (built[entry.name].fields, built[entry.name].path, built[entry.name].texts) == (
            entry.fields, entry.path, entry.texts,
        )  # fmt: skip


def test_embedded_objects_hang_on_their_holder():
    events = ak.Array(
        [{"Jet": [{"pt": 1.0, "tracks": [{"d0": 1.0, "hits": [1, 2]}], "bits": [1]}], "tracks": [{"x": 1}]}]
    )
    catalog = Catalog.from_events(events)
    assert {entry.name: entry.path for entry in catalog} == {
        "events": (),
        "Jet": ("Jet",),
        "Jet_tracks": ("Jet", "Jet_tracks"),  # the name tracks is taken
        "Jet_tracks_hits": ("Jet", "Jet_tracks", "Jet_tracks_hits"),
        "Jet_bits": ("Jet", "Jet_bits"),
        "tracks": ("tracks",),
    }


def test_a_nested_object_without_parent_stands_alone():
    catalog = Catalog.from_events(EVENTS)
    assert catalog["tracks"].path == ("tracks[0]", "tracks")
    assert catalog.undeclared() == ["tracks"]


def test_a_parent_without_fields_is_only_a_level():
    catalog = Catalog.from_events(EVENTS, {"tracks": "boxes"})
    assert catalog["tracks"].path == ("boxes", "tracks")
    assert catalog.undeclared() == ["tracks"]


def test_a_parent_of_another_depth():
    with pytest.raises(SchemaError) as caught:
        Catalog.from_events(EVENTS, {"Muon": "Jet"})
    text = "Muon: got one list per event, expected one list per entry of its parent Jet\n  in object Muon"
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("text", "own", "reads"),
    [
        ("pt > 20 & MET_pt > 3", "Jet", {("Jet", "pt"), ("events", "MET_pt")}),
        ("Jet.pt > 20", "Jet", {("Jet", "pt")}),
        ("events.run == 1", "Jet", {("events", "run")}),
        ("info.lumi == 1", "Jet", {("info", "lumi")}),
        ("d0 / Jet.pt > 20", "tracks", {("tracks", "d0"), ("Jet", "pt")}),
        ("num(tracks) > 1 & any(tracks.d0 > pt)", "Jet", {("tracks", None), ("tracks", "d0"), ("Jet", "pt")}),
        ("any(num(tracks) > 1)", "events", {("tracks", None)}),
        ("sum(weights) > 1 & weights[0] > 1", "events", {("weights", "value")}),
        ("max(Jet.pt) > max(Muon.pt)", "events", {("Jet", "pt"), ("Muon", "pt")}),
        ("pt > max(Muon.pt)", "Jet", {("Jet", "pt"), ("Muon", "pt")}),
        ("where(HLT, 1, 0)", "Muon", {("events", "HLT")}),
        ("lumi", "info", {("info", "lumi")}),
    ],
)
def test_what_is_read(text, own, reads):
    found = check_levels(parse(text), Scope(CATALOG, own))
    assert {(read.object, read.field) for read in found} == reads


@pytest.mark.parametrize(
    ("own", "text", "first", "column", "hint"),
    [
        ("Jet", "ptt > 20", "unknown name: got 'ptt', expected a field of Jet or of the event", 1, "pt"),
        ("Jet", "3 < met_pt", "unknown name: got 'met_pt', expected a field of Jet or of the event", 5, "pt or MET_pt"),
        ("Jet", "Jet_pt > 3", "unknown name: got 'Jet_pt', expected a field of Jet or of the event", 1, "Jet.pt"),
        ("events", "pt > 3", "unknown name: got 'pt', expected a field of the event", 1, "Jet.pt or Muon.pt"),
        ("events", "Muon > 3", "unknown name: got 'Muon', expected a field of the event", 1, "Muon.pt"),
        ("events", "Muon.ptt > 3", "unknown name: got 'ptt', expected a field of Muon", 1, "pt"),
        ("events", "num(Mouon) > 3",
         "unknown object: got 'Mouon', expected events, info, Jet, Muon, tracks, weights", 5, "Muon"),
        ("events", "Mouon.pt > 3", "unknown object: got 'Mouon', expected events,", 1, "Muon"),
        ("events", "num(info) > 3", "num: got 'info', expected an object with lists", 5, None),
        ("events", "weather == 3", "text field: got 'weather', expected a field of numbers", 1, 'weather == "..."'),
        ("Jet", "label == 3", "text field: got 'label', expected a field of numbers", 1, 'label == "..."'),
        ("events", "wether == 'sunny'", "unknown name: got 'wether', expected a field of the event", 1, "weather"),
        ("Jet", "Jet.labl == 'b'", "unknown name: got 'labl', expected a field of Jet", 1, "label"),
        ("Jet", "pt == 'b'", "field: got 'pt', a field of numbers, expected a field of text, to compare with 'b'", 1,
         "a number instead of the text"),
        ("events", "any(weather == 'b')", "any: got one value per event (weather), expected a list", 1, None),
        ("events", "MET_pt > 5 & Muon.pt > 20", "level: got one per Muon (Muon.pt), expected one value per event", 14,
         "any(...), max(...), num(Muon) or Muon.pt[0]"),
        ("events", "num(tracks) > 1", "level: got one per Jet (num(tracks)), expected one value per event", 1,
         "any(...), max(...), num(Jet)"),
        ("Jet", "Muon.pt > pt", "values combined by >: got Muon.pt per Muon and pt per Jet, expected values of one",
         1, "one value of the other list, such as max(Muon.pt) or sum(Muon.pt)"),
        ("Jet", "Muon.pt > 3", "level: got one per Muon (Muon.pt), expected one value per Jet", 1,
         "any(...), max(...), num(Muon) or Muon.pt[0]"),
        ("Jet", "tracks.d0 > 3", "level: got one per tracks (tracks.d0), expected one value per Jet", 1,
         "any(...), max(...), num(tracks) or tracks.d0[0]"),
        ("events", "sum(run) > 3", "sum: got one value per event (run), expected a list", 1, None),
        ("events", "max(max(Muon.pt)) > 3", "max: got one value per event (Muon.pt), expected a list", 1, None),
        ("events", "any(3 > 2)", "any: got a number, expected a list", 1, None),
        ("events", "run[0] > 3", "[...]: got one value per event (run), expected a list", 1, None),
        ("events", "lead.pt > 3", "lead: got 'lead.pt', expected object[0].field", 1, "Jet[0].pt"),
        ("Jet", "lead.pt > 3", "lead: got 'lead.pt', expected no lead: it is the first entry after select and order", 1,
         "a field (expr)"),
        ("Jet", "lead[0].pt > 3", "unknown object: got 'lead', expected events,", 1, "lead.pt"),
    ],
)  # fmt: skip
def test_mistakes(own, text, first, column, hint):
    lines = problem(text, own).splitlines()
    assert lines[0].startswith(first)
    assert lines[1] == f"  in objects.{own}.select, column {column} of {text!r}"
    assert lines[2:] == ([] if hint is None else [f"  try {hint}"])


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("pt", "select: got numbers (float64), expected a condition, true or false"),
        ("id & 2 != 0", "&: got int64 and bool, expected two conditions"),
        ("pt & 3 > 2", "&: got float64 and bool, expected two conditions"),
        ("(pt & 3) == 2", "&: got float64 and int, expected two conditions or two integers"),
        ("~pt > 2 & (~ pt)", "~: got float64, expected a condition or an integer"),
        ("-HLT > 1", "-: got bool, expected numbers it can compute with"),
        ("id ** -1 > 0", "**: got a negative power of an integer, expected a float"),
        ("where(pt, 1, 2) > 1", "where: got float64 and int and int, expected a condition and two values"),
    ],
)
def test_operations_that_do_not_take_what_they_get(text, first):
    rules = Rules({"Jet": ObjectRules(select=parse(text, where="objects.Jet.select"))}, parents={"tracks": "Jet"})
    for events in (EVENTS, EVENTS[:0]):  # no event is needed to find out
        with pytest.raises(ExpressionError) as caught:
            apply(events, rules)
        assert str(caught.value).startswith(first)
        assert "in objects.Jet.select, column " in str(caught.value)


def test_rules_for_objects_that_are_not_there():
    with pytest.raises(ConfigError, match=r"unknown object: got 'Jte', expected an object of the input\n.*\n  try Jet"):
        apply(EVENTS, Rules({"Jte": ObjectRules(select=parse("pt > 3"))}))
    with pytest.raises(ConfigError, match="object: got 'info', expected an object with any number of entries"):
        apply(EVENTS, Rules({"info": ObjectRules(select=parse("lumi > 3"))}))
