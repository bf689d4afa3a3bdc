"""Format 1 in plain numpy: the datasets a file must hold, worked out without the core.

A schema is taken as the JSON of the file (``simdprep_schema``), the data as :class:`Entries` per object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MAX_CHUNK_ROWS, MIN_CHUNK_ROWS, CHUNK_BYTES, FLAT_CHUNK = 2048, 128, 1 << 20, 65_536


@dataclass
class Entries:
    """All entries of one object, in order.

    Attributes:
        values: By field, one number per entry in the stored dtype; strings as codes, missing ones filled.
        counts: How many entries each entry of the parent has; ``None`` for row-level objects.
    """

    values: dict[str, np.ndarray]
    counts: np.ndarray | None = None


@dataclass
class Expected:
    """What a file must hold.

    Attributes:
        datasets: By path, whole.
        truncated: By object, entries that find no slot.
        row_axis: Paths of the datasets on the row axis; the others are flat.
        fills: By path, the value of empty places.
    """

    datasets: dict[str, np.ndarray] = field(default_factory=dict)
    truncated: dict[str, int] = field(default_factory=dict)
    row_axis: set[str] = field(default_factory=set)
    fills: dict[str, np.ndarray] = field(default_factory=dict)


def fill_of(spec: Mapping[str, Any]) -> np.ndarray:
    """The fill value of a field, in its dtype."""
    return np.array({"nan": np.nan, "inf": np.inf, "-inf": -np.inf}.get(spec["fill"], spec["fill"]), spec["dtype"])


def default_fill(dtype: str) -> Any:
    return {"b": False, "f": np.nan, "i": -1, "u": 0}[np.dtype(dtype).kind]


def expected_file(schema: Mapping[str, Any], entries: Mapping[str, Entries], num_events: int) -> Expected:
    """Return what a file of this schema holds.

    Args:
        schema: The JSON of ``simdprep_schema``.
        entries: By object. With another row object, its ``counts`` are those per event.
        num_events: Events.
    """
    return _Oracle(schema, entries, num_events).expected()


class _Oracle:
    def __init__(self, schema: Mapping[str, Any], entries: Mapping[str, Entries], num_events: int) -> None:
        self.schema = schema
        self.rows = schema["rows"]
        self.num_rows = num_events if self.rows == "events" else int(entries[self.rows].counts.sum())
        self.objects = {spec["name"]: spec for spec in schema["objects"]}
        self.entries = entries
        self.result = Expected()
        # Where the entries of a padded object lie: (row,) or (row, slot), and which of them have a place.
        self.places: dict[str, tuple[tuple[np.ndarray, ...], np.ndarray]] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}

    def expected(self) -> Expected:
        compound = self.schema["layout"] == "compound"
        for name, spec in self.objects.items():
            if spec["level"] == "padded":
                self._place(spec)
            else:
                self.result.truncated[name] = 0
            if compound:
                self._compound(spec)
            else:
                self._columns(spec)
        return self.result

    def _put(self, path: str, values: np.ndarray, fill: Any, *, flat: bool = False) -> None:
        self.result.datasets[path] = values
        self.result.fills[path] = np.asarray(fill, values.dtype)
        if not flat:
            self.result.row_axis.add(path)

    def _place(self, spec: Mapping[str, Any]) -> None:
        """Give every entry of a padded object its row and slots."""
        counts = self.entries[spec["name"]].counts
        owner = np.repeat(np.arange(len(counts)), counts)
        slot = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        fits = slot < spec["pad"]
        parent = spec["parent"]
        if parent == self.rows:
            index: tuple[np.ndarray, ...] = (owner, slot)
            shape: tuple[int, ...] = (self.num_rows, spec["pad"])
        else:
            above, above_fits = self.places[parent]
            index = (*(axis[owner] for axis in above), slot)
            fits = fits & above_fits[owner]
            shape = (*self.shapes[parent], spec["pad"])
        self.places[spec["name"]] = (index, fits)
        self.shapes[spec["name"]] = shape
        self.result.truncated[spec["name"]] = int((~fits).sum())

    def _padded(self, name: str, values: np.ndarray, fill: Any) -> np.ndarray:
        index, fits = self.places[name]
        padded = np.full(self.shapes[name], fill, values.dtype)
        padded[tuple(axis[fits] for axis in index)] = values[fits]
        return padded

    def _counts(self, name: str) -> np.ndarray:
        """Multiplicities before truncation, per entry of the parent in the parent's own shape."""
        counts = self.entries[name].counts.astype(np.uint32)
        parent = self.objects[name]["parent"]
        if parent == self.rows or self.objects[parent]["level"] != "padded":
            return counts
        return self._padded(parent, counts, 0)

    def _columns(self, spec: Mapping[str, Any]) -> None:
        name, level = spec["name"], spec["level"]
        for entry in spec["fields"]:
            values, fill = self.entries[name].values[entry["name"]], fill_of(entry)
            stored = self._padded(name, values, fill) if level == "padded" else values
            self._put(f"/{name}/{entry['name']}", stored, fill, flat=level in ("event", "ragged"))
        if level == "padded":
            valid = self._padded(name, np.ones(len(self.places[name][1]), np.bool_), False)
            self._put(f"/{name}/valid", valid, False)
            self._put(f"/{name}/count", self._counts(name), 0)
        if level in ("event", "ragged"):
            counts = self.entries[self.rows if level == "event" else name].counts
            self._put(f"/{name}/offsets", np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), 0, flat=True)

    def _compound(self, spec: Mapping[str, Any]) -> None:
        name, level = spec["name"], spec["level"]
        if level == "event":
            return
        members: list[tuple[str, np.ndarray, Any]] = []
        for entry in spec["fields"]:
            members.append((entry["name"], self.entries[name].values[entry["name"]], fill_of(entry)))
        if name == self.rows and name != "events":
            per_event = self.entries[name].counts
            for entry in self.objects["events"]["fields"]:
                values = self.entries["events"].values[entry["name"]]
                members.append((entry["name"], np.repeat(values, per_event), fill_of(entry)))
            members.append(("event_index", np.repeat(np.arange(len(per_event)), per_event).astype(np.int64), 0))
        if self.schema["counts"]:
            for child in self._counted(name):
                members.append((f"n_{child}", self.entries[child].counts.astype(np.uint32), 0))
        if level == "padded":
            members.append(("valid", np.ones(len(self.places[name][1]), np.bool_), False))
        dtype = np.dtype([(key, values.dtype) for key, values, _ in members])
        fill = np.array(tuple(value for *_, value in members), dtype)
        flat = np.empty(len(members[0][1]), dtype)
        for key, values, _ in members:
            flat[key] = values
        self._put(f"/{name}", self._padded(name, flat, fill) if level == "padded" else flat, fill)

    def _counted(self, name: str) -> list[str]:
        """Objects whose multiplicities are members of this one; without an ``events``, the first row-level one's."""
        first_row = next(other for other, spec in self.objects.items() if spec["level"] == "row")
        holder = self.rows if self.rows in self.objects else first_row
        found = []
        for child, spec in self.objects.items():
            if spec["level"] in ("padded", "ragged"):
                parent = holder if spec["parent"] == self.rows else spec["parent"]
                found += [child] if parent == name else []
        return found


