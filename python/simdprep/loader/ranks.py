"""Ranks: which of the processes that share every batch this one is."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass

from ..errors import ConfigError
from .argument import check_integer
from .device import torch_ranks

#: What launchers set: torchrun and its kin, Slurm, Open MPI; asked in this order.
VARIABLES = (
    ("RANK", "WORLD_SIZE"),
    ("SLURM_PROCID", "SLURM_NTASKS"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
)


@dataclass(frozen=True)
class Ranks:
    """This process among those that share every batch.

    Attributes:
        rank: This one's number.
        world_size: How many there are.
        source: Where that is from: ``arguments``, ``torch.distributed``, the names of environment
            variables, or ``default``.
    """

    rank: int = 0
    world_size: int = 1
    source: str = "default"


def find_ranks(rank: int | None, world_size: int | None) -> Ranks:
    """Return what the arguments say; without them what torch.distributed says, if this process has
    initialised it; else what the launcher put into the environment; else one rank.

    Raises:
        ConfigError: one argument without the other, or numbers that cannot be.
    """
    if (rank is None) != (world_size is None):
        got = "rank without world_size" if world_size is None else "world_size without rank"
        raise ConfigError("ranks", got=got, expected="both or neither", where="Loader")
    if rank is not None and world_size is not None:
        return _checked(rank, world_size, "arguments")
    found = torch_ranks()
    if found is not None:
        return Ranks(*found, "torch.distributed")
    for names in VARIABLES:
        texts = [os.environ.get(name) for name in names]
        if None in texts:
            continue
        where = " and ".join(names)
        try:
            numbers = [int(text or "") for text in texts]
        except ValueError:
            got = ", ".join(f"{name}={text}" for name, text in zip(names, texts, strict=True))
            raise ConfigError(
                "ranks in the environment", got=got, expected="integers", where="Loader", hint="rank= and world_size="
            ) from None
        ranks = _checked(numbers[0], numbers[1], where)
        if ranks.world_size > 1:
            told = f"rank {ranks.rank} of {ranks.world_size} taken from {where}; rank= and world_size= say otherwise"
            warnings.warn(told, stacklevel=3)
        return ranks
    return Ranks()


def _checked(rank: int, world_size: int, source: str) -> Ranks:
    where = "Loader" if source == "arguments" else f"Loader, environment {source}"
    check_integer("world_size", world_size, least=1, where=where)
    check_integer("rank", rank, least=0, where=where)
    if rank >= world_size:
        raise ConfigError("rank", got=rank, expected=f"less than world_size, {world_size}", where=where)
    return Ranks(int(rank), int(world_size), source)
