"""A writer of one file merges its parts while later ones are written: the same bytes, and nothing left behind."""

import gc

import pytest

import simdprep as sp
from simdprep.errors import DatasetError
from simdprep.storage import merge_ahead
from tests.small_dataset import small_events, small_schema


@pytest.fixture
def finished(monkeypatch):
    """Whether what was merged ahead was taken, each time."""
    taken = []
    finish = merge_ahead.MergeAhead.finish

    def told(self, paths):
        taken.append(finish(self, paths))
        return taken[-1]

    monkeypatch.setattr(merge_ahead.MergeAhead, "finish", told)
    return taken


def events(seed=0):
    """Without texts, of which later parts may have more."""
    return small_events(3000, seed=seed)[["MET", "number", "trigger", "Jet"]]


def open_writer(path, threads, **options):
    schema = sp.Schema.from_awkward(events(), pad={"Jet": 4})
    return sp.Writer(path, schema, threads=threads, part_rows=2048, **options)


def write(path, threads):
    with open_writer(path, threads) as writer:
        for seed in range(4):
            writer.fill(events(seed))
    return writer.summary


def left(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_the_bytes_are_those_of_one_thread(tmp_path, finished):
    one = write(tmp_path / "one.h5", 1)
    assert finished == []
    many = write(tmp_path / "many.h5", 3)
    assert finished == [True]
    assert one.parts == many.parts == 6
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "many.h5").read_bytes()
    assert left(tmp_path) == ["many.h5", "one.h5"]


def test_later_parts_may_have_more_strings(tmp_path, finished):
    with sp.Writer(tmp_path / "out.h5", small_schema(), threads=2, part_rows=2048) as writer:
        writer.fill(small_events(5000))
    assert finished == []
    assert left(tmp_path) == ["out.h5"]


def test_what_cannot_be_merged_ahead_is_merged_at_the_end(tmp_path, finished, monkeypatch):
    def fail(*_, **__):
        raise DatasetError("a part", got="none", expected="one")

    monkeypatch.setattr(merge_ahead, "build", fail)
    assert write(tmp_path / "out.h5", 2).parts == 6
    assert finished == [False]
    assert left(tmp_path) == ["out.h5"]
    with sp.open(tmp_path / "out.h5") as dataset:
        assert dataset.num_rows == 12_000


@pytest.mark.parametrize("ends", ["abandoned", "dropped"])
def test_nothing_but_parts_is_left_of_a_writer_that_is(ends, tmp_path):
    writer = open_writer(tmp_path / "out.h5", 2)
    writer.fill(events())
    writer.fill(events())
    assert len(writer._output.parts) > 1
    if ends == "abandoned":
        writer.abandon()
    else:
        del writer
        gc.collect()
    assert [name for name in left(tmp_path) if "tmp-" in name] == []
    assert list((tmp_path / "out.h5.parts").glob("*.h5"))
