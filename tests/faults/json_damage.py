"""All that can be wrong with a JSON text key by key: missing, of another type, too large, twice."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

#: What stands where something else should.
WRONG: dict[str, Any] = {
    "null": None,
    "true": True,
    "minus one": -1,
    "a huge number": 10**30,
    "a fraction": 0.5,
    "infinity": float("inf"),
    "NaN": float("nan"),
    "an empty text": "",
    "a text": "nothing[",
    "a path": "../../secret",
    "an empty list": [],
    "a list": [1, "a", None],
    "lists in lists": [[[[]]]],
    "an empty mapping": {},
    "a mapping": {"a": {"b": 1}},
}


def places(value: Any, place: tuple[Any, ...] = (), *, most: int = 2) -> Iterator[tuple[Any, ...]]:
    """The way to every value in a JSON value; of long lists to the first few."""
    if place:
        yield place
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*place, key), most=most)
    elif isinstance(value, list):
        for number in range(min(len(value), most)):
            yield from places(value[number], (*place, number), most=most)


def damages(value: Any) -> Iterator[tuple[str, Any]]:
    """What is wrong, and the damaged value."""
    for place in places(value):
        name = ".".join(map(str, place))
        for what, wrong in WRONG.items():
            yield f"{name} is {what}", replaced(value, place, wrong)
        yield f"{name} is missing", replaced(value, place)
    for what, wrong in WRONG.items():
        yield f"all of it is {what}", wrong


def replaced(value: Any, place: tuple[Any, ...], *wrong: Any) -> Any:
    """A copy with another value at a place, or with none there."""
    changed = copy.deepcopy(value)
    home = changed
    for key in place[:-1]:
        home = home[key]
    if wrong:
        home[place[-1]] = copy.deepcopy(wrong[0])
    else:
        del home[place[-1]]
    return changed


def at(place: tuple[Any, ...], value: Any) -> Any:
    """The smallest JSON value that has ``value`` at a place."""
    for key in reversed(place):
        value = [value] if isinstance(key, int) else {key: value}
    return value


def schema_places(schema: dict[str, Any], node: dict[str, Any] | None = None, within: tuple[str, ...] = ()) -> Any:
    """The way to every value that a JSON schema allows; what may have any name is called ``Muon``."""
    node = schema if node is None else node
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if within.count(name) < 2:
            yield from schema_places(schema, schema["$defs"][name], (*within, name))
        return
    for variant in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield from schema_places(schema, variant, within)
    inside = [*node.get("properties", {}).items()]
    inside += [("Muon", node["additionalProperties"])] if isinstance(node.get("additionalProperties"), dict) else []
    inside += [(0, node["items"])] if isinstance(node.get("items"), dict) else []
    for key, part in inside:
        yield (key,)
        for place in schema_places(schema, part, within):
            yield (key, *place)


def text_of(value: Any) -> bytes:
    return json.dumps(value).encode()
