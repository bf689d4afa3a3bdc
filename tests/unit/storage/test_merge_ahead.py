"""Merging ahead: the same bytes as merging all parts at once, or nothing."""

import pytest

import simdprep as sp
from simdprep.storage import merge_parts
from simdprep.storage.merge_ahead import MergeAhead
from tests.small_dataset import VARIANTS, small_events, small_schema


@pytest.fixture
def parts(tmp_path):
    with sp.Writer(tmp_path / "parts", small_schema("columns", "events"), part_rows=128) as writer:
        writer.fill(small_events(5000))
    return sorted((tmp_path / "parts").glob("*.h5"))


def left(folder):
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.parametrize(("layout", "rows"), VARIANTS)
def test_the_bytes_are_those_of_merging_at_once(layout, rows, tmp_path):
    with sp.Writer(tmp_path / "parts", small_schema(layout, rows), part_rows=128) as writer:
        writer.fill(small_events(5000))
    parts = sorted((tmp_path / "parts").glob("*.h5"))
    assert len(parts) > 1
    merge_parts(parts, tmp_path / "once.h5", threads=2)
    ahead = MergeAhead(tmp_path / "ahead.h5", threads=2)
    for path in parts:
        ahead.add(path)
    assert ahead.finish(parts)
    ahead.abandon()  # changes nothing any more
    assert (tmp_path / "ahead.h5").read_bytes() == (tmp_path / "once.h5").read_bytes()


class TestNothingIsLeft:
    def test_where_other_parts_are_wanted(self, parts, tmp_path):
        ahead = MergeAhead(tmp_path / "out.h5")
        for path in parts[:-1]:
            ahead.add(path)
        assert not ahead.finish(parts)
        assert left(tmp_path) == ["parts"]

    def test_where_a_part_is_damaged(self, parts, tmp_path):
        content = bytearray(parts[1].read_bytes())
        content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
        parts[1].write_bytes(content)
        ahead = MergeAhead(tmp_path / "out.h5")
        for path in parts:
            ahead.add(path)
        assert not ahead.finish(parts)
        assert left(tmp_path) == ["parts"]

    @pytest.mark.parametrize("count", [0, 2])
    def test_where_it_is_abandoned(self, parts, tmp_path, count):
        ahead = MergeAhead(tmp_path / "out.h5")
        for path in parts[:count]:
            ahead.add(path)
        ahead.abandon()
        assert left(tmp_path) == ["parts"]

    def test_where_it_cannot_be_written(self, parts, tmp_path):
        ahead = MergeAhead(tmp_path / "no" / "out.h5")
        for path in parts:
            ahead.add(path)
        assert not ahead.finish(parts)
