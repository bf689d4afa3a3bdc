"""Setting: all that a task needs to know, the same in every process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..convert.opening import Opening
from ..convert.recipe import Recipe, make_recipe
from ..convert.resolve import make_schema
from ..errors import ConfigError, ExpressionError, nearest_hint
from ..schema import EVENTS, Field, Schema
from ..schema.prepare_sections import PrepareConfig
from ..transforms import Expression, Rules
from ..transforms.frame import Frame
from .expressions import UNLABELLED_CLASS, Expressions, prepare_of
from .samples import ALL, samples_of

if TYPE_CHECKING:
    from ..readers import Source
    from ..schema.config import Config
    from ..schema.sample_section import SampleConfig


@dataclass(frozen=True)
class Setting:
    """What is read, how rows are judged, and what is stored.

    Attributes:
        config: Resolved: every object, field and pad is written out.
        prepare: Its section.
        samples: Named inputs.
        scales: What the weights of each sample are multiplied by.
        recipe: What is read and derived.
        schema: What is stored, the fields that prepare adds included.
        home: The row-level object that has the labels; the scope of expressions of rows.
        expressions: Parsed.
        added: Names of the added fields, in order.
    """

    config: Config
    prepare: PrepareConfig
    samples: tuple[SampleConfig, ...]
    scales: tuple[float, ...]
    recipe: Recipe
    schema: Schema
    home: str
    expressions: Expressions
    added: tuple[str, ...]

    @cached_property
    def config_text(self) -> str:
        """The text of the resolved config, which every part keeps."""
        return self.config.config_text

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the labels."""
        return tuple(self.expressions.classes)

    @property
    def sample_names(self) -> tuple[str, ...]:
        """Names of the samples, in order."""
        return tuple(entry.name for entry in self.samples)

    @property
    def entry_rules(self) -> Rules:
        """The rules of the config without its select of events, which is done cut by cut."""
        return replace(self.recipe.rules, select=None)

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits that can have rows."""
        if self.expressions.splits:
            return tuple(self.expressions.splits)
        return tuple(self.fractions)

    @property
    def fractions(self) -> dict[str, float]:
        """Fraction of each split that has one, where they are made by fractions."""
        return {name: share for name, share in self.prepare.split.fractions.items() if share > 0}

    def stored_name(self, source: str) -> str:
        """Return the name under which a field of the row-level object is stored.

        Raises:
            ConfigError: it is not stored.
        """
        fields = self.recipe.fields.get(self.home, {})
        plain = source.removeprefix(f"{self.home}.")
        if plain not in fields:
            where = self.config.where("prepare")
            hint = nearest_hint(plain, fields)
            raise ConfigError(
                "field", got=repr(source), expected=f"a stored field of {self.home}", where=where, hint=hint
            )
        return fields[plain]

    def check_names(self) -> None:
        """Raise where the config names classes, splits or fields that there are not.

        Raises:
            ConfigError: with the nearest names.
        """
        rules = self.prepare
        named = [(name, key) for key in ("sum_of_weights", "within") for name in getattr(rules, key) if name != "*"]
        if rules.parametric is not None:
            self.stored_name(rules.parametric.field)
            named += [(rules.parametric.of, "parametric"), (rules.parametric.source, "parametric")]
            if rules.parametric.of == rules.parametric.source:
                where, rule = self.config.where("prepare", "parametric"), "two classes, as one has the feature already"
                raise ConfigError("classes", got=f"{rules.parametric.of} for both", expected=rule, where=where)
        for counts in rules.balance.counts.values() if rules.balance is not None else ():
            named += [(name, "balance") for name in counts if name != "*"]
        for name, key in named:
            if name not in self.classes:
                where, hint = self.config.where("prepare", key), nearest_hint(name, self.classes)
                rule = "one of the classes " + ", ".join(self.classes)
                raise ConfigError("class", got=repr(name), expected=rule, where=where, hint=hint)
        roles = rules.fields
        for name, fields in {
            **roles.inputs,
            self.home: [*roles.inputs.get(self.home, ()), *roles.validation, *roles.nuisance],
        }.items():
            where = self.config.where("prepare", "fields")
            if name not in self.schema.names:
                hint = nearest_hint(name, self.schema.names)
                raise ConfigError("object", got=repr(name), expected="an object that is stored", where=where, hint=hint)
            known = self.schema.object(name).field_names
            for entry in fields:
                if entry not in known:
                    hint = nearest_hint(entry, known)
                    raise ConfigError(
                        "field", got=repr(entry), expected=f"a stored field of {name}", where=where, hint=hint
                    )

    @classmethod
    def make(cls, config: Config, source: Source, scales: Sequence[float]) -> Setting:
        """Build it from a resolved config and the first input.

        Raises:
            ConfigError, ExpressionError, InputError, SchemaError: whatever is wrong with the config.
        """
        samples = samples_of(config)
        expressions = Expressions.from_config(config, samples)
        home, recipe = recipe_for(config, source, expressions)
        pads = {name: entry.pad for name, entry in config.objects.items() if isinstance(entry.pad, int)}
        schema = make_schema(recipe, config, source, pads)
        schema, recipe, added = _with_added(schema, recipe, config, home, samples, expressions)
        frame = Frame(*_empty(recipe, source))
        try:
            expressions.check(recipe.rules.with_derived(frame.catalog), home)
        except ExpressionError as error:
            raise _with_hint(error, source, home) from error
        return cls(config, prepare_of(config), tuple(samples), tuple(scales), recipe, schema, home, expressions, added)

    @classmethod
    def of_job(cls, job: Mapping[str, Any]) -> Setting:
        """Build it in a worker, from what the job says."""
        from ..schema.config import load_config

        config = load_config(job["config"])
        with Opening.from_config(config).open(job["first"]) as source:
            return cls.make(config, source, job["scales"])


def digest_of(value: object) -> str:
    """Return a hash of JSON-like data."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def recipe_for(config: Config, source: Source, expressions: Expressions) -> tuple[str, Recipe]:
    """Return the row-level object that labels go to, and the recipe that reads what the expressions name."""
    home = home_of(make_recipe(source, config), config)
    return home, make_recipe(source, config, reads=reads_of(expressions, home))


