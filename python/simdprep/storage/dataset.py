"""Dataset: stored events, one file or many, opened at once and read where they are touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..errors import SimdprepError
from ..schema import Schema
from .object_view import ObjectView
from .part_structure import Engine
from .parts import Parts
from .source import PathLike, Source
from .unknown_name import UnknownName

if TYPE_CHECKING:
    import awkward as ak


class Dataset(Mapping[str, ObjectView]):
    """A mapping of objects by name; see :func:`open`.

    It may be used by threads, in forked children, and be pickled: every process opens the files
    itself.

    Attributes:
        schema: What is stored, with the strings of all parts.
        paths: The part files, in order of their rows.
    """

    def __init__(self, parts: Parts, *, engine: Engine = "core", threads: int = 0) -> None:
        self._parts = parts
        self._engine: Engine = engine
        self._threads = threads
        self.schema: Schema = parts.schema
        self.paths: tuple[Path, ...] = parts.source.paths

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        source = self._parts.source
        places = [source.manifest.path.parent] if source.manifest is not None else list(source.paths)
        absolute = [str(place.absolute()) for place in places]
        return _reopen, (absolute[0] if len(absolute) == 1 else absolute, self._engine, self._threads)

    def __getitem__(self, name: str) -> ObjectView:
        if name not in self.schema.names:
            raise UnknownName(name, self.schema.names, what="object", where=self._parts.source.given)
        return ObjectView(self._parts, self.schema.object(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self.schema.names)

    def __len__(self) -> int:
        return len(self.schema.names)

    def __repr__(self) -> str:
        parts = f", {len(self.paths)} parts" if len(self.paths) > 1 else ""
        objects = ", ".join(f"{view.name}{list(view.num_slots) or ''}" for view in self.values())
        return f"<Dataset {self._parts.source.given!r}: {self.num_rows} rows{parts}, {self.schema.layout}: {objects}>"

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    @property
    def num_rows(self) -> int:
        """Rows: entries of the row object."""
        return self._parts.num_rows

    @property
    def num_events(self) -> int:
        """Events. In layout compound with another row object those that have rows; the rows are scanned for them."""
        return int(self._parts.event_starts[-1])

    @property
    def part_rows(self) -> tuple[int, ...]:
        """Rows of each part, in order; chunks end with their part."""
        starts = self._parts.row_starts.tolist()
        return tuple(stop - start for start, stop in pairwise(starts))

    @property
    def chunk_rows(self) -> int:
        """Rows that are stored, and decoded, together."""
        return self._parts.placement.description.chunk_rows

    @property
    def provenance(self) -> list[dict[str, Any]]:
        """Where the rows of each part come from: ``inputs``, ``ranges``, ``config`` and ``versions``."""
        return [reader.root.provenance for reader in self._parts]

    @property
    def fingerprint(self) -> str:
        """Hexadecimal digest of what is stored, whatever the files are called and wherever they lie."""
        return self._parts.fingerprint

    def events(self, start: int = 0, stop: int | None = None) -> ak.Array:
        """Return a range of events as an awkward array; a field is read when it is touched.

        Objects with pt, eta, phi (and mass or energy) are vectors: ``events.Jet.deltaR(...)``,
        ``events.Jet.px``. These enter numba functions as they are; others after :func:`awkward.materialize`.

        Args:
            start: First event, whatever the row object; negative ones count from the end.
            stop: One past the last event; ``None`` for all.

        Returns:
            Records, one per event: ``events.MET_pt``, ``events.Jet.pt``. Padded objects come back as
            lists of their stored entries.

        Raises:
            DatasetError: stored bytes are damaged, raised where a field is touched.
        """
        from .events import lazy_events

        start, stop, _ = slice(start, stop).indices(self.num_events)
        return lazy_events(self._parts, start, max(start, stop))

    def columns(self, names: Iterable[tuple[str, str]], start: int = 0, stop: int | None = None) -> list[ak.Array]:
        """Return some fields over a range of events, each an array of its own, read now.

        Args:
            names: Objects and their fields.
            start: First event, whatever the row object; negative ones count from the end.
            stop: One past the last event; ``None`` for all.

        Returns:
            For each field numbers of the events, or lists of those of the stored entries of its object.

        Raises:
            DatasetError: stored bytes are damaged.
        """
        from .events import event_columns

        start, stop, _ = slice(start, stop).indices(self.num_events)
        return event_columns(self._parts, start, max(start, stop), names)

    def iterate(self, step: int = 100_000, start: int = 0, stop: int | None = None) -> Iterator[ak.Array]:
        """Yield runs of at most ``step`` events, as :meth:`events` gives them.

        Args:
            step: Events at once.
            start: First event.
            stop: One past the last event; ``None`` for all.

        Raises:
            SimdprepError: the step is not positive.
        """
        if step < 1:
            raise SimdprepError("step", got=step, expected="at least 1 event")
        return self._steps(step, *slice(start, stop).indices(self.num_events)[:2])

    def _steps(self, step: int, start: int, stop: int) -> Iterator[ak.Array]:
        for first in range(start, stop, step):
            yield self.events(first, min(first + step, stop))

    def rows_of_events(self, start: int = 0, stop: int | None = None) -> Any:
        """Return the row at which each of a range of events begins, and the end of the last.

        Args:
            start: First event.
            stop: One past the last event; ``None`` for all.

        Returns:
            int64 (n + 1,), counted in the dataset.
        """
        from .event_window import EventWindow

        start, stop, _ = slice(start, stop).indices(self.num_events)
        window = EventWindow(self._parts, start, max(start, stop))
        return window.offsets + window.first_row

    def close(self) -> None:
        """Close all files. Arrays that were read stay; fields not yet touched can no longer be read."""
        self._parts.close()


def open(path: PathLike | Iterable[PathLike], *, engine: Engine = "core", threads: int | None = None) -> Dataset:
    """Open a stored dataset.

    Args:
        path: A file, a folder of parts with its manifest, a glob, or a list of these. Several are
            one dataset along its rows: their schemas must agree, their string lists are joined.
        engine: ``core`` decodes in the C++ core; ``h5py`` leaves reading to HDF5, slower.
        threads: Threads that decode; ``None`` for one per core.

    Raises:
        DatasetError: nothing is there, it is no simdprep dataset, it is damaged or incomplete, or the
            files do not belong together. An untrusted file leads to no other file.
    """
    source = Source.find(path)
    count = threads or 0
    return Dataset(Parts(source, engine=engine, threads=count), engine=engine, threads=count)


def _reopen(path: str | list[str], engine: Engine, threads: int) -> Dataset:
    return open(path, engine=engine, threads=threads)
