"""Attributes: what a part says of itself, each text compared with its SHA-256 before it is believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import h5py
import numpy as np

from .. import _core
from ..errors import DatasetError, SchemaError
from ..schema import Schema
from .provenance import parse_provenance

FORMAT = "simdprep_format"
SCHEMA = "simdprep_schema"
PROVENANCE = "simdprep_provenance"
NUM_TRUNCATED = "simdprep_num_truncated"

#: The group of counters, as ATLAS tools store them.
COUNTERS = "cutBookkeeper"

_TEXTS = (FORMAT, SCHEMA, f"{SCHEMA}_sha256", PROVENANCE, f"{PROVENANCE}_sha256")


@dataclass(frozen=True)
class RootAttributes:
    """The attributes of the file itself.

    Attributes:
        format_version: Such as ``1.0``.
        schema: What the part holds.
        schema_sha256: Of the schema's JSON text.
        provenance_json: Where the rows come from, as JSON.
        provenance_sha256: Of that text.
        where: The file.
    """

    format_version: str
    schema: Schema
    schema_sha256: str
    provenance_json: str
    provenance_sha256: str

    where: str

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """The parsed provenance: ``inputs``, ``ranges``, ``config``, ``config_sha256``, ``versions``.

        Raises:
            DatasetError: the text is no provenance of format 1.
        """
        return parse_provenance(self.provenance_json, f"{self.where}: attribute {PROVENANCE}")


def read_root(file: h5py.h5f.FileID, where: str, file_size: int) -> RootAttributes:
    """Read and check the attributes of the root group.

    Args:
        file: The open part.
        where: Its path, for errors.
        file_size: Its bytes; nothing longer is read.

    Raises:
        DatasetError: the file is not one of simdprep, or of a later major version; or an attribute
            is damaged.
    """
    root = h5py.h5g.open(file, b"/")
    if not h5py.h5a.exists(root, FORMAT.encode()):
        raise DatasetError(
            "no simdprep file",
            got=f"an HDF5 file without the attribute {FORMAT}",
            expected="one that simdprep wrote",
            where=where,
            hint="simdprep convert, which makes one",
        )
    version = read_text(root, FORMAT, where, file_size)
    _check_version(version, where)
    schema, provenance = (
        (read_text(root, name, where, file_size), read_text(root, f"{name}_sha256", where, file_size))
        for name in (SCHEMA, PROVENANCE)
    )
    return _root_of(version, schema, provenance, where)


def root_of_texts(texts: Mapping[bytes, bytes], where: str) -> RootAttributes | None:
    """Return the same of texts that were read without HDF5; ``None`` where one is missing.

    Raises:
        DatasetError: as :func:`read_root`.
    """
    found = [texts.get(name.encode()) for name in _TEXTS]
    known = [text for text in found if text is not None]
    if len(known) < len(found):
        return None
    try:
        version, schema, schema_sha256, provenance, provenance_sha256 = (text.decode() for text in known)
    except UnicodeDecodeError:
        return None  # whoever reads them one by one says which
    _check_version(version, where)
    return _root_of(version, (schema, schema_sha256), (provenance, provenance_sha256), where)


def _check_version(version: str, where: str) -> None:
    ours = _core.format_version.partition(".")[0]
    if version.partition(".")[0] != ours:
        raise DatasetError(
            "format of the dataset", got=version, expected=f"{ours}.x", where=where, hint="a newer simdprep"
        )


def _root_of(version: str, schema: tuple[str, str], provenance: tuple[str, str], where: str) -> RootAttributes:
    """The attributes, of texts with their SHA-256."""
    for name, (text, digest) in ((SCHEMA, schema), (PROVENANCE, provenance)):
        if _core.sha256_bytes(text.encode()) != digest:
            raise DatasetError(
                f"attribute {name}", got="another text than was written", expected=f"SHA-256 {digest}", where=where
            )
    return RootAttributes(
        version, parse_schema(schema[0], f"{where}: attribute {SCHEMA}"), schema[1], *provenance, where
    )


def parse_schema(text: str, where: str) -> Schema:
    """Return the schema of a JSON text that comes from a file.

    Raises:
        DatasetError: it is none, or describes what the format cannot hold.
    """
    try:
        return _schema_of(text)
    except (SchemaError, RecursionError) as error:
        raise DatasetError(
            "schema of the dataset", got=_first_line(error), expected="a valid one", where=where
        ) from error


@lru_cache(maxsize=16)
def _schema_of(text: str) -> Schema:
    """The parts of a dataset mostly have one text, and then one schema."""
    return Schema.from_json(text)


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def read_text(target: Any, name: str, where: str, file_size: int) -> str:
    """Read a fixed-length text.

    Raises:
        DatasetError: it is missing, no such text, longer than the file, or not UTF-8.
    """
    place = f"{where}: attribute {name}"
    attribute = _open(target, name, place)
    kind = attribute.get_type()
    fixed = isinstance(kind, h5py.h5t.TypeStringID) and not kind.is_variable_str() and attribute.shape == ()
    size = kind.get_size()
    if not fixed or size > file_size:
        raise DatasetError("attribute", got="another type", expected="a text of fixed length", where=place)
    data = np.empty((), f"S{size}")
    attribute.read(data, mtype=kind)
    try:
        return data.tobytes().rstrip(b"\0").decode()
    except UnicodeDecodeError as error:
        raise DatasetError("attribute", got="bytes that are no UTF-8", expected="a text", where=place) from error


def read_number(target: Any, name: str, where: str) -> int:
    """Read a number of unsigned 64 bits.

    Raises:
        DatasetError: it is missing or not such a number.
    """
    place = f"{where}: attribute {name}"
    attribute = _open(target, name, place)
    if attribute.shape != () or not attribute.get_type().equal(h5py.h5t.STD_U64LE):
        raise DatasetError("attribute", got="another type", expected="a number of 64 bits", where=place)
    data = np.empty((), np.uint64)
    attribute.read(data)
    return int(data)


def _open(target: Any, name: str, place: str) -> Any:
    key = name.encode()
    if not h5py.h5a.exists(target, key):
        raise DatasetError("attribute", got="none of that name", expected="what format 1 prescribes", where=place)
    return h5py.h5a.open(target, key)
