"""Transforms give the same numbers in the core, while entries are packed, as applied to the packed entries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep.errors import SchemaError
from simdprep.loader import packing
from simdprep.transforms import Normalise, Standardise
from simdprep.transforms.compiled_normalise import compiled_normalise
from tests.equivalence.normalised import chunks, names, rules


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


@given(chunk=chunks(("float32",)), rule=rules(), seed=st.integers(0, 100))
def test_any_rule_in_the_core(chunk, rule, seed):
    values, valid = chunk
    rng = np.random.default_rng(seed)
    constants = {name: (rng.normal(0, 3), rng.uniform(0.1, 10)) for name in names(values)}
    transform = Normalise.from_constants(dict.fromkeys(constants, rule), constants)
    columns = [column[valid] for column in values.T]
    wide, refused = values[valid].astype(np.float64), None
    try:
        expected = transform.apply(wide).astype(np.float32)  # by the kernel
    except SchemaError as error:
        refused = str(error)
    if refused is not None:
        for in_core in (True, False):
            with pytest.raises(SchemaError) as caught:
                packing.pack_items(columns, "float32", [transform]) if in_core else transform.apply(values, valid)
            assert str(caught.value) == refused
        return
    found = packing.pack_items(columns, "float32", [transform])
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found[found == 0]), np.signbit(expected[found == 0]))
    applied = transform.apply(values, valid)
    np.testing.assert_array_equal(applied[valid], expected)
    np.testing.assert_array_equal(applied[~valid], values[~valid])


def test_the_logarithm_of_the_core_and_of_the_kernels():
    bits = np.random.default_rng(5).integers(0, 2**32, 200_000, dtype=np.uint32)  # every float32 there is, sampled
    values = bits.view(np.float32)[:, np.newaxis]
    rule = {"log": 0.0, "method": "none", "nonfinite": "keep"}
    transform = Normalise({"x": rule})
    in_core = packing.pack_items([values[:, 0]], "float32", [transform])
    with np.errstate(over="ignore", invalid="ignore"):
        in_kernel = transform.apply(values.astype(np.float64)).astype(np.float32)
    np.testing.assert_array_equal(in_core, in_kernel)
    one, yes = np.ones(1), np.ones(1, bool)
    function = compiled_normalise(yes, 0 * one, 0 * one, one, -np.inf * one, np.inf * one, one, ~yes)
    out = np.empty_like(values)
    function(values, np.ones(len(values), bool), out)
    np.testing.assert_array_equal(out, in_core)
    fitted = Normalise({"x": {"log": True, "method": "robust", "nonfinite": "zero"}})
    fitted.fit(values[:1000])
    kept = in_core[:1000][np.isfinite(in_core[:1000])]
    assert fitted.centre == pytest.approx(np.median(kept), rel=1e-6)
