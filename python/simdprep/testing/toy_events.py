"""Toy collisions that look like NanoAOD."""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from .toy import BLOCK, Block, Columns, azimuth, falling, generate, hardest_first, owners, rounded, slots

MUON_MASS = 0.10566
ELECTRON_MASS = 0.000511
PION_MASS = 0.13957
Z_MASS, Z_WIDTH = 91.19, 2.5

#: Share of the events that hold a Z boson which decayed to two muons.
Z_SHARE = 0.4

_STREAM = 1


def toy_events(num_events: int, *, seed: int = 0, start: int = 0) -> ak.Array:
    """Make events in the form that readers give for NanoAOD.

    Event ``i`` of a seed is always the same, so ``toy_events(10, start=90)`` are the last of
    ``toy_events(100)``. Momenta fall steeply, two in five events hold a dimuon pair at the Z mass,
    objects come hardest first, floats carry 10-12 bits of mantissa, some events have no object of a
    kind. Energies and momenta are in GeV, lengths in cm, angles in rad.

    Args:
        num_events: How many.
        seed: Which sample.
        start: Number of the first event.

    Returns:
        Records, one per event: the numbers ``run``, ``luminosityBlock``, ``event``,
        ``bunchCrossing``, ``genWeight``, ``PV_npvs``, ``Pileup_nTrueInt``, ``LHE_Njets``,
        ``MET_pt``, ``MET_phi``, ``HLT_IsoMu24``, ``HLT_PFMET120``; the objects ``Muon``,
        ``Electron``, ``Jet``; and ``PFCands``, all constituents of an event in one list, whose
        ``jetIdx`` is the position of their jet or -1.
    """
    return generate(_block, num_events, seed=seed, start=start, stream=_STREAM)


def _block(rng: np.random.Generator, first: int) -> Block:
    block = Block()
    has_z = rng.random(BLOCK) < Z_SHARE
    counts = {
        "Muon": rng.poisson(0.5, BLOCK) + 2 * has_z,
        "Electron": rng.poisson(0.8, BLOCK),
        "Jet": rng.poisson(4.5, BLOCK),
    }
    block.counts.update(counts)
    block.lists["Muon"] = _muons(rng, counts["Muon"], has_z, counts["Jet"])
    block.lists["Electron"] = _electrons(rng, counts["Electron"])
    block.lists["Jet"] = _jets(rng, counts["Jet"], counts["Muon"])
    block.counts["PFCands"], block.lists["PFCands"] = _candidates(rng, block.lists["Jet"], counts["Jet"])
    block.scalars = _scalars(rng, first, has_muon=counts["Muon"] > 0)
    return block


