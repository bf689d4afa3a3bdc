"""Train a network over sets of muons: did the single-muon trigger fire? Usage: train_torch.py [OUT.h5]"""

import sys
from pathlib import Path

import torch

import simdprep as sp

path = sys.argv[1] if len(sys.argv) > 1 else "muons.h5"
sp.convert(Path(__file__).with_name("toy_nano.root"), path, overwrite=True)
data = {"dataset": sp.open(path), "inputs": {"Muon": ["pt", "eta", "pfRelIso04_all"]}, "batch_size": 100}
standardise = sp.transforms.Standardise(data["inputs"]["Muon"])
for batch in sp.Loader(**data, shuffle="none", tail="uneven"):
    standardise.fit(batch["Muon"], batch.valid["Muon"])
torch.manual_seed(1)
each, head = torch.nn.Sequential(torch.nn.Linear(3, 32), torch.nn.ReLU()), torch.nn.Linear(32, 1)
optimiser = torch.optim.Adam([*each.parameters(), *head.parameters()], lr=1e-2)
loader = sp.Loader(**data, labels="events.HLT_IsoMu24", transforms={"Muon": standardise}, to="torch")
for epoch in range(5):
    losses = []
    for batch in loader:
        features = each(batch["Muon"]) * batch.valid["Muon"].unsqueeze(-1)  # (100, pad, 32)
        score = head(features.sum(dim=1)).squeeze(-1)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(score, batch.labels.float())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    print(f"epoch {epoch}: loss {sum(losses) / len(losses):.4f}")