def reads_of(expressions: Expressions, home: str) -> list[tuple[str, Expression]]:
    """Return the expressions, each with the object it belongs to."""
    return [
        *((home, entry) for entry in expressions.of_rows()),
        *((EVENTS, entry) for entry in expressions.of_events()),
    ]


def home_of(recipe: Recipe, config: Config) -> str:
    """Return the row-level object that gets the labels: the row object, or the one record per entry there is."""
    if config.rows != EVENTS:
        return config.rows
    records = [name for name in recipe.fields if name != EVENTS and recipe.grouping.group(name).depth == 0]
    return records[0] if len(records) == 1 else EVENTS


def _with_hint(error: ExpressionError, source: Source, home: str) -> ExpressionError:
    """Name what the input has that looks like an unknown name: of what was not asked for, nothing was read."""
    if error.what != "unknown name" or error.hint is not None:
        return error
    known = list(source.branches)
    known += [name[len(home) + 1 :] for name in source.branches if name.startswith((f"{home}_", f"{home}."))]
    name = str(error.got).strip("'")
    hint = nearest_hint(name, [entry for entry in known if entry != name])
    return ExpressionError(error.what, got=error.got, expected=error.expected, where=error.where, hint=hint)


def _empty(recipe: Recipe, source: Source) -> tuple[Any, Any]:
    """Return no events, and the catalog that describes them."""
    from ..readers import read_events
    from ..transforms import Catalog

    events = read_events(source, recipe.grouping, 0, 0)
    return events, Catalog.from_events(events, recipe.rules.parents)


def _with_added(
    schema: Schema,
    recipe: Recipe,
    config: Config,
    home: str,
    samples: Sequence[SampleConfig],
    expressions: Expressions,
) -> tuple[Schema, Recipe, tuple[str, ...]]:
    """Return schema and recipe with the fields that prepare adds to the rows, and their names.

    A field of the input of the same name gives way.
    """
    prepare = prepare_of(config)
    added: list[Field] = []
    if tuple(expressions.classes) != (UNLABELLED_CLASS,):
        name = prepare.labels.name if prepare.labels is not None else "label"
        added.append(Field(name, "int32", description=_numbered(tuple(expressions.classes))))
    added.append(Field("weight", "float32", description="of the row, after all factors"))
    if [entry.name for entry in samples] != [ALL]:
        added.append(Field("sample", "int32", description=_numbered([entry.name for entry in samples])))
    if prepare.split.folds:
        added.append(Field("fold", "int8", description="for cross-validation"))
    added.append(Field("input", "int32", description="number of the input file in report.json"))
    added.append(Field("entry", "int64", description="entry of the input file"))
    names = [entry.name for entry in added]
    fields = dict(recipe.fields)
    fields[home] = {key: stored for key, stored in recipe.fields.get(home, {}).items() if stored not in names}
    objects = []
    for spec in schema.objects:
        mine = tuple(entry for entry in spec.fields if spec.name != home or entry.name not in names)
        objects.append(replace(spec, fields=(*mine, *added) if spec.name == home else mine))
    if home not in schema.names:
        if home != EVENTS:
            raise ConfigError(
                "row object", got=repr(home), expected="an object of the config", where=config.where("rows")
            )
        from ..schema import ObjectSpec

        objects.insert(0, ObjectSpec(EVENTS, tuple(added)))
    return replace(schema, objects=tuple(objects)), replace(recipe, fields=fields), tuple(names)


def _numbered(names: Sequence[str]) -> str:
    return ", ".join(f"{index} {name}" for index, name in enumerate(names))
