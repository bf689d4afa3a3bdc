"""Bad files that may be skipped: what is left is stored, and every entry is accounted for."""

import awkward as ak
import numpy as np
import pytest
import uproot

import simdprep as sp
from simdprep.errors import InputError
from tests.faults.small_files import muons, write_root
from tests.reference.stored_file import StoredFile


@pytest.fixture
def files(tmp_path):
    return [write_root(tmp_path / f"{name}.root", 300, seed=seed, baskets=3) for seed, name in enumerate("abc")]


@pytest.fixture
def output(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "out.h5"


def mets(path):
    return StoredFile(path).datasets["/events/MET_pt"]


def met_of(seed):
    return ak.to_numpy(muons(300, seed).MET_pt)


def damage_a_basket(path):
    """Make the second basket of MET_pt unreadable; return the entries it holds."""
    with uproot.open(path) as file:
        branch = file["Events"]["MET_pt"]
        key = int(branch.member("fBasketSeek")[1])
        span = [int(edge) for edge in branch.entry_offsets[1:3]]
    content = bytearray(path.read_bytes())
    content[key : key + 40] = b"\xff" * 40
    path.write_bytes(content)
    return span


@pytest.mark.parametrize("bad", ["a", "b", "c"])
@pytest.mark.parametrize("kind", ["cut", "text", "other tree", "other type"])
def test_a_bad_file(files, output, bad, kind):
    path = next(path for path in files if path.stem == bad)
    if kind == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif kind == "text":
        path.write_text("nothing of the kind")
    elif kind == "other tree":
        write_root(path, 300, tree="Runs")
    else:
        with uproot.recreate(path) as file:
            file.mktree("Events", {"MET_pt": "int64"}).extend({"MET_pt": np.arange(300)})
    options = {"config": {"objects": {"events": {"fields": ["MET_pt"]}}}, "tree": "Events"}
    names = [str(path) for path in files]
    with pytest.raises(InputError):
        sp.convert(names, output, **options)
    summary = sp.convert(names, output, skip_bad_files=True, **options)
    assert summary.exit_code == 3
    # Types are compared with those of the first file: where that one differs, the others are left out.
    skipped = {bad} if (kind, bad) != ("other type", "a") else {"b", "c"}
    assert [entry.path for entry in summary.skipped] == [str(path) for path in files if path.stem in skipped]
    assert all(entry.reason and "\n" not in entry.reason for entry in summary.skipped)
    kept = [np.arange(300) if name == bad else met_of(seed) for seed, name in enumerate("abc") if name not in skipped]
    np.testing.assert_array_equal(mets(output), np.concatenate(kept))
    assert summary.num_rows == 300 * len(kept)
    assert summary.entries_in == summary.num_events + sum(summary.dropped.values())


def test_a_damaged_basket(files, output):
    first, last = damage_a_basket(files[1])
    names = [str(path) for path in files]
    with pytest.raises(InputError) as raised:
        sp.convert(names, output)
    assert f"entries {first}:{last}" in str(raised.value)
    assert "MET_pt" in str(raised.value)
    assert list(output.parent.iterdir()) == []
    summary = sp.convert(names, output, skip_bad_files=True)
    assert summary.exit_code == 3
    assert summary.entries_in == 900 == summary.num_events + summary.dropped["unreadable"]
    (skipped,) = summary.skipped
    assert skipped.path == names[1]
    assert f"entries {first}:{last}" in skipped.reason
    start, stop = map(int, skipped.entries.split(":"))
    assert start <= first < last <= stop
    rest = np.delete(met_of(1), np.s_[start:stop])
    np.testing.assert_array_equal(mets(output), np.concatenate([met_of(0), rest, met_of(2)]))


def test_what_is_skipped_is_not_in_the_provenance(files, output):
    files[1].write_bytes(b"")
    sp.convert([str(path) for path in files], output, skip_bad_files=True)
    provenance = StoredFile(output).provenance
    assert [entry["name"] for entry in provenance["inputs"]] == [str(files[0]), str(files[2])]
    assert [entry["rows"] for entry in provenance["ranges"]] == [[0, 300], [300, 600]]


def test_nothing_left(files, output):
    for path in files:
        path.write_bytes(b"root")
    with pytest.raises(InputError, match=r"^input files: got 3 files, none of them readable, expected at least one"):
        sp.convert([str(path) for path in files], output, skip_bad_files=True)
    assert list(output.parent.iterdir()) == []


def test_good_files_are_code_0(files, output):
    summary = sp.convert([str(path) for path in files], output, skip_bad_files=True)
    assert (summary.exit_code, summary.skipped, summary.num_rows) == (0, [], 900)
