"""R12: many processes read what is committed while one writes; whoever else wants to write is refused all the time."""

import json
import subprocess
import sys
import time

import pytest

import simdprep as sp
from simdprep.errors import OutputError
from tests.faults.error_text import check_text
from tests.faults.left_behind import look
from tests.faults.loop_events import loop_events, loop_schema
from tests.real_data import ROOT

READERS, STEPS, STEP = 3, 12, 1500

#: Reads all there is, again and again until the dataset is whole, and compares it with the formulas.
READER = """
import json, sys, time
from pathlib import Path
from simdprep.errors import DatasetError
from tests.faults.left_behind import check_rows

output, home = Path(sys.argv[1]), Path(sys.argv[2])
done = {"reads": 0, "rows": 0}
def is_whole(): return output.is_file() or (output / "manifest.json").is_file()
while True:
    whole = is_whole()
    try:
        done["rows"] += check_rows(output if whole else home / "part-*.h5", 18000 if whole else 18001, is_whole=whole)
        done["reads"] += 1
    except (AssertionError, DatasetError):
        if whole or not is_whole(): raise
        continue  # the parts of one file are removed, now that it is there
    if whole:
        break
    print("read", flush=True)
    time.sleep(0.02)
print(json.dumps(done), flush=True)
"""


@pytest.mark.parametrize("name", ["out.h5", "folder"])
def test_many_read_while_one_writes(name, tmp_path, promise):
    output = tmp_path / name
    home = output.with_name("out.h5.parts") if name == "out.h5" else output
    readers, refusals, events = [], 0, loop_events(STEPS * STEP)
    try:
        with sp.Writer(output, loop_schema(), part_rows=2048) as writer:
            for step in range(STEPS):
                writer.fill(events[step * STEP : (step + 1) * STEP])
                if step == 3:
                    until = time.monotonic() + 60
                    while not list(home.glob("part-*.h5")) and time.monotonic() < until:
                        time.sleep(0.01)
                    command = [sys.executable, "-c", READER, str(output), str(home)]
                    readers = [
                        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(READERS)
                    ]
                    for reader in readers:
                        assert reader.stdout.readline() == "read\n"
                with pytest.raises(OutputError) as raised:
                    sp.Writer(output, loop_schema(), overwrite=True)
                assert "output is locked: got process " in check_text(str(raised.value))
                refusals += 1
        done = []
        for reader in readers:
            lines = reader.communicate(timeout=120)[0].splitlines()
            assert reader.returncode == 0
            done.append(json.loads(lines[-1]))
    finally:
        for reader in readers:
            reader.kill()
            reader.wait()
    assert look(output, STEPS * STEP).whole
    reads, rows = sum(entry["reads"] for entry in done), sum(entry["rows"] for entry in done)
    assert reads >= 2 * READERS
    promise("R12", faults=refusals, rows=rows, writers_refused=refusals, reads_meanwhile=reads)
