"""The sections of the config: input, objects, fields and output, each with its own rules."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from ..errors import SchemaError
from .config_errors import rule_broken
from .field import check_fill
from .sample_section import SampleConfig, as_list, as_samples, check_samples
from .section import Section, Text

#: Names that mean something else in every object of the file.
RESERVED = ("valid", "count", "offsets")

Dtype = Literal[
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"
]
FloatDtype = Literal["float16", "float32", "float64"]
LayoutName = Literal["columns", "compound", "ragged"]

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100(?:\.0+)?)")
_COMPRESSION = re.compile(r"none|gzip(?::[1-9])?")
_SPECIAL_FILLS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


#: Slots that no schema allows, and that still are a number for the core, which says how many are.
_TOO_MANY = 1 << 63


def _as_names(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_mapping(value: object) -> object:
    """Turn a list of field names into the mapping it is short for."""
    if not isinstance(value, list):
        if value is not None and not isinstance(value, Mapping):
            raise rule_broken("fields", "a list of names or a mapping")
        return value
    for name in value:
        if not isinstance(name, str):
            raise rule_broken("field", "a name", got="a mapping" if isinstance(name, Mapping) else repr(name))
        if value.count(name) > 1:
            raise rule_broken("duplicate field", "each field once", got=repr(name))
    return {name: {} for name in value}


def _check_pad(value: object) -> object:
    is_number = isinstance(value, int) and not isinstance(value, bool) and 0 < value < _TOO_MANY
    if value is None or is_number or value == "max":
        return value
    percentile = _PERCENTILE.fullmatch(value) if isinstance(value, str) else None
    if percentile is not None and float(percentile[1]) > 0:
        return value
    got = str(value).lower() if isinstance(value, bool) else None
    hint = "ragged: true to store every entry" if value in (0, False) else None
    raise rule_broken("pad", "a positive whole number, a percentile such as p99, or max", got=got, hint=hint)


def _check_fill(value: object) -> object:
    if isinstance(value, str) and value.lower() in _SPECIAL_FILLS:
        return _SPECIAL_FILLS[value.lower()]
    if value is None or isinstance(value, bool | int | float):
        return value
    raise rule_broken("fill", "a number, true or false")


Pad = Annotated[int | str, BeforeValidator(_check_pad)]
Fill = Annotated[bool | int | float, BeforeValidator(_check_fill)]


class FieldConfig(Section):
    """One field of an object.

    Attributes:
        unit: Unit stored in the schema, e.g. ``GeV``.
        fill: Value of padded slots and missing values; by default that of the dtype.
        dtype: Stored dtype; by default that of the input.
        name: Stored name; by default the field's own.
        expr: Expression that computes the field; without it the field is read.
        nonfinite: What becomes of NaN and infinities that ``expr`` gives: ``keep`` (the default) or ``error``.
        description: One line for a reader of the file.
    """

    unit: str | None = None
    fill: Fill | None = None
    dtype: Dtype | None = None
    name: Text | None = None
    expr: Text | None = None
    nonfinite: Literal["keep", "error"] | None = None
    description: str | None = None

    @model_validator(mode="after")
    def _fill_fits(self) -> Self:
        if self.fill is not None and self.dtype is not None:
            try:
                check_fill(self.dtype, self.fill, where="")
            except SchemaError as error:
                raise rule_broken("fill", str(error.expected), got=repr(self.fill), path=("fill",)) from None
        return self


class LinkConfig(Section):
    """Cross references: which entries of another collection each entry of the parent has.

    Attributes:
        of: The collection the entries are of, or several (ElementLinks); a prefix of branches as for ``from``.
        table: Prefix of a list of pairs.
        parent_index: Branch of the table, or of the entries themselves, that numbers the parent.
        index: Branch of the table or the parent that numbers the entry; several are several slots.
        by: Branch of the entries that the index is a value of, where it is no position: a unique id, a barcode.
        keys: Key of each container of ``of``, where an ElementLink's does not follow from its name.
        elsewhere: What an ElementLink to another container is: ``error``, or ``drop``, counted.
    """

    of: Annotated[list[Text], BeforeValidator(_as_names)]
    table: Text | None = None
    parent_index: Text | None = None
    index: Annotated[list[Text], BeforeValidator(_as_names)] = Field(default_factory=list)
    by: Text | None = None
    keys: list[int] = Field(default_factory=list)
    elsewhere: Literal["error", "drop"] = "error"

    @model_validator(mode="after")
    def _one_of_three_ways(self) -> Self:
        if self.table is not None and (self.parent_index is None or len(self.index) != 1):
            rule = "a parent_index and one index beside it"
            raise rule_broken("table of a link", rule, got=repr(self.table), path=("table",))
        if self.table is None and (self.parent_index is None) == (not self.index):
            got = "both" if self.index else "neither"
            raise rule_broken("link", "an index of the parent or a parent_index of the entries, or a table", got=got)
        if len(self.of) != 1 and (self.table is not None or self.parent_index is not None):
            rule = "one collection: only ElementLinks lead to several"
            raise rule_broken("of", rule, got=repr(self.of), path=("of",))
        if self.by is not None and (self.table is not None or self.parent_index is not None):
            raise rule_broken("by", "none but beside an index of the parent", got=repr(self.by), path=("by",))
        if self.keys and len(self.keys) != len(self.of):
            raise rule_broken("keys", "one for each of: name", got=repr(self.keys), path=("keys",))
        return self


class ObjectConfig(Section):
    """One object: where its fields come from, which of its entries are kept, and how they are stored.

    Attributes:
        source: Pattern of the branches it takes (YAML key ``from``), such as ``jet_*``: what follows
            the prefix is the field. By default those that start with the object's name.
        parent: The object whose entries it hangs on.
        link: Which entries of another collection it consists of, for each entry of its parent.
        pad: Slots: a number, a percentile of the multiplicity (``p99``) or ``max``.
        ragged: Store every entry, with offsets, instead of padding.
        order: Expression the entries are sorted by, ascending; ``-pt`` is descending in pt.
        select: Expression; the entries where it is true are kept.
        fields: The stored fields in stored order, by input name or (``expr``) new name; a list of
            names is short for a mapping with no options. ``None`` stores all.
    """

    source: Text | None = Field(default=None, alias="from")
    parent: Text | None = None
    link: LinkConfig | None = None
    pad: Pad | None = None
    ragged: bool = False
    order: Text | None = None
    select: Text | None = None
    fields: Annotated[dict[str, FieldConfig], BeforeValidator(_as_mapping)] | None = None

    @field_validator("source")
    @classmethod
    def _pattern(cls, value: str | None) -> str | None:
        if value is not None and "*" in value[:-1]:
            raise rule_broken("from", "a name, or a prefix and one * at its end")
        return value

    @field_validator("fields")
    @classmethod
    def _names(cls, value: dict[str, FieldConfig] | None) -> dict[str, FieldConfig] | None:
        stored: dict[str, str] = {}
        for key, options in (value or {}).items():
            name = options.name or key
            spell = f"{key}: {{name: {name}_}}"
            if name in RESERVED:
                rule = "another one: the file uses " + ", ".join(RESERVED) + " itself"
                raise rule_broken("reserved field name", rule, got=repr(name), hint=spell, path=(key,))
            if not name or "/" in name or "\0" in name or name in (".", ".."):
                raise rule_broken("field name", "text without '/'", got=repr(name), path=(key,))
            if name in stored:
                rule = f"one name per field ({stored[name]!r} has it already)"
                raise rule_broken("field name", rule, got=repr(name), hint=spell, path=(key,))
            stored[name] = key
        return value

    @model_validator(mode="after")
    def _link_has_parent(self) -> Self:
        if self.link is not None and self.parent is None:
            raise rule_broken("link", "a parent beside it", got="none", hint="parent: OBJECT", path=("link",))
        if self.link is not None and self.source is not None:
            rule = "none beside a link: its of says which branches are taken"
            raise rule_broken("from", rule, got=repr(self.source), path=("from",))
        return self

    @model_validator(mode="after")
    def _one_way_to_store(self) -> Self:
        if self.ragged and self.pad is not None:
            rule = "no pad: ragged stores every entry"
            got, hint = f"{self.pad} with ragged: true", "leaving out one of the two"
            raise rule_broken("pad", rule, got=got, hint=hint, path=("pad",))
        return self


class FriendConfig(Section):
    """A further tree whose branches belong to the entries of each input.

    Attributes:
        file: The file; ``{folder}``, ``{name}`` and ``{stem}`` are those of the input, which it is by default.
        tree: Name of the tree; ``None`` where the file has only one.
        index: Branches of integers that say which entry belongs to which; without any they follow one another alike.
        prefix: In front of the names of its branches.
    """

    file: Text | None = None
    tree: Text | None = None
    index: Annotated[list[Text], BeforeValidator(_as_names)] = Field(default_factory=list)
    prefix: str = ""

    @model_validator(mode="after")
    def _is_another_tree(self) -> Self:
        if self.file is None and self.tree is None:
            raise rule_broken("friend", "a file, a tree, or both", got="neither")
        return self


class InputConfig(Section):
    """What is read.

    Attributes:
        files: Paths, globs or URLs; one may stand alone. In their place samples, each a mapping.
        samples: Named inputs, by name or as a list with names.
        tree: Name of the tree; ``None`` where the file has only one.
        friends: Further trees whose branches belong to the same entries.
    """

    files: Annotated[list[Text], BeforeValidator(as_list)] = Field(default_factory=list)
    samples: Annotated[list[SampleConfig], BeforeValidator(as_samples)] = Field(default_factory=list)
    tree: Text | None = None
    friends: list[FriendConfig] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _samples_among_files(cls, data: object) -> object:
        """Take mappings in the list of files for samples."""
        if not isinstance(data, Mapping) or not isinstance(data.get("files"), list) or data.get("samples"):
            return data
        if not any(isinstance(entry, Mapping) for entry in data["files"]):
            return data
        return {**data, "files": [], "samples": data["files"]}

    @field_validator("samples")
    @classmethod
    def _names_differ(cls, value: list[SampleConfig]) -> list[SampleConfig]:
        return check_samples(value)

    @property
    def paths(self) -> list[str]:
        """The files of all samples, and those in none, each once."""
        every = [*self.files, *(path for sample in self.samples for path in sample.files)]
        return list(dict.fromkeys(every))


class OutputConfig(Section):
    """How it is written.

    Attributes:
        layout: ``columns``, ``compound`` or ``ragged``.
        compression: ``gzip``, ``gzip:1`` to ``gzip:9``, or ``none``.
        dtype: Stored dtype of all floating fields that name none; by default that of the input.
        counts: Compound layout: store multiplicities as ``n_<object>`` members of the parent.
    """

    layout: LayoutName = "columns"
    compression: str = "gzip"
    dtype: FloatDtype | None = None
    counts: bool = True

    @field_validator("compression")
    @classmethod
    def _known(cls, value: str) -> str:
        if not _COMPRESSION.fullmatch(value):
            raise rule_broken("compression", "gzip, gzip:1 to gzip:9, or none")
        return value

    @property
    def codec(self) -> Literal["gzip", "none"]:
        """The codec without its level."""
        return "none" if self.compression == "none" else "gzip"

    @property
    def level_of_effort(self) -> int | None:
        """1-9 where the compression names a level, else ``None``."""
        return int(self.compression[-1]) if ":" in self.compression else None
