"""The resolved config: every object, field and pad written out, so that it says all by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..readers import Group, Grouping, Link
from ..readers.names import plain_names
from ..schema import EVENTS, Schema
from ..schema.config import Config
from ..schema.config_yaml import ConfigPath
from .inputs import Inputs
from .recipe import Recipe

#: Files that a config names one by one; of more, it says what was given. The parts say which they were in any case.
FILES_NAMED = 1000

#: Values by their paths in the config.
Values = dict[ConfigPath, Any]


def resolved_config(config: Config, recipe: Recipe, schema: Schema, inputs: Inputs) -> Config:
    """Return a config that gives the same dataset with nothing left to decide.

    Args:
        config: What was asked for; its objects stay as they are but for their pads.
        recipe: Where the config has no objects, those that were found.
        schema: The pads that were chosen.
        inputs: The files, as sorted.
    """
    found: Values = {("input", "files"): _files(inputs), ("input", "samples"): None}
    if config.objects:
        for spec in schema.objects:
            if spec.name not in config.objects and spec.name != EVENTS:  # it holds the outer lists of others
                found["objects", spec.name] = {"fields": []}
                found.update({("objects", child.name, "parent"): spec.name for child in schema.children(spec.name)})
    else:
        named = plain_names(recipe.branches)[0]
        found.update(
            {("objects", spec.name): _object(recipe.grouping, spec.name, recipe, named) for spec in schema.objects}
        )
    pads: Values = {("objects", spec.name, "pad"): spec.pad for spec in schema.objects if spec.pad is not None}
    return config.with_values({**found, **pads})


def _files(inputs: Inputs) -> list[str]:
    for names in (inputs.paths, inputs.given):
        if len(names) <= FILES_NAMED:
            return list(names)
    return []


def _object(grouping: Grouping, name: str, recipe: Recipe, named: Mapping[str, str]) -> dict[str, Any]:
    """The config of one object that was found; one that only holds the outer lists of others has no fields."""
    group = next((entry for entry in grouping.groups if entry.name == name), None)
    if group is None or not group.members:  # None: `events` that only has multiplicities, in layout compound
        return {"fields": []}
    entry: dict[str, Any] = {}
    if group.parent is not None:
        entry["parent"] = group.parent
    sources = {field: member.source or field for field, member in group.members.items()}
    if group.link is not None:
        entry["link"] = _link(group.link)
    elif not _takes(name, sources, group, named):
        entry["from"] = "*"
        sources = {
            field: "_".join([named[member.branch.name], *(str(index) for index in member.slot)])
            for field, member in group.members.items()
        }
    renamed = any(field != source for field, source in sources.items())
    if renamed:
        entry["fields"] = {source: {} if source == field else {"name": field} for field, source in sources.items()}
    else:
        entry["fields"] = list(sources.values())
    return entry


def _link(link: Link) -> dict[str, Any]:
    found: dict[str, Any] = {"of": list(link.of), "table": link.table, "parent_index": link.parent_index}
    found |= {"index": list(link.index), "keys": list(link.keys)}
    return {key: value for key, value in found.items() if value}


def _takes(name: str, sources: Mapping[str, str], group: Group, named: Mapping[str, str]) -> bool:
    """True where the object's own name is enough to find the same branches."""
    for field, member in group.members.items():
        if member.branch.owner == (name, sources[field]):
            continue
        slot = "".join(f"_{index}" for index in member.slot)
        plain = named[member.branch.name] + slot
        own = plain if name == EVENTS else "value" if plain == name else plain.removeprefix(f"{name}_")
        if own != sources[field] or (own == plain and name != EVENTS):
            return False
    return True
