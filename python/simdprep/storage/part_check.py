"""PartCheck: everything in a part is read once and compared with what the format says of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from ..schema import EVENTS, Field, ObjectSpec
from .guard import guarded, open_file
from .part_reader import PartReader
from .placement import Place
from .problem import Problem

#: Raw bytes of one dataset that are held at once.
_WINDOW_BYTES = 32 << 20


class PartCheck:
    """Checks one part; every chunk is decoded, its checksum compared.

    Args:
        reader: The part, whose attributes and structure were checked when it was opened.

    Attributes:
        problems: What was found.
        num_chunks: Chunks that were decoded.
        raw_bytes: Bytes they hold.
    """

    def __init__(self, reader: PartReader) -> None:
        self._reader = reader
        self._placement = reader.placement
        self._schema = reader.root.schema
        self._bad: set[tuple[int, int]] = set()
        self._last: tuple[tuple[int, int, int], NDArray[Any]] | None = None  # members of records are read one by one
        self.problems: list[Problem] = []
        self.num_chunks = 0
        self.raw_bytes = 0

    def run(self) -> None:
        """Check everything; problems are collected, never raised."""
        self._check_structure()
        readable = []
        for index, dataset in enumerate(self._reader.description.datasets):
            try:
                self.num_chunks += len(self._reader.table(index))
                self.raw_bytes += len(self._reader.table(index)) * dataset.row_bytes * dataset.chunk_rows
                readable.append(index)
            except DatasetError as error:
                self.problems.append(Problem.of(error, str(self._reader.path)))
        self._unreadable = set(range(len(self._reader.lengths))) - set(readable)
        for number, spec in enumerate(self._schema.objects):
            if spec.level == "padded":
                self._check_padded(number, spec)
            elif spec.level == "ragged" or (spec.level == "event" and not self._placement.is_compound):
                self._check_ragged(number, spec)
            elif spec.level == "row":
                self._check_rows(spec)

    def _tell(self, place: str, said: str) -> None:
        problem = Problem(str(self._reader.path), place, said)
        if problem not in self.problems:
            self.problems.append(problem)

    def _check_structure(self) -> None:
        """Let HDF5 visit every object and read every attribute, also those that are not ours."""
        found: list[str] = []
        try:
            with guarded(self._reader.path):
                file = open_file(self._reader.path)
                h5py.h5o.visit(file, lambda name: found.append(name.decode(errors="replace")))
                for name in ["/", *found]:
                    target = h5py.h5o.open(file, name.encode())
                    for index in range(h5py.h5a.get_num_attrs(target)):
                        attribute = h5py.h5a.open(target, index=index)
                        if not _is_variable(attribute) and self._fits(attribute, name):
                            attribute.read(np.empty(attribute.shape, attribute.dtype))
        except DatasetError as error:
            self.problems.append(Problem.of(error, str(self._reader.path)))

    def _fits(self, attribute: Any, name: str) -> bool:
        """False, and told, for an attribute that claims more bytes than the file has."""
        size = int(np.prod(attribute.shape, dtype=object)) * attribute.get_type().get_size()
        if size <= self._reader.num_bytes:
            return True
        self._tell(name, f"attribute: got {size} bytes, expected at most those of the file")
        return False

    def _windows(self, indices: list[int]) -> Iterator[tuple[int, int]]:
        """Ranges along the common first axis of some datasets, small enough to hold each."""
        datasets = [self._reader.description.datasets[index] for index in indices]
        if not datasets:
            return
        length = self._reader.lengths[indices[0]]
        chunk = datasets[0].chunk_rows
        rows = chunk * max(1, _WINDOW_BYTES // (chunk * max(dataset.row_bytes for dataset in datasets)))
        for start in range(0, length, rows):
            yield start, min(start + rows, length)

    def _read(self, place: Place, start: int, stop: int) -> NDArray[Any] | None:
        """Entries of a dataset, or of a member; ``None`` where some cannot be read, which is told once."""
        index = place.dataset
        if index in self._unreadable:
            return None
        if self._last is not None and self._last[0] == (index, start, stop):
            return _member(self._last[1], place)
        try:
            values = self._reader.read(index, start, stop)
        except DatasetError:
            self._find_chunks(index, start, stop)
            return None
        self._last = (index, start, stop), values
        return _member(values, place)

    def _find_chunks(self, index: int, start: int, stop: int) -> None:
        rows = self._reader.pipelines[index].chunk_rows
        for number in range(start // rows, -(-stop // rows)):
            if (index, number) in self._bad:
                continue
            low, high = number * rows, min((number + 1) * rows, self._reader.lengths[index])
            try:
                self._reader.read(index, low, high)
            except DatasetError as error:
                self._bad.add((index, number))
                path = self._reader.description.datasets[index].path
                self._tell(f"{path}, chunk {number}, entries {low}:{high}", str(error).splitlines()[0])

    def _check_rows(self, spec: ObjectSpec) -> None:
        """A row-level object: its strings; and in layout compound the events its rows belong to."""
        event_index = self._placement.event_index
        above = self._schema.object(EVENTS).fields if event_index is not None else ()
        fields = [(spec, field) for field in spec.fields]
        fields += [(self._schema.object(EVENTS), field) for field in above]
        last: NDArray[Any] | None = None
        for start, stop, values in self._by_dataset(spec, fields):
            for owner, field in fields:
                place = self._placement.field(owner, field.name)
                if place.dataset in values:
                    self._check_codes(field, _member(values[place.dataset], place), self._path(place), start, stop)
            if event_index is not None and event_index.dataset in values:
                last = self._check_event_index(
                    values[event_index.dataset], last, [field.name for field in above], start
                )

    def _by_dataset(
        self, spec: ObjectSpec, fields: list[tuple[ObjectSpec, Field]]
    ) -> Iterator[tuple[int, int, dict[int, NDArray[Any]]]]:
        """Windows of all datasets of an object, one dataset after the other."""
        indices = {self._placement.field(owner, field.name).dataset for owner, field in fields}
        if self._placement.is_compound:
            indices.add(self._placement.record_of(spec))
        for index in sorted(indices):
            for start, stop in self._windows([index]):
                values = self._read(Place(index), start, stop)
                if values is not None:
                    yield start, stop, {index: values}

    def _check_event_index(
        self, records: NDArray[Any], last: NDArray[Any] | None, fields: list[str], start: int
    ) -> NDArray[Any]:
        """Event numbers ascend, and the rows of one event agree on its fields; returns the last record."""
        joined = records if last is None else np.concatenate([last, records])
        numbers = joined["event_index"]
        path = f"/{self._schema.rows}"
        if len(numbers) and (numbers[0] < 0 or (numbers[1:] < numbers[:-1]).any()):
            self._tell(f"{path}, event_index, rows from {start}", "event numbers: got a decrease, expected none")
        same = numbers[1:] == numbers[:-1]
        for name in fields:
            values = _bits(joined[name])
            if (values[1:][same] != values[:-1][same]).any():
                self._tell(
                    f"{path}, {name}, rows from {start}", "field of events: got two values in one event, expected one"
                )
        return joined[-1:]

    def _check_padded(self, number: int, spec: ObjectSpec) -> None:
        valid_place, count_place = self._placement.valid(spec), self._placement.count(spec)
        assert valid_place is not None
        parent = self._placement.list_parent(spec)
        parent_valid = None if parent is None else self._placement.valid(parent)
        truncated: int | None = 0 if count_place is not None else None
        indices = {valid_place.dataset, *(self._placement.field(spec, field.name).dataset for field in spec.fields)}
        for start, stop in self._windows(sorted(indices)):
            valid = self._read(valid_place, start, stop)
            counts = None if count_place is None else self._read(count_place, start, stop)
            above = None if parent_valid is None else self._read(parent_valid, start, stop)
            if valid is None or (count_place is not None and counts is None):
                truncated = None
            if valid is not None:
                self._check_mask(spec, valid, counts, above, start, stop)
                self._check_fields(spec, valid, start, stop)
            if counts is not None and truncated is not None:
                truncated += int(np.maximum(counts.astype(np.int64) - (spec.pad or 0), 0).sum())
        if truncated is not None:
            self._check_truncated(number, parent, truncated)

    def _check_mask(
        self,
        spec: ObjectSpec,
        valid: NDArray[Any],
        counts: NDArray[Any] | None,
        above: NDArray[Any] | None,
        start: int,
        stop: int,
    ) -> None:
        where = f"/{spec.name}, valid, rows {start}:{stop}"
        pad = spec.pad or 0
        stored = valid.sum(axis=-1)
        if (valid != (np.arange(pad) < stored[..., None])).any():
            self._tell(where, "valid: got an empty slot before a full one, expected entries first")
        if counts is not None and (stored != np.minimum(counts, pad)).any():
            self._tell(where, "valid: got another number of entries than count says, expected the same")
        if above is not None:
            if (stored[~above] != 0).any():
                self._tell(where, "valid: got entries in a slot that its parent does not have, expected none")
            if counts is not None and (counts[~above] != 0).any():
                self._tell(where, "count: got entries of a slot that its parent does not have, expected none")

    def _check_fields(self, spec: ObjectSpec, valid: NDArray[Any], start: int, stop: int) -> None:
        """Empty slots hold the fill value, strings are in their list."""
        empty = ~valid
        places = [self._placement.field(spec, field.name) for field in spec.fields]
        for index in sorted({place.dataset for place in places}):
            values = self._read(Place(index), start, stop)
            if values is None:
                continue
            self._check_empty(index, values[empty], start, stop)
            for field, place in zip(spec.fields, places, strict=True):
                if place.dataset == index:
                    self._check_codes(field, _member(values, place), self._path(place), start, stop)

    def _check_empty(self, index: int, values: NDArray[Any], start: int, stop: int) -> None:
        """Compare the values of empty slots with the fill value, byte by byte: NaN is not equal to itself."""
        dataset = self._reader.description.datasets[index]
        if not dataset.compound:
            whole = np.dtype(f"u{values.dtype.itemsize}")
            wrong = np.array([(values.view(whole) != np.frombuffer(dataset.fill, whole)[0]).any()])
        else:
            fill = np.frombuffer(dataset.fill, np.uint8)
            wrong = (values.view(np.uint8).reshape(-1, len(fill)) != fill).any(axis=0)
        for member in dataset.members:
            if wrong[member.offset : member.offset + np.dtype(member.dtype).itemsize].any():
                place = Place(index, member.name or None)
                said = "empty slot: got another value than the fill value, expected that"
                self._tell(f"{self._path(place)}, rows {start}:{stop}", said)

    def _check_truncated(self, number: int, parent: ObjectSpec | None, truncated: int) -> None:
        said = self._reader.num_truncated[number]
        lost_with_parent = parent is not None and self._reader.num_truncated[self._schema.objects.index(parent)] > 0
        if said != truncated and not (lost_with_parent and said > truncated):
            rule = f"{truncated}, which the counts add up to"
            self._tell(self._reader.description.object_paths[number], f"num_truncated: got {said}, expected {rule}")

    def _check_codes(self, field: Field, values: NDArray[Any], path: str, start: int, stop: int) -> None:
        if field.categories is None:
            return
        known = (values >= -1) & (values < len(field.categories)) | (values == field.fill)
        if not known.all():
            rule = f"0 to {len(field.categories) - 1}"
            self._tell(f"{path}, entries {start}:{stop}", f"code of a string: got {values[~known][0]}, expected {rule}")

    def _check_ragged(self, number: int, spec: ObjectSpec) -> None:
        place = self._placement.offsets(spec)
        assert place is not None
        end = self._reader.num_rows if spec.level == "event" else self._reader.sizes.num_items(spec)
        last = 0
        for start, stop in self._windows([place.dataset]):
            offsets = self._read(place, start, stop)
            if offsets is None:
                last = -1
                continue
            begins_wrong = start == 0 and offsets[0] != 0
            falls = (offsets[1:] < offsets[:-1]).any() or (last >= 0 and offsets[0] < last)
            if begins_wrong or falls:
                self._tell(
                    f"{self._path(place)}, entries {start}:{stop}", "offsets: got a decrease, expected 0 and ascending"
                )
            last = int(offsets[-1])
        if end is not None and last not in (-1, end):
            self._tell(self._path(place), f"offsets: got {last} at the end, expected {end}, the number of entries")
        for field in spec.fields:
            field_place = self._placement.field(spec, field.name)
            for start, stop in self._windows([field_place.dataset]):
                values = self._read(field_place, start, stop)
                if values is not None:
                    self._check_codes(field, values, self._path(field_place), start, stop)
        if self._reader.num_truncated[number]:
            said = self._reader.num_truncated[number]
            self._tell(f"/{spec.name}", f"num_truncated: got {said}, expected 0: nothing here is padded")

    def _path(self, place: Place) -> str:
        path = self._reader.description.datasets[place.dataset].path
        return path if place.member is None else f"{path}, {place.member}"


def _member(values: NDArray[Any], place: Place) -> NDArray[Any]:
    return values if place.member is None else values[place.member]


def _bits(values: NDArray[Any]) -> NDArray[Any]:
    """Values as whole numbers of their size, so that NaN equals itself."""
    return values.view(f"u{values.dtype.itemsize}")


def _is_variable(attribute: Any) -> bool:
    kind = attribute.get_type()
    return isinstance(kind, h5py.h5t.TypeVlenID) or (
        isinstance(kind, h5py.h5t.TypeStringID) and bool(kind.is_variable_str())
    )
