"""Block: an entry range of an input, read, selected, labelled, weighted and split; nothing is dropped from it yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, SimdprepError
from ..readers import read_events
from ..schema import EVENTS
from ..transforms import Catalog, CutFlow, Expression, Labels, NegativeWeights, Split, hash_of, identity_of, key_of
from ..transforms.evaluate import evaluate
from ..transforms.frame import Frame, Value
from ..transforms.levels import check_levels
from ..transforms.scope import Scope
from ..transforms.selection import choose
from .row_flow import RowFlow
from .setting import Setting

if TYPE_CHECKING:
    from ..readers import Source

#: Bits of an entry's number below that of its file, in the numbers that errors name rows by.
ENTRY_BITS = 40


@dataclass
class Kept:
    """What is known of the rows that were not dropped, one value each.

    Attributes:
        positions: Their places among the rows of the frame.
        event: Identity of their events, uint64.
        identity: Their own identity, uint64.
        label: Class.
        weight: Before the factors of classes and balance, float64.
        sample: Number of the sample.
        split: Index into the names of the splits.
        entry: Entry of the input.
        variables: Values of what is balanced, one array each.
        feature: Values of the parametric feature, where there is one.
    """

    positions: NDArray[np.int64]
    event: NDArray[np.uint64]
    identity: NDArray[np.uint64]
    label: NDArray[np.int32]
    weight: NDArray[np.float64]
    sample: NDArray[np.int64]
    split: NDArray[np.int8]
    entry: NDArray[np.int64]
    variables: list[NDArray[Any]] = field(default_factory=list)
    feature: NDArray[np.float64] | None = None

    @classmethod
    def joined(cls, blocks: Sequence[Kept]) -> Kept:
        """Return the rows of all blocks, one behind the other."""
        if len(blocks) == 1:
            return blocks[0]
        arrays = {
            entry.name: np.concatenate([getattr(block, entry.name) for block in blocks])
            for entry in fields(cls)
            if entry.name != "variables" and getattr(blocks[0], entry.name) is not None
        }
        every = zip(*(block.variables for block in blocks), strict=True)
        return cls(**arrays, variables=[np.concatenate(values) for values in every])


@dataclass
class Tally:
    """What the blocks of a task add to.

    Attributes:
        flow: Rows after every step.
        labels: Counts of the classes, and of rows in none or several.
        splits: The same of splits by conditions.
        objects: What became of the entries of objects.
        negative: What the policy of negative weights has done.
    """

    flow: RowFlow
    labels: Labels
    splits: Labels | None
    objects: CutFlow
    negative: NegativeWeights

    @classmethod
    def of(cls, setting: Setting) -> Tally:
        """Return one that has counted nothing."""
        rules = setting.prepare.labels
        labels = Labels(
            setting.classes,
            unlabelled="error" if rules is None else rules.unlabelled,
            overlap="error" if rules is None else rules.overlap,
        )
        by = setting.expressions.splits
        splits = Labels(tuple(by), unlabelled="drop", noun="split") if by else None
        negative = NegativeWeights(setting.classes, setting.prepare.negative_weights)
        return cls(RowFlow(setting.sample_names), labels, splits, CutFlow(), negative)


@dataclass(frozen=True)
class Place:
    """Where a block comes from.

    Attributes:
        number: Of the file, among all inputs.
        samples: Numbers of the samples its rows may belong to.
        start: First entry.
        stop: One past the last.
        before: Entries of the files before this one.
        word: Of the file, wherever it lies (:func:`word_of`).
    """

    number: int
    samples: Sequence[int]
    start: int
    stop: int
    before: int
    word: int


def word_of(identity: Mapping[str, object]) -> int:
    """Return one word for an input: the same wherever it lies, and whatever its name is."""
    return int(key_of(*(f"{key}={identity[key]}" for key in sorted(identity) if key != "name")))


class BlockReader:
    """Makes blocks of entry ranges.

    Args:
        setting: What to do.
        tally: Counts what it does.
    """

    def __init__(self, setting: Setting, tally: Tally) -> None:
        self.setting = setting
        self.tally = tally
        self._split = None if setting.expressions.splits else Split(setting.fractions, seed=setting.prepare.seed)

    def read(self, source: Source, place: Place) -> tuple[Frame, Kept]:
        """Read, select and judge one entry range.

        Returns:
            The frame with the chosen entries of objects and derived fields, all rows in it; and what is known of
            the rows that were not dropped.

        Raises:
            SimdprepError: the entries cannot be read, or an expression cannot be worked out.
        """
        setting, rules = self.setting, self.setting.entry_rules
        events = read_events(source, setting.recipe.grouping, place.start, place.stop)
        catalog = Catalog.from_events(events, rules.parents)
        frame = Frame(events, catalog)
        sample_of_event = self._samples(frame, Scope(catalog), place)
        self._note_read(frame, catalog, sample_of_event)
        self.tally.objects += choose(frame, rules)
        derived = rules.with_derived(catalog)
        rows = _Rows(frame, Scope(derived, setting.home), Scope(derived))
        kept = self._judge(rows, rows.of_events(sample_of_event), source, place)
        return frame, kept

    def _samples(self, frame: Frame, scope: Scope, place: Place) -> NDArray[np.int64]:
        """Return the sample of each event, -1 for none."""
        selects = self.setting.expressions.sample_selects
        found = np.full(frame.num_events, -1, np.int64)
        for number in place.samples:
            select = selects[number]
            mask = np.ones(frame.num_events, np.bool_) if select is None else condition(select, scope, frame)
            twice = np.flatnonzero(mask & (found >= 0))
            if len(twice):
                names = self.setting.sample_names
                got = f"entry {place.start + int(twice[0])} in {names[found[twice[0]]]} and {names[number]}"
                raise ConfigError("overlap of samples", got=got, expected="every row in one sample")
            found[mask] = number
        return found

    def _note_read(self, frame: Frame, catalog: Catalog, sample_of_event: NDArray[np.int64]) -> None:
        """Count what was read, with its weights where they do not need what is derived or chosen later."""
        scope = Scope(catalog, self.setting.home)
        rows = _Rows(frame, scope, Scope(catalog))
        samples = rows.of_events(sample_of_event)
        try:
            weight: NDArray[np.float64] | None = self._weights(rows, samples)
        except SimdprepError:
            weight = None
        self.tally.flow.note("read", samples, weight)

    def _weights(self, rows: _Rows, samples: NDArray[np.int64]) -> NDArray[np.float64]:
        expressions = self.setting.expressions
        weight = np.ones(len(samples))
        if expressions.weight is not None:
            weight *= rows.numbers(expressions.weight)
        for number in np.unique(samples[samples >= 0]).tolist():
            own = samples == number
            factor = expressions.sample_weights[number]
            if factor is not None:
                weight[own] *= rows.numbers(factor)[own]
            weight[own] *= self.setting.scales[number]
        return weight

    def _judge(self, rows: _Rows, samples: NDArray[np.int64], source: Source, place: Place) -> Kept:
        setting, flow = self.setting, self.tally.flow
        weight = self._weights(rows, samples)
        if setting.home != EVENTS and rows.home_is_list:
            flow.note(f"select of {setting.home}", samples, weight)
        keep = samples >= 0
        if len(setting.samples) > 1:
            flow.note("sample", samples[keep], weight[keep])
        for cut in setting.expressions.cuts:
            keep &= rows.of_events(condition(cut, rows.event_scope, rows.frame))
            flow.note(cut.text, samples[keep], weight[keep])
        entry = rows.of_events(np.arange(place.start, place.stop, dtype=np.int64))
        number_of_row = (place.number << ENTRY_BITS) + entry
        where = f"{source.where}, entries {place.start}:{place.stop}"

        positions = np.flatnonzero(keep)
        label = self._labels(rows, samples, positions, number_of_row)
        positions = positions[label >= 0]
        label = label[label >= 0]
        flow.note("labelled", samples[positions], weight[positions])
        try:
            treated, stays = self.tally.negative.apply(weight[positions], label)
        except SimdprepError as error:
            raise type(error)(error.what, got=error.got, expected=error.expected, where=where) from error
        positions, label, treated = positions[stays], label[stays], treated[stays]
        flow.note("weights", samples[positions], treated)

        event = self._event_identity(rows, place, entry)
        split = self._splits(rows, event, positions, number_of_row, place.before + entry)
        inside = split >= 0
        positions, label, treated, split = positions[inside], label[inside], treated[inside], split[inside]
        flow.note("split", samples[positions], treated)
        names = [np.uint64(key_of("sample", name)) for name in setting.sample_names]
        sample = samples[positions]
        own = np.array(names, np.uint64)[sample]
        identity = identity_of([event[positions], rows.place_in_event()[positions], own])
        variables = [rows.numbers(entry)[positions] for entry in setting.expressions.variables]
        feature = setting.expressions.parametric
        values = None if feature is None else rows.numbers(feature)[positions]
        return Kept(
            positions, event[positions], identity, label, treated, sample, split, entry[positions], variables, values
        )

    def _labels(
        self, rows: _Rows, samples: NDArray[np.int64], positions: NDArray[np.int64], numbers: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        masks = {}
        for name, rule in self.setting.expressions.classes.items():
            mask = np.ones(len(positions), np.bool_)
            if rule.samples is not None:
                mask &= np.isin(samples[positions], rule.samples)
            if rule.select is not None:
                mask &= rows.condition(rule.select)[positions]
            masks[name] = mask
        return self.tally.labels.assign(masks, rows=numbers[positions])

    def _event_identity(self, rows: _Rows, place: Place, entry: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return one word per row that is the same for all rows of an event, wherever the event lies."""
        if self.setting.expressions.key:
            columns = [
                np.asarray(evaluate(key, rows.event_scope, rows.frame).data) for key in self.setting.expressions.key
            ]
            return rows.of_events(identity_of(columns))
        return hash_of(entry.astype(np.uint64), place.word)

    def _splits(
        self,
        rows: _Rows,
        event: NDArray[np.uint64],
        positions: NDArray[np.int64],
        numbers: NDArray[np.int64],
        entries: NDArray[np.int64],
    ) -> NDArray[np.int8]:
        if self._split is not None and self.setting.prepare.split.by == "fraction":
            return self._split.assign_positions(entries[positions])
        if self._split is not None:
            return self._split.assign(event[positions])
        assert self.tally.splits is not None
        masks = {name: rows.condition(rule)[positions] for name, rule in self.setting.expressions.splits.items()}
        return self.tally.splits.assign(masks, rows=numbers[positions]).astype(np.int8)


