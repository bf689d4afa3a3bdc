"""What a compiler says of a wrong getter, range, rank or option: one of our own lines, in English."""

import shutil
import subprocess

import pytest

from tests.cmake_build import ROOT

COMPILERS = [name for name in ("g++", "clang++-14", "clang++") if shutil.which(name)]

PROGRAM = """
#include <cmath>
#include <string>
#include <vector>
#include "simdprep/columns.hpp"
#include "simdprep/writer.hpp"
struct Jet { float pt = 0; std::string name; std::vector<float> list; };
using Jets = std::vector<Jet>;
void loop(simdprep::Writer& out) {
    simdprep::Columns<Jet> columns;
    columns.add("pt", &Jet::pt, {.fill = NAN, .unit = "GeV"});
    auto rows = out.objects("jets", columns, {.max_length = 3});
    rows.fill(Jets{});
    MISTAKE
}
"""

MISTAKES = {
    'columns.add("x", [](const std::string& text) { return text.size(); });': (
        "wrong getter: it must be callable with one object of these columns"
    ),
    'columns.add("x", [n = 0](const Jet&) mutable { return n++; });': "and not be `mutable`",
    'columns.add("x", [](const Jet&) {});': "wrong getter: it returns nothing; is a `return` missing?",
    'columns.add("x", [](const Jet& jet) { return jet.name; });': "wrong getter: it must return a number, a bool",
    'columns.add("x", [](const Jet& jet) { return &jet; });': "wrong getter: it must return a number",
    "simdprep::Columns<const Jet&> wrong;": "Columns<T> takes the plain type of an object",
    "rows.fill(std::vector<float>{});": "wrong range: fill() takes what the Columns<T> of this object were made for",
    "rows.fill(3);": "wrong range",
    "rows.fill(std::vector<std::vector<std::vector<Jets>>>{});": "wrong rank: fill() takes at most two ranges",
    'auto x = out.objects("x", columns, {.max_length = 3, .order_by = [](const Jet& jet) { return jet.name; }});': (
        "wrong order_by: it must return a number"
    ),
    'auto x = out.objects("x", columns, {.max_length = 3, .where = [](int number) { return number > 0; }});': (
        "wrong where: it must be callable with one object and return a bool"
    ),
}


def compiled(compiler: str, mistake: str) -> subprocess.CompletedProcess[str]:
    include = ROOT / "cpp" / "include"
    options = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-I", str(include), "-x", "c++"]
    return subprocess.run(
        [compiler, *options, "-"],
        input=PROGRAM.replace("MISTAKE", mistake),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_program_without_a_mistake_compiles(compiler):
    done = compiled(compiler, "")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_english(compiler, mistake):
    done = compiled(compiler, mistake)
    assert done.returncode != 0
    assert "simdprep: " in done.stderr
    assert MISTAKES[mistake] in done.stderr, done.stderr
