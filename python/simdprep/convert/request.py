"""Request: what a conversion is asked for, as every step of it takes it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..schema.config import Config, load_config
from .inputs import EntryRange, Files, Inputs
from .opening import Opening
from .resolve import Pads
from .resolved import Values

ConfigLike = str | os.PathLike[str] | Mapping[str, Any] | Config | None

#: Where options stand in the config, but for those that are keys of it.
_PLACES = {
    "tree": ("input", "tree"),
    "rows": ("rows",),
    "layout": ("output", "layout"),
    "compression": ("output", "compression"),
}


@dataclass(frozen=True)
class Request:
    """What decides the tasks of a conversion and their bytes. A new option of that kind is added here.

    Attributes:
        inputs: Paths, globs or URLs; ``None`` takes those of the config.
        config: A YAML file, mapping or :class:`Config`; without objects in it, branches are grouped.
        overrides: ``KEY=VALUE`` texts that replace values of the config.
        tree: Tree to read, where a file has several.
        objects: Only these objects.
        rows: The row object.
        pad: Slots by object.
        layout: Of the dataset.
        compression: Of the dataset.
        entries: ``START:STOP`` over the entries of all inputs.
        skip_bad_files: Leave out what cannot be read.
        part_rows: Rows per part file; ``None`` closes a part past 128 MiB.
        task_size: Uncompressed bytes that a task aims at; ``None`` chooses.
    """

    inputs: Files | None
    config: ConfigLike = None
    overrides: Sequence[str] = ()
    tree: str | None = None
    objects: Sequence[str] | None = None
    rows: str | None = None
    pad: Pads | None = None
    layout: str | None = None
    compression: str | None = None
    entries: str | EntryRange | None = None
    skip_bad_files: bool = False
    part_rows: int | None = None
    task_size: int | None = None

    def settings(self) -> Config:
        """Return the config with what the options say instead.

        Raises:
            ConfigError: it is none, or an option does not fit.
        """
        source = Path(self.config) if isinstance(self.config, (str, os.PathLike)) else self.config
        settings = load_config(source, self.overrides)
        said = {place: getattr(self, name) for name, place in _PLACES.items()}
        values: Values = {place: value for place, value in said.items() if value is not None}
        return settings.with_values(values) if values else settings

    def files(self, settings: Config) -> Inputs:
        """Return the files, or those that the config names.

        Raises:
            ConfigError: there are none.
            InputError: one is missing.
        """
        if self.inputs is None and not settings.input.paths:
            raise ConfigError("input files", got="none", expected="at least one", hint="naming them, or input.files")
        entries = EntryRange.parse(self.entries) if isinstance(self.entries, str) else self.entries
        return Inputs.expand(
            settings.input.paths if self.inputs is None else self.inputs,
            opening=Opening.from_config(settings),
            entries=entries or EntryRange(),
            skip_bad_files=self.skip_bad_files,
        )
