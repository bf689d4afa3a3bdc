"""Plan: the config made explicit, the inputs measured, and the shares of the tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..convert.inputs import EntryRange, Inputs
from ..convert.opening import Opening
from ..convert.recipe import make_recipe
from ..convert.resolution import resolve
from ..convert.resolved import resolved_config
from ..errors import ConfigError, InputError
from .block import word_of
from .constants import Constants
from .counters import generated_weights
from .expressions import Expressions
from .job import Slice
from .samples import Feed, feeds_of, samples_of
from .scales import scales_of
from .setting import Setting, home_of, reads_of
from .shares import Measured, make_shares, measure

if TYPE_CHECKING:
    from ..schema.config import Config
    from ..schema.sample_section import SampleConfig


@dataclass(frozen=True)
class Plan:
    """What a run will do.

    Attributes:
        setting: What is done with every row.
        job: What its tasks are told.
        files: What was found of every input, in the order of their numbers.
        paths: Of these.
        shares: The entry ranges of every task.
        told: What was decided, one line each.
    """

    setting: Setting
    job: dict[str, Any]
    files: list[Measured]
    paths: list[str]
    shares: list[list[Slice]]
    told: list[str]


def make_plan(config: Config) -> Plan:
    """Look at the inputs and decide all that is left open.

    Raises:
        ConfigError, ExpressionError, InputError, SchemaError: whatever is wrong with config or inputs.
    """
    if config.prepare is None:
        where, hint = config.where(), "prepare: {labels: ...}"
        raise ConfigError("section prepare", got="none", expected="what to prepare", where=where or None, hint=hint)
    samples = samples_of(config)
    feeds = feeds_of(config, samples)
    paths = [path for feed in feeds for path in feed.paths]
    expressions = Expressions.from_config(config, samples)
    opening = Opening.from_config(config)
    with Inputs(tuple(paths), opening=opening, entries=EntryRange()) as inputs:
        first = inputs.first()
        home = home_of(make_recipe(first, config), config)
        recipe, schema = resolve(config, inputs, reads=reads_of(expressions, home))
        resolved = resolved_config(config, recipe, schema, inputs).with_values(
            {
                ("input", "files"): None if config.input.samples else list(paths),
                ("input", "samples"): [sample.model_dump(exclude_none=True) for sample in config.input.samples] or None,
            }
        )
        told = list(recipe.told)
        scales = scales_of(config, samples, _generated(config, samples, feeds))
        setting = Setting.make(resolved, first, scales)
        setting.check_names()
        Constants.of(setting)  # for its errors
    files = measure(paths, opening, setting.recipe)
    if not any(entry.entries for entry in files):
        got = f"none in {len(files)} files" if len(files) > 1 else "none"
        raise InputError("entries of the inputs", got=got, expected="some to prepare", where=paths[0])
    numbers: list[Sequence[int]] = []
    every: list[dict[str, Any]] = []
    for feed in feeds:
        numbers.append(range(len(every), len(every) + len(feed.paths)))
        every += [{"path": path, "samples": list(feed.samples)} for path in feed.paths]
    before = 0
    for entry, measured in zip(every, files, strict=True):
        entry |= {"before": before, "word": word_of(measured.identity)}
        before += measured.entries
    job = {"config": resolved.to_data(), "first": paths[0], "files": every, "scales": scales}
    return Plan(setting, job, files, paths, make_shares(numbers, files, mix=setting.prepare.shuffle), told)


def _generated(config: Config, samples: Sequence[SampleConfig], feeds: Sequence[Feed]) -> list[float | None]:
    """Return the generated weights of each sample, as far as they are asked for."""
    found = []
    for number, sample in enumerate(samples):
        paths = [path for feed in feeds if number in feed.samples for path in feed.paths]
        found.append(generated_weights(config, sample, paths))
    return found
