"""TTree sources: ROOT's classic columns, TNtuple included."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .basket_reader import BasketReader
from .branch import Branch
from .guard import failed, first_line, reading
from .leaf import TOBJECT_MEMBERS, TOBJECT_REASON, Found, Leaf, find_leaves
from .leaf_list import leaf_list_dtype, leaf_list_form, read_leaf_list
from .memory_limit import memory_limit
from .source import Source
from .steps import NO_BORDERS

# What ROOT puts into a title when nobody wrote one: "pt", "Muon_pt[nMuon]/F", "x/D:y/I", "fPt[Jets_]".
_LEAF_LIST = re.compile(r"[\w.:]+(\[[\w.]*\])*(/[A-Za-z](\[.*\])?)?(:[\w.]+(\[[\w.]*\])*(/[A-Za-z])?)*")

#: Bit of a version number in front of a vector of classes: stored member by member, not object by object.
_MEMBERWISE = 0x4000


class TTreeSource(Source):
    """One TTree. Branches of split classes are read on their own; classes that are not split, member by member."""

    kind = "ttree"

    def __init__(self, path: str, file: Any, tree: Any, name: str, threads: int = 0) -> None:
        super().__init__(path, name, tree.num_entries)
        self._file = file
        self._baskets = BasketReader(path, threads)
        self._containers: dict[str, Any] = {}
        self._leaf_lists: set[str] = set()
        entries = list(tree.iteritems(recursive=True, full_paths=True))
        plain = [branch.name for _, branch in entries]
        doubled = {name for name in plain if plain.count(name) > 1} if len(set(plain)) < len(plain) else set()
        for full, branch in entries:
            # Sub-branches of two objects of one class have the same name; their paths differ.
            self._present(full if branch.name in doubled else branch.name, branch)

    def close(self) -> None:
        """Close the file; arrays already read stay valid."""
        self._baskets.close()
        self._file.close()

    def _uuid(self) -> str:
        return str(self._file.uuid)

    def _present(self, name: str, branch: Any) -> None:
        interpretation = _kind_of(branch)
        if interpretation == "AsGrouped":
            return  # its sub-branches are presented instead
        bookkeeping = name.rpartition(".")[2] in TOBJECT_MEMBERS
        if branch.num_entries != self.num_entries:
            self.refused[name] = f"{branch.num_entries} entries where the tree has {self.num_entries}"
            return
        found = self._find(name, branch)
        if bookkeeping:
            found = Found(refused={name: TOBJECT_REASON}, bookkeeping=found.leaves)
        if found.leaves and self.num_entries and _holds_objects(branch):
            reason = _trial(branch)
            if reason is not None:
                found = Found(refused={name: reason})
        self._containers[name] = branch
        self._add(found.leaves, found.refused, found.bookkeeping)

    def _find(self, name: str, branch: Any) -> Found:
        if "AsBitSet" in repr(branch.interpretation):
            return Found(refused={name: f"a {branch.typename}"})
        try:
            records = leaf_list_dtype(branch)
            form = leaf_list_form(records) if records else branch.interpretation.awkward_form(branch.file)
        except Exception as error:  # noqa: BLE001 (whatever the reason, the branch is refused with it)
            if branch.typename == "unknown":
                return Found(refused={name: "of a class that uproot does not know"})
            return Found(refused={name: f"class {branch.typename}: {_reason(error)}"})
        if records:
            self._leaf_lists.add(name)
        title = str(branch.title or "")
        like = Branch(
            name,
            "",
            counter=_counter(branch),
            description="" if _LEAF_LIST.fullmatch(title) or title == branch.name else title,
        )
        return find_leaves(form, name, outer=_collection(name, branch), like=like)

    def _read(self, leaves: Sequence[Leaf], start: int, stop: int) -> Mapping[str, Any]:
        names = list(dict.fromkeys(leaf.container for leaf in leaves))
        try:
            return self._read_all(names, start, stop)
        except MemoryError:
            raise
        except Exception as error:
            self._blame(names, start, stop)
            raise failed(error, "entries", expected="a sound file", where=f"{self.where}, {start}:{stop}") from error

    def _read_all(self, names: Sequence[str], start: int, stop: int) -> dict[str, Any]:
        # Of what is left all branches of one parent in one call: uproot then decompresses in parallel. Looking up
        # names across parents costs it minutes for thousands of branches.
        found = {name: self._read_one(name, start, stop) for name in names if name in self._leaf_lists}
        plain_ones = {name: self._containers[name] for name in names if name not in found}
        found.update(self._baskets.read(plain_ones, start, stop))
        families: dict[int, list[str]] = {}
        for name in names:
            if name not in found:
                families.setdefault(id(self._containers[name].parent), []).append(name)
        for family in families.values():
            parent = self._containers[family[0]].parent
            plain = {self._containers[name].name: name for name in family}
            if len(family) > 1 and all(parent.get(key) is self._containers[name] for key, name in plain.items()):
                arrays = parent.arrays(list(plain), entry_start=start, entry_stop=stop, library="ak", how=dict)
                found.update((name, arrays[key]) for key, name in plain.items())
                continue
            for name in family:
                found[name] = self._read_one(name, start, stop)
        return found

    def _read_one(self, name: str, start: int, stop: int) -> Any:
        branch = self._containers[name]
        if name in self._leaf_lists:
            return read_leaf_list(branch, start, stop)
        return branch.array(entry_start=start, entry_stop=stop, library="ak")

    def _blame(self, names: Sequence[str], start: int, stop: int) -> None:
        """Raise for the first basket that cannot be read, if one alone is at fault."""
        for name in names:
            branch = self._containers[name]
            with reading("damaged branch", expected="baskets that add up", where=f"{self.where}/{name}"):
                edges = np.clip(np.asarray(branch.entry_offsets, np.int64), start, stop)
            for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
                if first == last:
                    continue
                where = f"{self.where}/{name}, entries {first}:{last}"
                hint = "copying the file again, or --skip-bad-files"
                with reading("damaged basket", expected="data that can be read", where=where, hint=hint):
                    self._read_one(name, first, last)

    def _layout(self, leaves: Sequence[Leaf]) -> tuple[float, NDArray[np.int64]]:
        branches = {leaf.container: self._containers[leaf.container] for leaf in leaves}
        sizes = {name: float(branch.uncompressed_bytes) for name, branch in branches.items()}
        widest = max(sizes, key=sizes.__getitem__)
        offsets = np.asarray(branches[widest].entry_offsets, np.int64)
        return sum(sizes.values()), offsets if len(offsets) else NO_BORDERS


def _kind_of(branch: Any) -> str:
    try:
        return type(branch.interpretation).__name__
    except Exception:  # noqa: BLE001 (it is asked again, and refused, where a form is made of it)
        return ""


def _reason(error: Exception) -> str:
    if type(error).__name__ == "CannotBeAwkward":
        return "objects, not numbers"
    return first_line(error)


def _counter(branch: Any) -> str | None:
    """Name of the plain integer branch that ROOT counts this one's items with."""
    counter = branch.count_branch
    if counter is None or _kind_of(counter) != "AsDtype" or counter is branch:
        return None
    dtype = counter.interpretation.to_dtype
    return str(counter.name) if dtype.kind in "iu" and dtype.shape == () else None


