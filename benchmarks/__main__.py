"""The command ``python -m benchmarks``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .result import FOLDER, Verdict
from .session import run

#: In the order of the data's way.
QUESTIONS = (
    "pad", "fuse", "expressions", "balance", "normalise", "codec", "write", "cpp", "merge", "read", "load", "convert",
    "scale", "prepare", "level",
)  # fmt: skip


def main(words: Sequence[str] | None = None) -> int:
    """Run the questions asked for, by default those of the command line; return 1 where a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="simdprep against what people use today")
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=f"of {', '.join(QUESTIONS)}; default all")
    parser.add_argument("--quick", action="store_true", help="less data and fewer rounds; the results are not kept")
    parser.add_argument("--rounds", type=int, help="how often each contender is timed")
    parser.add_argument(
        "--patience", type=float, metavar="S", help="seconds that a case waits for a quiet machine; default 300"
    )
    parser.add_argument("--no-memory", action="store_true", help="leave peak memory out")
    arguments = parser.parse_args(words)
    unknown = set(arguments.questions) - set(QUESTIONS)
    if unknown:
        parser.error(f"question: got {', '.join(sorted(unknown))}, expected some of {', '.join(QUESTIONS)}")
    targets: list[Verdict] = []
    for name in arguments.questions or QUESTIONS:
        result = run(
            name,
            "quick" if arguments.quick else "full",
            rounds=arguments.rounds,
            memory=not arguments.no_memory,
            patience=arguments.patience,
            told=lambda line: print(line, file=sys.stderr, flush=True),
        )
        print(*result.lines(), sep="\n", flush=True)
        if not arguments.quick:
            print(f"  kept in {result.write(FOLDER).relative_to(FOLDER.parent.parent)}", flush=True)
        targets += result.targets
    print(f"targets: {sum(target.met for target in targets)} of {len(targets)} met")
    print(*(f"  {target.line()}" for target in targets), sep="\n")
    return 0 if all(target.met for target in targets) else 1


if __name__ == "__main__":
    sys.exit(main())
