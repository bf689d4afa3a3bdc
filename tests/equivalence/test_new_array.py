"""Large arrays lie in memory of others that have gone, and are arrays like any other."""

import numpy as np
import pytest

from simdprep import _core
from simdprep.errors import InternalError, ResourceError

ROWS = 1 << 20


@pytest.mark.parametrize("dtype", ["float32", "bool", [("x", "float32"), ("valid", "bool")]])
@pytest.mark.parametrize("shape", [(0,), (7, 3), (ROWS, 0), (ROWS, 5), (3, ROWS, 2)])
def test_as_numpys(shape, dtype):
    found, wanted = _core.empty(shape, np.dtype(dtype)), np.empty(shape, dtype)
    assert (found.shape, found.dtype, found.strides) == (wanted.shape, wanted.dtype, wanted.strides)
    assert found.flags.writeable
    assert found.flags.c_contiguous


def test_memory_of_an_array_that_is_still_there_is_not_used():
    first = _core.empty((ROWS, 2), np.dtype("float32"))
    first[:] = 1
    view = first[5:]
    del first
    second = _core.empty((ROWS, 2), np.dtype("float32"))
    second[:] = 2
    assert (view == 1).all()
    assert not np.shares_memory(view, second)


def test_more_than_there_is():
    with pytest.raises(ResourceError, match="memory is exhausted"):
        _core.empty((1 << 40, 1 << 40), np.dtype("float64"))
    with pytest.raises(ResourceError, match="memory is exhausted"):
        _core.empty((-1, 8), np.dtype("float64"))


def test_objects_are_refused():
    with pytest.raises(InternalError, match="an array of objects"):
        _core.empty((3,), np.dtype(object))
