"""Converting with uproot, awkward and h5py, branch after branch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import awkward as ak
import uproot

from . import h5py_file
from .awkward_pad import EVENTS, Arrays, pad_list, valid_slots


def convert(source: Path, target: Path, pad: Mapping[str, int], *, tree: str, chunk_rows: int) -> Path:
    """Convert the list objects of ``pad`` and, where it names ``events``, all numbers that an event has once."""
    with uproot.open(source) as file:
        names = [name for name in file[tree].keys() if _object_of(name, pad)]  # noqa: SIM118 - a tree is no mapping
        branches = file[tree].arrays(names)
    arrays: Arrays = {}
    for name in names:
        branch, owner = branches[name], _object_of(name, pad)
        if branch.ndim == 1:
            arrays.setdefault(EVENTS, {})[name] = ak.to_numpy(branch)
            continue
        fields = arrays.setdefault(owner, {})
        fields[name.removeprefix(f"{owner}_")] = pad_list(branch, pad[owner])[0]
        if "valid" not in fields:
            fields["valid"] = valid_slots(ak.num(branch), pad[owner])
    return h5py_file.write(target, arrays, layout="columns", chunk_rows=chunk_rows)


def _object_of(branch: str, pad: Mapping[str, int]) -> str:
    """The object a branch belongs to by its name; none for counters and objects that are not asked for."""
    for name in pad:
        if branch.startswith(f"{name}_"):
            return name
    is_counter = branch.startswith("n") and branch[1:].split("_")[0] in pad
    return EVENTS if EVENTS in pad and not is_counter else ""
