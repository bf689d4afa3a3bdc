"""KernelCache: generated loops, compiled once for all chunks, processes and runs.

A kernel's source lies in a file whose name is its hash, in the user's cache folder; beside it numba
keeps the machine code. Where no folder can be written, kernels live as long as the process.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numba

from . import fused_four_vectors, fused_functions

Kernel = Callable[..., None]


@dataclass(frozen=True)
class Compilations:
    """What this process compiled.

    Attributes:
        compiled: Kernels that were compiled.
        loaded: Kernels whose machine code an earlier process left.
        seconds: What both took.
    """

    compiled: int = 0
    loaded: int = 0
    seconds: float = 0.0


_lock = threading.Lock()
_kernels: dict[str, Kernel] = {}
_done = Compilations()


def compiled(source: str) -> Kernel:
    """Return the function ``kernel`` that ``source`` defines, compiled for the types it names; it runs without the GIL.

    Args:
        source: A module's text, written by us; it may use the names of :mod:`.fused_functions`.
    """
    with _lock:
        kernel = _kernels.get(source)
        if kernel is None:
            kernel = _kernels[source] = _compile(source)
        return kernel


def compilations() -> Compilations:
    """Return what was compiled and loaded so far."""
    return _done


def folder() -> Path:
    """Return where the kernels are kept: ``simdprep/kernels`` in ``XDG_CACHE_HOME``, or in ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "simdprep" / "kernels"


def _compile(source: str) -> Kernel:
    global _done
    begun = time.perf_counter()
    try:
        kernel = _jitted(_module(_stored(source)), cache=True)
    except (OSError, RuntimeError):  # no folder to write to; RuntimeError is how numba says so
        module = ModuleType("kernel")
        exec(compile(source, "<kernel>", "exec"), vars(module))  # our own text: no user's name gets into it
        kernel = _jitted(module, cache=False)
    hits = sum(kernel.stats.cache_hits.values())  # type: ignore[attr-defined]
    seconds = _done.seconds + time.perf_counter() - begun
    _done = replace(_done, compiled=_done.compiled + 1 - hits, loaded=_done.loaded + hits, seconds=seconds)
    return kernel


def _jitted(module: ModuleType, *, cache: bool) -> Kernel:
    # Of a fixed signature: arrays that may not be written to would be another type, and compiled again.
    kinds = [_type(name, is_result=index >= len(module.TYPES) - 2) for index, name in enumerate(module.TYPES)]
    signature = numba.void(*kinds)
    kernel: Kernel = numba.njit([signature], nogil=True, cache=cache, error_model="numpy")(module.kernel)
    return kernel


def _type(name: str, *, is_result: bool) -> Any:
    dtype, _, dimensions = name.partition("[")
    kind = numba.boolean if dtype == "bool" else getattr(numba, dtype)
    return numba.types.Array(kind, 1, "C", readonly=not is_result) if dimensions else kind


def _module(path: Path) -> ModuleType:
    name = f"simdprep_{path.stem}"  # numba looks the module up by name when it loads machine code
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _stored(source: str) -> Path:
    """Write the source to the file of its hash, unless it is there."""
    # They are compiled into the kernel.
    functions = b"".join(Path(module.__file__ or "").read_bytes() for module in (fused_functions, fused_four_vectors))
    key = hashlib.sha256(functions + numba.__version__.encode() + source.encode()).hexdigest()[:32]
    home = folder()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = home / f"kernel_{key}.py"
    if not path.exists() or path.read_text() != source:
        temporary = home / f"{path.name}.tmp-{secrets.randbits(63)}"
        temporary.write_text(source)
        temporary.replace(path)
    return path
