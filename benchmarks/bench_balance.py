"""Balance: what preparing does to each row, step by step, against plain numpy. All use one thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boost_histogram as bh
import numpy as np
from numpy.typing import NDArray

from simdprep.transforms import Axis, ClassSums, Histogram, Labels, Split, identity_of, make_balance
from simdprep.transforms.histogram import reference_locate
from simdprep.transforms.identity import reference_hash
from simdprep.transforms.split import reference_assign

from .cases import Size
from .question import Contender, Target

PEER, BOOST = "numpy", "boost-histogram"

ASKS = "split, label, sum, bin, weigh and resample rows"
TARGETS = (Target(PEER, 1, "speed", 2.0, ("split", "labels", "histogram", "copies")),)

CLASSES, SAMPLES = ("b", "c", "light"), ("ttbar", "zprime")
AXES = (Axis("pt", np.linspace(20, 400, 51)), Axis("abs(eta)", np.linspace(0, 2.5, 11)))

Arrays = tuple[NDArray[Any], ...]


@dataclass(frozen=True)
class Step:
    """One thing that is done to rows.

    Attributes:
        name: Of the step.
        what: It does, in a line.
        rows: How many.
    """

    name: str
    what: str
    rows: int


class Rows:
    """Random rows, and each step with simdprep and by hand."""

    def __init__(self, step: Step) -> None:
        rng = np.random.default_rng(17)
        self.step = step
        self.label = rng.choice(3, step.rows, p=[0.2, 0.3, 0.5])
        self.sample = rng.integers(0, 2, step.rows)
        pt = (20 + rng.exponential(60, step.rows)).clip(20, 400).astype(np.float32)
        self.columns = {"pt": pt, "abs(eta)": rng.uniform(0, 2.5, step.rows).astype(np.float32)}
        self.weight = rng.normal(1, 0.3, step.rows)
        self.identity = identity_of([np.arange(step.rows)])
        self.masks = {name: self.label == number for number, name in enumerate(CLASSES)}
        self.split = Split({"train": 0.6, "val": 0.2, "test": 0.2}, seed=1)
        self.copier = make_balance(CLASSES, AXES, method="pdf", target="b", empty="drop", outside="clip")
        self.copier.fit(self.columns, self.label)
        self.copier.solve()

    def ways(self) -> dict[str, Callable[[], Arrays]]:
        """Return the ways to do the step, by name."""
        name = self.step.name
        found = {PEER: getattr(self, f"{name}_by_hand"), "simdprep": getattr(self, f"{name}_of_ours")}
        return found | ({BOOST: self.histogram_of_boost} if name == "histogram" else {})

    def split_of_ours(self) -> Arrays:
        """Assign splits."""
        return (self.split.assign(self.identity),)

    def split_by_hand(self) -> Arrays:
        """Assign splits with numpy."""
        return (reference_assign(self.split, self.identity),)

    def labels_of_ours(self) -> Arrays:
        """Label, with counts."""
        return (Labels(CLASSES).assign(self.masks),)

    def labels_by_hand(self) -> Arrays:
        """Label with numpy, and see that nothing overlaps."""
        stacked = np.stack(list(self.masks.values()))
        met = stacked.sum(axis=0)
        label = np.where(met > 0, stacked.argmax(axis=0), -1).astype(np.int32)
        assert not (met > 1).any()
        return (label,)

    def sums_of_ours(self) -> Arrays:
        """Add weights up."""
        sums = ClassSums(CLASSES, SAMPLES)
        sums.fit(self.label, self.weight, self.sample)
        return sums.count, sums.sum, sums.squares

    def sums_by_hand(self) -> Arrays:
        """Add weights up with bincount."""
        place = self.label * 2 + self.sample
        sums = [np.bincount(place, weight, minlength=6) for weight in (None, self.weight, self.weight**2)]
        return tuple(values.reshape(3, 2) for values in sums)

    def histogram_of_ours(self) -> Arrays:
        """Fill the histogram of all classes."""
        histogram = Histogram(CLASSES, AXES)
        histogram.fit(self.columns, self.label, self.weight)
        return (histogram.sums,)

    def histogram_by_hand(self) -> Arrays:
        """Fill one histogram for each class with numpy."""
        edges, columns = [axis.edges for axis in AXES], list(self.columns.values())
        filled = [
            np.histogramdd([column[own] for column in columns], edges, weights=self.weight[own])[0]
            for own in self.masks.values()
        ]
        return (np.stack(filled),)

    def histogram_of_boost(self) -> Arrays:
        """Fill the histogram of all classes with boost-histogram."""
        axes = [bh.axis.IntCategory(range(3)), *(bh.axis.Regular(len(a), a.edges[0], a.edges[-1]) for a in AXES)]
        # the last bins of ours have their upper edge too
        inside = [np.minimum(self.columns[a.name], np.nextafter(np.float32(a.edges[-1]), np.float32(0))) for a in AXES]
        return (bh.Histogram(*axes).fill(self.label, *inside, weight=self.weight).values(),)

    def copies_of_ours(self) -> Arrays:
        """Find the copies of each row."""
        return (self.copier.apply(self.columns, self.label, self.identity),)

    def copies_by_hand(self) -> Arrays:
        """Find the copies of each row with numpy."""
        base, thresholds, _ = self.copier._solved()
        cells = reference_locate(self.copier.histogram, self.columns)
        words = reference_hash(self.identity, self.copier.key)
        return (base[self.label, cells] + (words < thresholds[self.label, cells]),)


def cases(size: Size) -> Sequence[Step]:
    rows = {"tiny": 2_000, "quick": 200_000, "full": 1_000_000}[size]
    what = {
        "split": "train, val and test by the hash of identities",
        "labels": "the class of each row from three conditions, with counts",
        "sums": "rows, weights and squares by 3 classes and 2 samples; ours without rounding",
        "histogram": "weights of 3 classes in 50 × 10 bins; ours without rounding",
        "copies": "how often each row is kept, by its bin and its hash",
    }
    return [Step(name, f"{rows:,} rows: {text}", rows) for name, text in what.items()]


def prepare(case: Step, folder: Path) -> Rows:
    return Rows(case)


def contenders(prepared: Rows, threads: Sequence[int]) -> list[Contender]:
    return [
        Contender(name, way, prepared.step.rows, is_ours=name == "simdprep") for name, way in prepared.ways().items()
    ]


def check(prepared: Rows, results: Mapping[str, Arrays]) -> None:
    expected = results[PEER]
    for found in results.values():
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)
