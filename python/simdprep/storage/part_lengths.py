"""PartLengths: how many entries of everything a part has, by the first axes of its datasets."""

from __future__ import annotations

from ..errors import DatasetError
from ..schema import ObjectSpec
from .placement import Placement


class PartLengths:
    """Entries of a part: rows, and the items of ragged objects.

    Args:
        placement: Where each number lies.
        lengths: First axis of every dataset of the description.
        where: The file, for errors.

    Attributes:
        lengths: As given.
        num_rows: Rows of the row object.

    Raises:
        DatasetError: first axes that should be equal are not.
    """

    def __init__(self, placement: Placement, lengths: list[int], where: str) -> None:
        self.lengths = lengths
        self._placement = placement
        self._where = where
        rows = {path: lengths[index] for path, index in placement.row_paths.items()}
        ragged = [spec for spec in placement.schema.objects if spec.level == "ragged"]
        for spec in ragged:
            if placement.list_parent(spec) is None:
                rows[f"/{spec.name}/offsets"] = self._parents(spec)
        self.num_rows = self._same(rows)
        for spec in placement.schema.objects:
            if placement.paths and spec.level in ("ragged", "event") and not placement.is_compound:
                self._check_items(spec)

    def num_items(self, spec: ObjectSpec) -> int | None:
        """Entries of a ragged object; ``None`` where nothing but its offsets counts them."""
        if spec.fields:
            return self.lengths[self._placement.field(spec, spec.fields[0].name).dataset]
        for child in self._placement.schema.children(spec.name):
            if child.level == "ragged":
                return self._parents(child)
        return None

    def num_events(self, spec: ObjectSpec) -> int:
        """Events above other rows, by the offsets of the object that holds them."""
        return self._parents(spec)

    def _parents(self, spec: ObjectSpec) -> int:
        """Parent entries of an object with offsets."""
        place = self._placement.offsets(spec)
        assert place is not None
        length = self.lengths[place.dataset]
        if length < 1:
            raise DatasetError(
                "offsets", got="none", expected="at least one", where=f"{self._where}: /{spec.name}/offsets"
            )
        return length - 1

    def _check_items(self, spec: ObjectSpec) -> None:
        items = {
            f"/{spec.name}/{field.name}": self.lengths[self._placement.field(spec, field.name).dataset]
            for field in spec.fields
        }
        if spec.level == "event":
            items[f"/{spec.name}/offsets"] = self._parents(spec)
        for child in self._placement.schema.children(spec.name):
            if child.level == "ragged" and spec.level == "ragged":
                items[f"/{child.name}/offsets"] = self._parents(child)
        self._same(items)

    def _same(self, lengths: dict[str, int]) -> int:
        if len(set(lengths.values())) > 1:
            first, *rest = lengths.items()
            other = next(entry for entry in rest if entry[1] != first[1])
            raise DatasetError(
                "numbers of entries",
                got=f"{first[1]} in {first[0]}, {other[1]} in {other[0]}",
                expected="the same (offsets: one more)",
                where=self._where,
            )
        return next(iter(lengths.values()), 0)
