"""Bad inputs by the hundred: whatever reads one gives a result or one error of ours; no traceback, crash or hang."""

import json
import random
import subprocess
import sys
from collections import Counter

import pytest

from tests import real_data
from tests.faults.bad_corpus import corpus
from tests.faults.error_text import check_text
from tests.faults.odd_corpus import odd_corpus
from tests.faults.staged_corpus import staged_corpus

#: Inputs that are tried every time; all of them with ``-m long``.
SHARE = 60
#: Each in a way of its own: odd configs, tables, HDF5, folders; and what conversions leave that are not done.
MORE = {odd_corpus: 80, staged_corpus: 20}
#: How many there are at least, with the real files and without.
LEAST = 500 if real_data.folder().is_dir() else 300


class Worker:
    """A process that tries inputs, started again where one ends it."""

    def __init__(self, folder):
        self._folder = folder
        self._number = 0
        self._process = None

    def start(self):
        self._number += 1
        home = self._folder / f"work-{self._number}"
        home.mkdir()
        self._log = (self._folder / f"log-{self._number}").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.corpus_worker", str(home)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, cwd=real_data.ROOT,
        )  # fmt: skip

    def outcome(self, bad):
        if self._process is None:
            self.start()
        self._process.stdin.write(
            json.dumps({"path": str(bad.path), "options": bad.options, "verbs": bad.verbs}) + "\n"
        )
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        status = self._process.wait()
        self._log.seek(0)
        said = self._log.read()[-3000:]
        self._process = None
        return {"crash": [status, said]}

    def stop(self):
        if self._process is not None:
            self._process.communicate()


@pytest.fixture
def worker(tmp_path):
    found = Worker(tmp_path)
    yield found
    found.stop()


def tried(worker, inputs):
    """Counts of what became of inputs, and all that went wrong."""
    counts, wrong = Counter(), []
    for bad in inputs:
        result = worker.outcome(bad)
        counts["inputs"] += 1
        for verb, found in result.items():
            if verb == "crash":
                counts["crashes or hangs"] += 1
                wrong.append((bad.name, found))
            elif verb == "left":
                if found:
                    wrong.append((bad.name, "left behind", found))
            else:
                counts[found[0]] += 1
                if found[0] == "broke":
                    wrong.append((bad.name, verb, found[1], found[2][-1500:]))
                elif found[0] == "refused" and found[1] != "MemoryError":
                    check(bad, verb, found[2], wrong)
    return counts, wrong


def check(bad, verb, text, wrong):
    try:
        check_text(text)
    except AssertionError:
        wrong.append((bad.name, verb, "text", text))


def told(promise, counts):
    verbs = {"refusals": counts["refused"], "tracebacks_crashes_or_hangs": counts["broke"] + counts["crashes or hangs"]}
    promise("R6", faults=counts["inputs"], **verbs)


def test_a_share_of_the_corpus(worker, tmp_path, promise):
    (tmp_path / "corpus").mkdir()
    inputs = list(corpus(tmp_path / "corpus"))
    counts, wrong = tried(worker, random.Random(7).sample(inputs, SHARE))
    assert wrong == []
    told(promise, counts)
    assert counts["refused"] > SHARE


@pytest.mark.long
def test_the_whole_corpus(worker, tmp_path, promise):
    (tmp_path / "corpus").mkdir()
    counts, wrong = tried(worker, corpus(tmp_path / "corpus"))
    assert wrong == []
    told(promise, counts)
    assert counts["inputs"] >= LEAST


@pytest.mark.parametrize("more", MORE)
def test_a_share_of_what_is_odd(worker, tmp_path, promise, more):
    counts, wrong = tried(worker, more(tmp_path, share=MORE[more]))
    assert wrong == []
    told(promise, counts)


@pytest.mark.long
@pytest.mark.parametrize("more", MORE)
def test_all_that_is_odd(worker, tmp_path, promise, more):
    counts, wrong = tried(worker, more(tmp_path))
    assert wrong == []
    told(promise, counts)
    assert counts["inputs"] >= 400
