"""Machines unlike this one: without vector instructions, without libdeflate, with another kind of CPU."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from simdprep import _core
from tests.cmake_build import ROOT, build, configure, kept, run, tool
from tests.fuzz import codec

#: What writes and reads files, and what the results are compared with.
MAIN = (
    "tests/properties/test_roundtrip.py",
    "tests/properties/test_writer.py",
    "tests/equivalence/test_chunk_reader.py",
    "tests/equivalence/test_gather.py",
    "tests/equivalence/test_padding.py",
    "tests/golden/test_golden.py",
)

COMPILER, EMULATOR = "aarch64-linux-gnu-g++", "qemu-aarch64-static"
FOREIGN_ZLIB = Path("/usr/lib/aarch64-linux-gnu/libz.a")

#: How the core is built for another CPU: linked statically, so that the emulator needs no other library.
AARCH64 = (
    "CMAKE_SYSTEM_NAME=Linux",
    "CMAKE_SYSTEM_PROCESSOR=aarch64",
    f"CMAKE_CXX_COMPILER={COMPILER}",
    f"CMAKE_CROSSCOMPILING_EMULATOR={EMULATOR}",
    "CMAKE_EXE_LINKER_FLAGS=-static",
    f"ZLIB_LIBRARY={FOREIGN_ZLIB}",
    "ZLIB_INCLUDE_DIR=/usr/include",
    "SIMDPREP_HDF5_LIBRARY=OFF",  # there is only this machine's
    "SIMDPREP_TESTS=ON",
    "SIMDPREP_DEFLATE=zlib",
    "SIMDPREP_LZ4=OFF",
    "SIMDPREP_ZSTD=OFF",
)


def run_main_tests(**variables):
    """Run the main tests in a process of their own; its summary."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", *MAIN]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | variables
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_variable_is_obeyed():
    code = "from simdprep import _core; print(_core.isa())"
    for isa in codec.isas():
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"SIMDPREP_ISA": isa},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == isa


@pytest.mark.long
@pytest.mark.parametrize("isa", [isa for isa in codec.isas() if isa != _core.best_isa()] or ["scalar"])
def test_the_main_tests_with_another_instruction_set(isa):
    assert " passed" in run_main_tests(SIMDPREP_ISA=isa)


def test_a_write_and_a_read_without_vectors(tmp_path):
    code = """
import sys, hashlib
import simdprep as sp
from simdprep.testing import toy_events
from simdprep.testing.compare import assert_equal
events = toy_events(600)
path = sys.argv[1]
with sp.Writer(path, sp.Schema.from_awkward(events)) as writer:
    writer.fill(events)
with sp.open(path) as ours, sp.open(path, engine="h5py") as stock:
    assert_equal(ours.events(), stock.events())
    assert_equal(ours.events(), events)
print(hashlib.sha256(open(path, "rb").read()).hexdigest())
"""
    hashes = set()
    for isa in codec.isas():
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / f"{isa}.h5")],
            env=os.environ | {"SIMDPREP_ISA": isa},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        hashes.add(done.stdout)
    assert len(hashes) == 1


@pytest.mark.long
def test_the_main_tests_without_libdeflate():
    with kept("python-zlib") as folder:
        pybind = run(sys.executable, "-m", "pybind11", "--cmakedir")
        configure(
            ROOT,
            folder,
            "SIMDPREP_PYTHON=ON",
            "SIMDPREP_DEFLATE=zlib",
            f"Python_EXECUTABLE={sys.executable}",
            f"pybind11_DIR={pybind.stdout.strip()}",
        )
        build(folder)
        package = folder / "package"
        shutil.rmtree(package, ignore_errors=True)
        shutil.copytree(ROOT / "python", package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        (module,) = (folder / "src").glob("_core*.so")
        shutil.copy(module, package / "simdprep")
        shown = subprocess.run(
            [sys.executable, "-c", "from simdprep import _core; print(_core.deflate_backend)"],
            env=os.environ | {"PYTHONPATH": str(package)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert shown.stdout.startswith("zlib ")
        assert " passed" in run_main_tests(PYTHONPATH=str(package))


@pytest.mark.long
@pytest.mark.skipif(
    shutil.which(COMPILER) is None or shutil.which(EMULATOR) is None or not FOREIGN_ZLIB.is_file(),
    reason=f"{COMPILER}, {EMULATOR} or {FOREIGN_ZLIB}: not found; dpkg --add-architecture arm64, "
    "apt-get install g++-aarch64-linux-gnu qemu-user-static zlib1g-dev:arm64",
)
def test_the_core_on_aarch64():
    with kept("cpp-aarch64") as folder:
        configure(ROOT, folder, *AARCH64)
        build(folder)
        output = run(tool("ctest"), "--test-dir", folder, "--output-on-failure", "--no-tests=error", "-j", "2")
        numbers = ("--cases", "300", "--max-size", "100000")
        foreign = run(EMULATOR, folder / "tests" / "cpp" / "fuzz" / "fuzz_codec", *numbers)
    assert "100% tests passed" in output.stdout, output.stdout
    with codec.built("cpp-fuzz-zlib", "SIMDPREP_DEFLATE=zlib") as programs:
        own = codec.run(programs, "scalar", cases=300, max_size=100_000)
    assert own.digest in foreign.stdout  # not a bit differs
