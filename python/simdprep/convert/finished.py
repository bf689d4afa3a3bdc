"""Finished: what is said of a dataset that is whole already."""

from __future__ import annotations

from pathlib import Path

from .. import _core
from ..errors import OutputError
from ..schema.config import Config
from ..storage.output import remove_folder
from ..storage.staged_output import staging_folder
from .growth import Growth
from .summary import ConvertSummary
from .writer import WriteSummary


def finished(path: Path, resolved: Config) -> ConvertSummary:
    """Return the summary of a conversion that is resumed after it had ended.

    Raises:
        OutputError: the dataset is one of another config.
    """
    found = Growth.of(path)
    assert found is not None
    if found.config_sha256 != resolved.config_sha256:
        raise OutputError(
            "output exists, kept as it is",
            got=f"{path}, of another config",
            expected="a new name, or one whose conversion was interrupted",
            hint="--overwrite",
        )
    return _summary(found, "it is whole already, nothing was left to do")


def nothing_new(growth: Growth) -> ConvertSummary:
    """Return the summary of adding nothing."""
    return _summary(growth, "it has all inputs already, nothing was left to do")


def _summary(found: Growth, told: str) -> ConvertSummary:
    lock = _core.OutputLock(str(found.path))  # takes over one whose holder was killed after the last rename
    try:
        staging = staging_folder(found.path)
        if staging.is_dir():
            remove_folder(staging)
    finally:
        lock.release()
    written = WriteSummary(
        str(found.path),
        num_items=dict.fromkeys(found.schema.names, 0),
        num_truncated=dict.fromkeys(found.schema.names, 0),
        told=[told],
    )
    return ConvertSummary(written, found.schema, told=[told])
