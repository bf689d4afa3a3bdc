"""States and stored events for tests of exports."""

from __future__ import annotations

import awkward as ak
import numpy as np
from hypothesis import strategies as st

import simdprep as sp
from simdprep.transforms import FieldRule, Normalise, State
from tests.equivalence.normalised import rules

INPUTS = {"Jet": ["pt", "eta", "mass"], "events": ["met", "weight"]}
ODD = [np.nan, np.inf, -np.inf, 0.0, -1.0, 1e-38, 3e38]


@st.composite
def cases(draw, nonfinite=("error", "zero", "keep"), plain=False):
    """A state, and a seed for the data that goes with it; ``plain`` for no logarithm and no bounds."""
    chosen = {}
    for name, fields in INPUTS.items():
        given = {field: draw(rules(nonfinite, methods=("standard",))) for field in fields}
        if plain:
            given = {field: FieldRule(nonfinite=rule.nonfinite) for field, rule in given.items()}
        scales = {field: (draw(st.floats(-100, 100)), draw(st.floats(0.01, 100))) for field in fields}
        chosen[name] = Normalise.from_constants(given, scales)
    state = State(chosen, pads={"Jet": 4}, classes=["a", "b"], label="events.label", class_weights=[1, 2.5])
    return state, draw(st.integers(0, 2**20))


def stored(path, state, seed, rows=40):
    """Write events with pads, and with odd numbers where the state takes them; return the dataset."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 6, rows)
    columns = {
        name: {
            field: _column(rng, rule, counts.sum() if name == "Jet" else rows)
            for field, rule in state.normalise[name].rules.items()
        }
        for name in INPUTS
    }
    jets = ak.unflatten(ak.Array(columns["Jet"]), counts)
    events = ak.Array({**columns["events"], "Jet": jets})
    with sp.Writer(path, sp.Schema.from_awkward(events, pad={"Jet": 4}), overwrite=True, threads=1) as writer:
        writer.fill(events)
    return sp.open(path)


def _column(rng, rule, size):
    values = rng.normal(5, 30, size).astype(np.float32)
    if rule.nonfinite == "error":
        return np.abs(values) + 1  # with a logarithm, all must be positive
    values[rng.random(size) < 0.3] = 0
    odd = rng.random(size) < 0.2
    values[odd] = rng.choice(np.array(ODD, np.float32), odd.sum())
    return values


def batches(dataset, state):
    """Return raw values, masks, and what the loader makes of the values."""
    options = {"inputs": INPUTS, "batch_size": dataset.num_rows, "shuffle": "none", "threads": 1, "cache": None}
    raw, ours = (next(iter(sp.Loader(dataset, transforms=given, **options))) for given in (None, state))
    values = {name: np.array(raw[name]) for name in INPUTS}
    return values, {"Jet": np.array(raw.valid["Jet"])}, {name: np.array(ours[name]) for name in INPUTS}


def agree(found, expected):
    assert list(found) == list(expected)
    for name in expected:
        assert np.asarray(found[name]).dtype == np.float32
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-6, atol=1e-6)
