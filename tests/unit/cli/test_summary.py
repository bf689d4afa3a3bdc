"""The summary of a conversion: what it says of everything that went in."""

import re

import awkward as ak
import numpy as np
import pytest

import simdprep as sp
from simdprep.cli.conversion import print_summary
from tests.unit.cli.command_line import accounts, own_process, simdprep

#: Anything that steers a terminal.
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def convert(*arguments):
    done = simdprep("convert", *arguments, "-o", "out.h5", "--overwrite")
    assert done.code == 0, done.err
    accounts(done.out)
    return done.out


def rows_of(text):
    """Return the table by object: the numbers of each column by its head."""
    lines = text.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("object "))
    head = [(found.group(), found.end()) for found in re.finditer(r"\S+", lines[start])]
    table = {}
    for line in lines[start + 1 :]:
        if not re.match(r"\w+  +\d", line):
            break
        # Numbers end where the head of their column ends.
        ends = {found.end(): found.group() for found in re.finditer(r"\S+", line)}
        table[line.split()[0]] = {name: ends.get(end, "") for name, end in head[1:]}
    return table


def test_the_table(sample, folder):
    table = rows_of(convert(sample, "--pad", "Muon=2"))
    assert table["Jet"] == {"in": "18,312", "truncated": "43", "stored": "18,269", "pad": "10"}
    assert table["events"] == {"in": "4,000", "truncated": "", "stored": "4,000", "pad": ""}
    for numbers in table.values():
        taken, lost, stored = (int((numbers[key] or "0").replace(",", "")) for key in ("in", "truncated", "stored"))
        assert taken == lost + stored


def test_columns_without_numbers_are_left_out(muons, folder):
    assert list(rows_of(convert(muons, "--pad", "*=max"))["Muon_pt"]) == ["in", "stored", "pad"]


def test_every_truncation_has_a_line(sample, folder):
    text = convert(sample)
    assert "truncated 43 of 18,312 Jet (0.23 %); pad 10; --pad Jet=max keeps all\n" in text
    assert text.count("\ntruncated ") == 4
    assert "truncated" not in convert(sample, "--pad", "*=max")


def test_many_truncations_are_cut_short(write_tree, folder):
    lists = [[1.0], *([[1.0, 2.0]] * 3)]
    write_tree("many.root", {f"Object{number}_pt": lists for number in range(20)})
    text = convert("many.root", "--pad", "*=1")
    assert text.count("\ntruncated ") == 13
    assert "truncated 24 of 8 more objects; --pad '*=max' keeps all" in text
    assert convert("many.root", "--pad", "*=1", "-v").count("\ntruncated ") == 20


def test_the_line_of_a_nested_object_names_all_that_must_be_kept(data_dir, folder):
    text = convert(data_dir / "uproot-issue-816.root")
    kept = "--pad trigger_akt4_pf=max --pad trigger_akt4_pf_NumTrkPt1000=max keeps all"
    assert f"truncated 1,020 of 45,052 trigger_akt4_pf_NumTrkPt1000 (2.26 %); pad 34; {kept}" in text


def test_dropped_objects(sample, folder):
    text = convert(sample, "--set", "objects.Jet.select=pt > 40", "--set", "select=num(Jet) > 0")
    row = rows_of(text)["Jet"]
    numbers = {key: int((value or "0").replace(",", "")) for key, value in row.items()}
    assert numbers["in"] == 18_312 == numbers["dropped"] + numbers.get("truncated", 0) + numbers["stored"]
    assert accounts(text)["entries"][2] > 0


def test_missing_values_are_told(folder):
    values = ak.Array([{"x": 1.0, "Jet_pt": [1.0, None]}, {"x": None, "Jet_pt": None}])
    ak.to_parquet(values, folder / "in.parquet")
    text = convert("in.parquet")
    assert "missing values that took the fill value: " in text
    assert "x 1" in text
    assert "missing lists that count as empty: 1" in text


def test_what_was_left_out_is_told(data_dir, folder):
    path = data_dir / "uproot-mc10events.root"
    short, full = convert(path), convert(path, "--verbose")
    assert "left out, a std::bitset<256>: triggerBits\n" in short
    assert "left out, a std::bitset<256>[]: Electron.hltMatchBits, Muon.hltMatchBits" in short
    assert "CA15Puppi.hltMatchBits" in full


def test_long_lists_are_cut_short(data_dir, folder, capsys):
    summary = sp.convert(data_dir / "PHYSLITE_example.root", "out.h5")
    print_summary(summary)
    short = capsys.readouterr().out
    print_summary(summary, verbose=True)
    full = capsys.readouterr().out
    assert re.search(r"^left out, .* and \d+ more$", short, re.MULTILINE)
    assert re.search(r"^and \d+ more lines; --verbose shows them$", short, re.MULTILINE)
    assert re.search(r"^and \d+ more objects; --verbose lists them$", short, re.MULTILINE)
    assert not re.search(r"^(and|left out.* and) \d+ more", full, re.MULTILINE)
    assert len(short.splitlines()) < 80


def test_quiet_is_one_line(sample, folder):
    done = simdprep("convert", sample, "-o", "out.h5", "--quiet")
    assert done == (0, "4,000 entries in = 4,000 rows written + 0 dropped; truncated 275\n", "")


def test_sizes_and_rate(sample, folder):
    text = convert(sample)
    assert re.search(r"^out.h5: [\d.]+ MB from 2.15 MB in 1 file; [\d.]+ s, [\d,]+ rows/s$", text, re.MULTILINE), text


@pytest.mark.parametrize("option", [[], ["--quiet"], ["--verbose"]])
def test_piped_output_has_no_control_characters(option, sample, tmp_path):
    done = own_process("convert", sample, "-o", "out.h5", *option, folder=tmp_path)
    assert done.code == 0
    assert CONTROL.search(done.out + done.err) is None
    assert done.err == ""  # short work prints no progress in a pipe
    assert all(line == line.rstrip() for line in done.out.splitlines())


def test_warnings_of_libraries_do_not_leak(tmp_path):
    ak.to_parquet(ak.Array({"x": np.array([1.0, np.inf, np.nan])}), tmp_path / "in.parquet")
    done = own_process(
        "convert", "in.parquet", "-o", "o.h5", "--set", "objects.events.fields.y.expr=log(x)", folder=tmp_path
    )
    assert (done.code, done.err) == (0, "")
