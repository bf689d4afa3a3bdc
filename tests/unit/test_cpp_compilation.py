"""What must not compile does not, and says so in English; without the mistake it does."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cmake_build import ROOT, run
from tests.install.installed_library import compiler, has_hdf5

CASES = sorted((ROOT / "tests" / "cpp" / "compilation").glob("*.cpp"))
STRICT = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def compiled(name: str, case: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Compile a case; those of HDF5 are skipped without it."""
    include = ["-I", str(ROOT / "cpp" / "include")]
    if case.stem.startswith("hdf5"):
        if not has_hdf5():
            pytest.skip("needs pkg-config and libhdf5-dev")
        include += shlex.split(run(Path(str(shutil.which("pkg-config"))), "--cflags", "hdf5").stdout)
    return run(compiler(name), *STRICT, *include, *options, case, check=False)


def test_there_are_cases():
    assert len(CASES) > 10


@pytest.mark.parametrize("name", ["gcc", "clang"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_mistake_is_told(case, name):
    first, _, rest = case.read_text().partition("\n")
    assert first.startswith("// expected: "), "the first line says what the compiler has to say"
    assert "#ifdef WRONG" in rest
    done = compiled(name, case, "-DWRONG")
    assert done.returncode != 0
    said = " ".join(done.stdout.replace('\\"', '"').split())
    assert "simdprep: " in said, done.stdout[:3000]
    assert first.removeprefix("// expected: ") in said, done.stdout[:3000]


@pytest.mark.parametrize("name", ["gcc", "clang"])
@pytest.mark.parametrize("kind", ["core", "hdf5"])
def test_without_them_the_cases_compile(kind, name, tmp_path):
    """All in one file, each in a namespace; what they include has been included before."""
    chosen = [case for case in CASES if case.stem.startswith("hdf5") == (kind == "hdf5")]
    includes = dict.fromkeys(line for case in chosen for line in case.read_text().splitlines() if "#include" in line)
    bodies = [f'namespace {case.stem} {{\n#include "{case}"\n}}' for case in chosen]
    (tmp_path / f"{kind}.cpp").write_text("\n".join([*includes, *bodies, ""]))
    done = compiled(name, tmp_path / f"{kind}.cpp")
    assert done.returncode == 0, done.stdout[:3000]
