"""The names users rely on are there, documented, and mean what they should in any order of imports."""

import inspect
import subprocess
import sys

import pytest

import simdprep as sp

NAMES = [
    "Columns", "Config", "Dataset", "EventWriter", "Field", "Loader", "ObjectSpec", "Schema", "Writer", "convert",
    "errors", "export", "iterate", "merge", "open", "prepare", "testing", "transforms",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_listed_bound_and_documented(name):
    assert name in sp.__all__
    assert name in dir(sp)
    assert inspect.getdoc(getattr(sp, name))


def test_nothing_else_is_public():
    assert sorted(sp.__all__) == sorted([*NAMES, "__version__"])


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="opne"):
        _ = sp.opne


@pytest.mark.parametrize(
    "first",
    [
        "sp.convert",
        "from simdprep import convert",
        "import simdprep.convert",
        "import simdprep.convert.run",
        "import simdprep.convert.run as run; run.__name__",
        "sp.iterate",
    ],
)
def test_convert_is_callable_whatever_was_imported_first(first):
    check = "from simdprep import convert; assert callable(convert) and callable(sp.convert)"
    code = f"import simdprep as sp; {first}; {check}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_convert_shows_the_signature_of_the_function():
    from simdprep.convert import convert

    assert inspect.isfunction(convert)
    assert inspect.signature(sp.convert) == inspect.signature(convert)
