"""upp, as its command runs it: the files of the components, resampling, merging, and the constants.

Runs in the environment of upp: ``upp_prepare.py SETTINGS`` (JSON). Does all of it once for every line it is sent; a
line with ``keep`` asks for jets that were written instead, as a file: what compresses them is part of its environment.
"""

import json
import shutil
import sys
from pathlib import Path

import h5py
import numpy as np
import yaml


def main(settings):
    folder = Path(settings["folder"])
    folder.mkdir(exist_ok=True)
    for name in ("classes", "config"):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(settings[name]))
    said, sys.stdout = sys.stdout, (folder / "log.txt").open("w")  # what upp prints is no answer
    from upp.main import main as prepare

    said.write("{}\n")  # ready
    said.flush()
    stages = ["--prep", "--resample", "--merge", "--norm"]
    output = folder / "output" / "pp_output_train.h5"
    for line in sys.stdin:
        request = json.loads(line)
        if "keep" in request:
            with h5py.File(output) as file:
                rows = file["jets"][:]
            np.savez(request["keep"], **{name: rows[name] for name in request["fields"]})
        else:
            for made in ("components", "output", "hists"):
                shutil.rmtree(folder / made, ignore_errors=True)
            prepare(["--config", str(folder / "config.yaml"), "--split", "train", *stages, "--skip-sample-check"])
        said.write(json.dumps({"output": str(output)}) + "\n")
        said.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
