"""Padded numpy arrays to awkward events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import AlignmentError, SchemaError, nearest_hint
from ..schema import ObjectSpec, Schema

if TYPE_CHECKING:
    import awkward as ak


def from_numpy(arrays: Mapping[str, Any], schema: Schema) -> ak.Array:
    """Return events from numpy arrays by object.

    Args:
        arrays: Per object of the schema a mapping of field to array, or a structured array: shape
            (n,) for row-level objects, (n, slots) for lists and (n, slots, slots) for nested ones.
            A bool entry ``valid`` of the same shape says which slots are real; without it all are.
        schema: Its rows must be events.

    Raises:
        SchemaError: an object or field is missing, or has the wrong rank.
        AlignmentError: objects have different numbers of rows.
    """
    import awkward as ak

    if schema.rows != "events":
        raise SchemaError(
            "numpy chunks", got=f"rows {schema.rows!r}", expected="rows 'events'", hint="an awkward array of events"
        )
    fields: dict[str, Any] = {}
    lists: dict[str, ak.Array] = {}
    lengths: dict[str, int] = {}
    for spec in schema.objects:
        columns = _columns(arrays, spec)
        lengths[spec.name] = len(next(iter(columns.values()), ()))
        if not spec.is_list:
            values = {name: ak.from_numpy(np.asarray(columns[name])) for name in spec.field_names}
            if spec.name == "events":
                fields.update(values)
            elif values:
                fields[spec.name] = ak.zip(values, depth_limit=1)
            continue
        lists[spec.name] = _lists(columns, spec, rank=3 if spec.parent in lists else 2)
        if not spec.embedded:
            fields[spec.name] = lists[spec.name]
    if len(set(lengths.values())) > 1:
        raise AlignmentError("rows", got=str(lengths), expected="the same number for every object")
    for spec in schema.objects:
        if spec.embedded and spec.parent is not None:
            fields[spec.parent] = ak.with_field(fields[spec.parent], lists[spec.name], spec.key)
    return ak.zip(fields, depth_limit=1)


def _columns(arrays: Mapping[str, Any], spec: ObjectSpec) -> Mapping[str, NDArray[Any]]:
    data = arrays.get(spec.name)
    if data is None:
        raise SchemaError(
            "missing object", got=f"{', '.join(arrays)}", expected=f"an entry {spec.name!r}", where="numpy chunk"
        )
    columns = {name: data[name] for name in data.dtype.names or ()} if isinstance(data, np.ndarray) else dict(data)
    for name in spec.field_names:
        if name not in columns:
            raise SchemaError(
                "missing field",
                got=", ".join(columns),
                expected=f"an entry {name!r}",
                where=f"object {spec.name}",
                hint=nearest_hint(name, columns),
            )
    return columns


def _lists(columns: Mapping[str, NDArray[Any]], spec: ObjectSpec, *, rank: int) -> ak.Array:
    import awkward as ak

    names = spec.field_names or ("valid",)
    shape = np.shape(columns[names[0]])
    if len(shape) != rank:
        raise SchemaError("rank", got=len(shape), expected=f"{rank}", where=f"object {spec.name}")
    valid = np.asarray(columns.get("valid", np.ones(shape, np.bool_)))
    if valid.dtype != np.bool_:
        raise SchemaError("dtype of valid", got=str(valid.dtype), expected="bool", where=f"object {spec.name}")
    records = {}
    for name in spec.field_names:
        values = np.asarray(columns[name])
        if values.shape != shape or valid.shape != shape:
            raise AlignmentError(
                "shape", got=str(values.shape), expected=str(shape), where=f"object {spec.name}, field {name}"
            )
        records[name] = ak.Array(_drop(values, valid))
    return ak.zip(records, depth_limit=rank) if records else ak.Array(_drop(valid, valid))


def _drop(values: NDArray[Any], valid: NDArray[np.bool_]) -> ak.contents.Content:
    """The valid entries of (n, slots) or (n, slots, slots) values as lists, empty inner lists dropped at the end."""
    import awkward as ak

    counts = valid.sum(axis=-1)
    inner = ak.contents.ListOffsetArray(_offsets(counts.reshape(-1)), ak.contents.NumpyArray(values[valid]))
    if values.ndim == 2:
        return inner
    # A slot of the parent exists up to the last one that has an entry; pass awkward events to say otherwise.
    present = np.where(counts.any(axis=1), counts.shape[1] - np.argmax(counts[:, ::-1] > 0, axis=1), 0)
    keep = (np.arange(counts.shape[1]) < present[:, None]).reshape(-1)
    return ak.contents.ListOffsetArray(_offsets(present), inner[keep])


def _offsets(counts: NDArray[Any]) -> ak.index.Index64:
    import awkward as ak

    return ak.index.Index64(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))
