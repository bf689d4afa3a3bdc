"""torch's DataLoader with a dataset that reads one row after the other with h5py, shuffled.

``torch_loader.py SETTINGS`` (JSON); runs wherever torch and h5py are.
"""

import json
import sys

import h5py
import numpy as np
import torch
from answering import answer
from numpy.lib.recfunctions import structured_to_unstructured
from torch.utils.data import DataLoader, Dataset


class Rows(Dataset):
    """One row at a time."""

    def __init__(self, settings):
        self._settings = settings
        self._file = None
        with h5py.File(settings["path"]) as file:
            self._rows = len(file["jets"])

    def __len__(self):
        return self._rows

    def __getitem__(self, row):
        if self._file is None:  # each worker opens the file itself
            self._file = h5py.File(self._settings["path"])
        tracks = self._file["tracks"][row]
        values = structured_to_unstructured(tracks[self._settings["fields"]], dtype=np.float32, copy=True)
        values[~tracks["valid"]] = 0
        return values, tracks["valid"].copy(), self._file["jets"][row][self._settings["mark"]]


def main(settings):
    workers = settings["workers"]
    loader = DataLoader(
        Rows(settings), batch_size=settings["batch_size"], shuffle=True, drop_last=True, num_workers=workers,
        persistent_workers=workers > 0,
    )  # fmt: skip
    answer(lambda: iter(loader))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(json.loads(sys.argv[1]))
