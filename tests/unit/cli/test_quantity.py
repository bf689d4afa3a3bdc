"""Numbers, names and tables as they are printed."""

import pytest

from simdprep.cli import console, quantity


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [(1, "file", "1 file"), (2, "file", "2 files"), (0, "entry", "0 entries"), (1, "entry", "1 entry")],
)
def test_counted(count, noun, text):
    assert quantity.counted(count, noun) == text


@pytest.mark.parametrize(
    ("num_bytes", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.00 kB"),
        (12_345, "12.3 kB"),
        (999_600, "1.00 MB"),
        (2.5e12, "2.50 TB"),
    ],
)
def test_size(num_bytes, text):
    assert quantity.size(num_bytes) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 10, "0 %"),
        (0, 0, "0 %"),
        (1, 10_000_000, "< 0.01 %"),
        (1204, 9_800_112, "0.01 %"),
        (1, 8, "12.5 %"),
        (5, 5, "100.0 %"),
    ],
)
def test_share(part, whole, text):
    assert quantity.share(part, whole) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.361, "0.36 s"), (12.3, "12.3 s"), (125, "2 min 5 s"), (11_525, "3 h 12 min")]
)
def test_duration(seconds, text):
    assert quantity.duration(seconds) == text


def test_rate():
    assert quantity.rate(41_234, 1.0, "rows") == "41,200 rows/s"
    assert quantity.rate(0, 0.0, "rows") == "0 rows/s"


def test_several():
    names = ["a", "b", "c", "d"]
    assert quantity.several(names, 2) == "a, b and 2 more"
    assert quantity.several(names, 3) == "a, b, c, d"
    assert quantity.several(names, None) == "a, b, c, d"
    assert quantity.several([], 2) == ""


def test_told_lines_are_cut_short():
    told = ["left out, a map: a, b, c, d", "renamed: a -> b"]
    assert console.shortened(told, 2) == ["left out, a map: a, b and 2 more", "renamed: a -> b"]
    assert console.shortened(["x"] * 5, 2) == ["x", "x", "and 3 more lines; --verbose shows them"]
    assert console.shortened(told, None) == told


def test_table(capsys):
    console.table([("name", "n", "lost"), ("Jet\x1b", "10", ""), ("x", "1,000", "")])
    assert capsys.readouterr().out == "name      n\nJet?     10\nx     1,000\n"
