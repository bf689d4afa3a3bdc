"""The loader into a GPU: how long a small network waits for batches, and how fast they come.

    python benchmarks/gpu/loader.py FILE.h5 OBJECT [--batch-size 1024] [--batches 200] [--json OUT.json]

Ways to get the same rows: ``decoded`` (from the file in every epoch, through a pinned ring and a stream
beside), ``copied`` (the same from memory), ``resident`` (the dataset on the device, padded there), and
``ready`` (one batch in pinned memory, copied again and again: the limit of the first two). The stall
share is by how much an epoch of training is longer than on a batch that is there already. Without a GPU
the same steps run on CPU tensors, and say nothing about one.
"""

import argparse
import json
import time
from pathlib import Path

import torch

import simdprep as sp


def network(batch, fields, device):
    """A small network over the entries of an object."""
    layers = [torch.nn.Linear(fields, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1)]
    return torch.nn.Sequential(*layers).to(device, batch.dtype)


def wait_for_device(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def forever(loader):
    while True:
        yield from loader


def bytes_of(batch, name):
    return batch[name].nbytes + batch.valid[name].nbytes


def measure(batches, name, count, device, *, train):
    """Return seconds a batch, and its bytes, over ``count`` batches after ten."""
    source, model = iter(batches), None
    size = 0
    for number in range(count + 10):
        if number == 10:
            wait_for_device(device)
            begun = time.perf_counter()
        batch = next(source)
        size = bytes_of(batch, name)
        if train:
            model = model or network(batch[name], batch[name].shape[-1], device)
            (model(batch[name]).squeeze(-1) * batch.valid[name]).nan_to_num().mean().backward()
    wait_for_device(device)
    return (time.perf_counter() - begun) / count, size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("object")
    parser.add_argument("--batch-size", type=int, default=1024)
    parser.add_argument("--batches", type=int, default=200)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dataset, name = sp.open(arguments.path), arguments.object
    fields = [field.name for field in dataset[name].spec.fields if field.dtype != "string"]
    options = {
        "inputs": {name: fields},
        "batch_size": min(arguments.batch_size, dataset.num_rows), "to": "torch", "device": str(device),
    }  # fmt: skip
    caches = {"decoded": None, "copied": "ram", "resident": "device"}
    loaders = {way: sp.Loader(dataset, **options, cache=cache) for way, cache in caches.items()}
    host = next(iter(sp.Loader(dataset, **{**options, "device": None})))
    host = host.pin_memory() if device.type == "cuda" else host
    ways = {
        "ready": (host.to(device, non_blocking=True) for _ in iter(int, 1)),
        **{way: forever(loader) for way, loader in loaders.items()},
    }
    same = host.to(device)
    busy, _ = measure((same for _ in iter(int, 1)), name, arguments.batches, device, train=True)
    no_gpu = "none: CPU tensors, GPU figures are missing"
    result = {"device": torch.cuda.get_device_name(device) if device.type == "cuda" else no_gpu}
    for way, batches in ways.items():
        seconds, size = measure(batches, name, arguments.batches, device, train=False)
        trained, _ = measure(batches, name, arguments.batches, device, train=True)
        result[way] = {
            "GB/s": round(size / seconds / 1e9, 2),
            "batches/s": round(1 / seconds, 1),
            "stall share": round(max(0.0, 1 - busy / trained), 4),
        }
    for key, value in result.items():
        said = value if isinstance(value, str) else ", ".join(f"{what} {number}" for what, number in value.items())
        print(f"{key:10}", said)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
