"""Source: one tree or table of one input file, read in bounded steps."""

from __future__ import annotations

import abc
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .branch import Branch, check_names
from .grouping import Grouping
from .guard import reading
from .identity import change_of, identify
from .leaf import Leaf, empty, take
from .link import Link
from .names import EVENTS
from .steps import STEP_BYTES, step_ranges


class Source(abc.ABC):
    """One tree or table of one file. Made by :func:`simdprep.readers.open_source`; for one thread at a time.

    Attributes:
        path: The file, as given.
        kind: ``ttree``, ``rntuple``, ``parquet``, ``feather`` or ``hdf5``.
        tree: Name of the tree within the file; empty where the format has none.
        other_trees: Names of the trees that were not chosen.
        num_entries: Entries of the tree.
        branches: What can be read, by name, in the file's order.
        refused: What cannot be converted: the reason in one line, by name.
        bookkeeping: Of what is refused, what can be read by those who know its meaning: unique ids.
        missing_lists: Missing lists that were read as empty ones, by branch; grows while reading.
        links: The cross references that make objects, presented as branches of these.
        lost_links: Links that lead nowhere and were left out, by object and reason; grows while reading.
        told: What was decided when it was opened, one line each.
        grouping: The objects, where the file says them itself.
        rows: The row object of the input, where it has one.
        pads: Slots that objects have in the input.
    """

    kind: str = ""

    def __init__(self, path: str, tree: str, num_entries: int) -> None:
        self.path = path
        self.tree = tree
        self.other_trees: tuple[str, ...] = ()
        self.num_entries = int(num_entries)  # uproot gives floats for some old files
        self.branches: dict[str, Branch] = {}
        self.refused: dict[str, str] = {}
        self.bookkeeping: dict[str, Branch] = {}
        self.missing_lists: Counter[str] = Counter()
        self.links: tuple[Link, ...] = ()
        self.lost_links: Counter[str] = Counter()
        self.told: list[str] = []
        self.grouping: Grouping | None = None
        self.rows = EVENTS
        self.pads: dict[str, int] = {}
        self._leaves: dict[str, Leaf] = {}
        self._identity: dict[str, Any] | None = None

    @property
    def where(self) -> str:
        """File and tree, as errors name them."""
        return f"{self.path} : {self.tree}" if self.tree else self.path

    @property
    def identity(self) -> dict[str, Any]:
        """What tells this input from any other: ``name``, ``size``, ``uuid`` (ROOT) or ``sha256``, ``tree``.

        Those of friends, where there are any, are ``friends``.
        A hash is computed when first asked for, which reads the whole file once.
        """
        if self._identity is None:
            self._identity = identify(self.path, uuid=self._uuid(), tree=self.tree)
        return dict(self._identity)

    def read(self, names: Iterable[str], start: int = 0, stop: int | None = None) -> dict[str, ak.Array]:
        """Read branches over an entry range.

        Args:
            names: Branches, each a key of :attr:`branches`.
            start: First entry.
            stop: Entry after the last; ``None`` reads to the end.

        Returns:
            One array of ``stop - start`` values or lists per name, in the order asked for, in the layout of
            :func:`simdprep.readers.leaf.take`. The arrays own their memory or keep it alive.

        Raises:
            InputError: a name is unknown or refused, the range lies outside the tree, or the file is damaged
                (the text names file, tree, branch and entry range).
            ResourceError: memory ran out, for damaged lengths as well.
        """
        wanted = list(dict.fromkeys(names))
        check_names([name for name in wanted if name not in self.bookkeeping], self.branches, self.refused, self.where)
        start, stop = self._check_range(start, stop)
        if start == stop:
            return {name: empty(self._leaves[name].branch) for name in wanted}
        leaves = [self._leaves[name] for name in wanted]
        with reading("entries", expected="a sound file", where=f"{self.where}, {start}:{stop}"):
            found = self._read(leaves, start, stop)
        return {leaf.branch.name: self._take(found[leaf.container], leaf, start, stop) for leaf in leaves}

    def counts(self, name: str, start: int = 0, stop: int | None = None, *, level: int = 0) -> NDArray[np.int64]:
        """Return how many items a branch holds.

        Args:
            name: A branch. For one without lists and of integers the values themselves are returned, since
                such branches count others.
            start: First entry.
            stop: Entry after the last; ``None`` for the end.
            level: 0 for the lists of each entry, shape (stop - start,); 1 for the lists within these, flat.

        Raises:
            InputError: as :meth:`read`, or the branch has no such level.
        """
        check_names([name], self.branches, self.refused, self.where)
        branch = self.branches[name]
        if level == 0 and branch.depth > 0 and branch.counter in self.branches:
            branch = self.branches[branch.counter]
        if branch.depth == 0 and level == 0 and branch.is_integer and branch.shape == () and not branch.optional:
            return np.asarray(self.read([branch.name], start, stop)[branch.name], dtype=np.int64)
        if level >= branch.depth:
            raise InputError("counts", got=branch.type, expected="lists", where=f"{self.where}/{name}")
        layout: Any = self.read([branch.name], start, stop)[branch.name].layout
        for _ in range(level):
            layout = layout.content
        return np.asarray(np.diff(layout.offsets.data), dtype=np.int64)

    def steps(
        self, names: Iterable[str], *, target_bytes: int = STEP_BYTES, start: int = 0, stop: int | None = None
    ) -> list[tuple[int, int]]:
        """Cut an entry range so that each step reads about ``target_bytes``, and at most twice as much.

        The size of an entry is taken from the file's own totals, so a step of unusual entries can be larger.
        On top of its arrays a step decompresses one run of entries that the file stores together (basket,
        page cluster or row group) at either end.

        Args:
            names: Branches that will be read.
            target_bytes: Uncompressed bytes of a step.
            start: First entry.
            stop: Entry after the last; ``None`` for the end.

        Returns:
            Half-open entry ranges in order, each of at least one entry.

        Raises:
            InputError: as :meth:`read`.
        """
        wanted = list(dict.fromkeys(names))
        check_names(wanted, self.branches, self.refused, self.where)
        start, stop = self._check_range(start, stop)
        if not wanted or start == stop:
            return [(start, stop)] if start < stop else []
        total, borders = self.layout(wanted)
        size = max(1, int(target_bytes / max(total / self.num_entries, 1e-9)))
        return step_ranges(start, stop, min(size, stop - start), borders)

    def layout(self, names: Iterable[str]) -> tuple[float, NDArray[np.int64]]:
        """Return how the file stores some branches.

        Args:
            names: Branches, at least one.

        Returns:
            Their uncompressed bytes over all entries, and the entries at which reading starts cheaply, ascending;
            none where all are alike.

        Raises:
            InputError: the file is damaged.
        """
        leaves = [self._leaves[name] for name in dict.fromkeys(names)]
        with reading("layout of the file", expected="a sound file", where=self.where):
            return self._layout(leaves)

    @property
    def stamp(self) -> tuple[str, int]:
        """What tells this file from another of its name, without reading it all (UUID, or last change); its size."""
        changed, size = change_of(self.path)
        uuid = self._uuid() or ""
        return (uuid if uuid.strip("0-") else changed), size  # some writers leave it empty

    @abc.abstractmethod
    def close(self) -> None:
        """Close the file; arrays already read stay valid."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _add(self, leaves: Sequence[Leaf], refused: Mapping[str, str], bookkeeping: Sequence[Leaf] = ()) -> None:
        """Present what was found of one container."""
        self.refused.update(refused)
        for leaf in bookkeeping:
            self.bookkeeping[leaf.branch.name] = leaf.branch
            self._leaves.setdefault(leaf.branch.name, leaf)
        for leaf in leaves:
            name = leaf.branch.name
            if name in self.branches:
                self.refused.setdefault(f"{name} ({leaf.container})", "another branch has this name")
            else:
                self.branches[name] = leaf.branch
                self._leaves[name] = leaf

    def _check_range(self, start: int, stop: int | None) -> tuple[int, int]:
        end = self.num_entries if stop is None else stop
        if not 0 <= start <= end <= self.num_entries:
            raise InputError(
                "entry range",
                got=f"{start}:{end}",
                expected=f"START <= STOP within 0:{self.num_entries}",
                where=self.where,
            )
        return start, end

    def _take(self, array: Any, leaf: Leaf, start: int, stop: int) -> ak.Array:
        name = leaf.branch.name
        where = f"{self.where}/{name}, entries {start}:{stop}"
        with reading("values of a branch", expected=leaf.branch.type, where=where):
            try:
                values = take(array, leaf, self.missing_lists)
            except InputError as error:
                raise InputError(error.what, got=error.got, expected=error.expected, where=where) from error
            if len(values) != stop - start:
                raise InputError("values of a branch", got=len(values), expected=str(stop - start), where=where)
        return values

    @abc.abstractmethod
    def _read(self, leaves: Sequence[Leaf], start: int, stop: int) -> Mapping[str, Any]:
        """Return awkward arrays of ``stop - start`` entries (at least one), by container."""

    @abc.abstractmethod
    def _layout(self, leaves: Sequence[Leaf]) -> tuple[float, NDArray[np.int64]]:
        """Return the uncompressed bytes of the leaves over all entries, and the borders for :func:`step_ranges`."""

    def _uuid(self) -> str | None:
        """Return the file's own UUID, where its format has one."""
        return None
