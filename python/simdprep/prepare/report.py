"""Report: the cut-flow, the balance of rows, classes and samples of a run, for ``report.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SchemaError
from ..transforms import Balance, ClassSums, Histogram, Labels, NegativeWeights
from .block import ENTRY_BITS, Tally
from .row_flow import RowFlow
from .summary import RowBalance

if TYPE_CHECKING:
    from ..convert.tasks import Record
    from .setting import Setting

#: Names of the steps that are not cuts.
READ, SAMPLE, LABELLED, WEIGHTS, SPLIT, WRITTEN = "read", "sample", "labelled", "weights", "split", "written"
#: Why a step of such a name drops rows.
_REASONS = {SAMPLE: "in no sample", LABELLED: "in no class", WEIGHTS: "negative weight", SPLIT: "in no split"}
UNDRAWN = "not drawn"


class Outcome:
    """All records of the writing pass together.

    Args:
        setting: Of the run.
        records: In the order of the tasks.
        steps: What was balanced, by split.
    """

    def __init__(self, setting: Setting, records: Sequence[Record], steps: Mapping[str, Balance] | None = None) -> None:
        self.setting = setting
        self.steps = dict(steps or {})
        self.distributions = {name: step.histogram.empty() for name, step in self.steps.items()}
        tally = Tally.of(setting)
        self.sums = {name: ClassSums(setting.classes, setting.sample_names) for name in setting.splits}
        self.objects: dict[str, dict[str, Any]] = {}
        self.items = {name: {spec.name: [0, 0] for spec in setting.schema.objects} for name in setting.splits}
        self.rows = dict.fromkeys(setting.splits, 0)
        self.copies = dict.fromkeys(setting.splits, 0)
        self.undrawn = 0
        for record in records:
            tally.flow.merge(RowFlow.from_state(setting.sample_names, record["flow"]))
            tally.labels.merge(Labels.from_state(record["labels"]))
            if tally.splits is not None:
                tally.splits.merge(Labels.from_state(record["splits"]))
            tally.negative.merge(NegativeWeights.from_state(record["negative"]))
            for name, state in record["distributions"].items():
                self.distributions[name].merge(Histogram.from_state(state))
            for name, state in record["sums"].items():
                self.sums[name].merge(ClassSums.from_state(state))
            self._add_parts(record)
            self._add_objects(record)
        self.flow, self.labels, self.splits = tally.flow, tally.labels, tally.splits
        self.negative = tally.negative

    def check(self, paths: Sequence[str]) -> None:
        """Raise where rows are in several classes or in none, or a class or the training split has no row.

        Raises:
            SchemaError: with counts and the first rows.
        """
        check_labels(self.setting, self.labels, self.splits, paths)
        rules = self.setting.prepare
        fitted = [key for key in ("normalise", "balance", "parametric") if getattr(rules, key)]
        if fitted and not self.rows.get("train"):
            where, hint = self.setting.config.where("prepare", "split"), "a larger fraction for train"
            rule = f"some to fit {fitted[0]} on"
            raise SchemaError("rows of split train", got="none", expected=rule, where=where, hint=hint)

    @property
    def balance(self) -> RowBalance:
        """Rows in = rows written + rows dropped."""
        stages = list(self.flow.stages)
        dropped = {}
        for before, after in pairwise(stages):
            lost = self.flow.rows(before) - self.flow.rows(after)
            if lost:
                dropped[_REASONS.get(after, after)] = lost
        if self.undrawn:
            dropped[UNDRAWN] = self.undrawn
        written = {name: self.rows[name] - self.copies[name] for name in self.rows}
        return RowBalance(self.flow.rows(READ), dropped, written, self.copies)

    def data(self) -> dict[str, Any]:
        """Return what the report says, as JSON can hold it."""
        balance = self.balance
        return {
            "rows": {
                "read": balance.read,
                "dropped": dict(balance.dropped),
                "written": dict(balance.written),
                "copies": dict(balance.copies),
            },
            "cutflow": self.cutflow(),
            "samples": self._samples(),
            "classes": {name: self._classes(sums) for name, sums in self.sums.items()},
            "negative_weights": self.negative.report(),
            "balance": {name: step.report(self.distributions[name]) for name, step in self.steps.items()},
            "objects": self.objects,
            "stored": {
                split: {name: {"stored": stored, "truncated": cut} for name, (stored, cut) in every.items()}
                for split, every in self.items.items()
            },
        }

    @property
    def empty_samples(self) -> list[str]:
        """Names of the samples, where there are several, of which no row was written."""
        found = self._samples() if len(self.setting.samples) > 1 else {}
        return [name for name, sample in found.items() if not sum(sample["rows"].values())]

    def cutflow(self) -> list[dict[str, Any]]:
        """Return rows and weights after every step, in all and by sample."""
        names = self.setting.sample_names
        found = []
        for step, stage in self.flow.stages.items():
            weighted = None if stage.weighted is None else stage.weighted.tolist()
            found.append(
                {
                    "step": step,
                    "rows": int(stage.rows.sum()),
                    "weighted": None if weighted is None else float(np.sum(weighted)),
                    "samples": {
                        name: {"rows": int(stage.rows[at]), "weighted": None if weighted is None else weighted[at]}
                        for at, name in enumerate(names)
                    },
                }
            )
        return found

    def _samples(self) -> dict[str, Any]:
        found = {}
        for number, (sample, scale) in enumerate(zip(self.setting.samples, self.setting.scales, strict=True)):
            rows = {name: int(sums.count[:, number].sum()) for name, sums in self.sums.items()}
            weights = {name: float(sums.sum[:, number].sum()) for name, sums in self.sums.items()}
            found[sample.name] = {"scale": scale, "rows": rows, "sum_of_weights": weights}
        return found

    def _classes(self, sums: ClassSums) -> dict[str, Any]:
        return {
            name: {
                "rows": int(sums.count[label].sum()),
                "sum_of_weights": float(sums.class_sum[label]),
                "effective_size": float(sums.effective_size[label]),
            }
            for label, name in enumerate(self.setting.classes)
        }

    def _add_parts(self, record: Mapping[str, Any]) -> None:
        for name, part in record["parts"].items():
            self.rows[name] += part["rows"]
            self.copies[name] += part["copies"]
            self.undrawn += part["undrawn"]
            for key, stored in part.get("items", {}).items():
                self.items[name][key][0] += stored
                self.items[name][key][1] += part["truncated"][key]

    def _add_objects(self, record: Mapping[str, Any]) -> None:
        for name, (read, dropped) in record["objects"].items():
            mine = self.objects.setdefault(name, {"read": 0, "dropped": {}})
            mine["read"] += read
            for reason, count in dropped.items():
                mine["dropped"][reason] = mine["dropped"].get(reason, 0) + count


def check_labels(setting: Setting, labels: Labels, splits: Labels | None, paths: Sequence[str]) -> None:
    """Raise where classes or splits are not what they should be.

    Raises:
        SchemaError: with counts and the first rows.
    """

    def describe(row: int) -> str:
        return f"{paths[row >> ENTRY_BITS]}, entry {row & ((1 << ENTRY_BITS) - 1)}"

    if not sum(labels.counts.values()) + labels.num_unlabelled:
        place = setting.config.where("select" if setting.expressions.cuts else "input")
        hint = "a selection that keeps some"
        raise SchemaError("rows to label", got="none", expected="one or more", where=place or None, hint=hint)
    labels.check(describe=describe, where=setting.config.where("prepare", "labels"))
    if splits is not None:
        splits.check(describe=describe, where=setting.config.where("prepare", "split"))
