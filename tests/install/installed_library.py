"""The C++ library as somebody finds it: installed to a prefix that was moved, or in a wheel."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.cmake_build import RELEASE, ROOT, build, configure, kept, run, tool

QUICK = "CMAKE_BUILD_TYPE=None"  # projects of users, compiled in half the time

#: The compilers that projects of users are built with, by the names they may have.
COMPILERS = {"gcc": ["g++"], "clang": ["clang++", *(f"clang++-{version}" for version in range(21, 13, -1))]}


def installed(name: str, folder: Path, source: Path, *definitions: str) -> Path:
    """Build and install the library; return where it lies after it was moved away from its prefix."""
    with kept(name) as built:
        configure(source, built, *RELEASE, *definitions)
        build(built, "simdprep")
        run(tool("cmake"), "--install", built, "--component", "core", "--prefix", folder / "prefix")
    return (folder / "prefix").rename(folder / "elsewhere")


def wheel(folder: Path) -> Path:
    """Return the Python package of an installed wheel: of this environment, or else of one made now in ``folder``."""
    from simdprep.cli import library

    if (library.PACKAGE / "lib" / "cmake").is_dir():
        return library.PACKAGE
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    with kept("cpp-pip") as built:
        run(*pip, "--target", folder / "site", f"--config-settings=build-dir={built}", ROOT)
    return folder / "site" / "simdprep"


def compiler(name: str) -> Path:
    """Return the path of gcc or clang; without it the test is skipped."""
    found = next(filter(None, map(shutil.which, COMPILERS[name])), None)
    if found is None:
        pytest.skip(f"needs {name}")
    return Path(found)


def needed(program: str, package: str) -> Path:
    """Return the path of a program; without it the test is skipped."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program}: apt-get install {package}")
    return Path(found)


def has_hdf5() -> bool:
    """Whether this machine has an HDF5 to compile against."""
    pkg_config = shutil.which("pkg-config")
    return pkg_config is not None and run(pkg_config, "--exists", "hdf5 >= 1.10.3", check=False).returncode == 0
