"""Flipped bytes give an error of ours, or data; never a traceback of a library, a crash or a hang."""

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
import uproot

from simdprep.errors import SimdprepError
from simdprep.readers import Counts, group, open_source, read_events

FILES = 120  # a kind

LISTS = ak.Array([[1.5], [], [2.5, 3.5]] * 20)


def write_ttree(path):
    with uproot.recreate(path) as file:
        tree = file.mktree("t", {"x": "int32", "v": "var * float64"})
        for _ in range(2):
            tree.extend({"x": np.arange(60, dtype=np.int32), "v": LISTS})


def write_rntuple(path):
    with uproot.recreate(path) as file:
        file.mkrntuple("t", {"x": np.arange(60), "v": LISTS, "s": ak.Array(["a", "bc", ""] * 20)})


def write_parquet(path):
    pq.write_table(pa.table({"x": range(60), "v": LISTS.to_list(), "s": ["a", None, "c"] * 20}), path)


def write_feather(path):
    pyarrow.feather.write_feather(pa.table({"x": range(60), "v": LISTS.to_list()}), str(path), compression="zstd")


@pytest.mark.parametrize("write", [write_ttree, write_rntuple, write_parquet, write_feather])
def test_flipped_bytes(write, tmp_path):
    path = tmp_path / "whole"
    write(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    texts = []
    for number in range(FILES):
        damaged = bytearray(whole)
        for position in rng.integers(4, len(whole), 1 + number % 5):
            damaged[position] ^= 1 << rng.integers(8)
        path = tmp_path / f"damaged{number}"
        path.write_bytes(damaged)
        try:
            with open_source(str(path), threads=1) as source:
                read_events(source, group(source.branches, Counts([source])))
        except SimdprepError as error:
            texts.append(str(error))
    assert len(texts) > 10
    assert all(len(text.splitlines()) <= 3 for text in texts)
