"""Encode chunks of all patterns and let everybody decode them: the program of tests/cpp/fuzz, built and run.

    python -m tests.fuzz.codec --cases 1000000 --seed 1

Each case is encoded with every instruction set of this CPU (or with those named by --isa); the digests of
all stored bytes must agree. Prints counts; a failure names the case and how it is repeated.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simdprep import _core
from tests.cmake_build import RELEASE, ROOT, build, configure, kept

#: In the order of their width.
ISAS = ("scalar", "avx2", "avx512")

_DIGEST = re.compile(r"^digest ([0-9a-f]{16})$", re.MULTILINE)
_CASES = re.compile(r"^(\d+) cases", re.MULTILINE)


@dataclass(frozen=True)
class Found:
    """What one run of the program says.

    Attributes:
        isa: The instruction set it was told to use.
        cases: Chunks encoded and decoded.
        digest: Of all stored bytes.
        text: All that it printed.
    """

    isa: str
    cases: int
    digest: str
    text: str


def isas() -> tuple[str, ...]:
    """Return the instruction sets of this CPU, the narrowest first."""
    return ISAS[: ISAS.index(_core.best_isa()) + 1]


@contextmanager
def built(name: str = "cpp-fuzz", *definitions: str) -> Iterator[Path]:
    """Build the programs of tests/cpp/fuzz with optimisation and give their folder."""
    with kept(name) as folder:
        configure(ROOT, folder, *RELEASE, "SIMDPREP_TESTS=ON", *definitions)
        build(folder, "fuzz_codec", "replay_decode_chunk", "replay_chunk_reader")
        yield folder / "tests" / "cpp" / "fuzz"


def run(folder: Path, isa: str, *, cases: int, seed: int = 1, threads: int = 0, max_size: int = 5_000_000) -> Found:
    """Run the program.

    Args:
        folder: Of the built programs.
        isa: One of :func:`isas`.
        cases: How many.
        seed: Of all of them.
        threads: 0 for one per core.
        max_size: Bytes of the largest chunks.

    Raises:
        AssertionError: a case failed; the text says how to repeat it.
    """
    count = threads or len(os.sched_getaffinity(0))
    numbers = {"cases": cases, "seed": seed, "threads": count, "max-size": max_size}
    arguments = [text for name, value in numbers.items() for text in (f"--{name}", str(value))]
    command = [str(folder / "fuzz_codec"), *arguments]
    environment = os.environ | {"SIMDPREP_ISA": isa}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"SIMDPREP_ISA={isa} {' '.join(command)}\n{done.stdout}{done.stderr}"
    digest, counted = _DIGEST.search(done.stdout), _CASES.search(done.stdout)
    assert digest is not None, done.stdout
    assert counted is not None, done.stdout
    return Found(isa, int(counted[1]), digest[1], done.stdout)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all cases with every instruction set; return 1 where their bytes differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.codec", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="default: one per core")
    parser.add_argument("--isa", action="append", choices=ISAS, help="repeatable; default all of this CPU")
    chosen = parser.parse_args(arguments)
    found = []
    with built() as folder:
        for isa in chosen.isa or isas():
            found.append(run(folder, isa, cases=chosen.cases, seed=chosen.seed, threads=chosen.threads))
            print(f"SIMDPREP_ISA={isa}", found[-1].text, sep="\n", flush=True)
    if len({entry.digest for entry in found}) > 1:
        print("stored bytes: got other ones from another instruction set, expected the same", file=sys.stderr)
        return 1
    print(f"{sum(entry.cases for entry in found)} cases passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
