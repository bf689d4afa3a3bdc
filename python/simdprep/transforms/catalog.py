"""Catalog: the objects that expressions can name, and where each hangs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..errors import SchemaError
from ..schema.field import DTYPES

if TYPE_CHECKING:
    import awkward as ak

EVENTS = "events"

#: The list objects one goes through from the event to a value; ``()`` is one value per event.
Path = tuple[str, ...]


@dataclass(frozen=True)
class Collection:
    """An object as expressions see it.

    Attributes:
        name: Its name.
        fields: The fields that hold numbers.
        path: The list objects from the event down to this one, itself last; ``()`` for one entry per event.
        texts: The fields that hold text, which expressions can compare with a text.
        holder: The object whose records hold this one's lists (``events.Jet.tracks``); ``None`` where
            it is a field of the event.
        key: Its name there.
        plain: True for lists of numbers rather than of records; the one field is called ``value``.
    """

    name: str
    fields: tuple[str, ...]
    path: Path = ()
    texts: tuple[str, ...] = ()
    holder: str | None = None
    key: str = ""
    plain: bool = False

    @property
    def is_list(self) -> bool:
        """True where an event can have any number of entries."""
        return bool(self.path)


@dataclass(frozen=True)
class Catalog:
    """Objects by name; ``events``, the event's own numbers, is always there."""

    collections: Mapping[str, Collection] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {EVENTS: Collection(EVENTS, ()), **self.collections}
        object.__setattr__(self, "collections", known)

    def __contains__(self, name: object) -> bool:
        return name in self.collections

    def __getitem__(self, name: str) -> Collection:
        return self.collections[name]

    def __iter__(self) -> Iterator[Collection]:
        return iter(self.collections.values())

    @classmethod
    def build(
        cls,
        fields: Mapping[str, Iterable[str]],
        *,
        depths: Mapping[str, int],
        parents: Mapping[str, str] | None = None,
        texts: Mapping[str, Iterable[str]] | None = None,
    ) -> Catalog:
        """Describe objects before any event is read.

        Args:
            fields: Names of the number fields, by object.
            depths: List levels of each object's fields: 0 for one entry per event, 1 for lists, and so on.
            parents: The object each nested one hangs on.
            texts: Names of the text fields, by object.

        Raises:
            SchemaError: a parent's entries are not what the object's lists belong to.
        """
        names_of_texts = texts or {}
        found = {
            name: Collection(name, tuple(inner), texts=tuple(names_of_texts.get(name, ())), key=name)
            for name, inner in fields.items()
        }
        paths = _paths({name: depths.get(name, 0) for name in found}, parents or {})
        return cls({name: replace(entry, path=paths[name]) for name, entry in found.items()})

    @classmethod
    def from_events(cls, events: ak.Array, parents: Mapping[str, str] | None = None) -> Catalog:
        """Describe an array of events, one record per event, by its type alone.

        Args:
            events: Numbers are fields of ``events``; records, lists of records and lists of numbers
                are objects; lists inside records are objects that hang on those.
            parents: The object each nested list hangs on that is a field of the event.

        Raises:
            SchemaError: as :meth:`build`.
        """
        return cls(_describe(events, parents or {}))

    def undeclared(self) -> list[str]:
        """Return the nested objects whose outer lists belong to no object that is there."""
        return [entry.name for entry in self if len(entry.path) > 1 and entry.path[-2] not in self.collections]


def _paths(depths: Mapping[str, int], parents: Mapping[str, str]) -> dict[str, Path]:
    """Return the path of each object.

    The outer lists of one without parent stand as ``name[0]``, ``name[1]``; those of one whose parent has
    no fields, and so is not there, as that parent.
    """
    levels = dict(depths)
    for name in sorted(depths, key=lambda name: -depths[name]):
        if depths[name]:
            levels.setdefault(parents.get(name, EVENTS), depths[name] - 1)
    paths: dict[str, Path] = {EVENTS: ()}
    for name in sorted(levels, key=lambda name: levels[name]):
        depth, parent = levels[name], parents.get(name, EVENTS)
        if depth == 0:
            paths[name] = ()
        elif parent != EVENTS and levels.get(parent) == depth - 1:
            paths[name] = (*paths[parent], name)
        elif parent == EVENTS or levels.get(parent, 0) == 0:
            paths[name] = (*(f"{name}[{level}]" for level in range(depth - 1)), name)
        else:
            got = "one list per event" if depth == 1 else f"lists {depth} deep"
            rule = f"one list per entry of its parent {parent}"
            raise SchemaError(name, got=got, expected=rule, where=f"object {name}")
    return {name: paths[name] for name in depths}


@dataclass
class _Found:
    collection: Collection
    depth: int


def _describe(events: ak.Array, parents: Mapping[str, str]) -> dict[str, Collection]:
    import awkward as ak

    numbers: list[str] = []
    texts: list[str] = []
    found: dict[str, _Found] = {}
    taken = set(ak.fields(events))
    for name in ak.fields(events):
        form, depth = _strip(ak.to_layout(events[name]).form)
        if depth == 0 and not form.is_record:
            _sort_field(name, form, numbers, texts)
        else:
            _add(found, name, form, depth, key=name, taken=taken)
    holders = {name: entry.collection.holder for name, entry in found.items() if entry.collection.holder is not None}
    paths = _paths({name: entry.depth for name, entry in found.items()}, {**parents, **holders})
    result = {EVENTS: Collection(EVENTS, tuple(numbers), texts=tuple(texts))}
    for name, entry in found.items():
        result[name] = replace(entry.collection, path=paths[name])
    return result


def _add(
    found: dict[str, _Found], name: str, form: Any, depth: int, *, key: str, taken: set[str], holder: str | None = None
) -> None:
    """Note the object of a field of the event or of a record, then those within its records."""
    if holder is not None and name in taken:
        name = f"{holder}_{name}"
    taken.add(name)
    if not form.is_record:
        numbers: list[str] = []
        texts: list[str] = []
        _sort_field("value", form, numbers, texts)
        plain = Collection(name, tuple(numbers), texts=tuple(texts), holder=holder, key=key, plain=True)
        found[name] = _Found(plain, depth)
        return
    fields: list[str] = []
    words: list[str] = []
    inner: list[tuple[str, Any, int]] = []
    for part, content in zip(form.fields, form.contents, strict=True):
        stripped, levels = _strip(content)
        if levels == 1:
            inner.append((part, stripped, depth + 1))
        elif levels == 0 and not stripped.is_record:
            _sort_field(part, stripped, fields, words)
    found[name] = _Found(Collection(name, tuple(fields), texts=tuple(words), holder=holder, key=key), depth)
    for part, content, levels in inner:
        _add(
            found, part if content.is_record else f"{name}_{part}", content, levels, key=part, taken=taken, holder=name
        )


def _sort_field(name: str, form: Any, numbers: list[str], texts: list[str]) -> None:
    if form.parameter("__array__") in ("string", "bytestring"):
        texts.append(name)
    elif form.is_unknown or (form.is_numpy and form.primitive in DTYPES):
        numbers.append(name)


def _strip(form: Any) -> tuple[Any, int]:
    """Return the content below options, indices and lists, and how many levels of lists there were."""
    depth = 0
    while True:
        if form.is_option or form.is_indexed:
            form = form.content
        elif form.is_list and form.parameter("__array__") not in ("string", "bytestring"):
            depth += 1
            form = form.content
        else:
            return form, depth + (len(form.inner_shape) if form.is_numpy else 0)
