"""Headers: the short way says what opening the whole file says, and leaves the rest to it."""

import numpy as np
import pytest
import uproot

from simdprep.errors import InputError, SimdprepError
from simdprep.readers import Header, open_source, read_header
from simdprep.readers.header import _of_root
from tests.faults.small_files import write_root
from tests.real_data import folder

FILES = sorted(path for path in folder().glob("*") if path.suffix in (".root", ".parquet"))


def opened(path, tree=None):
    """What the long way says, or its error."""
    try:
        with open_source(str(path), tree) as source:
            stamp, size = source.stamp
            return source.tree, source.num_entries, stamp, size
    except SimdprepError as error:
        return str(error)


def short(path, tree=None):
    try:
        header = read_header(str(path), tree)
        return header.tree, header.num_entries, header.stamp, header.size
    except SimdprepError as error:
        return str(error)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_says_what_the_whole_file_says(path):
    assert short(path) == opened(path)


def test_most_real_trees_take_the_short_way():
    taken = [path.name for path in FILES if _of_root(str(path), None) is not None]
    if FILES:
        assert {"nano_tt_v12.root", "PHYSLITE_example.root", "uproot-HZZ.root"} <= set(taken)
        assert len(taken) > 12


@pytest.mark.parametrize("compression", [uproot.ZLIB(4), uproot.LZMA(1), uproot.LZ4(1), uproot.ZSTD(1), None])
def test_of_files_with_folders_cycles_and_codecs(tmp_path, compression):
    path = tmp_path / "a.root"
    with uproot.recreate(path, compression=compression) as file:
        for number in range(40):  # a tree long enough to be compressed
            file.mktree(f"one/tree_{number}", {f"branch_{b}": "float32" for b in range(number + 1)})
        file["one/tree_3"].extend({f"branch_{b}": np.zeros(7, np.float32) for b in range(4)})
    with uproot.update(path) as file:
        file.mktree("one/two/tree_3", {"x": "int32"}).extend({"x": np.zeros(5, np.int32)})
        file.mktree("one/tree_0", {"x": "int32"}).extend({"x": np.zeros(11, np.int32)})
    for tree in ("one/tree_3", "one/two/tree_3", "tree_0", "one/tree_0;1", "tree_39", "tree_3", "tree_40", None):
        assert short(path, tree) == opened(path, tree), tree
    assert _of_root(str(path), "one/tree_3").num_entries == 7
    assert _of_root(str(path), "tree_0").num_entries == 11


def test_bytes_are_those_of_all_branches(tmp_path):
    path = write_root(tmp_path / "a.root", 1000)
    header = read_header(str(path))
    with open_source(str(path)) as source:
        stored = source.layout(source.branches)[0]
    assert 0.5 * stored < header.num_bytes < 2 * stored + 1000
    assert Header.from_json(header.to_json()) == header


def test_damage_is_told_as_ever(tmp_path):
    """Cut and flipped files: never another error than opening gives, nor another answer."""
    whole = write_root(tmp_path / "a.root", 100).read_bytes()
    path = tmp_path / "b.root"
    rng = np.random.default_rng(7)
    told = same = 0
    for trial in range(150):
        damaged = bytearray(whole if trial % 3 else whole[: rng.integers(0, len(whole))])
        if trial % 3 and trial < 100:
            damaged[rng.integers(0, 300)] ^= 1 << rng.integers(0, 8)
        elif trial % 3:
            damaged[rng.integers(0, len(damaged))] ^= 1 << rng.integers(0, 8)
        path.write_bytes(damaged)
        try:
            header = read_header(str(path))
        except InputError as error:
            told += 1
            text = str(error)
        else:
            text = ""
        if text:
            assert text == opened(path)
            continue
        same += 1
        found = opened(path)
        # What only lies deeper is met when the file is converted.
        assert isinstance(found, str) or found[:2] == (header.tree, header.num_entries)
    assert told > 40
    assert same > 20


def test_a_missing_file():
    with pytest.raises(InputError):
        read_header("nowhere.root")
