"""Selecting and ordering events is what one would do by hand with lists."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simdprep.transforms import ObjectRules, Rules, apply, parse
from tests.equivalence import expression_oracle as slow
from tests.equivalence.expression_events import as_awkward, some_events
from tests.equivalence.test_expressions import same, trees


def field(name, entry):
    return slow.field(name, entry, f"{name}.{entry}")


def conditions(name, *numbers):
    """Conditions on single entries, which need no other entry of the list."""
    flag = next(entry for entry, dtype in slow.FIELDS[name].items() if dtype == "bool")
    compare = [
        slow.binary(operator, number, slow.number(limit))
        for number in (*numbers, field("events", "met"))
        for operator in ("<", ">=", "!=")
        for limit in (-1, 0.5, 2)
    ]
    single = st.sampled_from([field(name, flag), *compare])
    both = st.builds(slow.binary, st.sampled_from("&|"), single, single)
    return st.one_of(st.none(), single, both, st.builds(slow.unary, st.just("~"), single))


def orders(*numbers):
    return st.one_of(st.none(), st.sampled_from([*numbers, *(slow.unary("neg", number) for number in numbers)]))


def rules_for(name, *numbers):
    return st.tuples(conditions(name, *numbers), orders(*numbers))


RULES = st.fixed_dictionaries(
    {
        "Jet": rules_for("Jet", field("Jet", "pt"), field("Jet", "charge"), field("Jet", "eta")),
        "Muon": rules_for("Muon", field("Muon", "pt"), field("Muon", "charge")),
        "tracks": rules_for("tracks", field("tracks", "d0"), field("tracks", "layer"), field("Jet", "pt")),
    }
)


def chosen(tree_pair, events, name, indices, length):
    """Return the indices of the entries that stay, in their new order."""
    select, order = tree_pair
    found = list(range(length))
    if select is not None:
        found = [index for index in found if select.at(events, (*indices, index))]
    if order is not None:

        def key(index):
            value = order.at(events, (*indices, index))
            last = value is None or math.isnan(value)
            return last, 0 if last else value

        found.sort(key=key)
    return found


def by_hand(events, rules, select):
    """Return the selected events, and which of them were kept."""
    result = []
    for number, event in enumerate(events):
        jets = chosen(rules["Jet"], events, "Jet", (number,), len(event["Jet"]))
        muons = chosen(rules["Muon"], events, "Muon", (number,), len(event["Muon"]))
        tracks = []
        for jet in jets:
            inner = event["tracks"][jet]
            stay = chosen(rules["tracks"], events, "tracks", (number, jet), len(inner))
            tracks.append([inner[index] for index in stay])
        result.append(
            {
                **event,
                "Jet": [event["Jet"][index] for index in jets],
                "Muon": [event["Muon"][index] for index in muons],
                "tracks": tracks,
            }
        )
    keep = [select is None or bool(select.at(result, (number,))) for number in range(len(result))]
    return [event for event, kept in zip(result, keep, strict=True) if kept], keep


def sizes(events):
    return {
        "Jet": sum(len(event["Jet"]) for event in events),
        "Muon": sum(len(event["Muon"]) for event in events),
        "tracks": sum(len(tracks) for event in events for tracks in event["tracks"]),
    }


@given(events=some_events(), rules=RULES, select=st.one_of(st.none(), trees("bool", (), "events", 2)))
def test_as_by_hand(events, rules, select):
    objects = {
        name: ObjectRules(*(None if tree is None else parse(tree.text) for tree in pair))
        for name, pair in rules.items()
    }
    ours = apply(as_awkward(events), Rules(objects, None if select is None else parse(select.text), {"tracks": "Jet"}))
    with np.errstate(all="ignore"):
        theirs, keep = by_hand(events, rules, select)
    assert ours.keep.tolist() == keep
    assert same_records(ours.events.to_list(), theirs)
    assert ours.flow.events_kept == len(theirs)
    before, after = sizes(events), sizes(theirs)
    for name, flow in ours.flow.objects.items():
        assert (flow.read, flow.kept) == (before[name], after[name])


def same_records(ours, theirs):
    if isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same_records(ours[key], theirs[key]) for key in theirs)
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same_records, ours, theirs))
    return same(ours, theirs)
