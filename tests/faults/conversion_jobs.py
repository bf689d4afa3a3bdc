"""Conversions of damaged files in a process of their own: ``python -m tests.faults.conversion_jobs SOURCE FOLDER``.

Reads jobs from stdin, a JSON list of ``{"cut": N}`` and ``{"flips": [[offset, bits], ...]}``; writes a JSON line per
job: ``{"error": null, "rows": N}`` or ``{"error": class, "ours": bool, "text": ...}``, both with ``"left"``, the names
in FOLDER afterwards. A job that takes too long ends the process with the traceback of the place where it hangs.
"""

from __future__ import annotations

import faulthandler
import json
import resource
import sys
from pathlib import Path
from typing import Any

import simdprep as sp
from simdprep.errors import SimdprepError

#: Seconds that no job takes on a busy machine.
LIMIT = 120
#: What a damaged length must not make us ask for: the process fails instead of the machine.
MEMORY = 6 << 30


def damaged(whole: bytes, job: dict[str, Any]) -> bytes:
    """The bytes of a job's file."""
    content = bytearray(whole[: job.get("cut", len(whole))])
    for offset, bits in job.get("flips", ()):
        content[offset] ^= bits
    return bytes(content)


def run(source: Path, folder: Path, job: dict[str, Any]) -> dict[str, Any]:
    path = folder / f"damaged{source.suffix}"
    path.write_bytes(damaged(source.read_bytes(), job))
    output = folder / "out.h5"
    output.unlink(missing_ok=True)
    try:
        summary = sp.convert(str(path), output, threads=1)
        result: dict[str, Any] = {"error": None, "rows": summary.num_rows}
    except Exception as error:  # noqa: BLE001 (which one it is is what the test asks)
        result = {"error": type(error).__name__, "ours": isinstance(error, SimdprepError), "text": str(error)}
    return result | {"left": sorted(entry.name for entry in folder.iterdir() if entry != path)}


def main() -> None:
    source, folder = map(Path, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for job in json.load(sys.stdin):
        faulthandler.dump_traceback_later(LIMIT, exit=True)
        print(json.dumps(run(source, folder, job)), flush=True)
        faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main()
