"""salt's dataset and sampler in torch's DataLoader, as its data module puts them together, and its input norm.

Runs in the environment of salt: ``salt_loader.py SETTINGS`` (JSON).
"""

import json
import sys

import torch
from answering import answer
from salt.data.datasets import SaltDataset
from salt.data.samplers import RandomBatchSampler
from salt.models.inputnorm import InputNorm
from torch.utils.data import DataLoader


def main(settings):
    fields = settings["fields"]
    variables = {"jets": [settings["mark"]], "tracks": fields}
    dataset = SaltDataset(
        settings["path"], settings["norm"], variables, "fit", labels={"jets": [settings["mark"]]},
        ignore_finite_checks=False,
    )  # fmt: skip
    workers = settings["workers"]
    loader = DataLoader(
        dataset,
        batch_size=None,
        collate_fn=None,
        sampler=RandomBatchSampler(dataset, settings["batch_size"], shuffle=True, drop_last=True),
        num_workers=workers,
        shuffle=False,
        persistent_workers=workers > 0,
        prefetch_factor=2 if workers else None,
    )
    norm = InputNorm(settings["norm"], {"tracks": fields}, "jets", {"tracks": "tracks"})

    @torch.no_grad()
    def epoch():
        for inputs, masks, labels in loader:
            values = norm({"tracks": inputs["tracks"]})["tracks"] if settings["preprocess"] else inputs["tracks"]
            yield values, ~masks["tracks"], labels["jets"][settings["mark"]]

    answer(epoch)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(json.loads(sys.argv[1]))
