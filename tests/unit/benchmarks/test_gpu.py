"""The script of the GPU figures runs, also where there is none, and then says so."""

import json
import subprocess
import sys

import pytest

import simdprep as sp
from tests.house.tree import ROOT


def test_it_runs(tmp_path):
    torch = pytest.importorskip("torch")
    sp.convert(ROOT / "examples" / "toy_nano.root", tmp_path / "toy.h5")
    script = [sys.executable, str(ROOT / "benchmarks" / "gpu" / "loader.py"), "toy.h5", "Muon"]
    options = ["--batch-size", "500", "--batches", "4", "--json", "out.json"]
    done = subprocess.run([*script, *options], cwd=tmp_path, capture_output=True, text=True, check=True)
    result = json.loads((tmp_path / "out.json").read_text())
    assert list(result) == ["device", "ready", "decoded", "copied", "resident"]
    assert ("GPU figures are missing" in done.stdout) == (not torch.cuda.is_available())
    for way in ("decoded", "copied", "resident"):
        assert result[way]["GB/s"] > 0
        assert 0 <= result[way]["stall share"] <= 1
