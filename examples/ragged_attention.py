"""Attention over the muons of each event, without a padded slot. Usage: ragged_attention.py [OUT.h5]"""

import sys
from pathlib import Path

import torch

import simdprep as sp

path = sys.argv[1] if len(sys.argv) > 1 else "muons.h5"
sp.convert(Path(__file__).with_name("toy_nano.root"), path, overwrite=True)
data = {"dataset": sp.open(path), "inputs": {"Muon": ["pt", "eta", "phi"]}, "batch_size": 256, "to": "torch"}
data["rows"] = "num(Muon) >= 1"  # the fused kernels take no empty sequence
attend = torch.nn.functional.scaled_dot_product_attention
torch.manual_seed(1)
projections = torch.nn.ModuleList(torch.nn.Linear(3, 64) for _ in range(3))  # query, key, value

nested = next(iter(sp.Loader(**data, form="jagged")))["Muon"]  # (256, entries, 3), jagged
query, key, value = (project(nested).unflatten(-1, (4, 16)).transpose(1, 2) for project in projections)
jagged = attend(query, key, value).transpose(1, 2).flatten(-2).values()  # (n, 64)

packed = next(iter(sp.Loader(**data, form="varlen")))["Muon"]  # the same events
query, key, value = (project(packed.values).unflatten(-1, (4, 16)) for project in projections)  # (n, 4 heads, 16)
rows = torch.zeros_like(query)
for first, last in packed.cu_seqlens.unfold(0, 2, 1).tolist():  # row by row, as a check
    if first < last:
        one = (part[first:last].transpose(0, 1).unsqueeze(0) for part in (query, key, value))
        rows[first:last] = attend(*one).squeeze(0).transpose(0, 1)
torch.testing.assert_close(jagged, rows.flatten(-2), rtol=1e-3, atol=1e-3)
print("jagged attention equals a loop over rows")
if torch.cuda.is_available():  # flash attention: halves on a GPU
    from torch.nn.attention.varlen import varlen_attn

    halves, bounds = [part.cuda().half() for part in (query, key, value)], packed.cu_seqlens.cuda()
    quick = varlen_attn(*halves, bounds, bounds, packed.max_seqlen, packed.max_seqlen)
    torch.testing.assert_close(quick.float().cpu(), rows, rtol=2e-2, atol=2e-2)
    print("varlen_attn equals a loop over rows")
