"""The limit on memory while a class is tried."""

import resource
from types import SimpleNamespace

import numpy as np
import pytest

from simdprep.readers.memory_limit import memory_limit
from simdprep.readers.ttree import _trial


def test_what_asks_for_more_gets_an_error_and_the_limit_goes():
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(MemoryError), memory_limit(1 << 28):
        np.ones(1 << 27)
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    with memory_limit(1 << 28):
        assert np.ones(1 << 20).sum() == 1 << 20


def test_a_lower_limit_of_the_system_stays():
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    mine = 1 << 45
    resource.setrlimit(resource.RLIMIT_AS, (mine, hard))
    try:
        with memory_limit(1 << 46):
            assert resource.getrlimit(resource.RLIMIT_AS) == (mine, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def test_a_class_that_claims_any_length_is_refused():
    """uproot makes room for as many Python objects as four wrong bytes say."""
    branch = SimpleNamespace(
        basket=lambda index: SimpleNamespace(byte_offsets=None),
        interpretation=None,
        num_entries=1,
        typename="IOVMetaDataContainer_p1",
        array=lambda **where: np.empty(1_742_481_381, dtype=object),
    )
    assert _trial(branch) == "class IOVMetaDataContainer_p1: it claims more memory than a first entry needs"
