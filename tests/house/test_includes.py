"""The direction of C++ includes, and that the core knows no HDF5."""

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)

#: Height of the nouns the house names. A file may include nouns of its own height or below, also
#: through nouns that are not named here.
HEIGHT = {
    "format": 0,
    "error": 0,
    "schema": 1,
    "columns": 2,
    "description": 2,
    "padding": 2,
    "codec": 2,
    "part_file": 2,
    "manifest": 2,
    "encoder": 3,
    "writer": 4,
}

CORE = [path for path in files() if path.parts[0] == "cpp" and path.suffix in (".cpp", ".hpp")]
GLUE = [path for path in files() if path.parts[0] == "src" and path.suffix in (".cpp", ".hpp")]


def included(path: Path) -> list[str]:
    return INCLUDE.findall((ROOT / path).read_text())


def own_nouns(path: Path) -> set[str]:
    """Return the nouns of the library a file includes: the stems of its headers."""
    names = {Path(name).name.removesuffix(".in") for name in map(str, CORE)}
    return {Path(name).stem for name in included(path) if Path(name).name in names} - {path.stem}


def graph() -> dict[str, set[str]]:
    edges: dict[str, set[str]] = {}
    for path in CORE:
        edges.setdefault(path.stem, set()).update(own_nouns(path))
    return edges


def reached(edges: dict[str, set[str]], noun: str) -> set[str]:
    """Return all nouns that ``noun`` includes, also through others."""
    seen: set[str] = set()
    pending = [noun]
    while pending:
        for other in edges.get(pending.pop(), set()) - seen:
            seen.add(other)
            pending.append(other)
    return seen


def test_the_core_has_files():
    assert {"schema", "encoder"} <= set(graph())


def test_no_noun_includes_itself_through_others():
    edges = graph()
    edges.pop("simdprep", None)  # the header of headers
    assert [noun for noun in edges if noun in reached(edges, noun)] == []


def test_includes_point_down():
    edges = graph()
    wrong = [
        f"{noun} includes {other}"
        for noun, height in HEIGHT.items()
        for other in sorted(reached(edges, noun))
        if HEIGHT.get(other, 0) > height
    ]
    assert wrong == []


#: What is compiled against the user's own HDF5: headers only, of the component hdf5.
OF_HDF5 = {path for path in CORE if path.name.startswith("hdf5")}


@pytest.mark.parametrize("path", CORE, ids=str)
def test_only_the_hdf5_sink_knows_hdf5(path):
    names = [name for name in included(path) if "hdf5" in name.lower() or name.startswith(("H5", "highfive"))]
    assert "H5Cpp.h" not in names
    if path not in OF_HDF5:
        assert names == []


def test_the_hdf5_sink_is_headers_only():
    assert OF_HDF5
    assert {path.suffix for path in OF_HDF5} == {".hpp"}


def test_no_header_reaches_hdf5_by_another():
    edges = graph()
    nouns = {path.stem for path in OF_HDF5}
    assert [noun for noun in edges if noun not in nouns and reached(edges, noun) & nouns] == []


@pytest.mark.parametrize("path", CORE, ids=str)
def test_the_core_knows_no_python(path):
    assert [name for name in included(path) if name == "Python.h" or name.startswith("pybind11/")] == []


@pytest.mark.parametrize("path", GLUE, ids=str)
def test_the_glue_includes_public_headers_only(path):
    public = ROOT / "cpp" / "include"
    beside = ROOT / path.parent
    wrong = []
    for name in included(path):
        own = name.startswith("simdprep/") or ".." in name
        quoted = (ROOT / "cpp" / "src" / Path(name).name).is_file() and not (beside / name).is_file()
        if (own or quoted) and not ((public / name).is_file() or (public / f"{name}.in").is_file()):
            wrong.append(name)
    assert wrong == []
