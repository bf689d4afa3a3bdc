"""TorchBatch: batches as torch tensors, in shared memory or copied to a GPU beside its work."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from ...errors import ConfigError, ResourceError
from ..batch import Batch
from ..buffers import Memory, plain_memory
from ..form import Jagged

Tensor = torch.Tensor


class Sent(NamedTuple):
    """A batch whose copies to the device are under way.

    Attributes:
        batch: Of device tensors, which may not be read yet.
        tensors: All of them.
        done: The event after the last copy.
    """

    batch: Batch
    tensors: list[Tensor]
    done: Any


class ToTorch:
    """Makes torch batches; holds no tensor, so that a loader can be sent to another process.

    Without a device, and on the CPU, tensors share the memory of the arrays. For a GPU the arrays
    are made in pinned memory and copied by a stream of their own, so that neither the consumer nor its
    stream waits: receiving a batch lets the consumer's stream wait for the copy, on the device. Pinned
    memory is used again when nothing refers to it and its copy is done.

    Args:
        device: Such as ``cuda:1``.

    Raises:
        ConfigError: there can be no such device.
    """

    def __init__(self, device: str | None) -> None:
        try:
            self._device = None if device is None else torch.device(device)
        except (RuntimeError, TypeError) as error:
            raise ConfigError(
                "device", got=repr(device), expected="a device of torch", where="Loader", hint="cpu or cuda"
            ) from error
        self._stream: Any = None
        self._in_flight: deque[tuple[Any, Batch]] = deque()

    def __getstate__(self) -> dict[str, Any]:
        return {"_device": self._device, "_stream": None, "_in_flight": deque()}

    @property
    def on_cpu(self) -> bool:
        """Batches stay where they are made."""
        return self._device is None or self._device.type == "cpu"

    @property
    def is_cuda(self) -> bool:
        """Batches go to a GPU."""
        return self._device is not None and self._device.type == "cuda"

    def new_memory(self, size: int) -> Memory:
        """Return memory for the arrays of a batch: pinned where they go to a GPU."""
        if not self.is_cuda:
            return plain_memory(size)
        pinned: Memory = self._usable(lambda: torch.empty(size, dtype=torch.uint8, pin_memory=True)).numpy()
        return pinned

    def send(self, batch: Batch) -> Sent | Batch:
        """Turn a batch into tensors; to a GPU, begin to copy them."""
        if not self.is_cuda:
            return self._converted(batch, self._placed)
        tensors: list[Tensor] = []

        def copied(values: NDArray[Any]) -> Tensor:
            tensors.append(shared(values).to(self._device, non_blocking=True))
            return tensors[-1]

        self.begin_stream()
        with torch.cuda.stream(self._stream):
            moved = self._converted(batch, copied)
        return self.sent(moved, tensors, batch)

    def begin_stream(self) -> None:
        """Let go of what was copied, and see that there is a stream for more."""
        while self._in_flight and self._in_flight[0][0].query():
            self._in_flight.popleft()
        if self.is_cuda and self._stream is None:
            self._stream = self._usable(lambda: torch.cuda.Stream(self._device))  # type: ignore[no-untyped-call]

    def sent(self, batch: Batch, tensors: list[Tensor], source: Batch) -> Sent | Batch:
        """Return a batch that the stream works on; ``source``, which it is copied from, is kept until then."""
        if not self.is_cuda:
            return batch
        done = torch.cuda.Event()  # type: ignore[no-untyped-call]
        done.record(self._stream)
        self._in_flight.append((done, source))
        return Sent(batch, tensors, done)

    def receive(self, sent: Sent | Batch) -> Batch:
        """Return the batch; on a GPU, let the current stream wait until it is there."""
        if isinstance(sent, Batch):
            return sent
        stream = torch.cuda.current_stream(self._device)
        stream.wait_event(sent.done)
        for tensor in sent.tensors:
            tensor.record_stream(stream)  # made on another stream: its memory is not free before this one is done
        return sent.batch

    def _placed(self, values: NDArray[Any]) -> Tensor:
        tensor = shared(values)
        if self.on_cpu:
            return tensor
        placed: Tensor = self._usable(lambda: tensor.to(self._device))
        return placed

    def _usable(self, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except (RuntimeError, AssertionError) as error:  # torch without CUDA asserts
            reason = str(error).partition("\n")[0]
            raise ResourceError(
                "device", got=f"{self._device} ({reason})", expected="one that torch can use here", where="Loader",
                hint="device='cpu'",
            ) from error  # fmt: skip

    @staticmethod
    def _converted(batch: Batch, change: Callable[[NDArray[Any]], Tensor]) -> Batch:
        labels = batch.labels
        if isinstance(labels, Mapping):
            labels = {name: change(_label(values)) for name, values in labels.items()}
        elif labels is not None:
            labels = change(_label(labels))
        return Batch(
            {name: _value(value, change) for name, value in batch.items()},
            {name: change(mask) for name, mask in batch.valid.items()},
            labels=labels,
            weights=None if batch.weights is None else change(batch.weights),
            index=change(batch.index),
        )


def shared(values: NDArray[Any]) -> Tensor:
    """Return a tensor in the memory of an array; bfloat16 and its bits become ``torch.bfloat16``."""
    if values.dtype == np.uint16 or values.dtype.name == "bfloat16":
        return torch.from_numpy(values.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(values)


def _label(values: NDArray[Any]) -> NDArray[Any]:
    """Losses of torch take int64 classes and nothing else."""
    return values.astype(np.int64, copy=False) if values.dtype.kind in "iu" else values


def _value(value: Any, change: Callable[[NDArray[Any]], Tensor]) -> Any:
    """Change the arrays of an object; a jagged one becomes torch's, unless its lists are lists themselves."""
    if isinstance(value, Jagged) and value.inner_offsets is None:
        sizes = np.diff(value.offsets)
        return torch.nested.nested_tensor_from_jagged(
            change(value.values),
            change(value.offsets),
            # Known here; on a GPU the layers would have to wait for the device to learn them.
            min_seqlen=int(sizes.min(initial=0)),
            max_seqlen=int(sizes.max(initial=0)),
        )
    return value.map(change) if hasattr(value, "map") else change(value)
