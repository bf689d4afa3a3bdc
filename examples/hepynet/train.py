"""Prepares the table of make_table.py as zprime.yaml says, and trains a logistic regression on it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

import simdprep as sp
from simdprep.transforms import State

HERE = Path(__file__).resolve().parent


def main(folder: Path) -> float:
    """Make the table in ``folder``, prepare it, train, and return the accuracy on the validation rows."""
    from make_table import make_table
    from pyarrow import feather

    feather.write_feather(make_table(20_000), folder / "events.feather")
    os.chdir(folder)  # the config names the table relative to where it is run
    sp.prepare(HERE / "zprime.yaml", folder / "zprime", overwrite=True)
    state = State.load(folder / "zprime" / "state.json")
    inputs = state.sections["fields"]["inputs"]
    weights = np.zeros(len(inputs["events"]) + 1)

    def batches(split: str) -> sp.Loader:
        return sp.Loader(
            sp.open(folder / "zprime" / split), inputs=inputs, labels="events.label", weights="events.weight",
            transforms=state, batch_size=256, tail="uneven",
        )  # fmt: skip

    loader = batches("train")
    for _ in range(3):
        for batch in loader:
            x = np.column_stack([batch["events"], np.ones(len(batch["events"]))])
            error = 1 / (1 + np.exp(-x @ weights)) - batch.labels
            weights -= 0.5 * (x * (error * batch.weights)[:, np.newaxis]).sum(axis=0) / batch.weights.sum()
    right = total = 0.0
    for batch in batches("val"):
        x = np.column_stack([batch["events"], np.ones(len(batch["events"]))])
        right += float((((x @ weights) > 0) == batch.labels) @ batch.weights)
        total += float(batch.weights.sum())
    return right / total


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    where = Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd()
    print(f"accuracy on the validation rows: {main(where):.3f}")
