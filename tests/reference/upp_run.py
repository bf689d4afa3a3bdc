"""What upp makes of a compound file, by its own code. Runs in its environment with SETTINGS (JSON).

Settings: ``config`` and ``classes`` (its two YAML files), ``output`` (what it writes), ``object``, ``fields`` (of the
rows written that are handed back) and ``save`` (where these go, with the label that upp gave them).
"""

import json
import sys

import h5py
import numpy as np
from upp.main import main as prepare


def main(settings):
    stages = ["--prep", "--resample", "--merge", "--norm"]
    prepare(["--config", settings["config"], "--split", "train", *stages, "--skip-sample-check"])
    with h5py.File(settings["output"]) as file:
        rows = file[settings["object"]][:]
        names = [str(name) for name in file[settings["object"]].attrs["flavour_label"]]
    columns = {field: rows[field] for field in settings["fields"]}
    np.savez(settings["save"], label=rows["flavour_label"], names=names, **columns)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
