"""Images of jets: by hand, by both engines, and what moving, turning and mirroring a jet must not change."""

import numpy as np
import pytest

from simdprep.errors import ConfigError, SchemaError
from simdprep.transforms.features import jet_images


def jets(batch=30, slots=20, seed=5):
    rng = np.random.default_rng(seed)
    shape = (batch, slots)
    axis = rng.uniform(-np.pi, np.pi, batch)[:, None]
    phi = np.mod(axis + rng.normal(0, 0.2, shape) + np.pi, 2 * np.pi) - np.pi
    constituents = np.stack([rng.exponential(10, shape), rng.normal(0.5, 0.3, shape), phi], axis=-1)
    return constituents.astype(np.float32), np.arange(slots) < rng.integers(0, slots + 1, batch)[:, None]


def test_pixels_by_hand():
    # Four pixels a side, of 0.5: from -1 to 1. The last particle is outside.
    particles = [[1, -0.9, -0.9], [2, -0.9, 0.1], [4, -0.6, 0.3], [8, 0.99, 0.99], [16, 1.0, 0]]
    for engine in ("numpy", "numba"):
        image = jet_images(np.array([particles]), pixels=4, width=2.0, centre=False, engine=engine)
        expected = np.zeros((4, 4))
        expected[0, 0], expected[0, 2], expected[3, 3] = 1, 2 + 4, 8
        np.testing.assert_array_equal(image, expected[None].astype(np.float32))
        normal = jet_images(np.array([particles]), pixels=4, width=2.0, centre=False, normalise=True, engine=engine)
        np.testing.assert_allclose(normal, expected[None] / 15, rtol=1e-6)


def test_a_jet_across_the_end_of_phi_is_whole():
    particles = np.array([[[3, 1.0, 3.1], [1, 1.0, -3.1]]])
    for engine in ("numpy", "numba"):
        image = jet_images(particles, pixels=2, width=1.0, engine=engine)
        # The centroid is a quarter of the way from the harder to the softer one; eta is in the middle.
        np.testing.assert_array_equal(image, [[[0, 0], [3, 1]]])


def test_two_prongs_stand_upright_the_harder_above():
    angle = 0.7
    for sign in (1, -1):
        along = np.array([-0.6, 0.3]) * sign
        particles = np.stack([[1, 2], along * np.cos(angle), along * np.sin(angle)], axis=-1)[None]
        for engine in ("numpy", "numba"):
            image = jet_images(particles, pixels=3, width=1.5, rotate=True, flip=True, engine=engine)
            expected = np.zeros((3, 3))
            expected[1, 2], expected[1, 0] = 2, 1
            np.testing.assert_array_equal(image[0], expected)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("options", [{}, {"rotate": True}, {"flip": True}, {"rotate": True, "flip": True},
                                     {"centre": False}, {"normalise": True, "pixels": 7, "width": 1.2}])  # fmt: skip
def test_both_engines(options, threads):
    constituents, valid = jets()
    plain = jet_images(constituents, valid, engine="numpy", **options)
    fast = jet_images(constituents, valid, threads=threads, **options)
    assert fast.dtype == np.float32
    # A particle at the border of two pixels may fall to either.
    assert np.isclose(fast, plain, rtol=1e-5).mean() > 0.999
    np.testing.assert_allclose(fast.sum((1, 2)), plain.sum((1, 2)), rtol=0.2)
    assert not fast[~valid.any(1)].any()


def test_all_momentum_is_in_a_wide_image():
    constituents, valid = jets()
    total = np.where(valid, constituents[..., 0], 0).sum(1)
    np.testing.assert_allclose(jet_images(constituents, valid, width=8.0).sum((1, 2)), total, rtol=1e-5)


def test_where_a_jet_is_does_not_matter():
    constituents, valid = jets()
    moved = constituents.astype(np.float64)
    moved[..., 1] -= 1.25
    moved[..., 2] = np.mod(moved[..., 2] + 2.0 + np.pi, 2 * np.pi) - np.pi
    one, two = jet_images(constituents, valid, pixels=9), jet_images(moved, valid, pixels=9)
    assert np.isclose(one, two, rtol=1e-4).mean() > 0.99


@pytest.mark.parametrize("options", [{"pixels": 0}, {"width": 0.0}, {"width": float("nan")}])
def test_impossible_images(options):
    with pytest.raises(ConfigError, match="expected at least one pixel, and a positive width"):
        jet_images(np.zeros((1, 2, 3)), **options)


def test_wrong_shapes():
    with pytest.raises(SchemaError, match=r"constituents: got shape \(2, 3\), expected \(batch, slots, 3\)"):
        jet_images(np.zeros((2, 3)))
    with pytest.raises(SchemaError, match=r"valid: got shape \(1, 3\), expected \(1, 2\)"):
        jet_images(np.zeros((1, 2, 3)), np.ones((1, 3)))
