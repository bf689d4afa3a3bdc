"""Files as one run of entries."""

import pytest
import uproot

from simdprep.convert.inputs import EntryRange, Inputs
from simdprep.convert.opening import Opening
from simdprep.errors import InputError


@pytest.fixture
def files(tmp_path):
    for number, size in enumerate((3, 0, 5, 4, 2, 6)):
        with uproot.recreate(tmp_path / f"f{number}.root") as file:
            file.mktree("t", {"x": "int32"}).extend({"x": list(range(size))})
    return tmp_path


@pytest.mark.parametrize(
    ("text", "wanted"), [("0:10", (0, 10)), (":7", (0, 7)), ("3:", (3, None)), (":", (0, None)), ("5:5", (5, 5))]
)
def test_ranges(text, wanted):
    found = EntryRange.parse(text)
    assert (found.start, found.stop) == wanted


@pytest.mark.parametrize("text", ["", "5", "a:b", "1:2:3", "-1:3", "5:2", "1.5:3"])
def test_bad_ranges(text):
    with pytest.raises(InputError, match="--entries"):
        EntryRange.parse(text)


def opened(files, entries="", **options):
    entry_range = EntryRange.parse(entries) if entries else EntryRange()
    return Inputs.expand(str(files / "*.root"), opening=Opening(), entries=entry_range, skip_bad_files=False, **options)


@pytest.mark.parametrize("start", range(0, 22, 3))
@pytest.mark.parametrize("stop", [0, 1, 4, 8, 11, 20, 50])
def test_any_range_is_what_a_list_gives(files, start, stop):
    everything = [(number, entry) for number, size in enumerate((3, 0, 5, 4, 2, 6)) for entry in range(size)]
    with opened(files, f"{start}:{max(start, stop)}") as inputs:
        found = [
            (int(source.path[-6]), entry) for source, first, last in inputs.ranges() for entry in range(first, last)
        ]
        assert found == everything[start : max(start, stop)]


@pytest.mark.parametrize("limit", [0, 1, 3, 4, 100])
def test_a_limit(files, limit):
    with opened(files) as inputs:
        assert sum(last - first for _, first, last in inputs.ranges(limit=limit)) == min(limit, 20)


def test_few_files_stay_open_and_all_are_closed_in_the_end(files):
    with opened(files) as inputs:
        for _ in inputs.ranges():
            assert len(inputs._open) <= 4
        assert inputs.estimate() == 20
    assert not inputs._open


def test_the_estimate_grows_with_what_is_known(files):
    with opened(files, "2:100") as inputs:
        inputs.first()
        assert inputs.estimate() == 3 * 6 - 2


def test_bad_files_are_recorded_once(files):
    (files / "f2.root").write_bytes(b"no root file")
    inputs = Inputs.expand(str(files / "*.root"), opening=Opening(), entries=EntryRange(), skip_bad_files=True)
    with inputs:
        assert sum(last - first for _, first, last in inputs.ranges()) == 15
        assert inputs.skipped == []
        assert sum(last - first for _, first, last in inputs.ranges(record=True)) == 15
        assert [(entry.path[-7:], entry.entries) for entry in inputs.skipped] == [("f2.root", "all")]
    with pytest.raises(InputError, match=r"f2\.root"), opened(files) as strict:
        list(strict.ranges())


def test_no_readable_file(tmp_path):
    (tmp_path / "a.root").write_bytes(b"nothing")
    inputs = Inputs.expand(str(tmp_path / "*.root"), opening=Opening(), entries=EntryRange(), skip_bad_files=True)
    with pytest.raises(InputError, match="none of them readable"):
        inputs.first()
