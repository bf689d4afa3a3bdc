"""The constants as the variables file that lwtnn's converters (``kerasfunc2json.py``) read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..transforms.state import State
from ..transforms.text_file import write_text
from .constants import Constants


def make(state: State, constants: list[Constants], name: str) -> dict[str, Any]:
    """Return the file: lwtnn computes ``(x + offset) * scale``, and ``default`` stands for what is not finite.

    Raises:
        ConfigError: a field needs a logarithm or bounds, which lwtnn does not know.
    """
    found: dict[str, Any] = {"inputs": [], "input_sequences": []}
    for entry in constants:
        entry.refuse_log("lwtnn")
        entry.refuse_bounds("lwtnn")
        variables = []
        columns = zip(entry.fields, entry.centre.tolist(), entry.scale.tolist(), entry.zeroes.tolist(), strict=True)
        for field, centre, scale, zeroes in columns:
            variable: dict[str, Any] = {"name": field, "offset": -centre, "scale": 1 / scale}
            if zeroes:
                variable["default"] = centre  # which becomes 0
            variables.append(variable)
        found["input_sequences" if entry.is_list else "inputs"].append({"name": entry.name, "variables": variables})
    found["outputs"] = [{"name": "classes", "labels": list(state.classes)}] if state.classes else []
    return found


def write(made: dict[str, Any], path: Path) -> None:
    """Write the file."""
    write_text(path, json.dumps(made, indent=2) + "\n", what="variables file")