def _scalars(rng: np.random.Generator, first: int, *, has_muon: NDArray[np.bool_]) -> Columns:
    number = np.arange(first, first + BLOCK)
    pileup = rng.normal(35, 8, BLOCK).clip(1, 90)
    missing = rng.exponential(28, BLOCK)
    weight = np.where(rng.random(BLOCK) < 0.12, -1.0, 1.0) * 512.25
    return {
        "run": np.full(BLOCK, 370_000, np.uint32) + (number // 20_000).astype(np.uint32),
        "luminosityBlock": (number // 400 + 1).astype(np.uint32),
        "event": (number * 7 + 4_000_000_000).astype(np.uint64),  # beyond 32 bits
        "bunchCrossing": rng.integers(1, 3564, BLOCK).astype(np.uint16),
        "genWeight": weight.astype(np.float32),
        "PV_npvs": rng.poisson(pileup * 0.8).clip(1, 200).astype(np.uint8),
        "Pileup_nTrueInt": pileup.astype(np.float32),
        "LHE_Njets": rng.integers(-1, 5, BLOCK).astype(np.int8),
        "MET_pt": rounded(missing, bits=12),
        "MET_phi": _angle(rng, BLOCK),
        "HLT_IsoMu24": has_muon & (rng.random(BLOCK) < 0.7),
        "HLT_PFMET120": missing > 120 * rng.normal(1, 0.1, BLOCK),
    }


def _muons(rng: np.random.Generator, counts: Any, has_z: NDArray[np.bool_], jet_counts: Any) -> Columns:
    owner, slot = owners(counts), slots(counts)
    size = len(owner)
    pt = 3 + rng.exponential(18, size)
    eta = rng.normal(0, 1.2, size).clip(-2.4, 2.4)
    phi = rng.uniform(-np.pi, np.pi, size)
    charge = np.where(rng.random(size) < 0.5, -1, 1)

    # The first two muons of a Z: opposite charge, nearly back to back, and the second momentum
    # chosen so that their mass is the one drawn.
    one = np.flatnonzero(has_z[owner] & (slot == 0))
    two = one + 1
    mass = (Z_MASS + Z_WIDTH / 2 * np.tan(np.pi * (rng.random(len(one)) - 0.5))).clip(60, 120)
    pt[one] = rng.normal(45, 8, len(one)).clip(15, 120)
    eta[two] = (eta[one] + rng.normal(0, 0.8, len(one))).clip(-2.4, 2.4)
    phi[two] = azimuth(phi[one] + np.pi + rng.normal(0, 0.3, len(one)))
    charge[two] = -charge[one]
    pt[two] = mass**2 / (2 * pt[one] * (np.cosh(eta[one] - eta[two]) - np.cos(phi[one] - phi[two])))

    tight = rng.random(size) < 0.8
    return hardest_first(
        {
            "pt": pt.astype(np.float32),
            "eta": eta.astype(np.float32),
            "phi": phi.astype(np.float32),
            "mass": np.full(size, MUON_MASS, np.float32),
            "charge": charge.astype(np.int32),
            "dxy": rounded(rng.normal(0, 0.004, size), bits=10),
            "dz": rounded(rng.normal(0, 0.01, size), bits=10),
            "pfRelIso04_all": rounded(rng.exponential(0.08, size), bits=10),
            "jetIdx": _index(rng, jet_counts[owner], share=0.3),
            "nStations": rng.integers(0, 5, size).astype(np.uint8),
            "mediumId": tight | (rng.random(size) < 0.5),
            "tightId": tight,
        },
        owner,
    )


def _electrons(rng: np.random.Generator, counts: Any) -> Columns:
    owner = owners(counts)
    size = len(owner)
    charge = np.where(rng.random(size) < 0.5, -1, 1)
    return hardest_first(
        {
            "pt": (5 + rng.exponential(15, size)).astype(np.float32),
            "eta": rng.normal(0, 1.3, size).clip(-2.5, 2.5).astype(np.float32),
            "phi": rng.uniform(-np.pi, np.pi, size).astype(np.float32),
            "mass": np.full(size, ELECTRON_MASS, np.float32),
            "charge": charge.astype(np.int32),
            "pdgId": (-11 * charge).astype(np.int32),
            "hoe": rounded(rng.exponential(0.05, size), bits=8),
            "cutBased": rng.integers(0, 5, size).astype(np.uint8),
            "lostHits": rng.poisson(0.2, size).astype(np.uint8),
            "convVeto": rng.random(size) < 0.9,
        },
        owner,
    )


def _jets(rng: np.random.Generator, counts: Any, muon_counts: Any) -> Columns:
    owner = owners(counts)
    size = len(owner)
    pt = falling(rng, size, least=15, power=4.0, most=2500)
    flavour = rng.choice(np.array([0, 4, 5], np.uint8), size, p=[0.8, 0.1, 0.1])
    score = rng.beta(np.where(flavour == 5, 5.0, 0.6), np.where(flavour == 5, 0.8, 6.0))
    return hardest_first(
        {
            "pt": rounded(pt, bits=10),
            "eta": rounded(rng.normal(0, 1.7, size).clip(-4.7, 4.7), bits=12),
            "phi": _angle(rng, size),
            "mass": rounded(pt * rng.normal(0.13, 0.03, size).clip(0.02, 0.3), bits=10),
            "area": rounded(rng.normal(0.5, 0.03, size), bits=10),
            "btagDeepFlavB": rounded(score, bits=10),
            "hadronFlavour": flavour,
            "partonFlavour": np.where(flavour > 0, flavour, rng.integers(-3, 4, size)).astype(np.int16),
            "jetId": np.where(rng.random(size) < 0.95, 6, 0).astype(np.uint8),
            "puId": rng.integers(0, 8, size).astype(np.int32),
            "muonIdx1": _index(rng, muon_counts[owner], share=0.15),
        },
        owner,
    )


def _candidates(rng: np.random.Generator, jets: Columns, jet_counts: Any) -> tuple[NDArray[np.int64], Columns]:
    """Constituents of the jets and a few of none, hardest first within the event."""
    inside = rng.poisson(2 + 3 * np.log(jets["pt"].astype(np.float64) / 10))
    outside = rng.poisson(4, len(jet_counts))
    jet = owners(inside)
    owner = np.concatenate([owners(jet_counts)[jet], owners(outside)])
    jet_slot = np.concatenate([slots(jet_counts)[jet], np.full(outside.sum(), -1)])
    size = len(owner)

    share = rng.exponential(1, len(jet))
    share /= np.bincount(jet, share, minlength=len(inside))[jet]
    axis = {name: jets[name][jet].astype(np.float64) for name in ("pt", "eta", "phi")}
    spread = 0.4 / np.sqrt(1 + axis["pt"] * share)
    pt = np.concatenate([axis["pt"] * share, 0.2 + rng.exponential(0.8, outside.sum())])
    eta = np.concatenate([axis["eta"] + spread * rng.normal(0, 1, len(jet)), rng.uniform(-4.7, 4.7, outside.sum())])
    phi = np.concatenate([axis["phi"] + spread * rng.normal(0, 1, len(jet)), rng.uniform(-4, 4, outside.sum())])

    charge = rng.choice(np.array([-1, 0, 1], np.int8), size, p=[0.3, 0.4, 0.3])
    neutral = np.where(rng.random(size) < 0.7, 22, 130)
    candidates = hardest_first(
        {
            "pt": rounded(pt, bits=10),
            "eta": rounded(eta, bits=10),
            "phi": rounded(azimuth(phi), bits=10),
            "mass": np.where(charge != 0, PION_MASS, 0).astype(np.float32),
            "d0": rounded(np.where(charge != 0, rng.normal(0, 0.01, size), 0), bits=8),
            "dz": rounded(np.where(charge != 0, rng.normal(0, 0.03, size), 0), bits=8),
            "puppiWeight": (rng.integers(0, 256, size) / 255).astype(np.float32),
            "charge": charge,
            "pdgId": np.where(charge != 0, 211 * charge.astype(np.int32), neutral).astype(np.int32),
            "trkHits": np.where(charge != 0, rng.integers(3, 25, size), 0).astype(np.uint8),
            "jetIdx": jet_slot.astype(np.int16),
        },
        owner,
    )
    return np.bincount(owner, minlength=len(jet_counts)), candidates


def _angle(rng: np.random.Generator, size: int) -> NDArray[np.float32]:
    return rounded(rng.uniform(-np.pi, np.pi, size), bits=12)


def _index(rng: np.random.Generator, counts: Any, *, share: float) -> NDArray[np.int16]:
    """Position in another collection of ``counts`` items for a ``share`` of the entries, else -1."""
    linked = (rng.random(len(counts)) < share) & (counts > 0)
    position = np.floor(rng.random(len(counts)) * counts)
    return np.where(linked, position, -1).astype(np.int16)
