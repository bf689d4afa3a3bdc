"""Jobs of loaders in processes of their own: what they hand out goes to a file, line by line.

python -m tests.faults.loader_job SETTINGS      (JSON)
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

import simdprep as sp


class Turns(IterableDataset):
    """The workers of a DataLoader take turns."""

    def __init__(self, loader: sp.Loader) -> None:
        self._loader = loader

    def __iter__(self):
        worker = get_worker_info()
        turn, turns = (0, 1) if worker is None else (worker.id, worker.num_workers)
        for batch in self._loader.begin(turn, turns):
            yield batch.index.tolist(), float(batch["Jet"].sum())


def loader_of(settings: dict[str, Any], **options: Any) -> sp.Loader:
    """Return the loader that all jobs of a test share."""
    given = {"inputs": {"Jet": ["pt"]}, "batch_size": 840, **settings["options"], **options}
    return sp.Loader(sp.open(settings["paths"]), **given)


def hand_out(settings: dict[str, Any], loader: sp.Loader, out: Path) -> None:
    """Go through what is left of an epoch and write rows, sum and state of every batch."""
    workers = settings["workers"]
    state = settings.get("state")
    if state is not None:
        loader.load_state_dict(state)
    first = 0 if state is None else state["step"]
    batches = (
        DataLoader(Turns(loader), batch_size=None, num_workers=workers, multiprocessing_context=settings["way"])
        if workers
        else Turns(loader)
    )
    with out.open("w") as file:
        for step, (rows, total) in enumerate(batches, first):
            entry = {"rows": rows, "sum": total, "state": loader.state_dict(step=step + 1)}
            file.write(json.dumps(entry) + "\n")
            file.flush()
            time.sleep(settings.get("pause", 0))


def rank(number: int, settings: dict[str, Any]) -> None:
    """One rank of a gloo group: its loader asks torch.distributed who it is."""
    os.environ.pop("RANK", None)
    store = dist.FileStore(settings["store"], settings["ranks"])
    dist.init_process_group("gloo", store=store, rank=number, world_size=settings["ranks"])
    loader = loader_of(settings)
    assert (loader.ranks.rank, loader.ranks.source) == (number, "torch.distributed")
    hand_out(settings, loader, Path(settings["out"]) / f"{number}.jsonl")
    dist.barrier()
    dist.destroy_process_group()


def main() -> None:
    """Start the ranks in the way that is asked for, and wait for them."""
    torch.set_num_threads(1)
    settings = json.loads(sys.argv[1])
    mp.start_processes(rank, (settings,), nprocs=settings["ranks"], start_method=settings["way"])


if __name__ == "__main__":
    main()
