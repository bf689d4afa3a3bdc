"""The constants as the ``norm_dict.yaml`` and ``class_dict.yaml`` of salt and upp."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ..errors import ConfigError, OutputError
from ..transforms.parametric import Parametric
from ..transforms.state import State
from ..transforms.text_file import write_text
from .constants import Constants


def make(state: State, constants: list[Constants], name: str) -> dict[str, Any]:
    """Return the content of the files by name: class weights are there where the state has them.

    Where a field was drawn for some classes from the mass points of another, ``parameters.yaml`` is the section
    ``PARAMETERS`` of salt's configuration.

    salt computes ``(x - mean) / std`` in float32, on pads too: their values must not be used.

    Raises:
        ConfigError: a field needs a logarithm or bounds, which salt does not know; or there are class weights, but
            no label that they belong to.
    """
    norms: dict[str, dict[str, dict[str, float]]] = {}
    for entry in constants:
        entry.refuse_log("salt")
        entry.refuse_bounds("salt")
        norms[entry.name] = {
            field: {"mean": centre, "std": scale}
            for field, centre, scale in zip(entry.fields, entry.centre.tolist(), entry.scale.tolist(), strict=True)
        }
    found: dict[str, Any] = {"norm_dict.yaml": norms}
    if state.class_weights is not None:
        owner, _, field = (state.label or "").rpartition(".")
        if not owner:
            rule = "the row-level field that they belong to, as jets.flavour_label"
            raise ConfigError(
                "label of the class weights", got=repr(state.label), expected=rule, where="export to salt"
            )
        found["class_dict.yaml"] = {owner: {field: list(state.class_weights)}}
    drawn = (state.sections.get("factors") or {}).get("parametric")
    if drawn is not None:
        parametric = Parametric.from_state(drawn)
        if parametric.is_discrete:
            found["parameters.yaml"] = {"PARAMETERS": parametric.salt_parameters()}
    return found


def write(made: dict[str, Any], folder: Path) -> None:
    """Write the files into a folder, which is made if it is not there.

    Raises:
        OutputError: the folder or a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            "folder", got=error.strerror, expected="one that can be written", where=str(folder)
        ) from error
    for file, content in made.items():
        write_text(folder / file, yaml.safe_dump(content, sort_keys=False), what=file)
