"""PlacedChunks: where the chunks of a file lie that is being written, one behind the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class PlacedChunks:
    """Gives chunks their places. Those of one dataset come in the order of its rows.

    Args:
        begin: The address of the first.

    Attributes:
        end: The address behind the last.
    """

    def __init__(self, begin: int) -> None:
        self.end = begin
        self._datasets: list[NDArray[np.int64]] = []
        self._addresses: list[NDArray[np.uint64]] = []
        self._sizes: list[NDArray[np.uint64]] = []
        self._masks: list[NDArray[np.uint32]] = []

    def add(
        self, datasets: NDArray[np.int64], sizes: NDArray[np.uint64], masks: NDArray[np.uint32]
    ) -> NDArray[np.uint64]:
        """Place chunks behind those before.

        Args:
            datasets: (n,), whose they are.
            sizes: (n,), their stored bytes.
            masks: (n,), filters that were skipped.

        Returns:
            (n,), their addresses.
        """
        ends = self.end + np.cumsum(sizes, dtype=np.uint64)
        addresses: NDArray[np.uint64] = ends - sizes
        if len(ends):
            self.end = int(ends[-1])
        self._datasets.append(datasets)
        self._addresses.append(addresses)
        self._sizes.append(sizes)
        self._masks.append(masks)
        return addresses

    def by_dataset(
        self, num_datasets: int
    ) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint32]]:
        """Return how many chunks each dataset has, and addresses, sizes and masks of all, dataset by dataset."""
        datasets = _joined(self._datasets, np.int64)
        order = np.argsort(datasets, kind="stable")
        counts = np.bincount(datasets, minlength=num_datasets).astype(np.uint64)
        addresses, sizes = (_joined(of, np.uint64)[order] for of in (self._addresses, self._sizes))
        return counts, addresses, sizes, _joined(self._masks, np.uint32)[order]


def _joined(arrays: list[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype), *arrays])
