"""Links, friends and HDF5 inputs in tasks: the same rows, and the same bytes for any number of processes."""

import hashlib

import awkward as ak
import numpy as np
import pytest

import simdprep as sp
from tests.reference.link_files import pfnano, write_nano

FRIEND = {"file": "{folder}/{stem}.parquet", "index": ["run", "event"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("campaign")
    for seed in range(2):
        events = pfnano(150, seed=seed)
        write_nano(path / f"f{seed}.root", events, basket=30)
        scores = {"run": events.run, "event": events.event, "score": np.arange(150.0)}
        ak.to_parquet(ak.zip(scores, depth_limit=1)[::-1], path / f"f{seed}.parquet")
    return path


def _hashes(folder):
    return [hashlib.sha256(part.read_bytes()).hexdigest() for part in sorted(folder.glob("part-*"))]


def _rows(path):
    with sp.open(path) as dataset:
        return ak.materialize(dataset.events()).to_list()


def _campaign(folder, output, **options):
    config = {"input": {"friends": [FRIEND]}}
    first = sp.convert(str(folder / "f*.root"), output / "a", config=config, pad={"*": "max"}, **options)
    second = sp.convert(str(output / "a"), output / "b", layout="ragged", **options)
    return first, second


def test_tasks_lose_nothing(folder, tmp_path):
    whole, pieces = tmp_path / "whole", tmp_path / "pieces"
    whole.mkdir(), pieces.mkdir()
    one, _ = _campaign(folder, whole, jobs=1)
    many, again = _campaign(folder, pieces, task_size=40_000, jobs=1)
    assert len(_hashes(pieces / "a")) > 2
    assert len(_hashes(pieces / "b")) > 2
    assert one.lost_links == many.lost_links
    assert one.lost_links.total() > 50
    assert one.num_rows == many.num_rows == again.num_rows == 300
    assert _rows(pieces / "a") == _rows(whole / "a") == _rows(pieces / "b")


@pytest.mark.long
def test_any_number_of_processes_gives_the_same_bytes(folder, tmp_path):
    found = []
    for jobs in (1, 3):
        output = tmp_path / str(jobs)
        output.mkdir()
        _campaign(folder, output, task_size=40_000, jobs=jobs)
        found.append([*_hashes(output / "a"), _rows(output / "b")])
    assert found[0] == found[1]
    print(f"{len(found[0]) - 1} parts, equal for 1 and 3 processes")
