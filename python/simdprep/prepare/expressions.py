"""Expressions of the section ``prepare``, parsed; checked against the fields before anything is read."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ConfigError, nearest_hint
from ..schema import EVENTS
from ..transforms import Catalog, Expression, parse
from ..transforms.levels import check_levels
from ..transforms.scope import Scope
from ..transforms.tokens import tokenize

if TYPE_CHECKING:
    from ..schema.config import Config
    from ..schema.prepare_sections import PrepareConfig
    from ..schema.sample_section import SampleConfig

#: What rows without labels are called.
UNLABELLED_CLASS = "all"


@dataclass(frozen=True)
class ClassRule:
    """Which rows are of a class: those of some samples (``None`` for all) that meet a condition (``None``: all)."""

    samples: tuple[int, ...] | None
    select: Expression | None


@dataclass(frozen=True)
class Expressions:
    """All that a row is judged by.

    Attributes:
        cuts: The select of events, one condition after the other.
        weight: Of a row; ``None`` for 1.
        sample_weights: Of the rows of each sample.
        sample_selects: Of events: which of them are of each sample.
        classes: By name, in the order of the labels.
        splits: Conditions of the splits, where there are any.
        key: What names an event for good.
        variables: What the classes are balanced over.
        parametric: The feature that is drawn for some classes.
    """

    cuts: tuple[Expression, ...]
    weight: Expression | None
    sample_weights: tuple[Expression | None, ...]
    sample_selects: tuple[Expression | None, ...]
    classes: dict[str, ClassRule]
    splits: dict[str, Expression]
    key: tuple[Expression, ...]
    variables: tuple[Expression, ...]
    parametric: Expression | None

    @classmethod
    def from_config(cls, config: Config, samples: Sequence[SampleConfig]) -> Expressions:
        """Parse what a config says.

        Raises:
            ExpressionError: a text is no expression.
            ConfigError: a class names samples that there are not.
        """
        prepare = prepare_of(config)

        def parsed(text: str | None, *path: str) -> Expression | None:
            return None if text is None else parse(text, where=config.where(*path))

        splits: dict[str, Expression] = {}
        if prepare.split.by == "expression":
            for name in ("train", "val", "test"):
                text = getattr(prepare.split, name)
                if text is not None:
                    splits[name] = parse(str(text), where=config.where("prepare", "split", name))
        variables = prepare.balance.variables if prepare.balance is not None else {}
        place = config.where("prepare", "split", "key")
        parametric = None if prepare.parametric is None else _quoted(prepare.parametric.field)
        return cls(
            cuts=_conjuncts(config.select, config.where("select")),
            weight=parsed(prepare.weight, "prepare", "weight"),
            sample_weights=tuple(parsed(entry.weight, "input", "samples", entry.name) for entry in samples),
            sample_selects=tuple(parsed(entry.select, "input", "samples", entry.name) for entry in samples),
            classes=_classes(config, samples),
            splits=splits,
            key=tuple(parse(_quoted(name), where=place) for name in prepare.split.key),
            variables=tuple(
                parse(text, where=config.where("prepare", "balance", "variables", text)) for text in variables
            ),
            parametric=parsed(parametric, "prepare", "parametric", "field"),
        )

    def of_rows(self) -> Iterator[Expression]:
        """Yield the expressions that have one value per row."""
        yield from (entry for entry in (self.weight, *self.sample_weights, self.parametric) if entry is not None)
        yield from (rule.select for rule in self.classes.values() if rule.select is not None)
        yield from self.splits.values()
        yield from self.variables

    def of_events(self) -> Iterator[Expression]:
        """Yield those that have one value per event, besides the cuts."""
        yield from (entry for entry in self.sample_selects if entry is not None)
        yield from self.key

    def check(self, catalog: Catalog, home: str) -> None:
        """Check names and levels against the fields there are, derived ones included.

        Raises:
            ExpressionError: a name or a level does not fit.
        """
        for entry in self.of_rows():
            check_levels(entry, Scope(catalog, home))
        for entry in (*self.cuts, *self.of_events()):
            check_levels(entry, Scope(catalog, EVENTS))


def prepare_of(config: Config) -> PrepareConfig:
    """Return the section ``prepare`` of a config; its defaults where it has none."""
    from ..schema.prepare_sections import PrepareConfig

    return config.prepare if config.prepare is not None else PrepareConfig()


def _classes(config: Config, samples: Sequence[SampleConfig]) -> dict[str, ClassRule]:
    labels = prepare_of(config).labels
    if labels is None:
        names = list(dict.fromkeys(entry.label for entry in samples if entry.label is not None))
        rules = {
            name: ClassRule(tuple(i for i, entry in enumerate(samples) if entry.label == name), None) for name in names
        }
        return rules or {UNLABELLED_CLASS: ClassRule(None, None)}
    found = {}
    for name, rule in labels.classes.items():
        numbers = None
        if rule.samples:
            place = config.where("prepare", "labels", "classes", name)
            numbers = _numbers(rule.samples, samples, place)
        path = ("prepare", "labels", "classes", name)
        select = None if rule.select is None else parse(rule.select, where=config.where(*path))
        found[name] = ClassRule(numbers, select)
    return found


def _numbers(patterns: Sequence[str], samples: Sequence[SampleConfig], where: str) -> tuple[int, ...]:
    names = [entry.name for entry in samples]
    found: set[int] = set()
    for pattern in patterns:
        matched = {index for index, name in enumerate(names) if fnmatch.fnmatchcase(name, pattern)}
        if not matched:
            hint = nearest_hint(pattern, names, otherwise=", ".join(names[:5]))
            raise ConfigError("sample", got=repr(pattern), expected="one of the samples", where=where, hint=hint)
        found |= matched
    return tuple(sorted(found))


def _conjuncts(text: str | None, where: str) -> tuple[Expression, ...]:
    """Return the conditions that ``&`` joins at the top of a select, each for itself."""
    if text is None:
        return ()
    whole = parse(text, where=where)
    depth, starts, stops = 0, [0], []
    for token in tokenize(text, where):
        if token.kind != "operator":
            continue
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
        if depth == 0 and token.text == "|":
            return (whole,)  # binds looser
        if depth == 0 and token.text == "&":
            stops.append(token.column - 1)
            starts.append(token.column + (2 if text[token.column - 1] == "a" else 0))  # `and`
    stops.append(len(text))
    pieces = [text[start:stop].strip() for start, stop in zip(starts, stops, strict=True)]
    return tuple(parse(piece, where=where) for piece in pieces)


def _quoted(name: str) -> str:
    """Return the name of a field as an expression: ``object.field`` as it is, other odd characters in backticks."""
    plain = name.replace(".", "", 1).replace("_", "a")
    return name if plain.isidentifier() else f"`{name}`"