class _Rows:
    """A frame as seen from its rows."""

    def __init__(self, frame: Frame, scope: Scope, event_scope: Scope) -> None:
        self.frame, self.scope, self.event_scope = frame, scope, event_scope

    @property
    def home_is_list(self) -> bool:
        return bool(self.scope.path)

    def of_events(self, values: NDArray[Any]) -> NDArray[Any]:
        """Repeat one value per event for each of its rows."""
        data: NDArray[Any] = self.frame.lifted(Value((), values), self.scope.path).data
        return data

    def numbers(self, expression: Expression) -> NDArray[np.float64]:
        """Return one number per row; NaN where it is missing."""
        check_levels(expression, self.scope)
        value = evaluate(expression, self.scope, self.frame)
        data = np.asarray(value.data, np.float64)
        return data if value.missing is None else np.where(value.missing, np.nan, data)

    def condition(self, expression: Expression) -> NDArray[np.bool_]:
        """Return where a condition on rows holds."""
        return condition(expression, self.scope, self.frame)

    def place_in_event(self) -> NDArray[np.int64]:
        """Return the number of each row within its event."""
        if not self.home_is_list:
            return np.zeros(self.frame.num_events, np.int64)
        counts = self.frame.counts(self.scope.path[-1])
        place: NDArray[np.int64] = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
        return place


def condition(expression: Expression, scope: Scope, frame: Frame) -> NDArray[np.bool_]:
    """Return where a condition holds; where it has no value it does not.

    Raises:
        ExpressionError: it is a number.
    """
    check_levels(expression, scope)
    value = evaluate(expression, scope, frame)
    data: NDArray[np.bool_] = value.data
    if data.dtype.kind != "b":
        got, rule = f"numbers ({data.dtype})", "a condition, true or false"
        raise expression.error("condition", 1, got=got, expected=rule, hint=f"{expression.text} != 0")
    return data if value.missing is None else data & ~value.missing
