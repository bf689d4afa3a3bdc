"""Sampler: the loader's order of rows alone, for whoever reads the rows in another way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError
from .argument import check_choice, check_integer
from .order import SHUFFLES, RowOrder, Shuffle, block_bounds
from .ranks import find_ranks
from .share import Share, Tail
from .state import Progress, make_state, read_state


class Sampler(Iterable[NDArray[np.int64]]):
    """Row numbers of this rank's batches, epoch after epoch: arithmetic alone, no data is read.

    The batch of all ranks comes first, and ranks take equal slices of it: step ``i`` has the same
    rows for any number of ranks. Fits ``torch.utils.data.DataLoader(batch_sampler=...)``.

    Args:
        num_rows: Rows to order.
        batch_size: Rows of a batch over all ranks; a multiple of ``world_size``.
        shuffle: ``full``, ``block`` or ``none``, as for :class:`~simdprep.loader.Loader`.
        seed: Of the shuffle.
        block_rows: Rows that are best read together; for ``block``.
        pool_batches: Batches that are shuffled together; for ``block``.
        fingerprint: Tells data sets of the same size apart.
        rank: As for the loader.
        world_size: As for the loader.
        tail: ``drop`` leaves rows that fill no batch out, ``uneven`` gives a shorter batch.

    Raises:
        ConfigError: an argument is not what it should be.
    """

    def __init__(
        self,
        num_rows: int,
        *,
        batch_size: int = 1024,
        shuffle: Shuffle = "full",
        seed: int = 1,
        block_rows: int = 1024,
        pool_batches: int = 64,
        fingerprint: str = "",
        rank: int | None = None,
        world_size: int | None = None,
        tail: Tail = "drop",
    ) -> None:
        check_choice("shuffle", shuffle, SHUFFLES, where="Sampler")
        check_choice("tail", tail, ("drop", "uneven"), where="Sampler")
        for what, value, least in (("num_rows", num_rows, 0), ("seed", seed, None), ("block_rows", block_rows, 1)):
            check_integer(what, value, least=least, where="Sampler")
        check_integer("pool_batches", pool_batches, least=1, where="Sampler")
        self.ranks = find_ranks(rank, world_size)
        self._share = Share(num_rows, batch_size, self.ranks.rank, self.ranks.world_size, tail)
        bounds = block_bounds([num_rows], block_rows)
        pools = max(1, min(num_rows // (pool_batches * batch_size), len(bounds) - 1)) if shuffle == "block" else 1
        #: The order of rows.
        self.order = RowOrder(bounds, shuffle, int(seed), f"{fingerprint} {num_rows}", pools, batch_size)
        self._progress = Progress()

    def __len__(self) -> int:
        """Number of batches in an epoch; the same for all ranks."""
        return len(self._share)

    def __iter__(self) -> Iterator[NDArray[np.int64]]:
        """Begin a pass: the first takes epoch 0 or what was set, each further one the next."""
        self._progress = progress = self._progress.next_pass()
        return self._batches(progress)

    def rows(self, epoch: int, step: int) -> NDArray[np.int64]:
        """Return the row numbers of this rank's batch of a step, int64."""
        return self.order.epoch(epoch).rows(*self._share.positions(step))

    def set_epoch(self, epoch: int) -> None:
        """Let the next pass be that of ``epoch``, from its first batch on."""
        check_integer("epoch", epoch, least=0, where="Sampler")
        self._progress = Progress(epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return where the latest pass stands, as JSON can hold it."""
        return make_state(self._identity, self._progress)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Let the next pass go on where a state was taken, on any number of ranks.

        Raises:
            ConfigError: the state is of another order.
        """
        epoch, step = read_state(state, self._identity)
        if step > len(self):
            raise ConfigError("step in the state", got=step, expected=f"at most {len(self)}", where="load_state_dict")
        self._progress = Progress(epoch, step)

    @property
    def _identity(self) -> dict[str, Any]:
        order = self.order
        return {
            "fingerprint": order.fingerprint,
            "shuffle": order.shuffle,
            "seed": order.seed,
            "batch_size": self._share.batch_size,
            "num_pools": order.num_pools,
        }

    def _batches(self, progress: Progress) -> Iterator[NDArray[np.int64]]:
        order = self.order.epoch(progress.epoch)
        while progress.step < len(self):
            rows = order.rows(*self._share.positions(progress.step))
            progress.step += 1
            yield rows
        progress.complete()
