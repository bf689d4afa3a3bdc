"""What tests of the promises R1 to R17 of docs/promises.md have tried, one line of the same form for each file.

A test takes the fixture ``promise`` and says what it did::

    def test_every_fault(matrix, promise):
        ...
        promise("R9", "R2", faults=508, rows=848_472, equal=508)

Every run of pytest ends with these lines, those of all tests of one file added up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import pytest

#: Of a test's report, through which counts come home from the processes of pytest-xdist.
PROPERTY = "promise"

NUMBERS = tuple(f"R{number}" for number in range(1, 18))


@dataclass
class Counts:
    """What was tried.

    Attributes:
        faults: Faults, bad inputs, orders, interleavings: whatever might break the promise.
        rows: That were compared with what they must be.
        equal: Outputs, batches or reads whose bytes were compared, and were equal.
        more: Further counts, by what they are of.
        most: Figures of which the largest counts, by what they are of.
    """

    faults: int = 0
    rows: int = 0
    equal: int = 0
    more: dict[str, int] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)

    def add(self, other: Self) -> None:
        """Count these too."""
        self.faults += other.faults
        self.rows += other.rows
        self.equal += other.equal
        for name, number in other.more.items():
            self.more[name] = self.more.get(name, 0) + number
        for name, number in other.most.items():
            self.most[name] = max(self.most.get(name, 0), number)

    def __str__(self) -> str:
        said = f"{self.faults:,} faults tried, {self.rows:,} rows compared, {self.equal:,} of equal bytes"
        further = [f"{number:,} {name}" for name, number in self.more.items()]
        further += [f"at most {number:,} {name}" for name, number in self.most.items()]
        return f"{said}; {', '.join(further)}" if further else said


class Promise:
    """Takes down what one test did for some promises."""

    def __init__(self, properties: list[tuple[str, object]]) -> None:
        self._properties = properties

    def __call__(
        self,
        *numbers: str,
        faults: int = 0,
        rows: int = 0,
        equal: int = 0,
        most: dict[str, int] | None = None,
        **more: int,
    ) -> None:
        """Count; names of further counts have underscores for blanks."""
        assert numbers
        assert set(numbers) <= set(NUMBERS)
        named = {name.replace("_", " "): int(number) for name, number in more.items()}
        counts = {"faults": int(faults), "rows": int(rows), "equal": int(equal), "more": named, "most": most or {}}
        self._properties.append((PROPERTY, {"numbers": list(numbers), "counts": counts}))


@pytest.fixture
def promise(request: pytest.FixtureRequest) -> Promise:
    """Takes down what the test has tried: ``promise("R1", faults=..., rows=..., equal=...)``."""
    return Promise(request.node.user_properties)


def lines(reports: Iterable[pytest.TestReport]) -> list[str]:
    """Return what tests that passed have tried, in the order of the promises."""
    found: dict[tuple[int, str], Counts] = {}
    for report in reports:
        file = report.nodeid.partition("::")[0]
        for name, said in report.user_properties:
            if name != PROPERTY or not isinstance(said, dict):
                continue
            for number in said["numbers"]:
                found.setdefault((int(number[1:]), file), Counts()).add(_counts(said["counts"]))
    return [
        f"R{number}: {counts}  ({file})" for (number, file), counts in sorted(found.items(), key=lambda item: item[0])
    ]


def _counts(data: dict[str, Any]) -> Counts:
    return Counts(**{**data, "more": dict(data["more"]), "most": dict(data["most"])})
