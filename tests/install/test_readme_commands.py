"""The README's two commands: found by .ci/run, and working in a fresh clone and an empty environment."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cmake_build import build, configure
from tests.house.tree import ROOT, files

COMMAND = r"<!-- command {} -->\n```bash\n(.*?)\n```"


def command(number: str) -> str:
    match = re.search(COMMAND.format(number), (ROOT / "README.md").read_text(), re.DOTALL)
    assert match is not None, f"README.md has no command {number}"
    return match[1]


@pytest.fixture
def clone(tmp_path):
    """What a fresh clone would hold, with nothing beside it."""
    folder = tmp_path / "beside" / "simdprep"
    for name in files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def test_the_first_installs_and_converts_the_sample():
    system, _, rest = command("one").replace("\n", " ").partition("&& python3")
    assert system.startswith("apt-get update && apt-get install -y")
    first, second = system.split("\\")
    assert "hdf5" not in first  # simdprep itself needs none
    assert set(second.split()) >= {"libhdf5-dev", "pkg-config"}
    assert ".venv/bin/pip install '.[test]'" in rest
    assert "simdprep convert examples/toy_nano.root -o train.h5" in rest


def test_the_second_runs_all_tests():
    assert command("two") == ".venv/bin/python -m pytest"


@pytest.fixture
def told_path(clone):
    """A PATH whose commands only tell what they were called with."""
    told = clone.parent / "bin"
    told.mkdir()
    for name in ("apt-get", "sudo", "python3"):
        (told / name).write_text(
            "#!/bin/sh\n"
            f'echo "{name} $@"\n'
            # the environment that is made holds programs that tell their call, too
            'if [ "$2" = venv ]; then mkdir -p .venv/bin; for it in pip simdprep python; do\n'
            "  printf '#!/bin/sh\\necho \"%s $@ $SIMDPREP_REQUIRE_DATA\"\\n' $it >.venv/bin/$it\n"
            "  chmod +x .venv/bin/$it; done; fi\n"
        )
        (told / name).chmod(0o755)
    return f"{told}:{os.environ['PATH']}"


def test_ci_runs_exactly_these(clone, told_path):
    (clone / ".venv").mkdir()
    (clone / ".venv" / "stale").touch()
    environment = {**os.environ, "PATH": told_path}
    environment.pop("SIMDPREP_REQUIRE_DATA", None)
    done = subprocess.run([clone / ".ci" / "run"], env=environment, capture_output=True, text=True, check=True)
    called = [line.strip() for line in done.stdout.splitlines()]
    assert [line for line in called if "install -y ccache clang" in line]
    assert "python3 -m venv .venv" in called
    assert "pip install .[test]" in called
    assert "simdprep convert examples/toy_nano.root -o train.h5 --overwrite" in called
    assert called[-1] == "python -m pytest"
    assert not (clone / ".venv" / "stale").exists()

    (clone.parent / "shared" / "data").mkdir(parents=True)
    done = subprocess.run([clone / ".ci" / "run"], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].strip() == "python -m pytest 1"


def test_ci_stops_at_the_first_failure(clone, told_path):
    (clone / "README.md").write_text(
        "<!-- command one -->\n```bash\nfalse &&\ntrue\n```\n<!-- command two -->\n```bash\necho two\n```\n"
    )
    environment = {**os.environ, "PATH": told_path}
    done = subprocess.run([clone / ".ci" / "run"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "\ntwo" not in done.stdout


@pytest.mark.long
def test_a_fresh_clone_installs_and_converts(clone):
    """Command one without its system packages, which a test may not install."""
    _, _, rest = command("one").partition("&&\n")
    rest = rest.replace("python3 -m venv", f"{sys.executable} -m venv").replace(".[test]", ".")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SIMDPREP"))}
    done = subprocess.run(["bash", "-c", rest], cwd=clone, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert (clone / "train.h5").is_file()
    assert "Jet" in done.stdout
    assert_finds_the_library(clone / ".venv" / "bin" / "simdprep", environment)


def assert_finds_the_library(program, environment):
    """The installed command line says where the C++ library lies, and a project finds it there."""

    def config(option):
        done = subprocess.run([program, "config", option], env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert (Path(config("--includedir")) / "simdprep" / "version.hpp").is_file()
    name, _, path = config("--cmake").partition("=")
    built = program.parent / "consumer"
    done = configure(ROOT / "tests" / "install" / "consumer", built, f"{name.removeprefix('-D')}={path}", check=False)
    assert done.returncode == 0, done.stdout
    build(built)
