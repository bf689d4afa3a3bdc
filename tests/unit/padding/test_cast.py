import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep.errors import SchemaError
from simdprep.padding.cast import cast
from simdprep.schema import DTYPES
from simdprep.testing import strategies
from tests.reference.format_oracle import differences

WHERE = "object Jet, field pt"


def exact(value, dtype):
    """A value as the dtype holds it, or None where it cannot; by Python's own numbers."""
    if np.dtype(dtype).kind == "f":
        with np.errstate(over="ignore"):
            stored = np.dtype(dtype).type(value)
        return None if np.isinf(stored) and np.isfinite(value) else stored
    if dtype == "bool":
        return bool(value) if value in (0, 1) else None
    info = np.iinfo(dtype)
    if not np.isfinite(value) or int(value) != value or not info.min <= int(value) <= info.max:
        return None
    return np.dtype(dtype).type(int(value))


def edges(dtype):
    """Values where casts go wrong: ends, halves, powers of two around other dtypes' ends."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return np.array([False, True])
    powers = [
        sign * (2**power + off)
        for power in (7, 8, 15, 16, 24, 31, 32, 53, 63, 64)
        for sign in (1, -1)
        for off in (-1, 0, 1)
    ]
    if kind in "iu":
        info = np.iinfo(dtype)
        return np.array(
            [value for value in [0, 1, info.min, info.max, *powers] if info.min <= value <= info.max], dtype
        )
    info = np.finfo(dtype)
    special = [0.0, -0.0, 0.5, -1.5, np.inf, -np.inf, np.nan, info.max, info.min, info.tiny, info.smallest_subnormal]
    with np.errstate(over="ignore"):
        return np.array([*special, 65504, 65519, 65520, 3.4e38, 3.5e38, 2.0**-25, *powers, 1e300], np.float64).astype(
            dtype
        )


def agrees(values, target):
    """Cast values, and compare with what Python's numbers say of each."""
    wanted = [exact(value.item(), target) for value in values]
    if any(value is None for value in wanted):
        with pytest.raises(SchemaError) as raised:
            cast(values, target, where=WHERE)
        lines = str(raised.value).splitlines()
        assert lines[0].startswith("value out of range: got ")
        assert lines[1:] == [f"  in {WHERE}", "  try a wider dtype for the field"]
    else:
        found = cast(values, target, where=WHERE)
        assert differences(found, np.array(wanted, target), "values") == []


@pytest.mark.parametrize("target", DTYPES)
@pytest.mark.parametrize("source", DTYPES)
def test_a_value_is_kept_or_refused(source, target):
    for value in edges(source):
        agrees(np.array([value, value]), target)


@given(source=st.sampled_from(DTYPES), target=st.sampled_from(DTYPES), data=st.data())
def test_any_values_are_kept_or_refused(source, target, data):
    agrees(data.draw(strategies.values(source, 3)), target)


def test_the_same_dtype_is_no_copy():
    values = np.arange(3.0)
    assert cast(values, "float64", where=WHERE) is values


def test_foreign_bytes_come_out_native():
    values = np.arange(3, dtype=">i4")
    found = cast(values, "int32", where=WHERE)
    assert found.dtype == np.dtype("int32")
    assert found.tolist() == [0, 1, 2]


def test_the_value_is_named():
    with pytest.raises(SchemaError, match=r"got 70000\.0, expected at most 65504, the largest float16"):
        cast(np.array([1.0, 7e4, np.inf]), "float16", where=WHERE)
    with pytest.raises(SchemaError, match="got 300, expected whole numbers that int8 can hold"):
        cast(np.array([1, 300]), "int8", where=WHERE)
    with pytest.raises(SchemaError, match="got -1, expected whole numbers that uint64 can hold"):
        cast(np.array([-1]), "uint64", where=WHERE)


@pytest.mark.parametrize("values", [np.array([1j]), np.array(["a"]), np.array(["2020"], "datetime64[D]")])
def test_other_kinds_are_refused(values):
    with pytest.raises(SchemaError, match=r"^values: got dtype"):
        cast(values, "float64", where=WHERE)
