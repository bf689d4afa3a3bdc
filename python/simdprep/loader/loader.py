"""Loader: a dataset as shuffled, padded batches, decoded ahead of whoever consumes them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ConfigError
from ..storage import Dataset
from .argument import check_choice, check_integer
from .batch import Batch
from .batching import Request, make_batching
from .block import BlockReader
from .buffers import Buffers
from .cache import CACHES, BlockCache, CacheName, cache_limit
from .decoder import Decoder
from .device import FrameworkName, Move, move_to
from .dtype import bfloat16
from .fault import FaultFinder, Rows
from .form import ROUND_TO, Form, FormName
from .iterator import BatchIterator, Pass
from .order import SHUFFLES, RowOrder, Shuffle, block_bounds
from .passes import SharedPasses
from .plan import Inputs, Labels, Pads, Plan, make_plan
from .pool import BlockPool, Pool, PoolLoader, decode_all
from .prefetch import Check
from .ranks import find_ranks
from .sampling import Sample
from .share import Tail
from .source import PoolTask
from .state import Progress, make_state, read_state
from .stats import EpochStats, Stats
from .steps import Step, Transforms, fitted_steps, plan_steps
from .subset import RowChoice

if TYPE_CHECKING:
    from .frameworks.torch_dataset import TorchDataset


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
        form: How list objects lie in a batch. ``padded``: (rows, pad, fields). ``batch_max``: padded
            to the longest list of these rows. ``jagged``, ``varlen``, ``graph``: real entries alone,
            see :mod:`simdprep.loader.form`; in torch a jagged object is a nested tensor.
        channels_first: (rows, fields, pad) rather than (rows, pad, fields).
        round_to: ``batch_max`` pads to a multiple of it.
        to: ``"torch"`` or ``"jax"``; ``None`` for numpy, from where others take arrays by ``__dlpack__``.
        device: Where tensors shall be, such as ``"cuda"``.
        transforms: Fitted transforms by object (``{"Jet": standardise}``, also several each), a
            :class:`~simdprep.transforms.State`, which normalises all inputs, a function that takes a
            batch of numpy arrays and returns one, or a list of these; a transform's state stands
            for it. They run in the loader's threads.
        rank: This process among the ``world_size`` that share every batch. Without the two,
            torch.distributed is asked where the process has initialised it, else the variables that
            torchrun, Slurm and Open MPI set; :attr:`ranks` says what was found, and where.
        world_size: Number of ranks.
        tail: Rows that fill no batch are left out (``drop``), filled up with empty rows of weight 0
            and index -1 (``pad``), or make a shorter batch (``uneven``).
        rows: Which rows: a slice, a mask or row numbers, values of fields
            (``{"events.split": "train"}``), a :class:`~simdprep.loader.Fold`, or an expression of
            the row object (``"MET > 50 & num(Jet) >= 2"``). ``None`` for all.
        sample: How rows are drawn: a row-level field to draw in proportion to, or
            :class:`~simdprep.loader.Weighted`, :class:`~simdprep.loader.Quotas`,
            :class:`~simdprep.loader.Mix`. ``None`` for each row once.
        bucket: A list object of the inputs: rows with like numbers of its entries come in one batch.
        elements: Entries of a list object that a batch of all ranks has at most, in place of
            ``batch_size``: ``{"Jet": 10000}``.
        pad: Slots of a list object in the batch, for all or by object; by default those of the
            file. A ragged object without any needs it if it is to be padded; in the other forms it
            is a limit, and there is none by default.
        dtype: Of the inputs: ``float32``, ``float64``, ``float16`` or ``bfloat16``.
        threads: Threads that decode and gather; ``None`` for one per core. Batches do not depend on it.
        memory: Bytes of decoded rows to hold at once; ``None`` for 1 GiB, or more where 64 batches
            need it. With ``block`` the order depends on it.
        cache: What is kept from epoch to epoch. ``auto``: decoded rows that fit ``memory`` or, where
            none is given, a quarter of the free memory, for all ranks of this machine together.
            ``ram``: all decoded rows, however many. ``device``: all rows on ``device``, where
            batches are gathered and padded; functions among the ``transforms`` then get batches of
            tensors. ``None``: nothing, every epoch is decoded. The order does not depend on it.

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
        form: FormName = "padded",
        channels_first: bool = False,
        round_to: int = ROUND_TO,
        to: FrameworkName | None = None,
        device: str | None = None,
        transforms: Transforms | Iterable[Transforms] | None = None,
        rank: int | None = None,
        world_size: int | None = None,
        tail: Tail = "drop",
        rows: RowChoice | None = None,
        sample: Sample | None = None,
        bucket: str | None = None,
        elements: Mapping[str, int] | None = None,
        pad: Pads | None = None,
        dtype: str = "float32",
        threads: int | None = None,
        memory: int | None = None,
        cache: CacheName | None = "auto",
    ) -> None:
        check_choice("shuffle", shuffle, SHUFFLES)
        check_integer("seed", seed)
        if threads is not None:
            check_integer("threads", threads, least=1)
        self.dataset = dataset
        self.ranks = find_ranks(rank, world_size)
        self.move = move_to(to, device)
        plan = make_plan(
            dataset.schema, inputs, labels=labels, weights=weights, pad=pad, dtype=dtype,
            form=Form(form, bool(channels_first), round_to),
        )  # fmt: skip
        plan, self._steps = plan_steps(transforms, plan)
        if dtype == "bfloat16" and (to != "torch" or self._steps):
            bfloat16()  # numpy holds them
        check_choice("cache", cache, CACHES)
        self._threads = threads or 0
        requested = plan
        if cache == "device":
            self.move = _resident_move(dataset, plan, self._steps, to, device, self._threads)
            self._steps = ()
            plan = replace(plan, inputs={}, labels={}, single_label=False, weight=None)  # row numbers are all it takes
        self._plan = replace(plan, buffers=Buffers(self.move.new_memory))
        self._batching = make_batching(
            dataset,
            requested,
            Request(shuffle, int(seed), batch_size, tail, rows, sample, bucket, elements, memory),
            self.ranks,
        )
        self._scalar_dtypes = {
            scalar: np.dtype(dataset[scalar.object][scalar.field].dtype) for scalar in self._plan.scalars
        }
        self._progress = Progress()
        self._resident: BlockPool | None = None
        self._cache = cache
        self._cache_limit = (
            0 if self._batching.resident_blocks is not None else cache_limit(cache, memory, self.ranks.world_size)
        )
        self._reader: BlockCache | None = None
        self._passes: SharedPasses | None = None
        self.stats = Stats()

    def __len__(self) -> int:
        """Number of batches of the pass under way, or the next one; the same for all ranks."""
        return len(self._batching.share(self._progress.epoch))

    def __iter__(self) -> BatchIterator:
        """Begin a pass; see the class."""
        return self.begin()

    def begin(
        self, turn: int = 0, turns: int = 1, *, move: Move | None = None, at: Progress | None = None
    ) -> BatchIterator:
        """Begin a pass that hands out every ``turns``-th batch only, from number ``turn`` on.

        For processes that take turns in handing out the batches of one rank, such as the workers of
        a ``DataLoader``: together they hand out what one would, each batch once, in the same order.
        Each of them decodes what its batches need, which is about everything.

        Args:
            turn: Which of the processes this is.
            turns: How many there are.
            move: Where batches go, instead of where the loader's go.
            at: Where to begin, instead of where the latest pass has come to.

        Raises:
            ConfigError: they are no such numbers.
        """
        check_integer("turns", turns, least=1)
        check_integer("turn", turn, least=0)
        self._progress = (self._progress if at is None else at).next_pass()
        epoch = self._progress.epoch
        self.stats.epoch = EpochStats(epoch)
        share = self._batching.share(epoch)
        work = Pass(
            epoch,
            share,
            self._batching.sources(epoch),
            self._plan,
            partial(self._load, threading.Lock()),
            self._scalar_dtypes,
            self._steps,
            self.move if move is None else move,
            turns,
            self._find_fault,
            self._threads,
        )
        return BatchIterator(work, self._progress, self.stats, offset=turn)

    def __getstate__(self) -> dict[str, Any]:
        """Leave decoded rows behind: another process decodes its own."""
        return {**self.__dict__, "_resident": None, "_reader": None, "_passes": None}

    def __repr__(self) -> str:
        order = self.order
        size = f"{len(self)} batches of {self._batching.size_text} of {self._batching.orders.num_rows} rows"
        ranks = f", rank {self.ranks.rank} of {self.ranks.world_size} ({self.ranks.source})"
        noise = f"shuffle {order.shuffle} (noise x {self.shuffle_inflation:.2f} at most)"
        return f"<Loader: {size}, {noise}{ranks if self.ranks.source != 'default' else ''}>"

    @property
    def order(self) -> RowOrder:
        """The order of rows, usable alone; of several streams that of the first."""
        return self._batching.orders.rows[0]

    @property
    def epoch(self) -> int:
        """The epoch of the pass under way, or of the next one."""
        return self._reached.epoch

    @property
    def shuffle_inflation(self) -> float:
        """By how much the noise of a batch's mean may exceed that of a full shuffle: 1 is as good as it gets.

        See :meth:`~simdprep.loader.order.RowOrder.inflation`; more ``memory`` lowers it.
        """
        return max(order.inflation(order.batch_size) for order in self._batching.orders.rows)

    def set_epoch(self, epoch: int) -> None:
        """Let the next pass be that of ``epoch``, from its first batch on.

        Raises:
            ConfigError: the epoch is negative or no integer.
        """
        check_integer("epoch", epoch, least=0)
        self.go_to(epoch, 0)

    def state_dict(self, step: int | None = None) -> dict[str, Any]:
        """Return where the latest pass stands, as JSON can hold it.

        Args:
            step: Batches handed out, for a consumer that knows better; by default those the pass
                has given out. Batches made ahead do not count.
        """
        progress = self._reached
        if step is not None:
            check_integer("step", step, least=0)
            progress = Progress(progress.epoch, step)
        return make_state(self._batching.identity, progress)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Let the next pass go on where a state was taken, on any number of ranks.

        Raises:
            ConfigError: the state is of other data, another seed, shuffle, batch size or pool.
        """
        epoch, step = read_state(state, self._batching.identity)
        share = self._batching.share(epoch) if self._batching.is_fixed else None
        if share is not None and step > len(share):
            rule = f"at most {len(share)}, the batches of an epoch"
            raise ConfigError("step in the state", got=step, expected=rule, where="load_state_dict")
        self.go_to(epoch, step)

    def go_to(self, epoch: int, step: int) -> None:
        """Let the next pass begin with batch ``step`` of an epoch."""
        self._progress = Progress(epoch, step)
        if self._passes is not None:
            self._passes.set_next(epoch, step)

    @property
    def _reached(self) -> Progress:
        """How far the latest pass has come; of one of worker processes the epoch alone is known."""
        epoch = None if self._passes is None or self._progress.begun else self._passes.epoch
        return self._progress if epoch is None else Progress(epoch)

    def share_cores(self, processes: int) -> None:
        """Leave cores to other processes that do the same work, unless the number of threads was given."""
        if not self._threads:
            self._threads = max(1, len(os.sched_getaffinity(0)) // processes)

    def as_iterable_dataset(self) -> TorchDataset:
        """Return a torch ``IterableDataset`` for ``DataLoader(dataset, batch_size=None, num_workers=n)``.

        The batches are the same for any number of workers, each comes once, and passes go on from
        epoch to epoch. :meth:`set_epoch` and :meth:`load_state_dict` say where the next pass begins;
        workers make batches ahead, so tell :meth:`state_dict` the ``step`` you have come to.

        Raises:
            ConfigError: torch is not installed.
        """
        try:
            from .frameworks.torch_dataset import TorchDataset
        except ImportError as error:
            hint = "pip install torch, the extra [torch]"
            raise ConfigError(
                "as_iterable_dataset", got="no torch", expected="torch installed", where="Loader", hint=hint
            ) from error
        if self._passes is None:
            self._passes = SharedPasses()
            self._passes.set_next(self._progress.next_pass().epoch, self._progress.next_pass().step)
        return TorchDataset(self, self._passes)

    def headroom(self) -> float:
        """Return how many times as fast as in the latest pass batches could have been asked for.

        Below about 1.2 the loader is what the consumer waits for, and threads, memory or fewer
        fields help; far above, the loader is not the limit. The slower of its two stages, decoding
        and making batches, counts.
        """
        return self.stats.epoch.headroom

    def _find_fault(self, rows: Rows, steps: Sequence[Step], error: BaseException, check: Check) -> int | None:
        """Return the row that a step failed for; see :class:`~simdprep.loader.fault.FaultFinder`."""
        reader = BlockReader(self.dataset, self._plan)
        return FaultFinder(reader, self._plan, self.order.bounds, self._scalar_dtypes)(rows, steps, error, check)

    def _load(
        self, alone: threading.Lock, task: PoolTask, following: PoolTask | None, decoder: Decoder, check: Check
    ) -> Pool:
        """Decode a pool; rows that all fit at once are decoded once for all epochs."""
        keep = None if self._cache is None else self._batching.resident_blocks
        with alone:  # several streams of a pass may want the same rows
            if self._resident is not None:
                return self._resident.with_task(task)
            if self._reader is None:
                self._reader = BlockCache(BlockReader(self.dataset, self._plan), self._cache_limit)
            bounds = self.order.bounds
            loader = PoolLoader(self._reader, decoder, self._plan, bounds, self._threads, self._scalar_dtypes)
            pool = loader.load(task, check, keep=keep if task.order.is_whole else None, following=following)
            if isinstance(pool, BlockPool) and (keep is not None or not task.order.is_whole):
                self._resident = pool
        self.stats.epoch.decoded(loader.decoded_rows, loader.decoded_bytes)
        return pool


def _resident_move(
    dataset: Dataset, plan: Plan, steps: tuple[Step, ...], to: str | None, device: str | None, threads: int
) -> Move:
    """Return what makes batches of rows that lie on a device.

    Raises:
        ConfigError: there is none, or a step works on numpy arrays.
    """
    if to != "torch" or device is None:
        got, rule = "'device'", "it with to='torch' and a device"
        raise ConfigError("cache", got=got, expected=rule, where="Loader", hint="to='torch', device='cuda'")
    for name in fitted_steps(steps):
        rule = "elementwise transforms, or functions of a batch of tensors"
        raise ConfigError("transforms", got=name, expected=rule, where="Loader cache='device'", hint="cache='ram'")
    from .frameworks.torch_resident import TorchResident

    bounds = block_bounds(dataset.part_rows, dataset.chunk_rows)
    return TorchResident(device, plan, partial(decode_all, dataset, plan, bounds, threads), steps)
