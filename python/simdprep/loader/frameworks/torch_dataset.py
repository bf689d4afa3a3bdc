"""TorchDataset: a loader for torch's DataLoader, with any number of workers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch.utils.data

from ...errors import ConfigError
from ..batch import Batch
from ..passes import SharedPasses
from ..state import Progress
from .torch_batch import ToTorch

if TYPE_CHECKING:
    from ..loader import Loader


class TorchDataset(torch.utils.data.IterableDataset[Batch]):
    """Batches of a loader for ``DataLoader(dataset, batch_size=None, num_workers=n)``.

    Worker processes take turns: together they give the batches of the loader, each once and in its
    order, whatever their number. Passes go through the epochs as those of the loader do, also with
    workers that live for one pass. The threads of a loader make workers needless; each of them
    decodes for itself.

    Args:
        loader: Whose batches; they become torch's if they are numpy's.
        passes: Which pass is under way, for all processes.
    """

    def __init__(self, loader: Loader, passes: SharedPasses) -> None:
        self._loader = loader
        self._passes = passes
        self._move = loader.move if isinstance(loader.move, ToTorch) else ToTorch(None)

    def __len__(self) -> int:
        return len(self._loader)

    def __iter__(self) -> Iterator[Batch]:
        worker = torch.utils.data.get_worker_info()
        if worker is None:
            yield from self._loader.begin(move=self._move)
            return
        if not self._move.on_cpu:
            raise ConfigError(
                "device", got="a GPU, from a worker process", expected="none", where="as_iterable_dataset",
                hint="num_workers=0: the loader's own threads copy beside the GPU's work",
            )  # fmt: skip
        epoch, step = self._passes.join(worker.seed - worker.id, worker.id)
        self._loader.share_cores(worker.num_workers)
        at = Progress(epoch, step)
        yield from self._loader.begin(worker.id, worker.num_workers, move=self._move, at=at)
