"""Batch: what the model sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from .form import Change, change_arrays, values_of

Array = Any  # numpy array, torch tensor or jax array, or a ragged value of these


class Batch(MutableMapping[str, Array]):
    """Rows of a dataset, prepared for a model. A mapping: object to values, in the order of ``inputs``.

    Values are (rows, slots..., fields), contiguous: (rows, pad, fields) for a list object, (rows,
    pad of the parent, pad, fields) for one that hangs on another, (rows, fields) for a row-level one;
    with ``channels_first`` the fields stand before the slots. Slots without an entry are 0. In the
    forms without slots a list object is a :class:`~simdprep.loader.form.Jagged`, ``Varlen`` or
    ``Graph``. Nothing else refers to the arrays, and nothing overwrites them as long as anything
    refers to them.

    Attributes:
        valid: By object, bool: True where an entry is real; shaped as the values without fields.
            For a row-level object (rows,): False for the empty rows of ``tail="pad"``. Forms
            without slots hold real entries alone, and have none.
        labels: Array (rows,) where one label was asked for, else a mapping of them; ``None`` without.
        weights: float32 (rows,), 0 for empty rows; ``None`` if there are none.
        index: int64 (rows,), row numbers in the dataset; -1 for empty rows.
    """

    def __init__(
        self,
        values: Mapping[str, Array],
        valid: Mapping[str, Array],
        *,
        labels: Array | Mapping[str, Array] | None = None,
        weights: Array | None = None,
        index: Array,
    ) -> None:
        self._values = dict(values)
        self.valid: dict[str, Array] = _Masks(valid)
        self.labels = labels
        self.weights = weights
        self.index = index

    def __getitem__(self, name: str) -> Array:
        return self._values[name]

    def __setitem__(self, name: str, value: Array) -> None:
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        del self._values[name]

    def __copy__(self) -> Batch:
        return self.replace()

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        """Number of objects; :attr:`num_rows` counts the rows."""
        return len(self._values)

    @property
    def num_rows(self) -> int:
        """Number of rows, empty ones included."""
        return len(self.index)

    @property
    def padding_mask(self) -> dict[str, Array]:
        """By object, bool: True where there is no entry, as attention layers want it (``key_padding_mask``).

        A row without any entry is True throughout, for which attention gives NaN: leave such rows
        out, or give every row a slot of its own, such as a class token.
        """
        return {name: ~mask for name, mask in self.valid.items()}

    def change_arrays(self, change: Change) -> Batch:
        """Return a batch with ``change`` applied to every array."""
        labels = self.labels
        if isinstance(labels, Mapping):
            labels = {name: change(values) for name, values in labels.items()}
        elif labels is not None:
            labels = change(labels)
        return Batch(
            {name: change_arrays(value, change) for name, value in self._values.items()},
            {name: change(mask) for name, mask in self.valid.items()},
            labels=labels,
            weights=None if self.weights is None else change(self.weights),
            index=change(self.index),
        )

    def to(self, device: Any, **options: Any) -> Batch:
        """Return a batch of torch tensors with each of them moved, as ``tensor.to(device, ...)`` does."""
        return self.change_arrays(lambda tensor: tensor.to(device, **options))

    def pin_memory(self) -> Batch:
        """Return a batch of torch tensors in pinned memory; ``DataLoader(pin_memory=True)`` calls it."""
        return self.change_arrays(lambda tensor: tensor.pin_memory())

    def replace(self, **changes: Any) -> Batch:
        """Return a batch with some of ``values``, ``valid``, ``labels``, ``weights``, ``index`` replaced.

        ``values`` and ``valid`` replace or add the objects they name; the other objects stay.
        """
        parts: dict[str, Any] = {
            "values": self._values,
            "valid": self.valid,
            "labels": self.labels,
            "weights": self.weights,
            "index": self.index,
        }
        unknown = set(changes) - set(parts)
        if unknown:
            raise TypeError(f"a batch has no {sorted(unknown)[0]}")
        for name, change in changes.items():
            parts[name] = {**parts[name], **change} if name in ("values", "valid") else change
        return Batch(**parts)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {tuple(values_of(value).shape)}" for name, value in self._values.items())
        return f"Batch({self.num_rows} rows: {shapes})"


class _Masks(dict[str, Array]):
    """Masks by object, with a word for those who ask for one that cannot be."""

    def __missing__(self, name: str) -> Array:
        raise KeyError(f"{name!r} has no mask: every entry of a form without slots is real; its offsets tell the rows")
