"""Environments: where each peer is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

#: Folder of the environments.
VARIABLE = "SIMDPREP_PEERS"

TORCH = ("install", "torch==2.13.0")

#: What is installed into each, one call of pip after the other. salt pins packages that its loader
#: does not use, and an older torch: it goes in alone, then what its loader imports.
ENVIRONMENTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "salt": (
        TORCH,
        ("install", "--no-deps", "salt-ml"),
        ("install", "atlas-ftag-tools==0.3.3", "lightning", "filelock", "jsonargparse", "torchmetrics", "rich"),
    ),
    "upp": (("install", "umami-preprocessing"),),
    "weaver": (TORCH, ("install", "weaver-core", "tables")),
}


def python_of(name: str) -> Path | None:
    """Return the interpreter of an environment; ``None`` where it was not made."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return None
    python = Path(folder) / name / "bin" / "python"
    return python if python.exists() else None


def make(folder: Path) -> None:
    """Make all environments in a folder; those that are there already are completed."""
    for name, calls in ENVIRONMENTS.items():
        place = folder / name
        if not (place / "bin" / "python").exists():
            venv.create(place, with_pip=True)
        for call in calls:
            print(f"{name}: pip {' '.join(call)}", file=sys.stderr, flush=True)
            subprocess.run([place / "bin" / "python", "-m", "pip", "--quiet", *call], check=True)
