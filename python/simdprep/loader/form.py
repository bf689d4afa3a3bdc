"""Form: how the entries of a list object lie in a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeVar, get_args

from .argument import check_choice, check_integer

FormName = Literal["padded", "batch_max", "jagged", "varlen", "graph"]
FORMS: tuple[FormName, ...] = get_args(FormName)

#: Forms whose values have slots, and a mask.
SLOTTED: tuple[FormName, ...] = ("padded", "batch_max")

#: Slots or lists of a row that nobody limits.
UNLIMITED = 1 << 40

#: ``batch_max`` pads to a multiple of this: a few lengths, for each of which a compiled network is
#: made once, and rows that begin on a whole vector.
ROUND_TO = 8

Array = Any  # numpy array, torch tensor or jax array
T = TypeVar("T")
Change = Callable[[Array], Array]


@dataclass(frozen=True)
class Form:
    """How list objects lie in a batch; row-level ones are (rows, fields) in every form.

    Attributes:
        name: ``padded`` and ``batch_max`` have empty slots, the others real entries alone.
        channels_first: Fields before slots rather than behind them.
        round_to: ``batch_max`` pads to a multiple of it.

    Raises:
        ConfigError: the form is unknown, or has no such axes.
    """

    name: FormName = "padded"
    channels_first: bool = False
    round_to: int = ROUND_TO

    def __post_init__(self) -> None:
        check_choice("form", self.name, FORMS)
        check_integer("round_to", self.round_to, least=1)
        if self.channels_first and not self.is_slotted:
            check_choice("form with channels_first", self.name, SLOTTED)

    @property
    def is_slotted(self) -> bool:
        """Values have slots, and a mask."""
        return self.name in SLOTTED

    def slots(self, longest: int, limit: int) -> int:
        """Return the slots of ``batch_max`` for lists of which the longest has so many entries: at least 1."""
        return min(limit, max(1, -(-longest // self.round_to)) * self.round_to)


@dataclass(frozen=True)
class Jagged:
    """The real entries of a batch, row after row.

    Attributes:
        values: (n, fields).
        offsets: int64 (rows + 1,), where each row begins: in the values or, for an object that
            hangs on another list, in ``inner_offsets``.
        inner_offsets: int64 (lists + 1,), where the lists of such an object begin in the values; else ``None``.
    """

    values: Array
    offsets: Array
    inner_offsets: Array | None = None

    def map(self, change: Change) -> Self:
        """Return the same with every array changed."""
        return _mapped(self, change)


@dataclass(frozen=True)
class Varlen:
    """The real entries of a batch as attention over packed sequences takes them.

    A sequence is a row or, for an object that hangs on another list, one list of it.

    Attributes:
        values: (n, fields).
        cu_seqlens: int32 (sequences + 1,), where each sequence begins.
        max_seqlen: Entries of the longest sequence.
        offsets: int64 (rows + 1,), where the sequences of each row begin in ``cu_seqlens``; ``None``
            where a row is a sequence.
    """

    values: Array
    cu_seqlens: Array
    max_seqlen: int
    offsets: Array | None = None

    def map(self, change: Change) -> Self:
        """Return the same with every array changed."""
        return _mapped(self, change)


@dataclass(frozen=True)
class Graph:
    """The real entries of a batch as the nodes of one graph a row.

    Attributes:
        values: (n, fields).
        batch: int64 (n,), the row of each entry in the batch.
        offsets: int64 (rows + 1,), where each row begins in the values.
        lists: int64 (n,), for an object that hangs on another list: the number of each entry's list
            in the batch; else ``None``.
    """

    values: Array
    batch: Array
    offsets: Array
    lists: Array | None = None

    def map(self, change: Change) -> Self:
        """Return the same with every array changed."""
        return _mapped(self, change)


#: What holds real entries alone.
RAGGED_VALUES = (Jagged, Varlen, Graph)


def change_arrays(value: Any, change: Change) -> Any:
    """Apply ``change`` to an array, or to every array of a ragged value."""
    return value.map(change) if isinstance(value, RAGGED_VALUES) else change(value)


def values_of(value: Any) -> Array:
    """Return the numbers of an object: the array itself, or the entries (n, fields) of a ragged value."""
    return value.values if isinstance(value, RAGGED_VALUES) else value


def _mapped(value: T, change: Change) -> T:
    parts = {name: getattr(value, name) for name in value.__dataclass_fields__}  # type: ignore[attr-defined]
    return type(value)(
        **{name: part if part is None or isinstance(part, int) else change(part) for name, part in parts.items()}
    )
