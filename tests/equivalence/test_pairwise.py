"""Features of pairs, against weaver where it is installed, and against numbers worked out by hand."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from simdprep.errors import SchemaError
from simdprep.transforms.features import PAIRWISE, cartesian, cylindrical, pairwise

#: A Python that has weaver, where there is one.
WEAVER = Path(os.environ.get("SIMDPREP_WEAVER_PYTHON", "no such file"))


def jets(batch=20, slots=12, seed=4):
    rng = np.random.default_rng(seed)
    shape = (batch, slots)
    momenta = np.stack(
        [
            rng.exponential(20, shape) + 0.5,
            rng.normal(0, 1, shape),
            rng.uniform(-np.pi, np.pi, shape),
            np.full(shape, 0.14),
        ],
        axis=-1,
    )
    valid = np.arange(slots) < rng.integers(0, slots + 1, batch)[:, None]
    return cartesian(momenta), valid


def test_two_particles_by_hand():
    # pT 3 and 1 a quarter turn apart at rapidity 0, without mass: m^2 = 2 pT pT' (1 - cos(pi / 2)) = 6.
    momenta = np.array([[[3, 0, 0, 3], [0, 1, 0, 1]]], np.float32)
    expected = np.log([np.pi / 2, np.pi / 2, 0.25, 6.0])
    for engine in ("numpy", "numba"):
        found = pairwise(momenta, engine=engine)
        assert found.shape == (1, 4, 2, 2)
        np.testing.assert_allclose(found[0, :, 0, 1], expected, rtol=1e-6)
        np.testing.assert_allclose(found[0, :, 1, 0], expected, rtol=1e-6)
        # With itself: delta and so kT are nothing, z is a half, m^2 is that of twice the momentum.
        np.testing.assert_allclose(found[0, :, 0, 0], np.log([1e-8, 1e-8, 0.5, 1e-8]), rtol=1e-6)
    assert PAIRWISE == ("ln_delta", "ln_kt", "ln_z", "ln_m2")


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("batch", [0, 1, 20])
def test_both_engines(batch, threads):
    momenta, valid = jets(batch)
    plain, fast = pairwise(momenta, valid, engine="numpy"), pairwise(momenta, valid, threads=threads)
    assert fast.dtype == plain.dtype == np.float32
    np.testing.assert_allclose(fast, plain, rtol=3e-6, atol=3e-6)
    both = valid[:, :, None] & valid[:, None, :]
    assert not fast[~np.broadcast_to(both[:, None], fast.shape)].any()
    assert np.isfinite(fast).all()
    np.testing.assert_array_equal(fast, fast.swapaxes(2, 3))


def test_no_direction_is_infinite():
    momenta = np.array([[[0, 0, 0, 0], [0, 0, 5, 5], [0, 0, -5, 5], [1, 0, 0, 1]]], np.float32)
    for engine in ("numpy", "numba"):
        assert np.isfinite(pairwise(momenta, engine=engine)).all()


PROGRAM = """
import json, sys, torch
from weaver.nn.model.ParticleTransformer import pairwise_lv_fts_pp
x = torch.tensor(json.load(sys.stdin), dtype=torch.float64).permute(0, 2, 1)  # (B, 4, P)
found = pairwise_lv_fts_pp(x.unsqueeze(-1), x.unsqueeze(-2), num_outputs=4)
json.dump(found.tolist(), sys.stdout)
"""


@pytest.mark.long
def test_weaver_gives_the_same():
    if not WEAVER.is_file():
        pytest.skip("SIMDPREP_WEAVER_PYTHON names no Python that has weaver")
    momenta, _ = jets(50, 30, seed=9)
    momenta = momenta.astype(np.float32)
    run = subprocess.run([WEAVER, "-c", PROGRAM], input=json.dumps(momenta.tolist()), capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    ln_kt, ln_z, ln_delta, ln_m2 = np.moveaxis(np.array(json.loads(run.stdout)), 1, 0)
    ours = np.moveaxis(pairwise(momenta), 1, 0)
    apart = ~np.eye(30, dtype=bool)
    for mine, theirs in zip(ours, (ln_delta, ln_kt, ln_z, ln_m2), strict=True):
        np.testing.assert_allclose(mine[:, apart], theirs[:, apart], rtol=2e-6, atol=2e-6)
    print(f"{ours.size:,} features of pairs as weaver's")


def test_there_and_back():
    rng = np.random.default_rng(1)
    values = np.stack(
        [rng.exponential(30, 500), rng.normal(0, 1.5, 500), rng.uniform(-3, 3, 500), rng.exponential(5, 500)], -1
    )
    np.testing.assert_allclose(cylindrical(cartesian(values)), values, rtol=1e-6)
    assert cylindrical(cartesian(values.astype(np.float32))).dtype == np.float32


@pytest.mark.parametrize(
    ("momenta", "valid", "message"),
    [
        (np.zeros((3, 4)), None, r"momenta: got shape \(3, 4\), expected \(batch, slots, 4\): px, py, pz, energy"),
        (np.zeros((3, 5, 4)), np.ones((3, 4)), r"valid: got shape \(3, 4\), expected \(3, 5\), as the momenta"),
    ],
)
def test_mistakes(momenta, valid, message):
    with pytest.raises(SchemaError, match=message):
        pairwise(momenta, valid)
