"""A user's Python module that dumps C++ objects with our headers, beside h5py and its other HDF5."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import h5py
import pytest

from tests.cmake_build import ROOT, build, configure, run
from tests.install.installed_library import QUICK

EXAMPLE = ROOT / "examples" / "cpp" / "pybind_module"

#: Runs in a process of its own: {first} and {second} are imported in this order.
USE = """
import sys
folder, output = sys.argv[1:]
sys.path.insert(0, folder)
import {first}
import {second}
import h5py, numpy as np, toy_detector, simdprep as sp

with h5py.File(output + ".other", "w") as other:  # stays open while C++ writes: the ids of the two overlap
    other["x"] = np.arange(1000)
    kept = []
    with toy_detector.Dumper(output) as out:
        for event in toy_detector.simulate(700, seed=3):
            if event.met > 20:
                out.fill(event)
                tracks = sorted((-np.float32(track.pt), np.float32(track.d0)) for track in event.tracks)
                kept.append((event.number, tracks))
    other["y"] = np.arange(1000)
with h5py.File(output + ".other") as other:
    np.testing.assert_array_equal(other["x"][:], other["y"][:])

from simdprep.storage import verify
assert verify(output).ok
with sp.open(output) as dataset:
    assert dataset.num_rows == len(kept) > 400
    np.testing.assert_array_equal(dataset["events"]["number"][:], [number for number, _ in kept])
    d0, count = dataset["tracks"]["d0"][:], dataset["tracks"].count[:]
    for row, (_, tracks) in enumerate(kept):
        assert count[row] == len(tracks)
        np.testing.assert_array_equal(d0[row, : min(8, len(tracks))], [value for _, value in tracks[:8]])

try:
    toy_detector.Dumper(output)
except RuntimeError as error:
    assert str(error).startswith("output exists, kept as it is: got "), error
else:
    raise AssertionError("an output that exists was taken")
maps = open("/proc/self/maps").read()
print(len({{line.split("/")[-1] for line in maps.splitlines() if "libhdf5" in line and "_hl" not in line}}))
"""


@pytest.fixture(scope="module")
def module(prefix, tmp_path_factory):
    """The folder of the module, built against the installed library."""
    if not importlib.util.find_spec("pybind11"):
        pytest.skip("pybind11 is not installed")
    folder = tmp_path_factory.mktemp("module")
    cmake_folder = run(sys.executable, "-m", "pybind11", "--cmakedir").stdout.strip()
    done = configure(
        EXAMPLE, folder / "build", f"CMAKE_PREFIX_PATH={prefix}", f"pybind11_DIR={cmake_folder}",
        f"Python_EXECUTABLE={sys.executable}", QUICK, "CMAKE_CXX_FLAGS=-Wall -Wextra -Werror",
        check=False,
    )  # fmt: skip
    if "HDF5 (C library): got none" in done.stdout:
        pytest.skip("libhdf5-dev is not installed")
    assert done.returncode == 0, done.stdout
    build(folder / "build")
    return folder / "build"


@pytest.mark.parametrize(("first", "second"), [("h5py", "toy_detector"), ("toy_detector", "h5py")])
def test_it_works_beside_h5py_in_any_order(module, tmp_path, first, second):
    code = USE.format(first=first, second=second)
    done = subprocess.run(
        [sys.executable, "-c", code, str(module), str(tmp_path / "out.h5")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    # h5py's wheel brings its own library; one that was built against the system's shares it
    own = any("hdf5" in path.name for path in (Path(h5py.__file__).parent.parent / "h5py.libs").glob("*"))
    assert int(done.stdout) == (2 if own else 1)


def test_an_error_leaves_no_file(module, tmp_path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import toy_detector\n"
        "with toy_detector.Dumper(sys.argv[2]) as out:\n"
        "    out.fill(toy_detector.simulate(1)[0])\n"
        "    raise KeyError('a mistake of the user')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(module), str(tmp_path / "out.h5")], capture_output=True, text=True, check=False
    )
    assert "KeyError" in done.stderr
    assert not (tmp_path / "out.h5").exists()
