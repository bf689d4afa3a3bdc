"""Everything that reads an input, tried on bad ones in a process of its own: ``python -m tests.faults.corpus_worker``.

Reads a JSON line for each input, ``{"path": ..., "options": {...}}``, and answers with a JSON line: for each verb what
it made of it, ``["fine"]``, ``["refused", class, text]`` or ``["broke", class, traceback]``. Before a verb begins, its
name is written to stderr, so that a crash is known by its place. One that takes too long ends the process.
"""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import shutil
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import simdprep as sp
from simdprep.convert import inspect
from simdprep.convert.campaign import commit_plan, run_share
from simdprep.errors import InternalError, SimdprepError
from simdprep.storage import info, verify

#: Seconds that no verb takes on a busy machine.
LIMIT = 40
#: What a damaged length must not make us ask for: the process fails instead of the machine.
MEMORY = 12 << 30


def read_all(path: str) -> None:
    with sp.open(path) as dataset:
        for view in dataset.values():
            for column in view.values():
                column[:]
        dataset.events().to_list()


def load(path: str) -> None:
    dataset = sp.open(path)
    inputs = {
        spec.name: [field.name for field in spec.fields if not field.is_string][:2]
        for spec in dataset.schema.objects
        if spec.fields and spec.level in ("row", "padded")
    }
    for _ in sp.Loader(dataset, inputs=inputs, batch_size=7, to=None, tail="keep"):
        pass


def verbs(path: str, options: dict[str, Any], output: Path) -> dict[str, Callable[[], object]]:
    return {
        "convert": lambda: sp.convert(path, output, threads=1, **options),
        "inspect": lambda: inspect(path, tree=options.get("tree")),
        "info": lambda: info(path),
        "verify": lambda: verify(path, threads=1),
        "open": lambda: read_all(path),
        "load": lambda: load(path),
        "merge": lambda: sp.merge([path], output.with_name("merged.h5"), threads=1),
        "prepare": lambda: sp.prepare(options["config"], output.with_name("prepared"), jobs=1),
        "share": lambda: run_share(path, 1, 1),
        "commit": lambda: commit_plan(path, threads=1),
        "resume": lambda: sp.convert(output=path.removesuffix(".parts"), jobs=1, resume=True, **options),
    }


#: What is done with an input that says nothing else.
ALL = ("convert", "inspect", "info", "verify", "open", "load", "merge")
#: Outputs of these, whose leftovers are told.
OUTPUTS = ("out.h5", "merged.h5", "prepared")


def outcome(work: Callable[[], object]) -> list[str]:
    faulthandler.dump_traceback_later(LIMIT, exit=True)
    try:
        work()
    except SimdprepError as error:
        kind = "broke" if isinstance(error, InternalError) else "refused"
        return [kind, type(error).__name__, str(error)]
    except MemoryError as error:  # the command line says it in a line
        return ["refused", "MemoryError", str(error)]
    except BaseException as error:  # noqa: BLE001 (which one it is is what the test asks)
        return ["broke", type(error).__name__, traceback.format_exc()]
    finally:
        faulthandler.cancel_dump_traceback_later()
    return ["fine"]


def main() -> None:
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    folder = Path(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    for line in sys.stdin:
        job = json.loads(line)
        result: dict[str, Any] = {}
        chosen = job.get("verbs") or ALL
        for name, work in verbs(job["path"], job["options"], folder / "out.h5").items():
            if name not in chosen:
                continue
            print(f"{name} of {job['path']!a}", file=sys.stderr, flush=True)
            result[name] = outcome(work)
        result["left"] = sorted(entry.name for entry in folder.iterdir() if entry.name not in OUTPUTS)
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        print(json.dumps(result), file=answers, flush=True)


if __name__ == "__main__":
    main()
