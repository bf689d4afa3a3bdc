"""Toy jets with tracks, in three classes a network can tell apart."""

from __future__ import annotations

from functools import partial
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from ..errors import SimdprepError
from .toy import BLOCK, Block, Columns, azimuth, falling, generate, hardest_first, owners

#: Names of the classes, by the number in the field ``flavour``.
CLASSES = ("light", "c", "b")

#: How often each class occurs, how many tracks it has relative to the mean, what share of them is
#: displaced, and by how many standard deviations on average.
_FREQUENCY = np.array([0.5, 0.2, 0.3])
_MULTIPLICITY = np.array([0.92, 1.0, 1.13])
_DISPLACED = np.array([0.03, 0.25, 0.5])
_DISPLACEMENT = np.array([2.0, 4.0, 8.0])

_STREAM = 2


def toy_jets(
    num_entries: int, *, mean_tracks: float = 10.0, jets_per_event: float | None = None, seed: int = 0, start: int = 0
) -> ak.Array:
    """Make jets with tracks, one jet per entry or several.

    The field ``flavour`` of a jet is its class (0 light, 1 c, 2 b: :data:`CLASSES`); b jets have
    more, and more displaced, tracks, so that a small network's loss falls. A track has 20 float32
    fields, four of small integers and one bool; some jets have no track. Momenta are in GeV,
    lengths in mm.

    Args:
        num_entries: How many entries.
        mean_tracks: Mean number of tracks of a jet.
        jets_per_event: ``None``: an entry is a jet. Else an entry is an event, with this many jets
            on average.
        seed: Which sample; an entry depends on it, on its number and on the two means alone.
        start: Number of the first entry.

    Returns:
        Records, one per entry, of ``eventNumber``, ``jets`` and ``tracks``: a record and a list of
        records when an entry is a jet; a list and a list of lists when it is an event.

    Raises:
        SimdprepError: a negative number.
    """
    for what, value in (("mean_tracks", mean_tracks), ("jets_per_event", jets_per_event or 0)):
        if value < 0:
            raise SimdprepError(what, got=value, expected="zero or more")
    make = partial(_block, mean_tracks=mean_tracks, jets_per_event=jets_per_event)
    return generate(make, num_entries, seed=seed, start=start, stream=_STREAM)


def _block(rng: np.random.Generator, first: int, *, mean_tracks: float, jets_per_event: float | None) -> Block:
    block = Block()
    block.scalars["eventNumber"] = np.arange(first, first + BLOCK, dtype=np.uint64)
    if jets_per_event is None:
        counts = np.ones(BLOCK, np.int64)
        jets = _jets(rng, counts)
        block.records["jets"] = jets
    else:
        counts = rng.poisson(jets_per_event, BLOCK)
        jets = _jets(rng, counts)
        block.counts["jets"] = counts
        block.lists["jets"] = jets
        block.parents["tracks"] = "jets"
    block.counts["tracks"] = rng.poisson(mean_tracks * _MULTIPLICITY[jets["flavour"]])
    block.lists["tracks"] = _tracks(rng, jets, block.counts["tracks"])
    return block


def _jets(rng: np.random.Generator, counts: NDArray[np.int64]) -> Columns:
    owner = owners(counts)
    size = len(owner)
    pt = falling(rng, size, least=20, power=3.5, most=3000)
    flavour = rng.choice(3, size, p=_FREQUENCY)
    mass = pt * (0.1 + 0.02 * flavour) * np.exp(rng.normal(0, 0.25, size))
    eta = rng.normal(0, 1.2, size).clip(-2.5, 2.5)
    return hardest_first(
        {
            "pt": pt.astype(np.float32),
            "eta": eta.astype(np.float32),
            "phi": rng.uniform(-np.pi, np.pi, size).astype(np.float32),
            "mass": mass.astype(np.float32),
            "energy": np.hypot(pt * np.cosh(eta), mass).astype(np.float32),
            "flavour": flavour.astype(np.int32),
            "weight": rng.gamma(4, 0.25, size).astype(np.float32),
            "is_matched": rng.random(size) < 0.97,
        },
        owner,
    )


def _tracks(rng: np.random.Generator, jets: Columns, counts: NDArray[np.int64]) -> Columns:
    jet = owners(counts)
    size = len(jet)
    axis = {name: jets[name][jet].astype(np.float64) for name in ("pt", "eta", "phi")}
    flavour = jets["flavour"][jet]

    share = rng.exponential(1, size)
    share *= 0.6 / np.bincount(jet, share, minlength=len(counts))[jet]  # the rest of a jet is neutral
    pt = axis["pt"] * share
    spread = 0.4 / np.sqrt(1 + pt)
    deta, dphi = spread * rng.normal(0, 1, size), spread * rng.normal(0, 1, size)
    theta = 2 * np.arctan(np.exp(-(axis["eta"] + deta)))
    charge = np.where(rng.random(size) < 0.5, -1, 1)

    displaced = rng.random(size) < _DISPLACED[flavour]
    significance = rng.normal(0, 1, size) + displaced * rng.exponential(_DISPLACEMENT[flavour])
    longitudinal = rng.normal(0, 1, size) + displaced * rng.normal(0, 2, size)
    d0_uncertainty = 0.01 + 0.08 / (1 + pt)
    z0_uncertainty = 0.03 + 0.15 / (1 + pt)
    relative = 0.01 + 1e-4 * pt

    floats: dict[str, NDArray[Any]] = {
        "pt": pt,
        "eta": axis["eta"] + deta,
        "phi": azimuth(axis["phi"] + dphi),
        "theta": theta,
        "deta": deta,
        "dphi": dphi,
        "dr": np.hypot(deta, dphi),
        "ptfrac": share,
        "qOverP": charge * np.sin(theta) / pt,
        "d0": significance * d0_uncertainty,
        "z0SinTheta": longitudinal * z0_uncertainty,
        "d0Uncertainty": d0_uncertainty,
        "z0SinThetaUncertainty": z0_uncertainty,
        "thetaUncertainty": 1e-3 * (1 + rng.exponential(0.2, size)),
        "phiUncertainty": 1e-3 * (1 + rng.exponential(0.2, size)),
        "qOverPUncertainty": relative * np.sin(theta) / pt,
        "signed_d0_significance": significance,
        "signed_z0_significance": longitudinal,
        "chiSquaredOverNDoF": rng.gamma(10, 0.1, size),
        "time": rng.normal(0, 0.18, size),
    }
    columns: Columns = {name: values.astype(np.float32) for name, values in floats.items()}
    columns |= {
        "charge": charge.astype(np.int8),
        "numberOfPixelHits": rng.poisson(4.5, size).astype(np.uint8),
        "numberOfSCTHits": rng.poisson(8, size).astype(np.int16),
        "origin": np.where(displaced, flavour, 0).astype(np.uint16),
        "is_displaced": displaced,
    }
    return hardest_first(columns, jet)
