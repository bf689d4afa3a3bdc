"""Figures: the table of the README and those of docs/codec.md, made from the results.

    python -m benchmarks.figures

puts them between their marks, such as ``<!-- figures -->`` and ``<!-- /figures -->``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import codec_figures
from .question import THREADS
from .result import FOLDER

README = FOLDER.parent.parent / "README.md"
CODEC_PAGE = README.parent / "docs" / "codec.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"

#: The questions shown, in the order of the data's way.
SHOWN = ("pad", "write", "read", "load", "convert")

Results = Sequence[Mapping[str, Any]]


def results(folder: Path = FOLDER) -> Results:
    """Return the kept results of the questions shown; those never taken are left out."""
    paths = [folder / f"{name}.json" for name in SHOWN]
    return [json.loads(path.read_text()) for path in paths if path.is_file()]


def table(found: Results) -> str:
    """Return the figures as Markdown: one line per case and peer, and what they were taken on."""
    heads = ["", "against", *(f"{count} thread{'s' * (count > 1)}" for count in THREADS), "size", "memory"]
    lines = [_line(heads), _line(["---"] * len(heads))]
    lines += [_line(row) for result in found for row in _rows(result)]
    return "\n".join([*lines, "", *_notes(found)])


def replaced(text: str, figures: str, *, begin: str = BEGIN, end: str = END) -> str:
    """Return a page with what stands between two marks replaced.

    Raises:
        ValueError: the page has no place for them.
    """
    before, found_begin, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"figures: got a page without {begin} and {end}, expected both")
    return f"{before}{begin}\n{figures}\n{end}{after}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _rows(result: Mapping[str, Any]) -> Iterator[list[str]]:
    for case in result["cases"]:
        memory = {(run["name"], run["threads"]): _added(run["memory"]) for run in case["runs"]}
        names = dict.fromkeys((ratio["ours"], ratio["peer"]) for ratio in case["ratios"])
        for ours, peer in names:
            found = {
                ratio["threads"]: ratio for ratio in case["ratios"] if (ratio["ours"], ratio["peer"]) == (ours, peer)
            }
            most = found[max(found)]
            title = f"{result['asks']}: {case['case']}" + ours.removeprefix("simdprep")
            yield [
                title,
                peer,
                *(_speed(found[count]["speed"]) if count in found else "–" for count in THREADS),
                "–" if most["file_size"] is None else f"{most['file_size']:.2f}",
                _memory(memory[ours, max(found)], memory.get((peer, max(found)), memory.get((peer, 1)))),
            ]


def _speed(spread: Mapping[str, float]) -> str:
    """Median and quartiles, with as many digits as they deserve."""
    digits = 0 if spread["median"] >= 10 else 1
    median, low, high = (f"{spread[key]:.{digits}f}" for key in ("median", "low", "high"))
    return f"**{median}×** ({low}–{high})"


def _added(memory: Mapping[str, int] | None) -> int | None:
    return None if memory is None else memory["peak"] - memory["before"]


def _memory(ours: int | None, peer: int | None) -> str:
    return "–" if ours is None or peer is None else f"{ours / 1e6:,.0f} / {peer / 1e6:,.0f} MB"


def _notes(found: Results) -> Iterator[str]:
    yield (
        "How many times as fast, median (and quartiles) of runs in turns; the peers use one thread, a thread pool as "
        "many as ours. Size is that of the file against the peer's. Memory is what a run adds at its peak, with the "
        "most threads, to what was resident before, ours and the peer's."
    )
    taken: dict[str, list[str]] = {}
    for result in found:
        taken.setdefault(_conditions(result), []).append(result["question"])
    for conditions, questions in taken.items():
        which = "" if len(taken) == 1 else f" ({', '.join(questions)})"
        yield ""
        yield f"Taken{which} on {conditions}. `python -m benchmarks` takes them again."
    yield ""
    yield "; ".join(f"{name}: {what}" for name, what in _cases(found).items()) + "."


def _conditions(result: Mapping[str, Any]) -> str:
    machine, versions = result["machine"], result["versions"]
    return (
        f"{machine['model']}, {machine['cores']} cores, {machine['simd']}, with simdprep {versions['simdprep']} "
        f"({versions['deflate']}), h5py {versions['h5py']} (HDF5 {versions['hdf5']}), awkward {versions['awkward']}, "
        f"uproot {versions['uproot']}, numpy {versions['numpy']}"
    )


def _cases(found: Results) -> dict[str, str]:
    """What is in each case, the layouts of one told once."""
    return {case["case"].partition(",")[0]: case["what"] for result in found for case in result["cases"]}


def main() -> None:
    """Write the tables into the README and the page of the codec."""
    README.write_text(replaced(README.read_text(), table(results())))
    kept = FOLDER / "codec.json"
    if kept.is_file():
        tables = codec_figures.codec_tables(json.loads(kept.read_text()))
        text = replaced(CODEC_PAGE.read_text(), tables, begin=codec_figures.BEGIN, end=codec_figures.END)
        CODEC_PAGE.write_text(text)


if __name__ == "__main__":
    main()
