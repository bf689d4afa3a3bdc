"""weaver's SimpleIterDataset in torch's DataLoader, as its train script puts them together.

Runs in the environment of weaver: ``weaver_loader.py SETTINGS`` (JSON).
"""

import json
import logging
import sys
from pathlib import Path

import torch
from answering import answer
from torch.utils.data import DataLoader
from weaver.utils.dataset import SimpleIterDataset

CONFIG = """
treename: events
selection:
new_variables: {{}}
preprocess:
  method: manual
  data_fraction: 1
inputs:
  tracks:
    length: {slots}
    pad_mode: constant
    vars:
{fields}
labels:
  type: custom
  value:
    mark: {mark}
observers:
weights:
"""


def main(settings):
    # [name, centre, scale, lowest, highest, padding]: standardised and padded as ours
    fields = [
        f"      - [{name}, {mean}, {1 / std}, -1.0e30, 1.0e30, 0]"
        for name, (mean, std) in zip(settings["fields"], settings["moments"])  # noqa: B905
    ]
    config = Path(settings["config"])
    config.write_text(CONFIG.format(slots=settings["slots"], fields="\n".join(fields), mark=settings["mark"]))
    logging.disable(logging.INFO)
    workers = settings["workers"]

    def epoch():
        dataset = SimpleIterDataset(
            {"all": settings["paths"]}, str(config), for_training=True, fetch_step=settings["fetch_step"],
            load_range_and_fraction=((0, 1), 1, 1), name="train",
        )  # fmt: skip
        loader = DataLoader(dataset, batch_size=settings["batch_size"], drop_last=True, num_workers=workers)
        for inputs, labels, _ in loader:
            values = inputs["tracks"].transpose(1, 2)
            yield values, values[..., 0], labels["mark"]

    answer(epoch)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(json.loads(sys.argv[1]))
