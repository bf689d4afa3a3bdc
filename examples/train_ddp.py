"""The network of train_torch.py on several processes. Usage: torchrun --nproc-per-node 2 train_ddp.py [FILE.h5]"""

import sys

import torch
import torch.distributed as dist

import simdprep as sp

dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
path = sys.argv[1] if len(sys.argv) > 1 else "muons.h5"  # by: simdprep convert toy_nano.root muons.h5
inputs = {"Muon": ["pt", "eta", "pfRelIso04_all"]}
# Rank and world size are those of torch.distributed; batch_size counts the rows of all ranks.
loader = sp.Loader(
    sp.open(path),
    inputs=inputs,
    labels="events.HLT_IsoMu24",
    batch_size=100,
    to="torch",
    device=f"cuda:{dist.get_rank()}" if torch.cuda.is_available() else None,
)
torch.manual_seed(1)
network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.LazyLinear(32), torch.nn.ReLU(), torch.nn.Linear(32, 1))
network(next(iter(loader))["Muon"].nan_to_num().log1p())  # lazy layers learn their shapes
network = torch.nn.parallel.DistributedDataParallel(network)
optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
for epoch in range(5):
    loader.set_epoch(epoch)
    losses = []
    for batch in loader:
        score = network(batch["Muon"].abs().log1p()).squeeze(-1)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(score, batch.labels.float())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    if dist.get_rank() == 0:
        print(f"epoch {epoch}: loss {sum(losses) / len(losses):.4f}")
dist.destroy_process_group()
