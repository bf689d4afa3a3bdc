"""The engines of expressions, without waiting for a compiler."""

import pytest

from tests.equivalence.interpreted import interpreted_kernel


@pytest.fixture
def interpreted(monkeypatch):
    """Generated loops run in Python."""
    monkeypatch.setattr("simdprep.transforms.kernel_cache.compiled", interpreted_kernel)


@pytest.fixture(params=["numpy", "numba"])
def engine(request, monkeypatch):
    """Each engine of ``apply``; the loops of ``numba`` run in Python."""
    monkeypatch.setattr("simdprep.transforms.kernel_cache.compiled", interpreted_kernel)
    return request.param
