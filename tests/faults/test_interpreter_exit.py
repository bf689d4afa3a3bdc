"""Programs that end while threads of theirs are inside the core: quietly, whatever they leave running."""

import subprocess
import sys

import pytest

#: Daemon threads that ask for the interpreter's lock again and again; it is gone before they are.
IN_THE_CORE = """
import threading, time
import numpy as np
from simdprep import _core
fields, pool = [np.ones(20_000, np.float32)] * 20, _core.ThreadPool(2)
def work():
    while True:
        _core.pack_items(pool, fields, "float32")
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.05)
"""

#: A pass that nobody ends, in the middle of decoding.
IN_A_PASS = """
import sys
import simdprep as sp
from tests.small_dataset import small_events, small_schema
with sp.Writer(sys.argv[1], small_schema(), overwrite=True) as writer:
    writer.fill(small_events(2000, seed=1))
batches = iter(sp.Loader(sp.open(sys.argv[1]), inputs={"Jet": ["pt"]}, batch_size=100, memory=20_000))
next(batches)
"""

#: A writer that nobody closes; HDF5 would flush its file when there is no interpreter any more.
IN_A_WRITER = """
import sys
import simdprep as sp
from tests.small_dataset import small_events, small_schema
writer = sp.Writer(sys.argv[1], small_schema(), overwrite=True, part_rows=2048)
writer._encoder = sp._core.Encoder(writer.schema.core(), threads=2, run_bytes=1)
writer.fill(small_events(20_000, seed=1))
"""

#: The same while its parts are merged.
IN_A_MERGE = IN_A_WRITER.replace("small_schema()", "sp.Schema.from_awkward(small_events(9)[['MET']])").replace(
    "small_events(20_000, seed=1)", "small_events(20_000, seed=1)[['MET']]"
)

PROGRAMS = {"core": IN_THE_CORE, "pass": IN_A_PASS, "writer": IN_A_WRITER, "merge": IN_A_MERGE}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_ends_quietly_while_threads_are_in_the_core(program, tmp_path):
    for _ in range(3):
        run = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program, tmp_path / "small.h5"],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (run.returncode, run.stderr) == (0, "")
        assert not list(tmp_path.glob("*.tmp-*"))
