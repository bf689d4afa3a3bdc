"""What salt makes of a file and its side files, by its own code. Runs in its environment with SETTINGS (JSON).

Settings: ``file``, ``norm``, ``classes`` (files), ``variables`` by object, ``label``, ``save`` where the tensors go.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import yaml
from ftag.hdf5 import H5Reader
from salt.data.datasets import SaltDataset
from salt.models.inputnorm import InputNorm


def main(settings):
    variables, label = settings["variables"], settings["label"]
    dataset = SaltDataset(settings["file"], settings["norm"], variables, "fit", labels={"jets": [label]})
    norm = InputNorm(settings["norm"], variables, "jets", {name: name for name in variables})
    inputs, masks, labels = dataset[slice(0, len(dataset))]
    with torch.no_grad():
        made = norm({name: inputs[name] for name in variables})
    weights = yaml.safe_load(Path(settings["classes"]).read_text())["jets"][label]
    assert len(torch.Tensor(weights)) == len(weights)
    reader = H5Reader(settings["file"], batch_size=100, shuffle=False)
    rows = sum(len(batch["jets"]) for batch in reader.stream({"jets": [label], "tracks": ["valid"]}))
    np.savez(
        settings["save"], label=labels["jets"][label].numpy(), valid=~masks["tracks"].numpy(), rows=rows,
        weights=weights, **{name: tensor.numpy() for name, tensor in made.items()},
    )  # fmt: skip


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
