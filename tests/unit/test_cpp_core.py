"""The C++ tests: under the sanitizers and valgrind, with both deflate libraries, and for races."""

import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cmake_build import RELEASE, ROOT, build, configure, kept, run, tool

#: What depends on the deflate library.
OF_DEFLATE = ["chunk_pipeline", "chunk_reader", "deflate", "encoder", "run_deflate"]

#: What runs on several threads.
OF_THREADS = ["chunk_reader", "encoder", "thread_pool", "writer", "writer_end", "writer_threads"]

#: So that what sanitizers and valgrind say has lines; quick to compile.
WITH_LINES = ("SIMDPREP_WERROR=ON", "CMAKE_BUILD_TYPE=None", "CMAKE_CXX_FLAGS=-O1 -g1")


def build_and_test(name: str, *definitions: str, nouns: list[str] | None = None) -> int:
    """Build the tests of some nouns, or of all, and run them; returns how many there were."""
    with kept(name) as folder:
        configure(ROOT, folder, "SIMDPREP_TESTS=ON", *definitions)
        build(folder, *(f"test_{noun}" for noun in nouns or []))
        chosen = ["-R", f"^({'|'.join(nouns)})$"] if nouns else []
        options = ["--output-on-failure", "--no-tests=error", "-j", str(len(os.sched_getaffinity(0)))]
        output = run(tool("ctest"), "--test-dir", folder, *options, *chosen)
    assert "100% tests passed" in output.stdout, output.stdout
    return int(re.findall(r"tests passed.* out of (\d+)", output.stdout)[-1])


def test_core_under_sanitizers(promise):
    programs = build_and_test("cpp-asan", *WITH_LINES, "SIMDPREP_SANITIZE=address,undefined")
    promise("R17", programs_under_ASan_and_UBSan=programs, errors=0)


def test_core_with_zlib():
    build_and_test("cpp-zlib", *RELEASE, "SIMDPREP_DEFLATE=zlib", nouns=OF_DEFLATE)


def test_core_without_lz4_and_zstd():
    build_and_test(
        "cpp-bare", *RELEASE, "SIMDPREP_LZ4=OFF", "SIMDPREP_ZSTD=OFF", nouns=["chunk_pipeline", "compressor"]
    )


@pytest.mark.long
def test_core_has_no_races(promise):
    programs = build_and_test("cpp-tsan", *WITH_LINES, "SIMDPREP_SANITIZE=thread", nouns=OF_THREADS)
    promise("R17", programs_under_TSan=programs, errors=0)


@pytest.mark.long
def test_core_under_valgrind(promise):
    """Reads of what was never written; leaks are the address sanitizer's, as a forked child forgets its threads."""
    if shutil.which("valgrind") is None:
        pytest.skip("valgrind is not installed")
    cores = len(os.sched_getaffinity(0))
    with kept("cpp-valgrind") as folder:
        configure(ROOT, folder, "SIMDPREP_TESTS=ON", *WITH_LINES)
        build(folder)
        programs = sorted(path for path in (folder / "tests/cpp").glob("test_*") if path.is_file())
        command = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=no"]
        with ThreadPoolExecutor(cores) as pool:
            done = list(pool.map(lambda program: run(*command, program), programs))
    assert programs
    promise("R17", programs_under_valgrind=len(done), errors=0)
