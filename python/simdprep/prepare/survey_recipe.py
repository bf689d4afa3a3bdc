"""SurveyRecipe: what a pass reads that writes no rows: only what judges them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..convert.recipe import make_recipe
from ..schema import EVENTS
from ..transforms import Expression, Rules, names
from .expressions import Expressions
from .setting import Setting, reads_of

if TYPE_CHECKING:
    from ..readers import Source
    from ..schema.config import Config


def for_survey(setting: Setting, source: Source) -> Setting:
    """Return the setting with a recipe that reads and derives no more than the expressions of rows need."""
    config = setting.config.with_values({("objects",): _needed(setting)})
    recipe = make_recipe(source, config, reads=reads_of(setting.expressions, setting.home))
    return replace(setting, recipe=recipe)


def _needed(setting: Setting) -> dict[str, Any]:
    """Return the objects of the config that rows are judged by, with the derived fields among them."""
    config, rules = setting.config, setting.recipe.rules
    objects, fields = _named(config, rules, setting.expressions, setting.home)
    found: dict[str, Any] = {}
    data = config.to_data()["objects"]
    for name, options in config.objects.items():
        if name not in objects:
            continue
        own = options.fields or {}
        kept = {key: entry.model_dump(exclude_none=True) for key, entry in own.items() if entry.expr and key in fields}
        if name == setting.home and name != EVENTS:  # its entries are counted, if nothing else
            kept |= {key: {} for key in [key for key, entry in own.items() if entry.expr is None][:1]}
        found[name] = {**data[name], "fields": kept}
    return found


def _named(config: Config, rules: Rules, expressions: Expressions, home: str) -> tuple[set[str], set[str]]:
    """Return the objects and fields that judging a row touches, directly or through others."""
    objects, fields = {home, EVENTS}, set[str]()
    pending: list[Expression] = [*expressions.cuts, *expressions.of_rows(), *expressions.of_events()]
    done: set[str] = set()
    while True:
        for entry in pending:
            for owner, key in names(entry):
                objects |= {owner} if owner not in (None, "lead") and owner is not None else set()
                fields |= {key} if key is not None else set()
                objects |= {key} if key in config.objects else set()  # a bare name of a whole object
        objects |= {parent for name, parent in rules.parents.items() if name in objects and parent in config.objects}
        pending = []
        for name, own in rules.objects.items():
            if name not in objects:
                continue
            derived = {key: entry for key, entry in own.derived.items() if key in fields}
            for what, more in {"select": own.select, "order": own.order, **derived}.items():
                if more is not None and f"{name}.{what}" not in done:
                    done.add(f"{name}.{what}")
                    pending.append(more)
        if not pending:
            return objects, fields
