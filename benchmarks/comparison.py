"""Comparison: arrays of different contenders must be equal to the last bit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray


def assert_equal(
    found: Mapping[str, Mapping[str, NDArray[Any]]], expected: Mapping[str, Mapping[str, NDArray[Any]]]
) -> None:
    """Raise AssertionError unless both hold the same objects, fields, dtypes, shapes and bytes.

    NaNs count as equal where they have the same bits; the order of fields does not matter.
    """
    assert sorted(found) == sorted(expected), f"objects {sorted(found)} and {sorted(expected)}"
    for name, fields in expected.items():
        assert sorted(found[name]) == sorted(fields), f"fields of {name}: {sorted(found[name])} and {sorted(fields)}"
        for field, array in fields.items():
            other = found[name][field]
            assert (other.dtype, other.shape) == (array.dtype, array.shape), f"{name}.{field}: dtype or shape"
            assert other.tobytes() == array.tobytes(), f"{name}.{field}: values differ"
