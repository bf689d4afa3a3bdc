"""Random events with the objects of the oracle, as lists and dicts and as awkward arrays."""

import awkward as ak
import numpy as np
from hypothesis import strategies as st

from tests.equivalence import expression_oracle as slow

values = {
    "float32": st.one_of(st.sampled_from([k / 2 for k in range(-6, 7)]), st.sampled_from([np.nan, np.inf, -np.inf])),
    "int32": st.integers(-3, 3),
    "bool": st.booleans(),
}
values["float64"] = values["float32"]


def records(name, **inner):
    fields = {key: st.one_of(values[dtype], values[dtype], st.none()) for key, dtype in slow.FIELDS[name].items()}
    return st.fixed_dictionaries({**fields, **inner})


@st.composite
def some_events(draw):
    """Events as lists and dicts, some values missing."""
    events = draw(st.lists(records("events"), max_size=4))
    for event in events:
        event["Jet"] = draw(st.lists(records("Jet"), max_size=3))
        event["Muon"] = draw(st.lists(records("Muon"), max_size=3))
        event["tracks"] = [draw(st.lists(records("tracks"), max_size=3)) for _ in event["Jet"]]
    return events


def as_awkward(events):
    """The same events, every field of its dtype whatever there is of it."""

    def column(found, dtype):
        missing = np.array([value is None for value in found], bool)
        data = np.array([0 if value is None else value for value in found], dtype)
        content = ak.contents.NumpyArray(data)
        return ak.contents.ByteMaskedArray(ak.index.Index8(missing.astype(np.int8)), content, valid_when=False)

    def table(found, name):
        columns = [column([record[key] for record in found], dtype) for key, dtype in slow.FIELDS[name].items()]
        return ak.Array(ak.contents.RecordArray(columns, list(slow.FIELDS[name]), length=len(found)))

    def counts(lists):
        return np.array([len(entry) for entry in lists], np.int64)

    top = table(events, "events")
    result = {key: top[key] for key in ak.fields(top)}
    for name in ("Jet", "Muon"):
        lists = [event[name] for event in events]
        result[name] = ak.unflatten(table([record for entry in lists for record in entry], name), counts(lists))
    inner = [tracks for event in events for tracks in event["tracks"]]
    flat = ak.unflatten(table([record for entry in inner for record in entry], "tracks"), counts(inner))
    result["tracks"] = ak.unflatten(flat, counts([event["tracks"] for event in events]))
    return ak.zip(result, depth_limit=1)
