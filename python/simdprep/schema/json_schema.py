"""JSON schema of the config: what pydantic derives from the models, with what validators add to it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from .json_prepare import add_short_forms

_PAD = {
    "anyOf": [
        {"type": "integer", "exclusiveMinimum": 0},
        {"type": "string", "pattern": r"^(max|p(\d{1,2}(\.\d+)?|100(\.0+)?))$"},
        {"type": "null"},
    ]
}
_FILL = {"anyOf": [{"type": "boolean"}, {"type": "number"}, {"enum": ["nan", "inf", "-inf"]}, {"type": "null"}]}


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of the config ``model`` as YAML writers use it.

    Everywhere pydantic accepts a short form (a single file, a list of field names, an empty object)
    so does the schema.
    """
    schema = model.model_json_schema(by_alias=True)
    parts: dict[str, Any] = schema["$defs"]
    field, entry = parts["FieldConfig"]["properties"], parts["ObjectConfig"]["properties"]
    _replace(field, "fill", _FILL)
    _replace(entry, "pad", _PAD)
    _replace(entry, "from", {"anyOf": [{"type": "string", "pattern": r"^[^*]*\*?$", "minLength": 1}, {"type": "null"}]})
    names = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    mapping = {"type": "object", "additionalProperties": _or_null({"$ref": "#/$defs/FieldConfig"})}
    _replace(entry, "fields", {"anyOf": [names, mapping, {"type": "null"}]})
    one = {"type": "string", "minLength": 1}
    files = {"anyOf": [one, {"type": "array", "items": one}, {"type": "null"}]}
    _replace(parts["SampleConfig"]["properties"], "files", files)
    sample = {"$ref": "#/$defs/SampleConfig"}
    source = parts["InputConfig"]["properties"]
    _replace(source, "files", {"anyOf": [*files["anyOf"], {"type": "array", "items": sample}]})
    named = {"type": "object", "additionalProperties": _or_null({**sample, "required": []})}
    _replace(source, "samples", {"anyOf": [named, {"type": "array", "items": sample}, {"type": "null"}]})
    add_short_forms(parts)
    for section, key in (("LinkConfig", "of"), ("LinkConfig", "index"), ("FriendConfig", "index")):
        _replace(parts[section]["properties"], key, {"anyOf": [one, {"type": "array", "items": one}]})
    compression = {"type": "string", "pattern": "^(none|gzip(:[1-9])?)$", "default": "gzip"}
    _replace(parts["OutputConfig"]["properties"], "compression", compression)
    top = schema["properties"]
    top["include"] = {"anyOf": [one, {"type": "array", "items": one}, {"type": "null"}]}
    top["simdprep"] = {"const": 1, "description": "Version of the config language"}
    top["objects"]["additionalProperties"] = _or_null({"$ref": "#/$defs/ObjectConfig"})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "simdprep config"}


def _replace(properties: dict[str, Any], key: str, rule: dict[str, Any]) -> None:
    if key not in properties:  # a model was renamed and this module was not
        raise KeyError(key)
    properties[key] = rule


def _or_null(rule: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [rule, {"type": "null"}]}
