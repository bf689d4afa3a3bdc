"""Keyed permutations: the core against plain numpy."""

import numpy as np
import pytest

from simdprep import _core
from simdprep.errors import InternalError
from simdprep.loader import reference_permutation
from simdprep.loader.permutation import permute, permute_each, round_keys


@pytest.mark.parametrize("size", [257, 512, 513, 1000, 65_536, 99_999, (1 << 40) + 3, (1 << 62) - 5])
@pytest.mark.parametrize("key", [0, 7, (1 << 64) - 1])
def test_one_permutation(size, key):
    entries = np.random.default_rng(1).integers(0, size, 5000)
    bits = (size - 1).bit_length()
    expected = reference_permutation.permute(entries, size, bits, round_keys(key))
    np.testing.assert_array_equal(permute(entries, size, key), expected)


def test_several_permutations():
    rng = np.random.default_rng(2)
    sizes = np.array([900, 257, 1023, 600])
    keys = rng.integers(0, 1 << 63, 4).astype(np.uint64)
    which = rng.integers(0, 4, 5000)
    entries = rng.integers(0, sizes[which])
    image = permute_each(entries, which, sizes, keys)
    for number, (size, key) in enumerate(zip(sizes.tolist(), keys.tolist(), strict=True)):
        own = which == number
        expected = reference_permutation.permute(entries[own], size, 10, round_keys(key))
        np.testing.assert_array_equal(image[own], expected)


@pytest.mark.parametrize("sizes", [[300, 256, 0, 5], [1, 1, 1, 1], [700, 701, 702, 703]])
def test_each_is_one_to_one(sizes):
    which = np.repeat(np.arange(4), sizes)
    entries = np.concatenate([np.arange(size) for size in sizes])
    image = permute_each(entries, which, np.array(sizes), np.arange(4, dtype=np.uint64))
    for number, size in enumerate(sizes):
        np.testing.assert_array_equal(np.sort(image[which == number]), np.arange(size))


@pytest.mark.parametrize(
    "change",
    [{"entries": [300]}, {"entries": [-1]}, {"which": [1]}, {"which": [-1]}, {"bits": 8}, {"bits": 63}, {"which": []}],
)
def test_what_would_never_end_is_refused(change):
    given = {"entries": [3], "which": [0], "bits": 9, "sizes": [300], **change}
    arrays = {name: np.array(value, np.int64) for name, value in given.items() if name != "bits"}
    keys = round_keys(1)[None]
    with pytest.raises(InternalError):
        _core.permute(arrays["entries"], arrays["which"], given["bits"], arrays["sizes"], keys)


@pytest.mark.parametrize("lengths", [[1], [0, 0, 5, 0], [1024] * 20 + [7], [1, 1, 1, 9000, 0, 3], [9000, 1, 1, 1, 0]])
def test_the_run_of_a_number_is_what_a_search_finds(lengths):
    bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    numbers = np.random.default_rng(1).permutation(int(bounds[-1]))
    expected = np.searchsorted(bounds, numbers, side="right") - 1
    np.testing.assert_array_equal(_core.find_runs(bounds, numbers), expected)
