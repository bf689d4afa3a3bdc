"""The installed library, made once."""

from pathlib import Path

import pytest

from tests.cmake_build import ROOT
from tests.install import installed_library


@pytest.fixture(scope="session")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where ``cmake --install`` put the library, after it was moved."""
    return installed_library.installed("cpp-install", tmp_path_factory.mktemp("library"), ROOT)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python package of an installed wheel."""
    return installed_library.wheel(tmp_path_factory.mktemp("wheel"))
