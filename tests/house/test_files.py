"""One noun a file, 400 lines, and nothing of the machine it was written on."""

import re

import pytest

from tests.house.tree import ROOT, files

CODE = {".py", ".pyi", ".cpp", ".hpp", ".c", ".h", ".in", ".cmake"}
FOLDERS = {"cpp", "src", "python", "tests", "benchmarks", "examples"}
LIMIT = 400
LIMIT_OF_TESTS = 500

#: Names that say nothing of what is inside.
EMPTY = "utils?|helpers?|misc|common|manager"
VAGUE = re.compile(rf"^({EMPTY}|process|handle)(_|\.|$)|_({EMPTY})\.")

#: The brackets keep these lines from finding themselves.
FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"(?<![\w.])/([w]ork|[r]oot|[h]ome|[t]mp)/"),
    "a host of a package registry": re.compile(r"[p]ypi\.org|[p]ythonhosted\.org|[d]ownload\.pytorch"),
}

SOURCES = [path for path in files() if path.parts[0] in FOLDERS and path.suffix in CODE]


def text_of(path):
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""  # binary


def test_no_file_is_too_long():
    lengths = {path: len(text_of(path).splitlines()) for path in SOURCES}
    limits = {path: LIMIT_OF_TESTS if path.parts[0] == "tests" else LIMIT for path in SOURCES}
    assert [f"{path} has {lengths[path]} lines" for path in SOURCES if lengths[path] > limits[path]] == []


def test_every_file_is_named_by_a_noun():
    assert [str(path) for path in SOURCES if any(VAGUE.search(part) for part in path.parts)] == []


def test_names_are_snake_case():
    assert [
        str(path) for path in SOURCES if path.suffix in (".py", ".cpp", ".hpp") and path.name != path.name.lower()
    ] == []


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_of_elsewhere_is_written_down(what):
    found = []
    for path in files():
        for number, line in enumerate(text_of(path).splitlines(), 1):
            if FORBIDDEN[what].search(line):
                found.append(f"{path}:{number} names {what}: {line.strip()[:80]}")
    assert found == []


def test_no_large_file_is_tracked():
    limit = 3 << 20
    assert [str(path) for path in files() if (ROOT / path).stat().st_size > limit] == []
