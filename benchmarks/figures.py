"""Figures: the tables of the README, docs/figures.md and docs/codec.md, made from the results.

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
FIGURES_PAGE = README.parent / "docs" / "figures.md"
CODEC_PAGE = README.parent / "docs" / "codec.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"

#: The questions shown, in the order of the data's way. The sizes of the codec have their own page.
SHOWN = (
    "pad", "fuse", "write", "cpp", "merge", "read", "load", "convert", "scale", "expressions", "balance", "normalise",
    "prepare",
)  # fmt: skip

Results = Sequence[Mapping[str, Any]]

_THREADS = [f"{count} thread{'s' * (count > 1)}" for count in THREADS]


def results(folder: Path = FOLDER) -> Results:
    """Return the kept results of the questions shown; those never taken are left out."""
    paths = [folder / f"{name}.json" for name in SHOWN]
    return [json.loads(path.read_text()) for path in paths if path.is_file()]


def headlines(found: Results) -> str:
    """Return the speeds that have a target as Markdown, of every question and peer the first case."""
    lines = [_line(["", "against", *_THREADS]), _line(["---"] * (2 + len(THREADS)))]
    for result in found:
        cases = {case["case"]: case for case in result["cases"]}
        aims = [aim for aim in result["targets"] if aim["what"] == "speed" and aim["ours"] == "simdprep"]
        for peer, name in {aim["peer"]: aim["case"] for aim in reversed(aims)}.items():
            speeds = _speeds(cases[name], "simdprep", peer)
            if speeds:
                lines.append(_line([f"{result['asks']}: {name}", peer, *_by_threads(speeds)]))
    return "\n".join([*lines, "", *_notes(found)])


def tables(found: Results) -> str:
    """Return all figures as Markdown: of each question a table with one line per case, contender and peer."""
    lines: list[str] = []
    for result in found:
        lines += [f"## {result['question']}: {result['asks']}", ""]
        lines += [_line(["", "against", *_THREADS, "size", "memory"]), _line(["---"] * (4 + len(THREADS)))]
        lines += [*map(_line, _rows(result)), ""]
        lines += [f"{_cases(result)}.", ""]
    return "\n".join([*lines, *_notes(found)])


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
            found = _speeds(case, ours, peer)
            most = found[max(found)]
            yield [
                case["case"] + ours.removeprefix("simdprep"),
                peer,
                *_by_threads(found),
                "–" if most["file_size"] is None else f"{most['file_size']:.2f}",
                _memory(memory[ours, max(found)], memory.get((peer, max(found)), memory.get((peer, 1)))),
            ]


def _speeds(case: Mapping[str, Any], ours: str, peer: str) -> dict[int, Mapping[str, Any]]:
    """Return the ratios to one peer by number of threads."""
    pair = (ours, peer)
    return {ratio["threads"]: ratio for ratio in case["ratios"] if (ratio["ours"], ratio["peer"]) == pair}


def _by_threads(found: Mapping[int, Mapping[str, Any]]) -> list[str]:
    return [_speed(found[count]["speed"]) if count in found else "–" for count in THREADS]


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
    taken: dict[str, list[str]] = {}
    for result in found:
        taken.setdefault(_conditions(result), []).append(result["question"])
    for conditions, questions in taken.items():
        which = "" if len(taken) == 1 else f" ({', '.join(questions)})"
        yield f"Taken{which} {conditions}."


def _conditions(result: Mapping[str, Any]) -> str:
    machine, versions = result["machine"], result["versions"]
    return (
        f"{machine['date']} on {machine['model']}, {machine['cores']} cores, {machine['simd']}, with simdprep "
        f"{versions['simdprep']} ({versions['deflate']}), h5py {versions['h5py']} (HDF5 {versions['hdf5']}), "
        f"awkward {versions['awkward']}, uproot {versions['uproot']}, numpy {versions['numpy']}"
    )


def _cases(result: Mapping[str, Any]) -> str:
    """What is in each case, the layouts of one told once."""
    cases = {case["case"].partition(",")[0]: case["what"] for case in result["cases"]}
    return "; ".join(f"{name}: {what}" for name, what in cases.items())


def main() -> None:
    """Write the tables into the README and the pages."""
    found = results()
    README.write_text(replaced(README.read_text(), headlines(found)))
    FIGURES_PAGE.write_text(replaced(FIGURES_PAGE.read_text(), tables(found)))
    kept = FOLDER / "codec.json"
    if kept.is_file():
        text = codec_figures.codec_tables(json.loads(kept.read_text()))
        page = replaced(CODEC_PAGE.read_text(), text, begin=codec_figures.BEGIN, end=codec_figures.END)
        CODEC_PAGE.write_text(page)


if __name__ == "__main__":
    main()
