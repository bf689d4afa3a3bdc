"""Leaf lists: TTree branches of several numbers side by side, some of them fixed arrays (``x/I:p[3]/F``).

uproot reads them as records of numpy, and makes awkward arrays only of those without arrays.
"""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
from awkward import contents, forms
from numpy.typing import NDArray


def leaf_list_dtype(branch: Any) -> np.dtype[Any] | None:
    """Return the record that each entry of a branch is, or None where it is no leaf list with arrays."""
    interpretation = branch.interpretation
    if type(interpretation).__name__ != "AsDtype":
        return None
    dtype = np.dtype(interpretation.to_dtype)
    has_arrays = dtype.fields is not None and any(member.shape for member, *_ in dtype.fields.values())
    return dtype if has_arrays and not dtype.shape else None


def leaf_list_form(dtype: np.dtype[Any]) -> Any:
    """Return the awkward Form of such records."""
    names = dtype.names or ()
    return forms.RecordForm([forms.from_dtype(dtype[name]) for name in names], list(names))


def read_leaf_list(branch: Any, start: int, stop: int) -> ak.Array:
    """Read entries [start, stop) of a leaf list as an awkward array of records."""
    records: NDArray[Any] = branch.array(entry_start=start, entry_stop=stop, library="np")
    names = list(records.dtype.names or ())
    members = [contents.NumpyArray(np.ascontiguousarray(records[name])) for name in names]
    return ak.Array(contents.RecordArray(members, names, length=len(records)))
