"""KernelCache: generated loops, compiled once for all chunks, processes and runs.

A kernel's source lies in a file whose name is its hash, in the user's cache folder; beside it numba
keeps the machine code. Where no folder can be written, kernels live as long as the process.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

from . import fused_functions

_lock = threading.Lock()
_kernels: dict[str, Callable[..., None]] = {}


def compiled(source: str) -> Callable[..., None]:
    """Return the function ``kernel`` that ``source`` defines, compiled without the GIL; it compiles when first called.

    Args:
        source: A module's text, written by us; it may use the names of :mod:`.fused_functions`.
    """
    with _lock:
        kernel = _kernels.get(source)
        if kernel is None:
            kernel = _kernels[source] = _compile(source)
        return kernel


def folder() -> Path:
    """Return where the kernels are kept: ``simdprep/kernels`` in ``XDG_CACHE_HOME``, or in ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "simdprep" / "kernels"


def _compile(source: str) -> Callable[..., None]:
    try:
        return _jitted(_stored(source))
    except (OSError, RuntimeError):  # no folder to write to; RuntimeError is how numba says so
        names: dict[str, Any] = {}
        exec(compile(source, "<kernel>", "exec"), names)  # our own text: names of users' fields do not get into it
        kernel: Callable[..., None] = numba.njit(nogil=True, error_model="numpy")(names["kernel"])
        return kernel


def _jitted(path: Path) -> Callable[..., None]:
    name = f"simdprep_{path.stem}"  # numba looks the module up by name when it loads machine code
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    kernel: Callable[..., None] = numba.njit(nogil=True, cache=True, error_model="numpy")(module.kernel)
    return kernel


def _stored(source: str) -> Path:
    """Write the source to the file of its hash, unless it is there."""
    functions = Path(fused_functions.__file__).read_bytes()  # they are compiled into the kernel
    key = hashlib.sha256(functions + numba.__version__.encode() + source.encode()).hexdigest()[:32]
    home = folder()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = home / f"kernel_{key}.py"
    if not path.exists() or path.read_text() != source:
        temporary = home / f"{path.name}.tmp-{os.getpid()}"
        temporary.write_text(source)
        temporary.replace(path)
    return path
