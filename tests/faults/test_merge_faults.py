"""A merge that is killed, torn or refused by the disk at every call that changes files; its parts stay as they are."""

import random
from itertools import pairwise

import pytest

import simdprep as sp
from tests.faults.fault_matrix import Matrix
from tests.faults.fault_shim import KINDS, Fault, built_shim
from tests.faults.loop_events import NUM_EVENTS, loop_events, loop_schema
from tests.faults.trials import Trials

OUTPUTS = ("out.h5", "folder")
#: Parts end where chunks do, and where they do not: copied, and made anew.
CUTS = {"chunks": (0, 2048, 4096, NUM_EVENTS), "any row": (0, 700, 2222, NUM_EVENTS)}
#: Faults of each case that run every time; all of them run with ``-m long``.
SHARE = 6


@pytest.fixture(scope="module", params=CUTS)
def sources(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    events = loop_events(NUM_EVENTS)
    found = []
    for start, stop in pairwise(CUTS[request.param]):
        found.append(folder / f"{start:05d}.h5")
        with sp.Writer(found[-1], loop_schema()) as writer:
            writer.fill(events[start:stop])
    return found


@pytest.fixture(scope="module")
def trials(sources, tmp_path_factory):
    with built_shim() as library:
        server = Trials(library, tmp_path_factory.mktemp("trials"), "merge", sources=[str(path) for path in sources])
        yield server
        server.close()


@pytest.fixture(params=OUTPUTS)
def matrix(request, trials, sources, tmp_path):
    before = [path.read_bytes() for path in sources]
    yield Matrix(trials.run, request.param, tmp_path)
    assert [path.read_bytes() for path in sources] == before
    assert sorted(sources[0].parent.iterdir()) == sources


def test_some_faults(matrix, promise):
    rng = random.Random(2)
    for _ in range(SHARE):
        matrix.suffer(Fault(rng.randint(1, matrix.num_calls), rng.choice(KINDS)))
    matrix.counts.tell(promise, "R10", "R2")
    assert matrix.counts.faults == SHARE


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_every_fault(matrix, kind, promise):
    for call in range(1, matrix.num_calls + 1):
        matrix.suffer(Fault(call, kind))
    matrix.counts.tell(promise, "R10", "R2")
    assert matrix.counts.faults == matrix.num_calls


def test_the_name_is_given_to_what_is_on_the_disk_already(matrix):
    renamed = [place for place, call in enumerate(matrix.made) if call.name == "rename"]
    assert renamed
    for place in renamed:
        before = [call.name for call in matrix.made[:place] if ".tmp-" in call.path and call.name != "close"]
        assert before[-1] == "fsync"
        assert [call.name for call in matrix.made[place + 1 : place + 3]] == ["open", "fsync"]
