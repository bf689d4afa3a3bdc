"""Usage: what is wrong with a command line, in the one grammar of errors."""

from __future__ import annotations

import re
from typing import Any

import typer

from ..errors import SimdprepError, nearest_hint

_BASES: dict[str, Any] = {base.__name__: base for base in typer.BadParameter.__mro__}

#: Base of what the option parser raises. Which module it comes from depends on the version of typer.
ParserError: type[Exception] = _BASES["ClickException"]

_NO_COMMAND = re.compile(r"No such command '([^']*)'")
_FIRST_LETTER = re.compile(r"^[A-Z](?=[a-z])")


class UsageError(SimdprepError):
    """The command line does not parse."""


def reworded(error: Any) -> UsageError:
    """Return an error of the option parser as one of ours.

    Args:
        error: A :data:`ParserError`.
    """
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "simdprep"
    help_hint = f"{path} --help"
    said = str(error.format_message()).strip()
    option = getattr(error, "option_name", None)
    if option is not None and "No such option" in said:
        hint = nearest_hint(option, _options(context), otherwise=help_hint)
        return UsageError("option", got=repr(option), expected=f"an option of {path}", hint=hint)
    command = _NO_COMMAND.match(said)
    if command is not None and context is not None:
        known = context.command.list_commands(context)
        return UsageError(
            "verb",
            got=repr(command[1]),
            expected="one of " + ", ".join(known),
            hint=nearest_hint(command[1], known, otherwise=help_hint),
        )
    return UsageError(_FIRST_LETTER.sub(lambda found: found[0].lower(), said.rstrip(".")), hint=help_hint)


def _options(context: Any) -> list[str]:
    parameters = context.command.get_params(context) if context is not None else []
    return [name for parameter in parameters for name in parameter.opts if name.startswith("--")]
