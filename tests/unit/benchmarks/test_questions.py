"""Every benchmark runs at a tiny size, and its contenders agree."""

import json

import numpy as np
import pytest

from benchmarks import bench_pad, memory, session
from benchmarks.__main__ import QUESTIONS
from benchmarks.comparison import assert_equal
from benchmarks.question import Contender, question

#: One compiles a program of its own, one tries every level of every file, and three have many contenders.
SLOW = ("cpp", "level", "codec", "load", "write")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] if name in SLOW else []) for name in QUESTIONS]
)
def test_a_question_runs(name, tmp_path):
    result = session.run(name, "tiny", memory=False, told=lambda line: None)
    assert result.cases
    for case in result.cases:
        assert any(run.is_ours for run in case.runs)
        assert any(not run.is_ours for run in case.runs)
        assert case.ratios
        assert all(ratio.speed.median > 0 for ratio in case.ratios)
    asked = [(target, case) for target in question(name).TARGETS for case in result.cases if target.asks_of(case.case)]
    assert len(result.targets) == len(asked)
    assert next(iter(result.lines())).startswith(f"{name}: ")
    kept = json.loads(result.write(tmp_path).read_text())
    assert {"model", "cores", "simd"} <= set(kept["machine"])
    assert {"simdprep", "deflate", "h5py", "hdf5", "awkward", "uproot", "numpy"} <= set(kept["versions"])


def test_a_wrong_answer_stops_the_benchmark(monkeypatch):
    right = bench_pad.pad_ours

    def wrong(lists, slots, threads):
        values, valid = right(lists, slots, threads)
        values[3, 0] += 1
        return values, valid

    monkeypatch.setattr(bench_pad, "pad_ours", wrong)
    with pytest.raises(AssertionError):
        session.run("pad", "tiny", memory=False, told=lambda line: None)


@pytest.mark.parametrize(
    "change",
    [
        lambda array: array.astype(np.float64),
        lambda array: array[:-1],
        lambda array: array + np.float32(1e-6),
    ],
)
def test_arrays_that_differ_are_told(change):
    array = np.array([1, np.nan, 3], np.float32)
    assert_equal({"a": {"x": array}}, {"a": {"x": array.copy()}})
    with pytest.raises(AssertionError, match=r"a\.x"):
        assert_equal({"a": {"x": change(array)}}, {"a": {"x": array}})


def test_a_missing_field_is_told():
    array = np.zeros(2)
    with pytest.raises(AssertionError, match="fields of a"):
        assert_equal({"a": {"x": array}}, {"a": {"x": array, "y": array}})


def test_peak_memory_is_that_of_the_run():
    size = 64 << 20
    found = memory.measure(Contender("ones", lambda: np.ones(size, np.uint8).sum(), 1))
    if found is None:
        pytest.skip("the system does not let a process reset its peak")
    assert found["peak"] - found["before"] == pytest.approx(size, rel=0.2)


def test_peak_memory_in_a_fresh_process(tmp_path):
    found = memory.peak_memory("pad", "tiny", "toy tracks", Contender("simdprep", print, 1, 1, is_ours=True), tmp_path)
    assert found is None or found["peak"] >= found["before"] > 0