def _collection(name: str, branch: Any) -> str | None:
    """Name of the split collection (TClonesArray, vector of classes) whose member this branch is."""
    if branch.count_branch is None or _counter(branch) is not None:
        return None
    parent = branch.parent
    is_branch = hasattr(parent, "count_branch")
    return str(parent.name).rstrip(".") if is_branch and name.startswith(str(parent.name).rstrip(".")) else None


def _holds_objects(branch: Any) -> bool:
    """True where uproot guesses how a class was streamed, which can fail or, worse, go wrong."""
    text = repr(branch.interpretation)
    return "Model_" in text or "AsStridedObjects" in text or "AsMap" in text or "AsSet" in text


def _trial(branch: Any) -> str | None:
    """Read one entry; return why the branch cannot be read, or None where it can."""
    try:
        basket = branch.basket(0)
        header = getattr(branch.interpretation, "header_bytes", 0)
    except Exception:  # noqa: BLE001 (damage is told when the branch is read)
        return None
    if header >= 6 and _memberwise(basket):
        return f"a {branch.typename} stored member by member, which uproot reads wrongly"
    try:
        with memory_limit():
            branch.array(entry_start=0, entry_stop=min(1, branch.num_entries), library="ak")
    except MemoryError:
        return f"class {branch.typename}: it claims more memory than a first entry needs"
    except Exception as error:  # noqa: BLE001 (whatever the reason, the branch is refused with it)
        return f"class {branch.typename}: {first_line(error)}"
    return None


def _memberwise(basket: Any) -> bool:
    """True where the first vector of the basket says that it is stored member by member."""
    offsets = basket.byte_offsets
    if offsets is None or len(offsets) < 2 or offsets[1] - offsets[0] < 6:
        return False
    version = bytes(basket.data[offsets[0] + 4 : offsets[0] + 6])
    return bool(int.from_bytes(version, "big") & _MEMBERWISE)