def chunk_rows(expected: Expected) -> int:
    """The one number of rows in a chunk: the largest power of two within the limits of the format."""
    widest = max((values[:1].dtype.itemsize * int(np.prod(values.shape[1:], dtype=np.int64))
                  for path, values in expected.datasets.items() if path in expected.row_axis), default=1)  # fmt: skip
    rows = MAX_CHUNK_ROWS
    while rows > MIN_CHUNK_ROWS and rows * widest > CHUNK_BYTES:
        rows //= 2
    return rows


def differences(found: np.ndarray, wanted: np.ndarray, path: str) -> list[str]:
    """What differs between two arrays, bit for bit except that any NaN is as good as another; empty when equal."""
    if found.dtype != wanted.dtype or found.shape != wanted.shape:
        return [f"{path}: {found.dtype} {found.shape}, expected {wanted.dtype} {wanted.shape}"]
    if found.dtype.names:
        return [line for key in found.dtype.names for line in differences(found[key], wanted[key], f"{path}[{key}]")]
    one, other = np.ascontiguousarray(found).reshape(-1), np.ascontiguousarray(wanted).reshape(-1)
    width = one.dtype.itemsize
    same = one.view(f"u{width}") == other.view(f"u{width}")
    if one.dtype.kind == "f":
        same |= np.isnan(one) & np.isnan(other)
    if same.all():
        return []
    place = np.unravel_index(int(np.argmin(same)), found.shape)
    return [f"{path}{[int(index) for index in place]}: {found[place]!r}, expected {wanted[place]!r}"]
