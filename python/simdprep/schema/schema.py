"""Schema: the resolved description of a dataset that both languages obey."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from .. import _core
from ..errors import SchemaError, nearest_hint
from .field import Field, FillValue
from .object_spec import Level, ObjectSpec

if TYPE_CHECKING:
    import awkward as ak

Layout = Literal["columns", "compound", "ragged"]
LAYOUTS: tuple[Layout, ...] = ("columns", "compound", "ragged")

#: Object that holds the per-event fields.
EVENTS = "events"


@dataclass(frozen=True)
class Schema:
    """What a dataset holds: row object, layout, codec and objects. Checked by the core when made.

    Attributes:
        objects: In stored order; a parent stands before what hangs on it.
        rows: The row object: ``events`` or the name of a row-level object.
        layout: ``columns``, ``compound`` or ``ragged``.
        codec: ``gzip`` or ``none``.
        level_of_effort: 1-9 for gzip, or ``None`` for the measured default.
        counts: Compound layout: store multiplicities as ``n_<object>`` members of the parent.

    Raises:
        SchemaError: a rule of the format is broken (names, levels, parents, pads, sizes).
    """

    objects: tuple[ObjectSpec, ...]
    rows: str = EVENTS
    layout: Layout = "columns"
    codec: Literal["gzip", "none"] = "gzip"
    level_of_effort: int | None = None
    counts: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "objects", tuple(self.objects))
        self.core()

    def core(self) -> _core.Schema:
        """Return the core's checked form of this schema."""
        return _core.Schema(
            rows=self.rows,
            layout=self.layout,
            codec=self.codec,
            level=self.level_of_effort,
            counts=self.counts,
            objects=[_core_object(spec) for spec in self.objects],
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the objects, in stored order."""
        return tuple(spec.name for spec in self.objects)

    def object(self, name: str) -> ObjectSpec:
        """Return the object called ``name``.

        Raises:
            SchemaError: there is none; the text names the nearest.
        """
        for spec in self.objects:
            if spec.name == name:
                return spec
        raise SchemaError(
            "no such object",
            got=repr(name),
            expected="an object of the schema",
            hint=nearest_hint(name, self.names, otherwise=", ".join(self.names[:10])),
        )

    def children(self, name: str) -> tuple[ObjectSpec, ...]:
        """Return the objects that hang on ``name``, in stored order."""
        return tuple(spec for spec in self.objects if spec.parent == name)

    def with_categories(self, categories: Mapping[tuple[str, str], tuple[str, ...]]) -> Schema:
        """Return a copy with the string lists of ``(object, field)`` replaced."""
        if not categories:
            return self
        objects = []
        for spec in self.objects:
            fields = tuple(
                replace(field, categories=categories.get((spec.name, field.name), field.categories))
                for field in spec.fields
            )
            objects.append(replace(spec, fields=fields))
        return replace(self, objects=tuple(objects))

    def to_json(self) -> str:
        """Return the JSON text stored as ``simdprep_schema``; the core is its author."""
        return self.core().to_json()

    @classmethod
    def from_json(cls, text: str) -> Schema:
        """Read a schema from the JSON text of a file.

        Raises:
            SchemaError: the text is not such JSON, or describes an invalid schema.
        """
        try:
            data = json.loads(text)
            objects = tuple(_object_from_json(entry) for entry in data["objects"])
            return cls(
                objects=objects,
                rows=data["rows"],
                layout=data["layout"],
                codec=data["codec"],
                level_of_effort=data["level_of_effort"],
                counts=data["counts"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise SchemaError(
                "schema JSON", got=f"{type(error).__name__} {error}", expected="a schema of format 1"
            ) from error

    @classmethod
    def from_awkward(
        cls,
        events: ak.Array,
        *,
        pad: int | Mapping[str, int | str] | None = None,
        layout: Layout = "columns",
        rows: str = EVENTS,
        parents: Mapping[str, str] | None = None,
        counts: bool = True,
        codec: Literal["gzip", "none"] = "gzip",
        level_of_effort: int | None = None,
    ) -> Schema:
        """Describe an awkward array of events.

        Args:
            events: Records, one per event: numbers become fields of ``events``; records become
                row-level objects; lists of records become objects; lists of numbers become an
                object with the one field ``value``; lists inside such records hang on them.
            pad: Slots per object, by name; ``"max"`` (the default) takes the largest multiplicity
                seen. One number for all objects, or ``{"*": 10}`` for those not named.
            layout: ``columns``, ``compound`` or ``ragged``.
            rows: The row object.
            parents: The object that a doubly nested field hangs on, by name; by default the one
                whose counts are those of its outer lists.
            counts: As in :class:`Schema`.
            codec: As in :class:`Schema`.
            level_of_effort: As in :class:`Schema`.

        Raises:
            SchemaError: the array holds something the format cannot, or nests too deep.
        """
        from .from_awkward import describe

        objects = describe(events, pad=pad, layout=layout, rows=rows, parents=parents or {})
        return cls(
            objects=objects, rows=rows, layout=layout, counts=counts, codec=codec, level_of_effort=level_of_effort
        )


def _core_object(spec: ObjectSpec) -> _core.ObjectSpec:
    return _core.ObjectSpec(
        name=spec.name,
        level=spec.level,
        parent=spec.parent,
        pad=spec.pad,
        order=spec.order,
        embedded=spec.embedded,
        fields=[
            _core.Field(
                name=field.name,
                dtype=field.dtype,
                fill=field.fill,
                unit=field.unit,
                description=field.description,
                categories=None if field.categories is None else list(field.categories),
            )
            for field in spec.fields
        ],
    )


def _object_from_json(data: Mapping[str, Any]) -> ObjectSpec:
    return ObjectSpec(
        name=data["name"],
        fields=tuple(_field_from_json(entry) for entry in data["fields"]),
        level=cast(Level, data["level"]),
        parent=data["parent"],
        pad=data["pad"],
        order=data["order"],
        embedded=data["embedded"],
    )


def _field_from_json(data: Mapping[str, Any]) -> Field:
    fill: FillValue | str = data["fill"]
    if isinstance(fill, str):
        fill = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[fill]
    categories = data["categories"]
    return Field(
        name=data["name"],
        dtype=data["dtype"],
        fill=fill,
        unit=data["unit"],
        description=data["description"],
        categories=None if categories is None else tuple(categories),
    )
