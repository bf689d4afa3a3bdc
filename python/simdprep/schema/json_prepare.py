"""JSON schema of the section ``prepare``: the short forms that its validators take."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}, {"type": "null"}]}
_PART = {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, _TEXT, {"type": "null"}]}
_EQUAL = {
    "type": "object",
    "properties": {
        "n": {"type": "integer", "minimum": 1},
        "low": {"type": "number"},
        "high": {"type": "number"},
        "log": {"type": "boolean"},
    },
    "additionalProperties": False,
}
_REGION = {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}
_EDGES = {
    "anyOf": [
        {"type": "array", "items": {"type": "number"}, "minItems": 2},
        {"type": "array", "items": {"anyOf": [_EQUAL, _REGION]}, "minItems": 1},
        _EQUAL,
    ]
}

#: By section and key, what stands beside the form that pydantic knows.
_SHORT: dict[tuple[str, str], dict[str, Any]] = {
    ("ClassConfig", "samples"): _TEXTS,
    ("BalanceConfig", "splits"): _TEXTS,
    ("SplitConfig", "key"): _TEXTS,
    ("SplitConfig", "train"): _PART,
    ("SplitConfig", "val"): _PART,
    ("SplitConfig", "test"): _PART,
    ("RoleConfig", "inputs"): {"type": "array", "items": _TEXT},
    ("RoleConfig", "validation"): _TEXTS,
    ("RoleConfig", "nuisance"): _TEXTS,
    ("BalanceVariable", "bins"): _EDGES,
    ("PrepareConfig", "sum_of_weights"): {"type": "number", "exclusiveMinimum": 0},
    ("PrepareConfig", "within"): {"enum": ["all", "all_norm"]},
    ("PrepareConfig", "normalise"): {"type": "object"},
    ("SampleConfig", "sum_of_weights"): {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"const": "auto"}]},
}


def add_short_forms(parts: dict[str, Any]) -> None:
    """Let the definitions ``parts`` take what the config takes."""
    for (section, key), rule in _SHORT.items():
        properties = parts[section]["properties"]
        properties[key] = {"anyOf": [rule, properties[key]]}
    counts = parts["BalanceConfig"]["properties"]["counts"]
    counts["additionalProperties"] = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "object"}]}
    for section, key, inner in (("LabelConfig", "classes", "ClassConfig"), ("BalanceConfig", "variables", None)):
        entry = parts[section]["properties"][key]
        short = _TEXT if inner else _EDGES
        entry["additionalProperties"] = {"anyOf": [short, entry["additionalProperties"]]}
