"""Rules and data for tests of normalising."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from simdprep.transforms import FieldRule

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.1, 300.0, -1e4, np.nan, np.inf, -np.inf]


@st.composite
def rules(draw, nonfinite=("error", "zero", "keep"), methods=("standard", "robust", "minmax", "none")):
    bounds = st.none() | st.tuples(st.floats(-5, -0.5), st.floats(0.5, 5))
    return FieldRule(
        method=draw(st.sampled_from(methods)),
        log=draw(st.none() | st.sampled_from([0.0, 1.0, 0.25])),
        clip=draw(bounds),
        nonfinite=draw(st.sampled_from(nonfinite)),
    )


@st.composite
def chunks(draw, dtypes=("float16", "float32", "float64")):
    """Values (n, n_fields) and the mask (n,)."""
    dtype = draw(st.sampled_from(dtypes))
    shape = (draw(st.integers(0, 30)), draw(st.integers(1, 4)))
    width = 8 * np.dtype(dtype).itemsize
    ordinary = st.floats(-1e4, 1e4, width=width)
    special = st.sampled_from([float(np.array(value, dtype)) for value in SPECIAL])
    values = draw(hnp.arrays(dtype, shape, elements=st.one_of(ordinary, special)))
    return values, draw(hnp.arrays(bool, shape[0]))


def names(values):
    return [f"f{index}" for index in range(values.shape[-1])]
