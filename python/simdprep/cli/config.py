"""``simdprep config``: versions, the schema of the YAML, and where the C++ library lies."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def config(
    *,
    schema: Annotated[bool, typer.Option("--schema", help="JSON schema of the YAML, for editors.")] = False,
    cmake: Annotated[bool, typer.Option("--cmake", help="Argument for cmake: -Dsimdprep_DIR=PATH.")] = False,
    includedir: Annotated[bool, typer.Option("--includedir", help="Folder of the C++ headers.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Versions, and how this simdprep was built.")] = False,
) -> int:
    """Print one thing that other programs ask for."""
    from ..errors import ConfigError

    if schema + cmake + includedir + version != 1:
        raise ConfigError(
            "simdprep config",
            got=f"{schema + cmake + includedir + version} options",
            expected="one of --schema, --cmake, --includedir, --version",
        )
    sys.stdout.write(_schema() if schema else _version() if version else _place(cmake=cmake))
    return 0


def _schema() -> str:
    import json

    from ..schema.config import Config

    return json.dumps(Config.json_schema(), indent=2) + "\n"


def _version() -> str:
    import platform

    from .. import _core
    from .library import build

    lines = {
        "simdprep": _core.__version__,
        "format": _core.format_version,
        "deflate": _core.deflate_backend,
        "build": build(),
        "python": platform.python_version(),
    }
    return "".join(f"{name:<9} {value}\n" for name, value in lines.items())


def _place(*, cmake: bool) -> str:
    from .library import cmake_folder, include_folder

    return f"-Dsimdprep_DIR={cmake_folder()}\n" if cmake else f"{include_folder()}\n"
