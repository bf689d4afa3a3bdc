"""DatasetSource: a dataset of simdprep as an input, to be stored otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import storage
from ..readers import Branch, Group, Grouping, Leaf, Member, Source, identify
from ..schema import EVENTS, ObjectSpec

#: Levels of lists that objects may have.
_MAX_DEPTH = 2


class DatasetSource(Source):
    """The events of a dataset: of padded objects the entries that are there, of strings their texts.

    Args:
        path: A file, or a folder of parts.
        threads: Threads that decode; ``None`` for all cores.

    Raises:
        DatasetError: as :func:`simdprep.open`.
    """

    kind = "hdf5"

    def __init__(self, path: str, threads: int | None = None) -> None:
        self._dataset = storage.open(path, threads=threads)
        super().__init__(path, "", self._dataset.num_events)
        schema = self._dataset.schema
        self.rows = schema.rows
        groups = {spec.name: self._group(spec) for spec in schema.objects}
        groups.setdefault(EVENTS, Group(EVENTS, None, 0, {}))
        found = [group for group in groups.values() if group is not None]
        found.sort(key=lambda group: (group.name != EVENTS, group.depth))
        self.grouping = Grouping(tuple(found))
        self.pads = {spec.name: spec.pad for spec in schema.objects if spec.level == "padded" and spec.pad}

    def _group(self, spec: ObjectSpec) -> Group | None:
        depth, parent = self._depth(spec)
        if depth > _MAX_DEPTH:
            for field in spec.fields:
                self.refused[f"{spec.name}.{field.name}"] = f"lists nested {depth} deep, at most {_MAX_DEPTH} fit"
            return None
        members: dict[str, Member] = {}
        for field in spec.fields:
            name = f"{spec.name}.{field.name}"
            branch = Branch(
                name,
                "string" if field.is_string else field.dtype,
                depth,
                optional=field.is_string,
                lists=tuple(f"{spec.name}, level {level}" for level in range(depth)),
                unit=field.unit,
                description=field.description,
                owner=(spec.name, field.name),
                fill=None if field.is_string else field.fill,
            )
            self._add([Leaf(branch, name)], {})
            members[field.name] = Member(branch, (), field.name)
        return Group(spec.name, parent, depth, members)

    def _depth(self, spec: ObjectSpec) -> tuple[int, str | None]:
        """Levels of lists of an object in an event, and the list it hangs on."""
        schema = self._dataset.schema
        if not spec.is_list:
            return int(spec.level == "row" and schema.rows != EVENTS), None
        parent = spec.parent if spec.parent is not None and spec.parent != EVENTS else None
        if parent is None:
            return 1, None
        depth, _ = self._depth(schema.object(parent))
        return depth + 1, parent if depth else None

    @property
    def identity(self) -> dict[str, Any]:
        """Name, bytes and SHA-256; of a folder those of its parts together and that of its manifest."""
        if self._identity is None:
            self._identity = identify(self._manifest or self.path, uuid=None, tree="")
            self._identity |= {"name": self.path, "size": self._num_bytes}
        return dict(self._identity)

    @property
    def stamp(self) -> tuple[str, int]:
        """What tells this dataset from another of its name, and its bytes."""
        if self._manifest is None:
            return super().stamp
        return f"manifest {hashlib.sha256(Path(self._manifest).read_bytes()).hexdigest()}", self._num_bytes

    @property
    def _manifest(self) -> str | None:
        return storage.manifest_of(self.path)

    @property
    def _num_bytes(self) -> int:
        return sum(path.stat().st_size for path in self._dataset.paths)

    def close(self) -> None:
        """Close the files; arrays already read stay valid."""
        self._dataset.close()

    def _read(self, leaves: Sequence[Leaf], start: int, stop: int) -> Mapping[str, Any]:
        names = [leaf.branch.owner for leaf in leaves if leaf.branch.owner is not None]
        columns = self._dataset.columns(names, start, stop)
        return {leaf.container: column for leaf, column in zip(leaves, columns, strict=True)}

    def _layout(self, leaves: Sequence[Leaf]) -> tuple[float, NDArray[np.int64]]:
        total = 0.0
        for leaf in leaves:
            assert leaf.branch.owner is not None
            view = self._dataset[leaf.branch.owner[0]]
            size = 4 if leaf.branch.is_string else np.dtype(leaf.branch.dtype).itemsize
            total += float(size) * self._num_items(view)
        if self._dataset.schema.rows != EVENTS:
            return total, np.empty(0, np.int64)
        return total, np.arange(0, self.num_entries, self._dataset.chunk_rows, dtype=np.int64)

    def _num_items(self, view: storage.ObjectView) -> int:
        """Entries that are stored of an object, empty slots included."""
        if view.spec.level == "ragged":
            last = len(view.offsets) - 1
            return int(view.offsets[last])
        if view.spec.level == "event":
            return self.num_entries
        return self._dataset.num_rows * int(np.prod(view.num_slots, dtype=np.int64))
