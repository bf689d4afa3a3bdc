"""Projection: the fields of events that are stored, by the names they are stored under."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..errors import SchemaError, nearest_hint
from .catalog import EVENTS, Catalog
from .frame import Frame

if TYPE_CHECKING:
    import awkward as ak


def project(
    events: ak.Array, fields: Mapping[str, Mapping[str, str]], *, parents: Mapping[str, str] | None = None
) -> ak.Array:
    """Return ``events`` with the named objects and fields only, renamed.

    Args:
        events: One record per event, as for :func:`simdprep.transforms.apply`.
        fields: By object, the new name of each field to keep, by name. An object that only holds
            another's lists stays, without fields of its own.
        parents: The object each nested object hangs on.

    Raises:
        SchemaError: an object or field is not there.
    """
    frame = Frame(events, Catalog.from_events(events, parents))
    for name, wanted in fields.items():
        if name not in frame.tables:
            known = list(frame.tables)
            hint = nearest_hint(name, known)
            raise SchemaError("no such object", got=repr(name), expected="an object of the events", hint=hint)
        columns = frame.tables[name].columns
        for entry in wanted:
            if entry not in columns:
                owner = "the event" if name == EVENTS else name
                hint = nearest_hint(entry, columns)
                raise SchemaError("no such field", got=repr(entry), expected=f"a field of {owner}", hint=hint)
    return frame.events(fields)
