"""Objects of an opened file enter numba functions."""

import awkward as ak
import numba
import pytest

import simdprep as sp


@numba.njit
def sum_of_pt(events):
    total = 0.0
    for jets in events:
        for jet in jets:
            total += jet.pt * (1.0 + 0.0 * jet.mass)
    return total


@pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
def test_momenta_enter_a_numba_function_before_anything_was_read(tmp_path, layout):
    toys = sp.testing.toy_events(500, seed=3)
    with sp.Writer(tmp_path / "toys.h5", sp.Schema.from_awkward(toys, layout=layout)) as writer:
        writer.fill(toys)
    with sp.open(tmp_path / "toys.h5") as dataset:
        assert sum_of_pt(dataset.events().Jet) == pytest.approx(float(ak.sum(toys.Jet.pt)), rel=1e-5)
        # An object that is no vector enters once its fields are read.
        assert sum_of_pt(ak.materialize(dataset.events()).Jet) == pytest.approx(float(ak.sum(toys.Jet.pt)), rel=1e-5)
