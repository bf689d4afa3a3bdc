"""ROOT files cut short or with flipped bits: a result or one error of ours; no other exception, no crash, no hang."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests import real_data
from tests.faults.error_text import check_text
from tests.faults.small_files import write_root

#: Seconds for all jobs of a process; one that hangs ends it sooner, and says where.
PATIENCE = 1500

SMALL = ("small", "sample")
REAL = (
    "uproot-HZZ-objects.root",  # vectors of classes
    "uproot-issue-816.root",  # nested vectors
    "chain.flat.1.root",  # strings and fixed arrays
    "test_stl_containers_rntuple_v1-0-0-0.root",
    "uproot-leaflist.root",
)

#: Seeds and numbers of files: those that run every time, and those that run with ``-m long``.
SHARES = [(2, 20), pytest.param(3, 500, marks=pytest.mark.long)]


def outcomes(source: Path, folder: Path, jobs: list[dict]) -> list[dict]:
    """What became of a conversion for every job, each checked by itself."""
    work = folder / "work"
    work.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.conversion_jobs", str(source), str(work)],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=real_data.ROOT,
        check=False,
    )
    results = [json.loads(line) for line in done.stdout.splitlines()]
    at = jobs[len(results)] if len(results) < len(jobs) else None
    assert done.returncode == 0, f"{source.name}, {at}: {done.stderr[-3000:]}"
    for job, result in zip(jobs, results, strict=True):
        if result["error"] is None:
            assert result["left"] == ["out.h5"], (job, result)
        else:
            assert result["ours"], (job, result)
            assert result["error"] in ("InputError", "ResourceError", "ConfigError", "SchemaError"), (job, result)
            assert result["left"] == [], (job, result)
            check_text(result["text"])
    return results


@pytest.fixture(params=[*SMALL, *REAL])
def source(request, tmp_path, sample):
    if request.param == "small":
        return write_root(tmp_path / "muons.root", 200)
    if request.param == "sample":
        return sample
    return request.getfixturevalue("data_dir") / request.param


def test_cut_short(source, tmp_path):
    size = source.stat().st_size
    rng = np.random.default_rng(1)
    cuts = sorted(
        {*range(4, min(40, size), 3), 100, 200, size // 2, size - 100, size - 1, *rng.integers(4, size, 15).tolist()}
    )
    results = outcomes(source, tmp_path, [{"cut": cut} for cut in cuts if cut < size])
    for result in results:
        assert result["error"] == "InputError"
        assert result["text"].startswith("truncated ROOT file: got ")


@pytest.mark.parametrize(("seed", "files"), SHARES)
def test_flipped_bits(source, seed, files, tmp_path):
    size = source.stat().st_size
    rng = np.random.default_rng(seed)
    # Most of a file is data; what says how to read it stands at its ends.
    places = rng.choice(3, files, p=[0.3, 0.3, 0.4])
    bounds = np.array([[4, 300], [4, size], [max(size - 4000, 4), size]])[places]
    jobs = [{"flips": [[int(rng.integers(*bound)) % size, int(rng.integers(1, 256))]]} for bound in bounds]
    results = outcomes(source, tmp_path, jobs)
    assert {result["error"] for result in results} >= {None, "InputError"}


@pytest.mark.parametrize(("seed", "files"), SHARES)
def test_several_flipped_bits(seed, files, tmp_path):
    source = write_root(tmp_path / "muons.root", 200)
    size = source.stat().st_size
    rng = np.random.default_rng(seed)
    jobs = [
        {
            "flips": [
                [int(position), int(rng.integers(1, 256))] for position in rng.integers(4, size, rng.integers(2, 30))
            ]
        }
        for _ in range(files)
    ]
    outcomes(source, tmp_path, jobs)


@pytest.mark.parametrize(
    ("name", "flips", "error"),
    [
        ("uproot-HZZ.root", [[214753, 185], [214580, 81], [213362, 222]], None),  # a tree's name is no UTF-8
        ("test_stl_containers_rntuple_v1-0-0-0.root", [[1370, 169]], None),  # nor is a string
        ("nullable-record-primitives.parquet", [[924, 157], [384, 146]], None),
        ("treemaker.root", [[185, 198], [234, 126]], "InputError"),  # a length beyond all memory
    ],
)
def test_damage_that_once_went_wrong(name, flips, error, data_dir, tmp_path):
    (result,) = outcomes(data_dir / name, tmp_path, [{"flips": flips}])
    assert result["error"] == error
