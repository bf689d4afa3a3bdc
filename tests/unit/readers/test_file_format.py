"""Files that are something else, or not whole."""

import subprocess
import sys

import awkward as ak
import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot

from simdprep.errors import InputError
from simdprep.readers import open_source


@pytest.fixture
def root_file(tmp_path):
    path = tmp_path / "a.root"
    with uproot.recreate(path) as file:
        tree = file.mktree("Events", {"x": "float32", "v": "var * float32"})
        for _ in range(3):
            tree.extend({"x": np.arange(50, dtype=np.float32), "v": ak.Array([[1.5, 2.5]] * 50)})
        file["note"] = "not a tree"
    return path


def error_of(path, tree=None):
    with pytest.raises(InputError) as caught, open_source(str(path), tree) as source:
        source.read(source.branches)
    text = str(caught.value)
    assert str(path) in text
    assert 1 < len(text.splitlines()) <= 3
    return text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "got 0 bytes, expected a ROOT, Parquet, feather or HDF5 file"),
        (b"run,event\n1,2\n", "got a file that starts with b'run,even'"),
        (b"version https://git-lfs.github.com/spec/v1\n", "got a Git LFS pointer"),
        (b"root", "truncated ROOT file: got 4 bytes, expected a whole header"),
        (b"PAR1", "Parquet file: got ArrowInvalid"),
        (b"PAR1" + bytes(100) + b"PAR1", "Parquet file: got"),
        (b"ARROW1" + bytes(100), "feather file: got ArrowInvalid"),
        (b"root" + b"\0\0\xf6\x98" + bytes(200), "tree: got none"),
        (b"root" + b"\0\0\xf6\x98" + bytes(4) + b"\0\0\0\xc8" + b"\xff" * 200, "ROOT file: got"),
    ],
)
def test_other_contents(tmp_path, content, message):
    path = tmp_path / "a.root"
    path.write_bytes(content)
    assert message in error_of(path)


def test_hdf5_files_are_not_read_here(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = [1]
    assert "got an HDF5 file" in error_of(tmp_path / "a.h5")


def test_the_name_does_not_matter(tmp_path):
    pq.write_table(pa.table({"x": [1]}), tmp_path / "a.root")
    with open_source(str(tmp_path / "a.root")) as source:
        assert source.kind == "parquet"


def test_missing_and_unreadable_files(tmp_path):
    assert "FileNotFoundError" in error_of(tmp_path / "none.root")
    assert "IsADirectoryError" in error_of(tmp_path)


@pytest.mark.parametrize("kept", [1, 0.99, 0.5, 0.1])
def test_truncated_root_files(root_file, kept):
    whole = root_file.read_bytes()
    root_file.write_bytes(whole[: int(len(whole) * kept) - 1])
    text = error_of(root_file)
    assert "truncated ROOT file" in text
    assert f"expected {len(whole)} as its header says" in text


@pytest.mark.parametrize("kept", [0.99, 0.5])
def test_truncated_parquet_files(tmp_path, kept):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"x": range(1000)}), path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    assert "Parquet file: got ArrowInvalid" in error_of(path)


def test_no_tree(tmp_path):
    with uproot.recreate(tmp_path / "a.root") as file:
        file["note"] = "not a tree"
    assert "tree: got none, expected a TTree, TNtuple or RNTuple" in error_of(tmp_path / "a.root")


def test_unknown_tree(root_file):
    assert "try Events" in error_of(root_file, "events")


def test_several_trees(data_dir):
    text = error_of(data_dir / "uproot-nesteddirs.root")
    assert "got one/two/tree (100 entries), one/tree (4 entries), three/tree (100 entries), expected one" in text


def test_a_tree_without_branches(root_file, monkeypatch):
    # uproot writes no such tree
    monkeypatch.setattr(uproot.behaviors.TTree.TTree, "iteritems", lambda *_, **__: iter(()))
    assert "tree: got 0 branches, expected at least one" in error_of(root_file, "Events")


def test_a_damaged_basket_names_branch_and_entries(root_file):
    with uproot.open(root_file) as file:
        branch = file["Events/v"]
        key = branch.basket_key(1)
        begin = key.fSeekKey + key.fKeylen
        bounds = branch.entry_offsets[1:3]
    content = bytearray(root_file.read_bytes())
    content[begin : begin + 30] = b"\xff" * 30
    root_file.write_bytes(content)
    text = error_of(root_file)
    assert "damaged basket: got" in text
    assert f": Events/v, entries {bounds[0]}:{bounds[1]}" in text
    with open_source(str(root_file)) as source:
        assert len(source.read(["x"])["x"]) == 150
        assert len(source.read(["v"], 0, 50)["v"]) == 50


def test_a_branch_with_fewer_entries_is_refused(root_file, monkeypatch):
    from simdprep.readers.ttree import TTreeSource

    with uproot.open(root_file) as file:
        tree = file["Events"]
        monkeypatch.setattr(type(tree), "num_entries", 151)
        source = TTreeSource(str(root_file), file, tree, "Events")
    assert source.refused == dict.fromkeys(["x", "nv", "v"], "150 entries where the tree has 151")


def test_a_float_of_entries_becomes_an_integer(root_file, monkeypatch):
    from simdprep.readers.ttree import TTreeSource

    with uproot.open(root_file) as file:
        tree = file["Events"]
        monkeypatch.setattr(type(tree), "num_entries", 150.0)
        source = TTreeSource(str(root_file), file, tree, "Events")
    assert type(source.num_entries) is int
    assert list(source.branches) == ["x", "nv", "v"]


def test_opening_leaves_no_threads(root_file):
    import threading

    before = threading.active_count()
    for _ in range(3):
        with open_source(str(root_file)):
            pass
        with pytest.raises(InputError):
            open_source(str(root_file), "nothing")
    assert threading.active_count() == before


def test_without_pyarrow_it_is_asked_for(tmp_path, monkeypatch):
    pq.write_table(pa.table({"x": [1]}), tmp_path / "a.parquet")
    for name in ("parquet", "feather", "arrow_columns"):
        monkeypatch.delitem(sys.modules, f"simdprep.readers.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "try pip install pyarrow, the extra [parquet]" in error_of(tmp_path / "a.parquet")


def test_reading_libraries_are_loaded_when_needed():
    code = (
        "import sys, simdprep.readers as readers\n"
        "assert 'uproot' not in sys.modules, 'loaded'\n"  # awkward loads pyarrow itself
        "readers.expand_inputs"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_text_that_begins_with_root_is_no_root_file(tmp_path):
    (tmp_path / "passwd").write_text("root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/usr/sbin:/bin/false\n")
    assert "a file that starts with" in error_of(tmp_path / "passwd")
