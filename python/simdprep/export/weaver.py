"""The constants as the ``preprocess.json`` that weaver writes beside a model, and that CMS software reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ConfigError
from ..transforms.state import State
from ..transforms.text_file import write_text
from .constants import Constants

#: No bound, in weaver's words.
UNBOUNDED = 1e32


def make(state: State, constants: list[Constants], name: str) -> dict[str, Any]:
    """Return the file: one group of inputs per object.

    weaver computes ``(x - median) * norm_factor`` in float32, then the bounds, and pads last. A number that is not
    finite becomes ``replace_inf_value`` before that, which is the centre, so that 0 comes out. Logarithms are
    variables of their own in weaver: a field ``pt`` whose logarithm is taken is called ``pt_log``, and whoever fills
    the inputs computes it (``log(pt + offset)``; the offset stands beside it).

    Raises:
        ConfigError: the slots of a list object are not known.
    """
    found: dict[str, Any] = {"output_names": list(state.classes), "input_names": [entry.name for entry in constants]}
    for entry in constants:
        infos: dict[str, Any] = {}
        for index in range(len(entry.fields)):
            low, high = float(entry.low[index]), float(entry.high[index])
            info = {
                "median": float(entry.centre[index]),
                "norm_factor": float(1 / entry.scale[index]),
                "replace_inf_value": float(entry.centre[index]),
                "lower_bound": low if np.isfinite(low) else -UNBOUNDED,
                "upper_bound": high if np.isfinite(high) else UNBOUNDED,
                "pad": 0,
            }
            if entry.takes_log[index]:
                info["log_offset"] = float(entry.offset[index])
            infos[variable_name(entry, index)] = info
        length = entry.pad if entry.is_list else 1
        if length is None:
            rule, hint = "a number that weaver pads to", f"pads of the state: {{{entry.name!r}: 40}}"
            raise ConfigError("slots", got="none", expected=rule, where=f"object {entry.name}", hint=hint)
        found[entry.name] = {"var_names": list(infos), "var_infos": infos, "var_length": length}
    return found


def variable_name(entry: Constants, index: int) -> str:
    """Return what a field is called in the file."""
    return f"{entry.fields[index]}_log" if entry.takes_log[index] else entry.fields[index]


def write(made: dict[str, Any], path: Path) -> None:
    """Write the file."""
    write_text(path, json.dumps(made, indent=2) + "\n", what="preprocess.json")
