"""Machine: what a result was taken on and with."""

from __future__ import annotations

import os
import platform
from datetime import date
from importlib.metadata import version
from pathlib import Path

import h5py

import simdprep
from simdprep import _core

#: Instruction sets worth naming, the widest first.
_SIMD = ("avx512bw", "avx2", "asimd")


def machine() -> dict[str, str | int]:
    """Return today's date, processor model, usable cores, widest instruction set and memory in GiB."""
    entries = _cpuinfo()
    flags = entries.get("flags", entries.get("Features", "")).split()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "date": date.today().isoformat(),
        "model": entries.get("model name", platform.machine()),
        "cores": cores(),
        "simd": next((name for name in _SIMD if name in flags), "none"),
        "memory_gib": round(memory / 2**30),
    }


def cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0))


def other_isas() -> list[str]:
    """Return the words of ``SIMDPREP_ISA`` for what this CPU has beside its best, the widest first."""
    order = ("avx512", "avx2", "scalar")
    return list(order[order.index(_core.best_isa()) + 1 :])


def versions() -> dict[str, str]:
    """Return the versions of all that is measured."""
    return {
        "simdprep": simdprep.__version__,
        "deflate": _core.deflate_backend,
        "h5py": version("h5py"),
        "hdf5": h5py.version.hdf5_version,
        "awkward": version("awkward"),
        "uproot": version("uproot"),
        "numpy": version("numpy"),
        "python": platform.python_version(),
    }


def _cpuinfo() -> dict[str, str]:
    """The first processor's entries."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines)
    return {key.strip(): value.strip() for key, _, value in pairs}
