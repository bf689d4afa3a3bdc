"""Expressions: ten terms, as one compiled loop and as awkward would be written by hand. The peer uses one thread.

What the first process of all takes to compile, and the next to load, is told on the way.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from simdprep.transforms import ObjectRules, Rules, apply, parse

from .cases import Size
from .question import Contender, Target

PEER = "awkward, by hand"

ASKS = "a derived field of ten terms"
TARGETS = (
    Target(PEER, 1, "speed", 5.0, ("a field of jets", "a flat field")),
    Target(PEER, 4, "speed", 5.0, ("a field of events",)),
)

JETS = (
    "log(pt) + 0.5 * eta ** 2 - 2 * abs(delta_phi(phi, MET_phi)) + mass / pt + pt / sum(pt) + sqrt(mass)"
    " + hypot(eta - lead.eta, delta_phi(phi, lead.phi)) + where(pt > 50 & abs(eta) < 2.5, 1, -1) + exp(-mass / 10)"
    " - MET_pt / 100"
)
EVENTS = (
    "sum(Jet.pt) / MET_pt + num(Jet) + max(Jet.pt * exp(-Jet.mass / 10)) - min(abs(Jet.eta)) + log(MET_pt)"
    " + sum(Jet.pt > 50 & abs(Jet.eta) < 2.5) + where(any(Jet.pt > 200), 1, -1) + abs(delta_phi(Jet[0].phi, MET_phi))"
    " + hypot(Jet[0].eta - Jet[1].eta, delta_phi(Jet[0].phi, Jet[1].phi)) - sqrt(Jet[1].mass)"
)


FLAT = (
    "log(MET_pt) + 0.5 * eta ** 2 - 2 * abs(delta_phi(phi, MET_phi)) + mass / MET_pt + sqrt(mass) + hypot(MET_pt, mass)"
    " + where(MET_pt > 50 & abs(eta) < 2.5, 1, -1) + exp(-mass / 10) - eta / 100 + MET_pt * mass"
)


def _delta_phi(a: ak.Array, b: ak.Array) -> ak.Array:
    return (a - b + np.pi) % (2 * np.pi) - np.pi


def jets_by_hand(events: ak.Array) -> ak.Array:
    """Return what ``JETS`` says."""
    jets = events.Jet
    pt, eta, phi, mass = jets.pt, jets.eta, jets.phi, jets.mass
    return (
        np.log(pt)
        + 0.5 * eta**2
        - 2 * abs(_delta_phi(phi, events.MET_phi))
        + mass / pt
        + pt / ak.sum(pt, axis=-1)
        + np.sqrt(mass)
        + np.hypot(eta - ak.firsts(eta), _delta_phi(phi, ak.firsts(phi)))
        + ak.where((pt > 50) & (abs(eta) < 2.5), 1, -1)
        + np.exp(-mass / 10)
        - events.MET_pt / 100
    )


def events_by_hand(events: ak.Array) -> ak.Array:
    """Return what ``EVENTS`` says."""
    jets, met, met_phi = events.Jet, events.MET_pt, events.MET_phi
    pt, eta, mass = jets.pt, jets.eta, jets.mass
    two = ak.pad_none(jets, 2)
    one, other = two[:, 0], two[:, 1]
    return (
        ak.sum(pt, axis=-1) / met
        + ak.num(pt)
        + ak.max(pt * np.exp(-mass / 10), axis=-1)
        - ak.min(abs(eta), axis=-1)
        + np.log(met)
        + ak.sum((pt > 50) & (abs(eta) < 2.5), axis=-1)
        + ak.where(ak.any(pt > 200, axis=-1), 1, -1)
        + abs(_delta_phi(one.phi, met_phi))
        + np.hypot(one.eta - other.eta, _delta_phi(one.phi, other.phi))
        - np.sqrt(other.mass)
    )


def flat_by_hand(events: ak.Array) -> ak.Array:
    """Return what ``FLAT`` says."""
    met, eta, mass = events.MET_pt, events.eta, events.mass
    return (
        np.log(met)
        + 0.5 * eta**2
        - 2 * abs(_delta_phi(events.phi, events.MET_phi))
        + mass / met
        + np.sqrt(mass)
        + np.hypot(met, mass)
        + ak.where((met > 50) & (abs(eta) < 2.5), 1, -1)
        + np.exp(-mass / 10)
        - eta / 100
        + met * mass
    )


@dataclass(frozen=True)
class Case:
    """An expression and the same by hand."""

    name: str
    what: str
    num_events: int
    object: str
    text: str
    by_hand: Callable[[ak.Array], ak.Array]


@dataclass(frozen=True)
class Prepared:
    """Events and what is computed of them."""

    case: Case
    events: ak.Array
    rules: Rules


def with_simdprep(prepared: Prepared, threads: int) -> ak.Array:
    """Compute with compiled loops."""
    events = apply(prepared.events, prepared.rules, engine="numba", threads=threads).events
    return events.result if prepared.case.object == "events" else events[prepared.case.object].result


def cases(size: Size) -> Sequence[Case]:
    num_events = {"tiny": 200, "quick": 20_000, "full": 200_000}[size]
    what = f"{num_events:,} events of 10 jets on average, float32 fields"
    return [
        Case("a field of jets", what, num_events, "Jet", JETS, jets_by_hand),
        Case("a field of events", what, num_events, "events", EVENTS, events_by_hand),
        Case("a flat field", f"{num_events:,} events, float32 fields", num_events, "events", FLAT, flat_by_hand),
    ]


def prepare(case: Case, folder: Path) -> Prepared:
    rules = Rules({case.object: ObjectRules(derived={"result": parse(case.text)})})
    prepared = Prepared(case, _events(case.num_events), rules)
    if case.num_events > 1000:
        first, second = (_seconds_of_a_process(case, folder) for _ in "12")
        line = f"  first process: compiles for {first:.2f} s; the next loads it in {second:.3f} s"
        print(line, file=sys.stderr, flush=True)
    return prepared


def contenders(prepared: Prepared, threads: Sequence[int]) -> list[Contender]:
    rows = prepared.case.num_events
    ours = [
        Contender("simdprep", partial(with_simdprep, prepared, count), rows, count, is_ours=True) for count in threads
    ]
    return [Contender(PEER, partial(prepared.case.by_hand, prepared.events), rows), *ours]


def check(prepared: Prepared, results: Mapping[str, ak.Array]) -> None:
    expected = results[PEER]
    if expected.ndim > 1:  # where there is no first jet, awkward has a missing list and we an empty one
        expected = ak.fill_none(expected, [], axis=0)
    for values in (found for name, found in results.items() if name != PEER):
        assert ak.is_none(values, axis=-1).to_list() == ak.is_none(expected, axis=-1).to_list()
        np.testing.assert_allclose(_flat(values), _flat(expected), rtol=1e-5, atol=1e-4)


def _flat(values: ak.Array) -> NDArray[np.float64]:
    return ak.to_numpy(ak.drop_none(ak.flatten(values, axis=None)))


def _events(num_events: int) -> ak.Array:
    rng = np.random.default_rng(11)
    counts = rng.poisson(10, num_events)
    size = int(counts.sum())

    def angle(number: int) -> NDArray[np.float32]:
        return rng.uniform(-np.pi, np.pi, number).astype(np.float32)

    def falling(scale: float, low: float, number: int) -> NDArray[np.float32]:
        return (rng.exponential(scale, number) + low).astype(np.float32)

    jets = ak.zip(
        {
            "pt": falling(50, 20, size),
            "eta": rng.normal(0, 1.5, size).astype(np.float32),
            "phi": angle(size),
            "mass": falling(8, 0, size),
        }
    )
    own = {
        "MET_pt": falling(50, 1, num_events),
        "MET_phi": angle(num_events),
        "eta": rng.normal(0, 1.5, num_events).astype(np.float32),
        "phi": angle(num_events),
        "mass": falling(8, 0, num_events),
    }
    return ak.zip({"Jet": ak.unflatten(jets, counts), **own}, depth_limit=1)


_PROGRAM = """
import sys
from benchmarks import bench_expressions
from simdprep.transforms import kernel_cache
case = next(case for case in bench_expressions.cases("tiny") if case.name == sys.argv[1])
bench_expressions.with_simdprep(bench_expressions.prepare(case, None), 1)
print(kernel_cache.compilations().seconds)
"""


def _seconds_of_a_process(case: Case, folder: Path) -> float:
    """Return how long a new process, with the kernels of ``folder``, waits for its kernel."""
    command = [sys.executable, "-c", _PROGRAM, case.name]
    home = Path(__file__).resolve().parent.parent
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    return float(subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=True).stdout)
