"""Parts grow on the disk while they are filled, and none of that is seen before they are whole."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import awkward as ak
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import OutputError
from simdprep.storage.committer import Committer

#: Uncompressed, these are three runs of chunks and a little.
ROWS = 900_000
FIELDS = ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o")


@pytest.fixture(scope="module")
def events():
    numbers = np.random.default_rng(1).integers(0, 2**31, (len(FIELDS), ROWS), np.int32)
    return ak.zip(dict(zip(FIELDS, numbers, strict=True)), depth_limit=1)


@pytest.fixture(scope="module")
def schema(events):
    return sp.Schema.from_awkward(events, codec="none")


def temporaries(folder):
    return [path for path in folder.rglob("*") if ".tmp-" in path.name]


@pytest.mark.parametrize("threads", [1, 3])
def test_a_part_grows_while_it_is_filled(events, schema, tmp_path, threads):
    with sp.Writer(tmp_path / "a.h5", schema, threads=threads) as writer:
        writer.fill(events[: ROWS * 2 // 3])
        until = time.monotonic() + 30
        while not temporaries(tmp_path) and time.monotonic() < until:  # another thread makes it
            time.sleep(0.01)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.h5.lock", f"a.h5.tmp-{os.getpid()}"]
        writer.fill(events[ROWS * 2 // 3 :])
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]
    with sp.open(tmp_path / "a.h5") as dataset:
        for field in FIELDS:
            np.testing.assert_array_equal(dataset["events"][field][:], events[field])


def test_bytes_depend_neither_on_threads_nor_on_batches(events, schema, tmp_path):
    for name, threads, step in (("a.h5", 1, ROWS), ("b.h5", 4, ROWS), ("c.h5", 2, 77_777)):
        with sp.Writer(tmp_path / name, schema, threads=threads) as writer:
            for start in range(0, ROWS, step):
                writer.fill(events[start : start + step])
    one, *others = [(tmp_path / name).read_bytes() for name in ("a.h5", "b.h5", "c.h5")]
    assert len(one) > 3 * (16 << 20)
    assert all(other == one for other in others)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("name", ["a.h5", "folder"])
def test_what_is_given_up_leaves_nothing(events, schema, tmp_path, threads, name):
    writer = sp.Writer(tmp_path / name, schema, threads=threads)
    writer.fill(events)
    writer.abandon()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


class TestCommitter:
    def test_the_error_of_a_step_comes_out_and_ends_the_others(self):
        done = []

        def fails():
            raise OutputError("step", got="this", expected="another")

        def submit_both(committer):
            committer.submit(fails)
            committer.submit(lambda: done.append(2))
            committer.settle()

        for threaded in (False, True):
            committer = Committer(threaded=threaded)
            committer.submit(lambda: done.append(1))
            with pytest.raises(OutputError):
                submit_both(committer)
            committer.submit(lambda: done.append(3))
            committer.settle()
            committer.stop()
        assert done == [1, 1]

    def test_steps_keep_their_order_and_few_wait(self):
        seen = []
        committer = Committer(threaded=True)
        with ThreadPoolExecutor(1) as others:
            others.submit(lambda: [committer.submit(lambda at=at: seen.append(at)) for at in range(100)]).result()
        committer.settle()
        committer.stop()
        assert seen == list(range(100))
