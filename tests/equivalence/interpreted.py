"""Generated loops that run in Python, without compiling: for tests of many expressions."""

import numpy as np


def interpreted_kernel(source):
    """Return what the source defines, to be called as the compiled kernel is."""
    names = {}
    exec(compile(source, "<kernel>", "exec"), names)
    names |= {name: entry.py_func for name, entry in names.items() if hasattr(entry, "py_func")}

    def kernel(*arguments):
        with np.errstate(all="ignore"):
            names["kernel"](*arguments)

    return kernel
