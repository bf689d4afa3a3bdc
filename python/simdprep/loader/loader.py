"""Loader: a dataset as shuffled, padded batches, decoded ahead of whoever consumes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np

from ..errors import ConfigError
from ..storage import Dataset
from .argument import check_choice, check_integer
from .batch import Batch
from .block import BlockReader
from .device import move_to
from .iterator import BatchIterator, Pass
from .memory import count_pools
from .order import SHUFFLES, PoolOrder, RowOrder, Shuffle, block_bounds
from .plan import Inputs, Labels, Pads, make_plan
from .pool import BlockPool, Pool, PoolLoader
from .prefetch import Check
from .share import Share, Tail
from .state import Progress, make_state, read_state
from .stats import Stats
from .steps import Transforms, make_steps

FORMS = ("padded",)


class Loader(Iterable[Batch]):
    """Batches of a dataset, in an order that depends on nothing but its arguments.

    Iterate over it: each ``for`` loop is one pass over one epoch. The first pass takes epoch 0 (or
    what :meth:`set_epoch` says), each further one the next, also where the pass before was left
    early. Reading, padding and transforms go on in threads that begin and end with the pass, so a
    loader can be forked and pickled.

    The order is a function of (seed, epoch, dataset, shuffle): it is the same on every machine, for
    any number of threads, and for any number of ranks, which take equal slices of every batch.

    Args:
        dataset: As :func:`simdprep.open` returns it.
        inputs: Fields by object, in the order they shall have in the batch. Fields of events above
            other rows are repeated for each of their rows; strings are their codes.
        labels: Row-level fields such as ``"events.label"``: one (then ``batch.labels`` is an array),
            a list, or a mapping of names of your own (then it is a mapping). They keep their dtype;
            in torch integers are int64.
        weights: A row-level field, such as ``"events.weight"``.
        batch_size: Rows of a batch over all ranks; a multiple of ``world_size``.
        shuffle: ``block`` draws blocks of neighbouring rows from all over the dataset into a pool
            and shuffles that, so that every chunk is decoded once (see :attr:`shuffle_inflation`).
            ``full`` is a permutation of all rows: as quick where ``memory`` holds all of them, else
            the dataset is decoded as often as its rows need to fit. ``none`` keeps the stored order.
        seed: Of the shuffle.
        form: ``padded``.
        to: ``"torch"`` for tensors, ``None`` for numpy.
        device: Where tensors shall be, such as ``"cuda"``.
        transforms: Fitted transforms by object (``{"Jet": standardise}``, also several each), a
            function that takes a batch of numpy arrays and returns one, or a list of these. They
            run in the loader's threads.
        rank: This process among the ``world_size`` that share every batch.
        world_size: Number of ranks; 1 by default.
        tail: Rows that fill no batch are left out (``drop``), filled up with empty rows of weight 0
            and index -1 (``pad``), or make a shorter batch (``uneven``).
        pad: Slots of a list object in the batch, for all or by object; by default those of the
            file. A ragged object without any needs it.
        dtype: Of the inputs: ``float32``, ``float64`` or ``float16``.
        threads: Threads that decode and gather; ``None`` for one per core. Batches do not depend on it.
        memory: Bytes of decoded rows to hold at once; ``None`` for 1 GiB, or more where 64 batches
            need it. With ``block`` the order depends on it.

    Raises:
        ConfigError: an argument is not what it should be.
        SchemaError: an object or field is not in the dataset.
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        inputs: Inputs,
        labels: Labels | None = None,
        weights: str | None = None,
        batch_size: int = 1024,
        shuffle: Shuffle = "block",
        seed: int = 1,
        form: Literal["padded"] = "padded",
        to: Literal["torch"] | None = None,
        device: str | None = None,
        transforms: Transforms | Iterable[Transforms] | None = None,
        rank: int | None = None,
        world_size: int | None = None,
        tail: Tail = "drop",
        pad: Pads | None = None,
        dtype: str = "float32",
        threads: int | None = None,
        memory: int | None = None,
    ) -> None:
        check_choice("shuffle", shuffle, SHUFFLES)
        check_choice("form", form, FORMS)
        check_integer("seed", seed)
        if threads is not None:
            check_integer("threads", threads, least=1)
        if (rank is None) != (world_size is None):
            got = "rank without world_size" if world_size is None else "world_size without rank"
            raise ConfigError("ranks", got=got, expected="both or neither", where="Loader")
        self.dataset = dataset
        self._plan = make_plan(dataset.schema, inputs, labels=labels, weights=weights, pad=pad, dtype=dtype)
        self._share = Share(
            dataset.num_rows,
            batch_size,
            rank=0 if rank is None else rank,
            world_size=1 if world_size is None else world_size,
            tail=tail,
        )
        self._steps = make_steps(transforms, self._plan)
        self._move = move_to(to, device)
        bounds = block_bounds(dataset.part_rows, dataset.chunk_rows)
        pools = count_pools(dataset, self._plan, len(bounds) - 1, shuffle=shuffle, batch_size=batch_size, memory=memory)
        self._order = RowOrder(bounds, shuffle, int(seed), dataset.fingerprint, pools)
        self._threads = threads or 0
        self._scalar_dtypes = {
            scalar: np.dtype(dataset[scalar.object][scalar.field].dtype) for scalar in self._plan.scalars
        }
        self._progress = Progress()
        self._resident: BlockPool | None = None
        self._reader: BlockReader | None = None
        self.stats = Stats()

    def __len__(self) -> int:
        """Number of batches in an epoch; the same for all ranks."""
        return len(self._share)

    def __iter__(self) -> BatchIterator:
        """Begin a pass; see the class."""
        self._progress = self._progress.next_pass()
        work = Pass(
            self._order.epoch(self._progress.epoch),
            self._share,
            self._plan,
            self._load,
            self._scalar_dtypes,
            self._steps,
            self._move,
        )
        return BatchIterator(work, self._progress, self.stats)

    def __getstate__(self) -> dict[str, Any]:
        """Leave decoded rows behind: another process decodes its own."""
        return {**self.__dict__, "_resident": None}

    def __repr__(self) -> str:
        order = self._order
        size = f"{len(self)} batches of {self._share.batch_size} of {order.num_rows} rows"
        return f"<Loader: {size}, shuffle {order.shuffle} (noise x {self.shuffle_inflation:.2f} at most)>"

    @property
    def order(self) -> RowOrder:
        """The order of rows, usable alone."""
        return self._order

    @property
    def epoch(self) -> int:
        """The epoch of the pass under way, or of the next one."""
        return self._progress.epoch

    @property
    def shuffle_inflation(self) -> float:
        """By how much the noise of a batch's mean may exceed that of a full shuffle: 1 is as good as it gets.

        See :meth:`~simdprep.loader.order.RowOrder.inflation`; more ``memory`` lowers it.
        """
        return self._order.inflation(self._share.batch_size)

    def set_epoch(self, epoch: int) -> None:
        """Let the next pass be that of ``epoch``, from its first batch on.

        Raises:
            ConfigError: the epoch is negative or no integer.
        """
        check_integer("epoch", epoch, least=0)
        self._progress = Progress(epoch)

    def state_dict(self, step: int | None = None) -> dict[str, Any]:
        """Return where the latest pass stands, as JSON can hold it.

        Args:
            step: Batches handed out, for a consumer that knows better; by default those the pass
                has given out. Batches made ahead do not count.
        """
        progress = self._progress
        if step is not None:
            check_integer("step", step, least=0)
            progress = Progress(progress.epoch, step)
        return make_state(self._order, self._share.batch_size, progress)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Let the next pass go on where a state was taken, on any number of ranks.

        Raises:
            ConfigError: the state is of other data, another seed, shuffle, batch size or pool.
        """
        self._progress = read_state(state, self._order, self._share.batch_size, len(self))

    def _load(self, order: PoolOrder, check: Check) -> Pool:
        """Decode a pool; rows that all fit at once are decoded once for all epochs."""
        if self._resident is not None:
            return self._resident.with_order(order)
        if self._reader is None:
            self._reader = BlockReader(self.dataset, self._plan)
        loader = PoolLoader(self._reader, self._plan, self._order.bounds, self._threads, self._scalar_dtypes)
        pool = loader.load(order, check)
        if self._order.num_pools == 1 and isinstance(pool, BlockPool):
            self._resident = pool
        return pool
