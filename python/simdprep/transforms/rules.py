"""Rules: the expressions of a config, and in which order they are worked out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from ..errors import ConfigError, ExpressionError, nearest_hint
from .catalog import Catalog
from .expressions import Expression, parse
from .levels import Reference, check_levels
from .scope import Scope

if TYPE_CHECKING:
    from ..schema.config import Config


@dataclass(frozen=True)
class ObjectRules:
    """What happens to one object.

    Attributes:
        select: Condition on each entry; the others are dropped.
        order: What the entries are sorted by, ascending; ``None`` keeps the order of the input.
        derived: Expressions of new fields, by name.
        finite: Of those, the ones whose values must be finite.
    """

    select: Expression | None = None
    order: Expression | None = None
    derived: Mapping[str, Expression] = field(default_factory=dict)
    finite: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Step:
    """One thing to work out: which entries of an object stay and in which order, or a derived field."""

    kind: Literal["entries", "derived"]
    object: str
    field: str = ""

    def __str__(self) -> str:
        return f"objects.{self.object}.fields.{self.field}.expr" if self.field else f"objects.{self.object}.select"


@dataclass(frozen=True)
class Rules:
    """All expressions of a config.

    Attributes:
        objects: Rules of each object that has any.
        select: Condition on each event; the others are dropped.
        parents: The object each nested object hangs on; ``events`` for one that hangs on no object.
        place: The file they come from, for errors; may be empty.
    """

    objects: Mapping[str, ObjectRules] = field(default_factory=dict)
    select: Expression | None = None
    parents: Mapping[str, str] = field(default_factory=dict)
    place: str = ""

    @classmethod
    def from_config(cls, config: Config, *, parents: Mapping[str, str] | None = None) -> Rules:
        """Parse the expressions of ``config``.

        Args:
            config: The config.
            parents: Parents known otherwise, such as from the names of branches; the config's win.

        Raises:
            ExpressionError: an expression does not parse.
        """
        objects: dict[str, ObjectRules] = {}
        known = dict(parents or {})
        for name, options in config.objects.items():
            base = ("objects", name)
            if options.parent is not None:
                known[name] = options.parent
            derived = {
                key: parse(entry.expr, where=config.where(*base, "fields", key, "expr"))
                for key, entry in (options.fields or {}).items()
                if entry.expr is not None
            }
            rules = ObjectRules(
                None if options.select is None else parse(options.select, where=config.where(*base, "select")),
                None if options.order is None else parse(options.order, where=config.where(*base, "order")),
                derived,
                frozenset(key for key in derived if (options.fields or {})[key].nonfinite == "error"),
            )
            if rules != ObjectRules():
                objects[name] = rules
        select = None if config.select is None else parse(config.select, where=config.where("select"))
        return cls(objects, select, known, config.where())

    def __bool__(self) -> bool:
        return bool(self.objects) or self.select is not None

    def check(self, catalog: Catalog) -> list[Step]:
        """Check all expressions, before anything is read; return the steps in the order they are worked out.

        Args:
            catalog: The objects of the input, without derived fields.

        Raises:
            ConfigError: rules for an object that is not there, or has no entries to choose from.
            ExpressionError: a name, a level, or rules that need each other.
        """
        for name, rules in self.objects.items():
            self._check_object(name, rules, catalog)
        needs = {step: self._needs(step, catalog) for step in self._steps()}
        if self.select is not None:
            check_levels(self.select, Scope(self.with_derived(catalog)))
        return self._sorted(needs, catalog)

    def reads(self, catalog: Catalog) -> frozenset[tuple[str, str | None]]:
        """Return the ``(object, field)`` pairs of the input that are needed; field ``None``: any one, for counting.

        Raises:
            ExpressionError: as :meth:`check`.
        """
        found: set[tuple[str, str | None]] = set()
        for step in self._steps():
            for expression, scope in self._expressions(step, catalog):
                found |= {(read.object, read.field) for read in self._input_reads(expression, scope, step)}
        if self.select is not None:
            for read in check_levels(self.select, Scope(self.with_derived(catalog))):
                if not self._is_derived(read):
                    found.add((read.object, read.field))
        return frozenset(found)

    def with_derived(self, catalog: Catalog) -> Catalog:
        """Return ``catalog`` with the derived fields among those of their objects."""
        collections = dict(catalog.collections)
        for name, rules in self.objects.items():
            if name in collections:
                entry = collections[name]
                fields = tuple(dict.fromkeys((*entry.fields, *rules.derived)))
                texts = tuple(text for text in entry.texts if text not in rules.derived)
                collections[name] = replace(entry, fields=fields, texts=texts)
        return Catalog(collections)

    def scope(self, step: Step, catalog: Catalog) -> Scope:
        """Return where the expressions of ``step`` stand.

        Those of a derived field see the others, but of their own name the field of the input.
        """
        if step.kind == "entries":
            return Scope(catalog, step.object)
        collections = dict(self.with_derived(catalog).collections)
        before, own = catalog[step.object], collections[step.object]
        fields = tuple(name for name in own.fields if name != step.field or name in before.fields)
        texts = tuple(dict.fromkeys(own.texts + tuple(name for name in before.texts if name == step.field)))
        collections[step.object] = replace(own, fields=fields, texts=texts)
        return Scope(Catalog(collections), step.object, lead=True)

    def _steps(self) -> Iterator[Step]:
        for name, rules in self.objects.items():
            if rules.select is not None or rules.order is not None:
                yield Step("entries", name)
            for entry in rules.derived:
                yield Step("derived", name, entry)

    def _expressions(self, step: Step, catalog: Catalog) -> Iterator[tuple[Expression, Scope]]:
        rules = self.objects[step.object]
        scope = self.scope(step, catalog)
        if step.kind == "derived":
            yield rules.derived[step.field], scope
            return
        for expression in (rules.select, rules.order):
            if expression is not None:
                yield expression, scope

    def _check_object(self, name: str, rules: ObjectRules, catalog: Catalog) -> None:
        expression = rules.select or rules.order or next(iter(rules.derived.values()), None)
        where = expression.where if expression is not None else f"rules of {name}"
        if name not in catalog:
            known = [entry.name for entry in catalog]
            hint = nearest_hint(name, known)
            raise ConfigError(
                "unknown object", got=repr(name), expected="an object of the input", where=where, hint=hint
            )
        if rules.select is None and rules.order is None:
            return
        if not catalog[name].is_list:
            rule = "an object with any number of entries: this one has one per event"
            raise ConfigError(
                "object", got=repr(name), expected=rule, where=where, hint="select at the top of the config"
            )

    def _input_reads(self, expression: Expression, scope: Scope, step: Step) -> Iterator[Reference]:
        for read in check_levels(expression, scope):
            if not self._is_derived(read) or (read.object, read.field) == (step.object, step.field):
                yield read

    def _is_derived(self, read: Reference) -> bool:
        rules = self.objects.get(read.object)
        return rules is not None and read.field in rules.derived

    def _needs(self, step: Step, catalog: Catalog) -> list[Step]:
        """Return the steps whose results the expressions of ``step`` see."""
        needs = [Step("entries", name) for name in catalog[step.object].path] if step.kind == "derived" else []
        for expression, scope in self._expressions(step, catalog):
            for read in self._checked(expression, scope, step):
                if step.kind == "derived" and self._is_derived(read):
                    needs.append(Step("derived", read.object, read.field or ""))
                # The entries of the levels it shares with this object are the same before and after some go.
                below = catalog[read.object].path[len(read.level) :]
                needs += [Step("entries", name) for name in below]
        known = set(self._steps())
        return [need for need in dict.fromkeys(needs) if need in known and need != step]

    def _checked(self, expression: Expression, scope: Scope, step: Step) -> list[Reference]:
        try:
            return check_levels(expression, scope)
        except ExpressionError as error:
            if step.kind == "entries" and error.what == "unknown name":
                self._explain_derived(expression, scope, step)
            raise

    def _explain_derived(self, expression: Expression, scope: Scope, step: Step) -> None:
        """Say why a derived field is unknown: entries are chosen and ordered before fields are derived."""
        reads = check_levels(expression, Scope(self.with_derived(scope.catalog), scope.own))  # or still unknown
        derived = ", ".join(read.field or "" for read in reads if self._is_derived(read))
        rule = "fields of the input: the derived ones come after select and order"
        hint = "writing its expression out"
        raise ExpressionError("derived field", got=derived, expected=rule, where=expression.where, hint=hint)

    def _sorted(self, needs: Mapping[Step, list[Step]], catalog: Catalog) -> list[Step]:
        """Return the steps so that each comes after what it needs: entries first, parents before what hangs on them."""
        waiting = sorted(needs, key=lambda step: (step.kind == "derived", len(catalog[step.object].path)))
        done: list[Step] = []
        while waiting:
            step = next((step for step in waiting if all(need in done for need in needs[step])), None)
            if step is None:
                got = ", ".join(str(step) for step in waiting[:4])
                rule = "an order in which to work them out"
                raise ExpressionError("rules that need each other", got=got, expected=rule, where=self.place or None)
            waiting.remove(step)
            done.append(step)
        return done
