"""Trials: jobs that meet a fault, each in a forked process of one that has imported everything."""

import json
import subprocess
import sys

from tests.cmake_build import ROOT
from tests.faults.fault_matrix import Ended
from tests.faults.fault_shim import environment


class Trials:
    """Writers, or merges of the sources, in forked processes of one that has imported everything."""

    def __init__(self, library, folder, sources=()):
        self._sources = [str(source) for source in sources]
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.writer_trials", str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment(library, folder),
        )  # fmt: skip
        assert json.loads(self._server.stdout.readline()) == {"ready": True}

    def run(self, output, fault, log, overwrite):
        trial = {
            "output": str(output), "folder": str(output.parent), "call": fault.call, "kind": fault.word,
            "lasts": fault.lasts, "log": str(log or ""), "overwrite": overwrite, "sources": self._sources,
        }  # fmt: skip
        self._server.stdin.write(json.dumps(trial) + "\n")
        self._server.stdin.flush()
        answer = json.loads(self._server.stdout.readline())
        return Ended(answer["status"], answer["text"])

    def close(self):
        self._server.communicate()
