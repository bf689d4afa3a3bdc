"""The command ``python -m benchmarks.peers FOLDER``."""

from __future__ import annotations

import argparse
from pathlib import Path

from .environments import VARIABLE, make

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description="environments of the peers")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    make(folder)
    print(f"export {VARIABLE}={folder.resolve()}")
