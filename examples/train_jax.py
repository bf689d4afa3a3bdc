"""The question of train_torch.py in jax. Usage: train_jax.py [OUT.h5]"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp

import simdprep as sp

path = sys.argv[1] if len(sys.argv) > 1 else "muons.h5"
sp.convert(Path(__file__).with_name("toy_nano.root"), path, overwrite=True)
data = {"dataset": sp.open(path), "inputs": {"Muon": ["pt", "eta", "pfRelIso04_all"]}, "batch_size": 100}
loader = sp.Loader(**data, labels="events.HLT_IsoMu24", to="jax")


def loss(weights, muons, valid, label):
    each = jax.nn.relu(jnp.log1p(jnp.abs(muons)) @ weights["each"] + weights["bias"])  # (100, pad, 32)
    score = jnp.where(valid[..., None], each, 0).sum(axis=1) @ weights["head"] + weights["last"]
    return jnp.mean(jax.nn.softplus(score) - score * label)


@jax.jit
def update(weights, muons, valid, label):
    value, slopes = jax.value_and_grad(loss)(weights, muons, valid, label)
    return value, jax.tree.map(lambda weight, slope: weight - 0.1 * slope, weights, slopes)


first, second = jax.random.split(jax.random.key(1))
weights = {"each": jax.random.normal(first, (3, 32)) / 2, "bias": jnp.zeros(32)}
weights |= {"head": jax.random.normal(second, (32,)) / 8, "last": jnp.zeros(())}
for epoch in range(5):
    losses = []
    for batch in loader:
        value, weights = update(weights, batch["Muon"], batch.valid["Muon"], batch.labels)
        losses.append(value)
    print(f"epoch {epoch}: loss {sum(losses) / len(losses):.4f}")
