"""Compares dataset files with plain arrays; run as a script of its own, it knows only h5py and numpy.

Usage: stock_reader.py CASE... where CASE.h5 is a file and CASE.npz what it must hold, flattened:
`object/field` the stored entries in order, `object/count` the multiplicities that are stored.
"""

import json
import sys

import h5py
import numpy as np


def entries(stored, schema, spec, field):
    """One field of the entries that are real."""
    if schema["layout"] == "compound":
        owner = schema["rows"] if spec["level"] == "event" else spec["name"]
        values = stored[owner][field]
        if spec["level"] == "event":
            first = np.concatenate([[True], np.diff(stored[owner]["event_index"]) != 0])[: len(values)]
            return values[first]
        return values[stored[owner]["valid"]] if spec["level"] == "padded" else values
    values = stored[spec["name"]][field][()]
    return values[stored[spec["name"]]["valid"][()]] if spec["level"] == "padded" else values


def counts(stored, schema, spec):
    """Multiplicities of a list object, of the parents that are real."""
    if spec["level"] == "ragged":
        return np.diff(stored[spec["name"]]["offsets"][()])
    if schema["layout"] == "compound":
        parent = stored[spec["parent"]]
        found = parent[f"n_{spec['name']}"]
        return found[parent["valid"]] if "valid" in parent.dtype.names else found
    found = stored[spec["name"]]["count"][()]
    return found[stored[spec["parent"]]["valid"][()]] if found.ndim == 2 else found


def check(case):
    """Return what differs in one case."""
    expected = np.load(f"{case}.npz")
    wrong, seen = [], set()
    with h5py.File(f"{case}.h5", "r") as stored:
        schema = json.loads(stored.attrs["simdprep_schema"])
        for spec in schema["objects"]:
            names = [field["name"] for field in spec["fields"]]
            found = {name: entries(stored, schema, spec, name) for name in names}
            if spec["level"] in ("padded", "ragged"):
                found["count"] = counts(stored, schema, spec)
            for name, values in found.items():
                key = f"{spec['name']}/{name}"
                seen.add(key)
                same_kind = name == "count" or values.dtype == expected[key].dtype
                if not same_kind or not np.array_equal(values, expected[key], equal_nan=values.dtype.kind == "f"):
                    wrong.append(key)
    return wrong + sorted(set(expected) - seen)


if __name__ == "__main__":
    report = {case: check(case) for case in sys.argv[1:]}
    loaded = {"simdprep", "awkward", "hdf5plugin"} & set(sys.modules)
    print(json.dumps({"wrong": report, "loaded": sorted(loaded)}))
