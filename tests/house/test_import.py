"""Importing the package, and asking the command line for help, loads next to nothing."""

import json
import subprocess
import sys
import time

HEAVY = {
    "awkward", "dask", "h5py", "hypothesis", "jax", "numba", "pandas", "pyarrow", "pydantic", "torch", "uproot",
    "vector",
}  # fmt: skip

HELP = "import sys; sys.argv[1:] = ['--help']; from simdprep.cli import main; main()"

#: Put in front of what is run: says at exit, whichever way that comes, what was loaded.
TELL = "import atexit, json, sys; atexit.register(lambda: print(json.dumps(list(sys.modules)), file=sys.stderr));"


def loaded_by(code: str) -> set[str]:
    """Return the top-level modules a fresh interpreter has loaded after running ``code``."""
    done = subprocess.run([sys.executable, "-c", TELL + code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}


def seconds(code: str) -> float:
    """Return the shortest of five runs of a fresh interpreter."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return min(times)


def test_import_loads_no_dependency():
    loaded = loaded_by("import simdprep")
    assert loaded & HEAVY == set()
    assert "numpy" not in loaded


def test_import_takes_less_than_twice_that_of_h5py():
    assert seconds("import simdprep") < 2 * seconds("import h5py")


def test_help_loads_no_dependency():
    assert loaded_by(HELP) & HEAVY == set()


def test_help_is_quick():
    # 0.3 s is the promise; a busy machine is told by what it takes to import h5py there.
    assert seconds(HELP) < max(0.3, 2.5 * seconds("import h5py"))


def test_storage_needs_neither_reader_nor_kernel():
    assert loaded_by("import simdprep; simdprep.open") & {"dask", "jax", "numba", "pyarrow", "torch", "uproot"} == set()
