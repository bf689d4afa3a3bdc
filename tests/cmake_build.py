"""Configure and build the C++ side from a test."""

import fcntl
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: As pip builds the library, too.
RELEASE = ("CMAKE_BUILD_TYPE=Release", "SIMDPREP_WERROR=ON")

#: Folders that are kept. Many hold the same library: what one compiled, the others take from the cache.
KEPT = ROOT / "build"
CACHE = {"CCACHE_DIR": str(KEPT / "ccache"), "CCACHE_BASEDIR": str(ROOT), "CCACHE_NOHASHDIR": "1"}


def tool(name: str) -> str:
    """Return the path of cmake or a tool that comes with it, of this environment if it is there."""
    own = Path(sysconfig.get_path("scripts")) / name
    found = str(own) if own.is_file() else shutil.which(name)
    assert found is not None, f"{name}: not found; it comes with the extra simdprep[test]"
    return found


def run(*command: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command; if it fails and ``check`` is set, so does the test, with all that it printed."""
    done = subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env={**CACHE, **os.environ},
    )  # fmt: skip
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
    return done


def configure(source: Path, folder: Path, *definitions: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run cmake on ``source``; ``definitions`` are ``NAME=VALUE``. What an earlier run found is forgotten."""
    generator = ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={tool('ninja')}"]
    if KEPT in folder.parents and shutil.which("ccache"):
        definitions += ("CMAKE_CXX_COMPILER_LAUNCHER=ccache",)
    options = [f"-D{definition}" for definition in definitions]
    return run(tool("cmake"), "--fresh", "-S", source, "-B", folder, *generator, *options, check=check)


def build(folder: Path, *targets: str) -> None:
    """Build the targets, or everything, on all cores this process may use."""
    chosen = ["--target", *targets] if targets else []
    run(tool("cmake"), "--build", folder, "-j", str(len(os.sched_getaffinity(0))), *chosen)


@contextmanager
def kept(name: str) -> Iterator[Path]:
    """Give a build folder that is kept from run to run, so that only what changed is compiled again.

    Two test runs in one checkout take turns.
    """
    folder = KEPT / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
