"""Codec figures: the tables of docs/codec.md, made from the results of the codec question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .bench_codec import BEST_GZIP_9, GZIP_4
from .measure import QUIET

BEGIN, END = "<!-- codec figures -->", "<!-- /codec figures -->"

#: The case whose speeds are shown.
HEADLINE = "toy tracks, columns"

#: Columns of the table of sizes, beside ours.
_OURS = ("simdprep", "simdprep gzip:9")

Result = Mapping[str, Any]


def codec_tables(result: Result) -> str:
    """Return the speeds of the headline and the sizes of all cases as Markdown."""
    return "\n".join([*_speeds(result), "", *_sizes(result)])


def _speeds(result: Result) -> Iterator[str]:
    case = next(entry for entry in result["cases"] if entry["case"] == HEADLINE)
    runs = {(run["name"], run["threads"]): run for run in case["runs"]}
    base = runs[GZIP_4, 1]
    counts = sorted({count for _, count in runs})
    threads = " | ".join(f"{count} thread{'s' * (count > 1)}" for count in counts)
    yield f"{case['what']}, how many times as fast as {GZIP_4}, and its size:"
    if case["others"] > QUIET:
        yield ""
        yield f"(Other programs used {case['others']:.0%} of the processors meanwhile, which costs threads the most.)"
    yield ""
    yield f"|  | {threads} | size |"
    yield "|---" * (len(counts) + 2) + "|"
    for name in dict.fromkeys(name for name, _ in runs if name != BEST_GZIP_9):
        found = {count: runs[name, count] for count in counts if (name, count) in runs}
        speeds = [_speed(base, found.get(count)) for count in counts]
        chunk_bytes = next(iter(found.values()))["chunk_bytes"]
        size = "–" if chunk_bytes is None else f"{chunk_bytes / base['chunk_bytes']:.3f}"
        yield f"| {name} | {' | '.join(speeds)} | {size} |"


def _speed(base: Mapping[str, Any], run: Mapping[str, Any] | None) -> str:
    if run is None:
        return "–"
    ratio = base["seconds"]["median"] / run["seconds"]["median"]
    return f"{ratio:.{0 if ratio >= 10 else 1 if ratio >= 0.1 else 2}f}×"


def _sizes(result: Result) -> Iterator[str]:
    yield "Sizes against HDF5's, ours at the default and at `gzip:9`; *best* is the smaller of shuffled and not, for"
    yield "every dataset by itself:"
    yield ""
    heads = [
        f"{ours.removeprefix('simdprep').strip() or 'gzip'} / {peer}"
        for ours in _OURS
        for peer in ("gzip 4", "best gzip 9")
    ]
    yield f"|  | {' | '.join(heads)} |"
    yield "|---" * (len(heads) + 1) + "|"
    for case in result["cases"]:
        sizes = {(ratio["ours"], ratio["peer"]): ratio["chunk_size"] for ratio in case["ratios"]}
        found: Sequence[float | None] = [sizes.get((ours, peer)) for ours in _OURS for peer in (GZIP_4, BEST_GZIP_9)]
        yield f"| {case['case']} | {' | '.join('–' if size is None else f'{size:.3f}' for size in found)} |"
