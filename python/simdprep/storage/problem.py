"""Problem: one thing that is wrong with a stored dataset."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import DatasetError


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where.

    Attributes:
        part: The file.
        place: Dataset, chunk or attribute in it; empty for the whole file.
        said: What was found and what was expected, in one line.
    """

    part: str
    place: str
    said: str

    def __str__(self) -> str:
        return f"{self.part}: {self.place}: {self.said}" if self.place else f"{self.part}: {self.said}"

    @classmethod
    def of(cls, error: DatasetError, part: str) -> Problem:
        """Return the problem an error tells."""
        place = (error.where or "").removeprefix(part).lstrip(": ")
        return cls(part, place, str(error).splitlines()[0])
