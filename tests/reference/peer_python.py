"""The interpreters of peers' environments, for tests that ask the peers themselves."""

import json
import subprocess
from pathlib import Path

import pytest

from benchmarks.peers.environments import VARIABLE, python_of

FOLDER = Path(__file__).parent


def ask(peer, program, settings):
    """Run a program of this folder in the environment of a peer; skip where there is none."""
    python = python_of(peer)
    if python is None:
        pytest.skip(f"no {peer} here: {VARIABLE} names the folder that `python -m benchmarks.peers FOLDER` made")
    done = subprocess.run([python, FOLDER / program, json.dumps(settings)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
