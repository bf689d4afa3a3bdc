"""ROOT files: finding the trees of one and opening the right reader."""

from __future__ import annotations

import os
from typing import Any

import uproot

from ..errors import InputError, SimdprepError
from .block_sizes import SizeCheck
from .guard import reading
from .remote import limit_patience
from .source import Source
from .trees import choose_tree, name_of, told_of_cycles

TTREES = ("TTree", "TNtuple", "TNtupleD", "TChain")
RNTUPLES = ("ROOT::RNTuple", "ROOT::Experimental::RNTuple")


def open_tree(path: str, tree: str | None, threads: int | None) -> Source:
    """Open one tree of a ROOT file; arguments and errors as of :func:`simdprep.readers.open_source`."""
    # One executor per file: uproot shuts it down together with the file. Reading without array cache keeps
    # memory at what a step needs.
    count = threads or len(os.sched_getaffinity(0))
    executor = uproot.ThreadPoolExecutor(count) if count > 1 else uproot.source.futures.TrivialExecutor()
    check = SizeCheck()
    limit_patience(path)
    try:
        with reading("ROOT file", expected="one that uproot can open", where=path):
            # A mapping, since a bare name is split at its colons.
            file = RootFile(uproot.open({path: None}, array_cache=None, decompression_executor=executor), check)
    except SimdprepError:
        executor.shutdown()
        check.end()
        raise
    try:
        return _open(file, path, tree, threads or 0)
    except BaseException:
        file.close()
        raise


class RootFile:
    """An open file of uproot, whose blocks are checked until it is closed."""

    def __init__(self, top: Any, check: SizeCheck) -> None:
        self.top = top
        self._check = check

    @property
    def uuid(self) -> str:
        """Of the file."""
        return str(self.top.file.uuid)

    def close(self) -> None:
        """Close it."""
        self.top.close()
        self._check.end()


def _open(file: RootFile, path: str, tree: str | None, threads: int) -> Source:
    with reading("ROOT file", expected="a readable list of contents", where=path):
        classes = file.top.classnames(recursive=True, cycle=True)
    trees = [name for name, kind in classes.items() if kind in TTREES + RNTUPLES]

    def count(name: str) -> int:
        with reading("tree", expected="a readable one", where=f"{path} : {name}"):
            return int(file.top[name].num_entries)

    name = choose_tree(trees, tree, count, path)
    shown = name_of(name, trees)
    where = f"{path} : {shown}"
    with reading("tree", expected="a readable one", where=where):
        if classes[name] in RNTUPLES:
            from .rntuple import RNTupleSource

            source: Source = RNTupleSource(path, file, file.top[name], shown)
        else:
            from .ttree import TTreeSource

            source = TTreeSource(path, file, file.top[name], shown, threads)
    others = dict.fromkeys(entry.partition(";")[0] for entry in trees)  # cycles of one tree are one
    source.other_trees = tuple(entry for entry in others if entry != name.partition(";")[0])
    source.told += told_of_cycles(name, trees)
    if not source.branches and not source.refused:
        raise InputError("tree", got="0 branches", expected="at least one", where=where)
    return source
