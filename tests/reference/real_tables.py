"""The tables of the real files, what is known of them, and how it is found in a converted file."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import simdprep as sp
from simdprep.errors import SchemaError
from tests import real_data
from tests.reference.conversion import Conversion
from tests.reference.source_arrays import missing_values

RELATIVE = 1e-9  # the facts are sums in float64, in whatever order

#: (file, tree with its cycle); the tree is empty for Parquet.
TABLES = [
    (file, tree)
    for file, entry in real_data.facts().items()
    if "trees" in entry or "parquet" in entry
    for tree in entry.get("trees", {"": None})
]


def described(facts: dict[str, Any], table: tuple[str, str]) -> dict[str, Any]:
    """The facts of a table: ``entries``, and ``branches`` where any are listed."""
    file, tree = table
    found = facts[file]["trees"][tree] if tree else facts[file]["parquet"]
    return {"entries": found["entries"], "branches": found.get("branches", found.get("fields", {}))}


def smaller_compound(source: Path, tree: str, error: SchemaError, folder: Path) -> dict[str, Any]:
    """Check what is said of a compound type that does not fit, and choose fewer fields of that object."""
    lines = str(error).splitlines()
    said = re.fullmatch(
        r"compound type of (\d+) members: got (\d+) bytes, expected at most (\d+), what an HDF5 object header holds",
        lines[0],
    )
    assert said is not None, lines[0]
    assert int(said[2]) > int(said[3]) == 64_000
    name = lines[1].removeprefix("  in object ")
    assert "fields:" in lines[2]
    assert "columns" in lines[2]
    first = sp.convert(str(source), folder / "columns.h5", tree=tree or None, pad={"*": "max"})
    config = yaml.safe_load(Conversion.config_of(first.written.path))
    fields = config["objects"][name]["fields"]
    # The record has these, and the multiplicities of the objects.
    assert len(fields) < int(said[1]) <= len(fields) + len(config["objects"])
    config["objects"][name]["fields"] = list(fields)[:800]
    config["output"] = {"layout": "compound"}
    return config


def facts_that_differ(conversion: Conversion, table: dict[str, Any]) -> tuple[list[str], set[str]]:
    """Compare a file with the facts.

    Returns:
        What differs, and the branches that were compared.
    """
    wrong: list[str] = []
    if conversion.summary.num_rows != table["entries"]:
        wrong.append(f"{conversion.summary.num_rows} rows, facts have {table['entries']}")
    compared = set()
    for name, wanted in table["branches"].items():
        found = _facts(conversion, name)
        compared |= set() if found is None else {name}
        for key, expected in wanted.items() if found else ():
            if key not in found:
                continue
            same = (
                math.isclose(found[key], expected, rel_tol=RELATIVE)
                if isinstance(expected, float)
                else found[key] == expected
            )
            if not same:
                wrong.append(f"{name}: {key} {found[key]}, facts have {expected}")
        for key in ("n_nan", "n_inf", "n_missing"):
            if found and key in found and found[key] != wanted.get(key, 0) and wanted.get("kind") != "string":
                wrong.append(f"{name}: {key} {found[key]}, facts have {wanted.get(key, 0)}")
    return wrong, compared


def _facts(conversion: Conversion, branch: str) -> dict[str, Any] | None:
    """The facts of one branch as the file has them; ``None`` where it is not stored."""
    for entry in conversion.recipe.grouping.groups:
        if entry.name not in conversion.file.objects:
            continue
        stored = {field["name"] for field in conversion.file.objects[entry.name]["fields"]}
        fields = {key: member for key, member in entry.members.items() if key in stored}
        own = {key: member for key, member in fields.items() if member.branch.name == branch}
        if own:
            shape = next(iter(own.values())).branch.shape
            if len(own) != math.prod(shape):
                return None  # only some of its slots were chosen
            return _lists(conversion, entry, shape) | _numbers(conversion, entry.name, own)
        if any(member.branch.name.startswith(f"{branch}.") for member in fields.values()):
            return _lists(conversion, entry, ())
    return None


def _lists(conversion: Conversion, entry: Any, shape: tuple[int, ...]) -> dict[str, Any]:
    if entry.depth == 0 and not shape:
        return {}
    if entry.depth == 0:
        counts = np.full(conversion.summary.num_rows, shape[0])
    else:
        counts = conversion.file.counts(entry.name if entry.depth == 1 else entry.parent)
    return {
        "objects": int(counts.sum()),
        "per_entry_min": int(counts.min(initial=0) if not len(counts) else counts.min()),
        "per_entry_max": int(counts.max(initial=0)),
        "entries_with_zero": int((counts == 0).sum()),
    }


def _numbers(conversion: Conversion, name: str, fields: dict[str, Any]) -> dict[str, Any]:
    stored = [conversion.file.entries(name, field) for field in fields]
    missing = sum(conversion.summary.written.missing[name, field] for field in fields)
    if missing:
        gaps = missing_values(conversion.truth.array(next(iter(fields.values())).branch.name))
        stored = [values[~gaps] for values in stored]
    categories = conversion.file.categories(name, next(iter(fields)))
    values = np.concatenate(stored)
    if categories is not None:
        lengths = np.array([len(text) for text in categories], int)
        return {"n_strings": len(values) + missing, "total_chars": int(lengths[values].sum()), "n_missing": missing}
    found: dict[str, Any] = {"n_values": len(values), "dtype": str(values.dtype), "n_missing": missing}
    if values.dtype == np.bool_:
        return found | {"n_true": int(values.sum())}
    finite = values
    if values.dtype.kind == "f":
        finite = values[np.isfinite(values)].astype(np.float64)
        found |= {"n_nan": int(np.isnan(values).sum()), "n_inf": int(np.isinf(values).sum()), "sum": finite.sum()}
    else:
        found["sum"] = sum(values.tolist())  # beyond 64 bits for some
    return found | ({"min": finite.min().item(), "max": finite.max().item()} if len(finite) else {})
