"""Preparing jets in the ordinary way: h5py, numpy and awkward, a batch of jets after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import awkward as ak
import h5py
import numpy as np
from numpy.typing import NDArray

#: Rows in memory at a time.
BATCH = 20_000


def prepare(
    source: Path,
    folder: Path,
    *,
    jets: Sequence[str],
    tracks: Sequence[str],
    classes: Sequence[int],
    seed: int = 1,
) -> dict[str, int]:
    """Select, label, split by the number of the event, shuffle, fit and write; returns the rows of each output.

    Args:
        source: Jets and tracks in the layout ``columns``.
        folder: Gets ``train.h5``, ``val.h5`` and ``test.h5``, with the means and deviations in ``norm.npz``.
        jets: Fields of jets that are stored.
        tracks: Fields of tracks that are stored.
        classes: Values of ``flavour``, in the order of the labels.
        seed: Of the shuffle.
    """
    rng = np.random.default_rng(seed)
    outputs = {name: h5py.File(folder / f"{name}.h5", "w") for name in ("train", "val", "test")}
    sums = {("jets", name): np.zeros(3) for name in jets} | {("tracks", name): np.zeros(3) for name in tracks}
    rows = dict.fromkeys(outputs, 0)
    with h5py.File(source) as file:
        total = len(file["jets/pt"])
        for start in range(0, total, BATCH):
            part = slice(start, min(start + BATCH, total))
            valid = file["tracks/valid"][part]
            counts = valid.sum(axis=1)
            events = {("jets", name): file[f"jets/{name}"][part] for name in (*jets, "flavour", "weight")}
            for name in tracks:
                flat = file[f"tracks/{name}"][part][valid]
                events["tracks", name] = ak.unflatten(flat, counts)
            keep = np.abs(events["jets", "eta"]) < 2.4
            label = np.full(len(keep), -1, np.int32)
            for code, value in enumerate(classes):
                label[events["jets", "flavour"] == value] = code
            keep &= label >= 0
            event = file["events/eventNumber"][part]
            split = np.maximum((event % 10).astype(np.int64) - 7, 0)  # 0 to 7 train, 8 val, 9 test
            for number, (name, output) in enumerate(outputs.items()):
                chosen = rng.permutation(np.flatnonzero(keep & (split == number)))
                rows[name] += len(chosen)
                for key, values in events.items():
                    taken = values[chosen]
                    if name == "train" and key in sums:
                        _add(sums[key], ak.to_numpy(ak.flatten(taken)) if key[0] == "tracks" else taken)
                    _append(output, "/".join(key), _padded(taken) if key[0] == "tracks" else taken)
                _append(output, "jets/label", label[chosen])
                _append(output, "events/eventNumber", event[chosen])
                _append(output, "tracks/valid", np.arange(40) < counts[chosen, np.newaxis])
    for output in outputs.values():
        output.close()
    constants = {"/".join(key): (s[1] / s[0], np.sqrt(s[2] / s[0] - (s[1] / s[0]) ** 2)) for key, s in sums.items()}
    np.savez(folder / "norm.npz", **constants)
    return rows


def _padded(lists: ak.Array) -> NDArray[np.float32]:
    padded = ak.pad_none(lists, 40, clip=True, axis=1)
    return ak.to_numpy(ak.fill_none(padded, np.nan)).astype(np.float32)


def _add(sums: NDArray[np.float64], values: NDArray[np.float32]) -> None:
    wide = values.astype(np.float64)
    sums += (len(wide), wide.sum(), (wide**2).sum())


def _append(file: h5py.File, name: str, values: NDArray[np.generic]) -> None:
    if name not in file:
        shape = values.shape[1:]
        file.create_dataset(
            name, data=values, maxshape=(None, *shape), chunks=(2048, *shape), compression="gzip", compression_opts=4,
            shuffle=True,
        )  # fmt: skip
        return
    stored = file[name]
    size = len(stored)
    stored.resize(size + len(values), axis=0)
    stored[size:] = values
