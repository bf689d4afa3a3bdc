"""project(simdprep VERSION ...) is the version, and the others follow."""

import re
from importlib import metadata

import simdprep
from tests.house.tree import ROOT


def test_the_version_has_one_author():
    match = re.search(r"project\(simdprep VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())
    assert match is not None
    assert simdprep.__version__ == match[1]
    try:
        installed = metadata.version("simdprep")
    except metadata.PackageNotFoundError:
        return  # run from the tree
    assert installed == match[1]
