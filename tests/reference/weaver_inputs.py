"""What weaver makes of ROOT files, by its own code. Runs in its environment: ``weaver_inputs.py SETTINGS`` (JSON).

Settings: ``config`` a data config, ``files``, ``params`` constants or null, ``fit`` whether weaver finds them itself,
``save`` where the tensors go. It prints the constants.
"""

import json
import logging
import sys

import numpy as np
from weaver.utils.data.config import DataConfig
from weaver.utils.data.preprocess import AutoStandardizer
from weaver.utils.dataset import _load_next


def main(settings):
    logging.disable(logging.INFO)
    config = DataConfig.load(settings["config"])
    if settings["fit"]:
        config = AutoStandardizer(settings["files"], config).produce()
    for name, params in (settings["params"] or {}).items():
        config.preprocess_params[name].update(params)
    options = {"mode": "test", "training": True, "reweight": False, "shuffle": False}
    table, _ = _load_next(config, settings["files"], [(0, 1)] * len(settings["files"]), options)
    np.savez(settings["save"], **{name: np.asarray(values) for name, values in table.items()})
    print(json.dumps(config.preprocess_params))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
