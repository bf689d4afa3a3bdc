"""The same question without a framework: logistic regression in numpy. Usage: train_numpy.py [OUT.h5]"""

import sys
from pathlib import Path

import numpy as np

import simdprep as sp

path = sys.argv[1] if len(sys.argv) > 1 else "muons.h5"
sp.convert(Path(__file__).with_name("toy_nano.root"), path, overwrite=True)

loader = sp.Loader(
    sp.open(path),
    inputs={"Muon": ["pt", "pfRelIso04_all"]},
    labels="events.HLT_IsoMu24",
    batch_size=200,
)
weights = np.zeros(4)
for epoch in range(8):
    losses = []
    for batch in loader:
        muons = batch.valid["Muon"].sum(axis=1)  # (200,)
        leading = np.log1p(batch["Muon"][:, 0, 0])  # 0 where there is no muon
        isolation = batch["Muon"][:, 0, 1]
        inputs = np.stack([np.ones(200), muons > 0, leading, isolation], axis=-1)
        score = 1 / (1 + np.exp(-inputs @ weights))
        losses.append(-np.mean(np.log(np.where(batch.labels, score, 1 - score))))
        weights += 0.3 * inputs.T @ (batch.labels - score) / len(score)
    print(f"epoch {epoch}: loss {np.mean(losses):.4f}")
