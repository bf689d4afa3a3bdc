"""Transforms give the same numbers in the core, while entries are packed, as applied to the packed entries."""

import numpy as np
import pytest

from simdprep.loader import packing
from simdprep.transforms import Standardise


class Elsewhere:
    """A transform that the core does not know."""

    elementwise = True

    def __init__(self, transform):
        self.apply = transform.apply


@pytest.fixture
def columns():
    rng = np.random.default_rng(1)
    columns = [rng.normal(30, 10, 5000).astype(np.float32), rng.normal(0, 1e-3, 5000), rng.integers(-9, 9, 5000)]
    columns[0][::7], columns[1][::11] = np.nan, np.inf
    return columns


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("nonfinite", ["keep", "zero"])
def test_in_the_core_or_behind_it(columns, dtype, nonfinite):
    transforms = []
    for _ in range(2):
        transform = Standardise(["x", "y", "z"], nonfinite=nonfinite)
        transform.fit(packing.pack_items(columns, "float64", transforms))
        transforms.append(transform)
    inside = packing.pack_items(columns, dtype, transforms)
    outside = packing.pack_items(columns, dtype, [Elsewhere(transform) for transform in transforms])
    assert inside.dtype == outside.dtype
    np.testing.assert_array_equal(inside, outside)
    valid = np.ones((1000, 5), np.bool_)
    slots, offsets = packing.pack_slots([column.reshape(1000, 5) for column in columns], valid, dtype, transforms)
    np.testing.assert_array_equal(slots, inside)
    np.testing.assert_array_equal(offsets, np.arange(0, 5001, 5))
