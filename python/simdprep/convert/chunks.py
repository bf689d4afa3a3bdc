"""Chunks: the stored events of all inputs, step by step, with what became of every entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import SimdprepError
from ..readers import STEP_BYTES
from ..transforms import CutFlow
from .inputs import Inputs
from .provenance import Origin
from .recipe import Recipe
from .summary import Skipped

if TYPE_CHECKING:
    import awkward as ak


@dataclass(frozen=True)
class Chunk:
    """A step of one input.

    Attributes:
        events: The stored events; ``None`` where the entries could not be read.
        origin: Which entries of which input they are.
        flow: What selections dropped.
        num_entries: Entries of the input in this step.
        missing_lists: Lists that were missing altogether and count as empty.
        lost_links: Cross references that lead nowhere and were left out, by object and reason.
        skipped: Why the entries could not be read.
    """

    events: ak.Array | None
    origin: Origin
    flow: CutFlow
    num_entries: int
    missing_lists: int = 0
    lost_links: Counter[str] = field(default_factory=Counter)
    skipped: Skipped | None = None


def chunks(recipe: Recipe, inputs: Inputs, *, step_bytes: int = STEP_BYTES) -> Iterator[Chunk]:
    """Read the inputs step by step, in bounded memory.

    Args:
        recipe: What is read and stored.
        inputs: The files; with ``skip_bad_files`` what cannot be read is recorded instead of raised.
        step_bytes: Uncompressed bytes that a step aims at.

    Raises:
        InputError: an input cannot be read or does not fit the first.
    """
    for source, start, stop in inputs.ranges(record=True):
        try:
            recipe.check(source)
            steps = source.steps(recipe.grouping.branch_names, target_bytes=step_bytes, start=start, stop=stop)
            inputs.surplus.update(dict.fromkeys(recipe.surplus(source)))
        except SimdprepError as error:
            if not inputs.skips(error):
                raise
            yield _skipped(source.path, source.identity, start, stop, error)
            continue
        for first, last in steps:
            before, before_links = source.missing_lists.total(), source.lost_links.copy()
            try:
                selection = recipe.select(source, first, last)
                events = recipe.stored(selection.events)
            except SimdprepError as error:
                if not inputs.skips(error):
                    raise
                yield _skipped(source.path, source.identity, first, last, error)
                continue
            kept = None if selection.keep.all() else selection.keep
            origin = Origin(source.identity, first, last, kept)
            missing = source.missing_lists.total() - before
            yield Chunk(events, origin, selection.flow, last - first, missing, source.lost_links - before_links)


def _skipped(path: str, identity: dict[str, str | int], start: int, stop: int, error: SimdprepError) -> Chunk:
    skipped = Skipped.of(error, path, f"{start}:{stop}")
    return Chunk(None, Origin(identity, start, stop), CutFlow(), stop - start, skipped=skipped)
