"""Device: where batches go, and which framework's they are."""

from __future__ import annotations

import importlib
import sys
from typing import Any, Literal, Protocol

from ..errors import ConfigError, nearest_hint
from .batch import Batch
from .buffers import Memory, plain_memory

FrameworkName = Literal["torch", "jax"]

#: The class that moves batches, by framework; its module imports the framework.
_MOVES = {"torch": (".frameworks.torch_batch", "ToTorch"), "jax": (".frameworks.jax_batch", "ToJax")}


class Move(Protocol):
    """Turns numpy batches into those of a framework. It can be sent to another process."""

    def new_memory(self, size: int) -> Memory:
        """Return memory for the arrays of a batch, from where copying to the device is quickest."""
        ...

    def send(self, batch: Batch) -> Any:
        """Begin to move a batch; called in the loader's thread."""
        ...

    def receive(self, sent: Any) -> Batch:
        """Return what was sent; called in the consumer's thread."""
        ...


class Stay:
    """Leaves batches as they are: numpy arrays, which other libraries take through ``__dlpack__``."""

    def new_memory(self, size: int) -> Memory:
        """Return memory for the arrays of a batch."""
        return plain_memory(size)

    def send(self, batch: Batch) -> Batch:
        """Return the batch."""
        return batch

    def receive(self, sent: Batch) -> Batch:
        """Return the batch."""
        return sent


def move_to(framework: str | None, device: str | None) -> Move:
    """Return what turns numpy batches into those of a framework.

    Args:
        framework: ``torch``, ``jax``, or ``None`` for numpy.
        device: Where the arrays shall be, such as ``cuda`` or ``cuda:1``; ``None`` leaves them in
            the memory they were made in.

    Raises:
        ConfigError: the framework is unknown or not installed, or there can be no such device.
    """
    if framework is None:
        if device is not None:
            raise ConfigError(
                "device", got=repr(device), expected="none without to=", where="Loader", hint="to='torch'"
            )
        return Stay()
    if framework not in _MOVES:
        hint = nearest_hint(str(framework), _MOVES)
        raise ConfigError("to", got=repr(framework), expected="None, 'torch' or 'jax'", where="Loader", hint=hint)
    module, name = _MOVES[framework]
    try:
        move = getattr(importlib.import_module(module, __package__), name)
    except ImportError as error:
        raise ConfigError(
            "to", got=f"{framework!r}, which is not installed", expected="an installed framework", where="Loader",
            hint=f"pip install {framework}, the extra [{framework}]",
        ) from error  # fmt: skip
    made: Move = move(device)
    return made


def torch_ranks() -> tuple[int, int] | None:
    """Return rank and world size of torch.distributed, if this process has imported and initialised it."""
    distributed: Any = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return None
    return int(distributed.get_rank()), int(distributed.get_world_size())
