"""Resolution: all that is decided before the first task: from the headers of the inputs, and the counts pads need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from ..errors import InputError
from ..readers import Source
from ..schema import Schema
from ..schema.config import Config
from ..transforms import Expression
from .executors import Executor
from .growth import Growth
from .headers import Headers, read_headers
from .inputs import Inputs
from .multiplicity import FIRST_ENTRIES, Multiplicities
from .recipe import Recipe, make_recipe
from .request import Request
from .resolve import Pads, like_input, make_schema, pad_rules, resolve_pads
from .resolved import resolved_config

#: Inputs whose counts decide which branches belong together: all of them are open at a time.
COUNTED_FILES = 64


@dataclass(frozen=True)
class Resolution:
    """What a conversion reads and stores.

    Attributes:
        request: What was asked for.
        files: The inputs.
        headers: Of them.
        settings: The config that was asked for; with an input that says its own layout, that.
        recipe: What is read.
        schema: What is stored.
        resolved: The config with nothing left to decide.
        config_text: Stored with the parts.
    """

    request: Request
    files: Inputs
    headers: Headers
    settings: Config
    recipe: Recipe
    schema: Schema
    resolved: Config
    config_text: str

    @classmethod
    def of(
        cls,
        request: Request,
        settings: Config,
        files: Inputs,
        *,
        executor: Executor | None = None,
        growth: Growth | None = None,
    ) -> Self:
        """Decide it.

        Args:
            request: What was asked for.
            settings: Its config.
            files: Its files.
            executor: Where many headers are read.
            growth: The dataset that is added to.

        Raises:
            SimdprepError: for any mistake in inputs or config.
        """
        settings = like_input(settings, files.first())
        headers = read_headers(files, executor)
        pad = request.pad if growth is None else growth.pads()
        recipe, schema = resolve(settings, files, objects=request.objects, pad=pad)
        if growth is not None:
            growth.check(schema)
        resolved = resolved_config(settings, recipe, schema, files)
        text = resolved.config_text if growth is None else growth.config_text
        return cls(request, files, headers, settings, recipe, schema, resolved, text)


def resolve(
    config: Config,
    inputs: Inputs,
    *,
    objects: Sequence[str] | None = None,
    pad: Pads | None = None,
    reads: Sequence[tuple[str, Expression]] = (),
) -> tuple[Recipe, Schema]:
    """Decide what is read, and the schema it is written with; reads headers and the counts that pads need."""
    recipe, first = find_recipe(config, inputs, objects=objects, reads=reads), inputs.first()
    rules = pad_rules(recipe, config, pad)
    # What the layout cannot hold shows before anything long is read.
    make_schema(recipe, config, first, {name: rule if isinstance(rule, int) else 1 for name, rule in rules.items()})
    pads = resolve_pads(rules, measure(recipe, inputs, rules))
    return recipe, make_schema(recipe, config, first, pads)


def find_recipe(
    config: Config,
    inputs: Inputs,
    *,
    objects: Sequence[str] | None = None,
    reads: Sequence[tuple[str, Expression]] = (),
) -> Recipe:
    """Decide what is read, by the headers of the first inputs and the counts in them."""
    with ExitStack() as stack:
        others = _others(inputs, config, stack)
        return make_recipe(inputs.first(), config, objects=objects, others=others, reads=reads)


def measure(recipe: Recipe, inputs: Inputs, rules: Mapping[str, int | str]) -> Multiplicities:
    """Count what the pad rules need: all entries for ``max``, the first for percentiles."""
    percentiles = [name for name, rule in rules.items() if isinstance(rule, str) and rule != "max"]
    found = Multiplicities.measure(recipe, inputs, percentiles, limit=FIRST_ENTRIES)
    largest = [name for name, rule in rules.items() if rule == "max"]
    found.counts.update(Multiplicities.measure(recipe, inputs, largest, limit=None).counts)
    return found


def _others(inputs: Inputs, config: Config, stack: ExitStack) -> list[Source]:
    """As many inputs after the first as the counts of the first entries need, open until the stack closes."""
    first = inputs.first()
    others: list[Source] = []
    if config.objects or not any(branch.depth for branch in first.branches.values()):
        return others  # nothing is grouped by its counts
    left = FIRST_ENTRIES - first.num_entries
    begin = inputs.paths.index(first.path) + 1
    for path in inputs.paths[begin : begin + COUNTED_FILES]:
        if left <= 0:
            break
        try:
            source = stack.enter_context(inputs.opening.open(path, threads=1))
        except InputError:
            if not inputs.skip_bad_files:
                raise
            continue
        if set(first.branches) <= set(source.branches):
            others.append(source)
        left -= source.num_entries
    return others
