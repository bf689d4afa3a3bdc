"""Trials: jobs that meet a fault, each in a forked process of one that has imported everything."""

import json
import subprocess
import sys

from tests.cmake_build import ROOT
from tests.faults.fault_matrix import Ended
from tests.faults.fault_shim import NONE, environment


class Trials:
    """Jobs of one kind, in forked processes of one that has imported everything.

    Args:
        library: The shim.
        folder: An empty one.
        job: ``write``, ``merge``, ``convert`` or ``repair``.
        options: Of that job, as JSON.
    """

    def __init__(self, library, folder, job="write", **options):
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.writer_trials", str(folder), job, json.dumps(options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment(library, folder),
        )  # fmt: skip
        assert json.loads(self._server.stdout.readline()) == {"ready": True}

    def run(self, output, fault=NONE, log=None, overwrite=False, seconds=None):
        """Run it, with a fault, or killed after some seconds; ``self.seconds`` is how long it took."""
        trial = {
            "output": str(output), "folder": str(output.parent), "call": fault.call, "kind": fault.word,
            "lasts": fault.lasts, "log": str(log or ""), "overwrite": overwrite, "seconds": seconds,
        }  # fmt: skip
        self._server.stdin.write(json.dumps(trial) + "\n")
        self._server.stdin.flush()
        answer = json.loads(self._server.stdout.readline())
        self.seconds = answer["seconds"]
        return Ended(answer["status"], answer["text"])

    def close(self):
        self._server.communicate()
