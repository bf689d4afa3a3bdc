"""Device: from numpy to a framework's tensors. The only module of the loader that imports torch."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, ResourceError, nearest_hint
from .batch import Batch

FRAMEWORKS = ("torch",)

Move = Callable[[Batch], Batch]


def move_to(framework: str | None, device: str | None) -> Move | None:
    """Return what turns numpy batches into those of a framework; ``None`` where they stay numpy.

    Args:
        framework: ``torch``, or ``None`` for numpy.
        device: Where the tensors shall be, such as ``cuda`` or ``cuda:1``; ``None`` leaves them in
            the memory they were made in.

    Raises:
        ConfigError: the framework is unknown or not installed, or there can be no such device.
    """
    if framework is None:
        if device is not None:
            raise ConfigError(
                "device", got=repr(device), expected="none without to=", where="Loader", hint="to='torch'"
            )
        return None
    if framework not in FRAMEWORKS:
        hint = nearest_hint(str(framework), FRAMEWORKS)
        raise ConfigError("to", got=repr(framework), expected="None or 'torch'", where="Loader", hint=hint)
    try:
        import torch
    except ImportError as error:
        raise ConfigError(
            "to", got="'torch', which is not installed", expected="an installed framework", where="Loader",
            hint="pip install torch, the extra [torch]",
        ) from error  # fmt: skip
    try:
        target = None if device is None else torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ConfigError(
            "device", got=repr(device), expected="a device of torch", where="Loader", hint="cpu or cuda"
        ) from error
    return _ToTorch(target)


class _ToTorch:
    """Makes torch batches; holds no tensor, so that a loader can be sent to another process."""

    def __init__(self, device: Any) -> None:
        self._device = device

    def __call__(self, batch: Batch) -> Batch:
        labels = batch.labels
        if isinstance(labels, Mapping):
            labels = {name: self._label(values) for name, values in labels.items()}
        elif labels is not None:
            labels = self._label(labels)
        return Batch(
            {name: self._tensor(values) for name, values in batch.items()},
            {name: self._tensor(mask) for name, mask in batch.valid.items()},
            labels=labels,
            weights=None if batch.weights is None else self._tensor(batch.weights),
            index=self._tensor(batch.index),
        )

    def _label(self, values: NDArray[Any]) -> Any:
        """Losses of torch take int64 classes and nothing else."""
        return self._tensor(values.astype(np.int64, copy=False) if values.dtype.kind in "iu" else values)

    def _tensor(self, values: NDArray[Any]) -> Any:
        import torch

        tensor = torch.from_numpy(values)  # shares the memory
        if self._device is None or self._device.type == "cpu":
            return tensor
        try:
            if self._device.type == "cuda":
                # From pinned memory the copy runs beside the consumer's work; torch keeps it until it is done.
                return tensor.pin_memory().to(self._device, non_blocking=True)
            return tensor.to(self._device)
        except (RuntimeError, AssertionError) as error:  # torch without CUDA asserts
            reason = str(error).partition("\n")[0]
            raise ResourceError(
                "device", got=f"{self._device} ({reason})", expected="one that torch can use here", where="Loader",
                hint="device='cpu'",
            ) from error  # fmt: skip


def torch_ranks() -> tuple[int, int] | None:
    """Return rank and world size of torch.distributed, if this process has imported and initialised it."""
    distributed: Any = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return None
    return int(distributed.get_rank()), int(distributed.get_world_size())
