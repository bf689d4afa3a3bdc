"""Each promise of docs/promises.md has tests that say what they tried, and the page names their files."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.promises import NUMBERS, Counts, lines

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "promises.md"
ROW = re.compile(r"\| (R\d+) \| (.*?) \| (.*?) \| (.*?) \|")
NUMBER = re.compile(r"R(?:[1-9]|1[0-7])")


def _is_told(call):
    named = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    return named in ("promise", "tell")


def telling():
    """Files of tests that say something of a promise, by its number; whether they do so in every run."""
    found = defaultdict(dict)
    for path in sorted(TESTS.rglob("test_*.py")):
        text = path.read_text()
        if "promise" not in text:
            continue
        for function in ast.walk(ast.parse(text)):
            if not isinstance(function, ast.FunctionDef):
                continue
            is_long = any("long" in ast.unparse(mark) for mark in function.decorator_list)
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and _is_told(node)]
            for node in (constant for call in calls for constant in ast.walk(call)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and NUMBER.fullmatch(node.value):
                    name = str(path.relative_to(TESTS))
                    found[node.value][name] = found[node.value].get(name, False) or not is_long
    return found


def rows():
    return {found[1]: found for found in map(ROW.match, PAGE.read_text().splitlines()) if found}


@pytest.mark.parametrize("number", NUMBERS)
def test_each_promise_is_tried_in_every_run_and_says_so(number):
    assert any(telling()[number].values()), telling()[number]


@pytest.mark.parametrize("number", NUMBERS)
def test_the_page_names_the_files_of_each(number):
    named = set(re.findall(r"`([a-z_/]+\.py)`", rows()[number][3]))
    assert named == set(telling()[number])


@pytest.mark.parametrize("number", NUMBERS)
def test_the_page_says_what_the_last_run_of_all_of_it_counted(number):
    assert re.search(r"\d", rows()[number][4].partition(":")[2]), rows()[number][4]


def test_lines_are_of_one_form():
    class Report:
        def __init__(self, nodeid, **counts):
            data = {**vars(Counts()), **counts}
            self.nodeid, self.user_properties = nodeid, [("promise", {"numbers": ["R10", "R2"], "counts": data})]

    told = lines([
        Report("a.py::test[x]", faults=1200, rows=3, equal=4, more={"kills": 5}, most={"MiB": 7}),
        Report("a.py::test[y]", faults=34, more={"kills": 1}, most={"MiB": 6}),
        Report("b.py::test"),
    ])  # fmt: skip
    first = "1,234 faults tried, 3 rows compared, 4 of equal bytes; 6 kills, at most 7 MiB  (a.py)"
    second = "0 faults tried, 0 rows compared, 0 of equal bytes  (b.py)"
    assert told == [f"R2: {first}", f"R2: {second}", f"R10: {first}", f"R10: {second}"]
