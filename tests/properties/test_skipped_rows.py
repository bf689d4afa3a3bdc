"""R7: entries in are rows written and entries dropped with a reason, whatever is wrong with the inputs."""

import numpy as np
import pytest
import uproot

import simdprep as sp
from simdprep.errors import InputError
from simdprep.storage import verify
from tests.faults.error_text import check_text
from tests.faults.small_files import write_root
from tests.unit.convert.test_campaign import event_places

FILES = 6


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    return [write_root(folder / f"{number}.root", 300 + 50 * number, seed=number, baskets=4) for number in range(FILES)]


def damage(source, target, rng):
    """Copy a file, sound or with a fault; returns what was done."""
    content = bytearray(source.read_bytes())
    how = rng.choice(["sound", "cut", "flipped", "empty", "text"], p=[0.4, 0.15, 0.3, 0.05, 0.1])
    if how == "cut":
        content = content[: rng.integers(10, len(content))]
    elif how == "flipped":
        for place in rng.integers(300, len(content), 4):
            content[place] ^= 1 << rng.integers(0, 8)
    elif how == "empty":
        content = bytearray()
    elif how == "text":
        content = bytearray(b"root of all evil")
    target.write_bytes(content)
    return how


def trial(sound, folder, seed):
    """One conversion of inputs with random faults; returns rows written and entries in."""
    rng = np.random.default_rng(seed)
    folder.mkdir()
    paths = [folder / f"{number}.root" for number in range(FILES)]
    for source, path in zip(sound, paths, strict=True):
        damage(source, path, rng)
    options = {"jobs": 1, "skip_bad_files": True, "task_size": int(rng.choice([2_000, 20_000, 10**9]))}
    if rng.random() < 0.3:
        options["config"] = {"select": "MET_pt > 20"}
    output = folder / str(rng.choice(["out.h5", "out"]))
    try:
        summary = sp.convert([str(path) for path in paths], output, **options)
    except InputError as error:
        check_text(str(error))
        assert not output.is_file()
        return 0, 0
    assert summary.entries_in == summary.num_events + sum(summary.dropped.values()), seed
    assert summary.exit_code == (3 if summary.skipped else 0)
    assert bool(summary.dropped["unreadable"]) == any(entry.entries != "all" for entry in summary.skipped)
    assert verify(output).ok
    unread = {entry.path for entry in summary.skipped if entry.entries == "all"}
    with sp.open(output) as dataset:
        assert dataset.num_events == summary.num_events
        places = list(event_places(dataset))
        stored = np.asarray(dataset.events().MET_pt)
    assert len({(identity["name"], entry) for identity, entry in places}) == len(places) == summary.num_events
    assert not unread & {identity["name"] for identity, _ in places}
    original = {}
    for source, path in zip(sound, paths, strict=True):
        with uproot.open(source) as file:
            original[str(path)] = file["Events"]["MET_pt"].array(library="np")
    rows = [original[identity["name"]][entry] for identity, entry in places]
    wrong = sum(a != b for a, b in zip(rows, stored, strict=True))
    assert wrong <= 4, seed  # ROOT has no checksums: a flipped bit of an uncompressed basket is read as it is
    return summary.num_rows, summary.entries_in


def told(promise, counts):
    rows, entries = sum(rows for rows, _ in counts), sum(entries for _, entries in counts)
    promise("R7", faults=len(counts), rows=rows, entries_in=entries, dropped_with_a_reason=entries - rows)


def test_with_random_faults(sound, tmp_path, promise):
    counts = [trial(sound, tmp_path / f"{seed}", seed) for seed in range(8)]
    assert sum(rows for rows, _ in counts) > 0
    assert any(rows < entries for rows, entries in counts)
    told(promise, counts)


@pytest.mark.long
def test_with_many_random_faults(sound, tmp_path, promise):
    counts = [trial(sound, tmp_path / f"{seed}", seed) for seed in range(1000, 1200)]
    told(promise, counts)
