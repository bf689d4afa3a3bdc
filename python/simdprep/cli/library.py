"""Library: where the C++ library lies that was installed with this package."""

from __future__ import annotations

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from .. import _core
from ..errors import ConfigError

PACKAGE = Path(__file__).resolve().parent.parent


def cmake_folder() -> Path:
    """Return the folder that ``find_package(simdprep)`` needs as ``simdprep_DIR``.

    Raises:
        ConfigError: the package is used from a source tree, which has no installed library.
    """
    return _installed(PACKAGE / "lib" / "cmake" / "simdprep", "simdprepConfig.cmake")


def include_folder() -> Path:
    """Return the folder to include ``<simdprep/...>`` from.

    Raises:
        ConfigError: as :func:`cmake_folder`.
    """
    return _installed(PACKAGE / "include", "simdprep/version.hpp")


def build() -> str:
    """Return what the compiled core was built for, such as ``cpython-311-x86_64-linux-gnu``."""
    name = Path(_core.__file__).name
    suffix = max((suffix for suffix in EXTENSION_SUFFIXES if name.endswith(suffix)), key=len, default="")
    return suffix.removesuffix(".so").strip(".") or name


def _installed(folder: Path, sentinel: str) -> Path:
    if not (folder / sentinel).is_file():
        raise ConfigError(
            "C++ library",
            got="none beside the Python package",
            expected=sentinel,
            where=str(folder),
            hint="pip install . in the source tree, and the simdprep of that environment",
        )
    return folder
