"""ObjectSpec: one object of a schema, its level and where it hangs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import SchemaError, nearest_hint
from .field import Field, check_utf8

Level = Literal["row", "event", "padded", "ragged"]


@dataclass(frozen=True)
class ObjectSpec:
    """One object: its fields, and how its entries hang on their parent.

    Attributes:
        name: Name of the object and of its group or dataset.
        fields: The stored fields, in stored order.
        level: ``row`` has one entry per row; ``event`` one per event (the events of another row
            object); ``padded`` a fixed number of slots per entry of its parent; ``ragged`` any
            number, with offsets.
        parent: The object a padded or ragged one hangs on; ``None`` for ``row`` and ``event``.
        pad: Slots per parent entry of a padded object; for a ragged one the length a loader
            pads to when it is told nothing else, or ``None``.
        order: Expression the stored entries are sorted by, e.g. ``-pt``; empty for input order.
        embedded: In awkward form the object is the field :attr:`key` of its parent's record
            (``events.Jet.tracks``) rather than of the event (``events.tracks``).
    """

    name: str
    fields: tuple[Field, ...]
    level: Level = "row"
    parent: str | None = None
    pad: int | None = None
    order: str = ""
    embedded: bool = False

    def __post_init__(self) -> None:
        check_utf8(self.name, "object name")
        object.__setattr__(self, "fields", tuple(self.fields))

    @property
    def is_list(self) -> bool:
        """True for padded and ragged objects: any number of entries per parent entry."""
        return self.level in ("padded", "ragged")

    @property
    def key(self) -> str:
        """Name of the object in awkward form: an embedded one is called without its parent's name and ``_``."""
        return self.name.removeprefix(f"{self.parent}_") if self.embedded else self.name

    @property
    def field_names(self) -> tuple[str, ...]:
        """Names of the stored fields, in stored order."""
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Field:
        """Return the field called ``name``.

        Raises:
            SchemaError: there is none; the text names the nearest.
        """
        for field in self.fields:
            if field.name == name:
                return field
        raise SchemaError(
            "no such field",
            got=repr(name),
            expected=f"a field of {self.name}",
            where=f"object {self.name}",
            hint=nearest_hint(name, self.field_names, otherwise=", ".join(self.field_names[:10])),
        )
