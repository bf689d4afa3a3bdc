"""JaxBatch: batches as jax arrays."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError, ResourceError
from ..batch import Batch
from ..buffers import Memory, plain_memory


class ToJax:
    """Makes jax batches. On the CPU jax shares the memory of aligned arrays, as ours are.

    jax works in 32 bits unless told otherwise: int64 becomes int32, and what does not fit there is
    an error, not another number.

    Args:
        device: Such as ``gpu`` or ``gpu:1``; ``None`` for jax's default.

    Raises:
        ConfigError: there can be no such device.
    """

    def __init__(self, device: str | None) -> None:
        platform, _, number = str(device or "").partition(":")
        if number and not number.isdigit():
            rule = "a platform of jax, and a number"
            raise ConfigError("device", got=repr(device), expected=rule, where="Loader", hint="cpu or gpu:1")
        self._platform, self._number = platform, int(number or 0)

    def new_memory(self, size: int) -> Memory:
        """Return memory for the arrays of a batch."""
        return plain_memory(size)

    def send(self, batch: Batch) -> Batch:
        """Turn a batch into jax arrays."""
        device = self._device()
        return batch.change_arrays(lambda values: jax.device_put(_fitting(values), device))

    def receive(self, sent: Batch) -> Batch:
        """Return the batch."""
        return sent

    def _device(self) -> Any:
        if not self._platform:
            return None
        try:
            return jax.devices(self._platform)[self._number]
        except (RuntimeError, IndexError) as error:
            got = f"{self._platform}:{self._number} ({str(error).partition(chr(10))[0]})"
            rule = "one that jax can use here"
            raise ResourceError("device", got=got, expected=rule, where="Loader", hint="device='cpu'") from error


def _fitting(values: NDArray[Any]) -> NDArray[Any]:
    """Return the values in the dtype that jax gives them."""
    narrow = jax.dtypes.canonicalize_dtype(values.dtype)
    if narrow == values.dtype:
        return values
    fitted = values.astype(narrow)
    if values.dtype.kind in "iu" and not np.array_equal(fitted, values):
        beyond = values[fitted != values][0]
        rule, hint = f"integers that {narrow} holds", 'jax.config.update("jax_enable_x64", True)'
        raise ConfigError("value for jax", got=int(beyond), expected=rule, where="Loader", hint=hint)
    return fitted
