"""Validation errors of the config, re-worded into the one grammar of errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from ..errors import ConfigError, nearest_hint
from .config_path import dotted
from .config_yaml import ConfigPath

#: Type of the errors :func:`rule_broken` makes, as pydantic reports it.
RULE = "simdprep_rule"

_EXPECTED = {
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "a number greater than {gt}",
    "greater_than_equal": "a number greater than or equal to {ge}",
    "int_type": "a whole number",
    "less_than": "a number less than {lt}",
    "less_than_equal": "a number less than or equal to {le}",
    "list_type": "a list",
    "model_attributes_type": "a mapping",
    "model_type": "a mapping",
    "string_too_short": "text that is not empty",
    "string_type": "text",
    "too_short": "{min_length} or more",
}


def rule_broken(
    what: str, expected: str, *, got: str | None = None, hint: str | None = None, path: ConfigPath = ()
) -> PydanticCustomError:
    """Return the error a validator raises: :func:`reword` makes a :class:`ConfigError` of its parts.

    ``path`` leads from the value being checked to the one at fault.
    """
    parts = {"what": what, "expected": expected, "given": got, "hint": hint, "path": path}
    return PydanticCustomError(RULE, "{expected}", parts)


def reword(
    error: ValidationError, keys: Callable[[ConfigPath], list[str]], where: Callable[[ConfigPath], str]
) -> ConfigError:
    """Return the first problem of ``error``, in the grammar of errors.

    Args:
        error: What pydantic found.
        keys: Returns the keys known at a path.
        where: Returns the text that names a path.
    """
    problems = error.errors(include_url=False)
    # A key that is missing may be there, misspelt.
    first = next((problem for problem in problems if problem["type"] == "extra_forbidden"), problems[0])
    context: Mapping[str, Any] = first.get("ctx", {})
    path: ConfigPath = tuple(part for part in first["loc"] if part != "[key]")
    if first["type"] == RULE:
        path += context["path"]
    more = "" if len(problems) == 1 else f" ({len(problems) - 1} more)"
    place = where(path) + more
    if first["type"] == "extra_forbidden":
        known = keys(path[:-1])
        name = str(path[-1])
        return ConfigError(
            "unknown key",
            got=repr(name),
            expected="one of " + ", ".join(known),
            where=place,
            hint=nearest_hint(name, known),
        )
    if first["type"] == RULE:
        got = context["given"] if context["given"] is not None else shown(first["input"])
        return ConfigError(context["what"], got=got, expected=context["expected"], where=place, hint=context["hint"])
    what = dotted(path[-2:] if path[-1:] == ("*",) else path[-1:]) if path else "config"
    if first["type"] == "missing":
        return ConfigError(what, got="nothing", expected="a value", where=place)
    if first["type"] == "literal_error":
        allowed = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        hint = nearest_hint(str(first["input"]), allowed)
        got, rule = shown(first["input"]), "one of " + ", ".join(allowed)
        return ConfigError(what, got=got, expected=rule, where=place, hint=hint)
    return ConfigError(what, got=shown(first["input"]), expected=_rule(first), where=place)


def shown(value: object) -> str:
    """Return ``value`` as a reader of the config would name it."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        text = repr(value)
        return text if len(text) <= 80 else text[:77] + "..."
    return f"a Python {type(value).__name__}"


def _rule(problem: ErrorDetails) -> str:
    rule = _EXPECTED.get(problem["type"])
    return problem["msg"] if rule is None else rule.format_map(problem.get("ctx", {}))
