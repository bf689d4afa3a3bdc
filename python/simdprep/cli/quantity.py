"""Quantity: numbers as people read them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import ConfigError

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


def number(count: int) -> str:
    """Return ``12,345``."""
    return f"{count:,}"


def counted(count: int, noun: str) -> str:
    """Return ``1 file``, ``2 files``; of a noun in ``y``, ``2 entries``."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"


def size(num_bytes: float) -> str:
    """Return ``2.3 MB``, in powers of 1000."""
    power = 0
    while num_bytes >= 999.5 and power < len(_UNITS) - 1:
        num_bytes /= 1000
        power += 1
    return f"{num_bytes:.0f} bytes" if power == 0 else f"{_digits(num_bytes)} {_UNITS[power]}"


def parse_size(what: str, text: str) -> int:
    """Read ``64MB`` or ``2 GB``, in powers of 1000; a number alone is bytes.

    Args:
        what: The option, for the error.
        text: Its value.

    Raises:
        ConfigError: it is no size.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kMGTP]?B)?", text.strip())
    if found is None:
        raise ConfigError(what, got=repr(text), expected="a number with kB, MB or GB", hint="64MB")
    power = ["B", "kB", "MB", "GB", "TB", "PB"].index(found[2] or "B")
    return round(float(found[1]) * float(1000**power))


def share(part: int, whole: int) -> str:
    """Return ``0.24 %``; a part that is not nothing is never ``0 %``."""
    if not part or not whole:
        return "0 %"
    percent = 100 * part / whole
    return "< 0.01 %" if percent < 0.01 else f"{percent:.2f} %" if percent < 10 else f"{percent:.1f} %"


def rate(count: int, seconds: float, noun: str) -> str:
    """Return ``41,000 rows/s``, to three digits."""
    return f"{number(int(_rounded(count / max(seconds, 1e-9))))} {noun}/s"


def duration(seconds: float) -> str:
    """Return ``0.36 s``, ``2 min 5 s`` or ``3 h 12 min``."""
    if seconds < 60:
        return f"{_digits(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def several(names: Sequence[str], limit: int | None) -> str:
    """Return names joined by commas; those past the limit are only counted: ``and 37 more``."""
    if limit is None or len(names) <= limit + 1:  # "and 1 more" is no shorter than the name
        return ", ".join(names)
    return ", ".join(names[:limit]) + f" and {number(len(names) - limit)} more"


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
