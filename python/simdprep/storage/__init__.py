"""Storage: files of format 1, written by a sink and read where they are touched. The only room that knows h5py."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .column import Column
    from .dataset import Dataset, open
    from .dataset_info import DatasetInfo, info
    from .merge import merge_parts
    from .object_view import ObjectView, RaggedRows
    from .output import Output
    from .problem import Problem
    from .verification import VerifyReport, verify

#: Where each name lives; bound when first used.
_HOMES = {
    "Column": ".column",
    "Dataset": ".dataset",
    "DatasetInfo": ".dataset_info",
    "ObjectView": ".object_view",
    "Output": ".output",
    "Problem": ".problem",
    "RaggedRows": ".object_view",
    "VerifyReport": ".verification",
    "info": ".dataset_info",
    "merge_parts": ".merge",
    "open": ".dataset",
    "verify": ".verification",
}

__all__ = [
    "Column",
    "Dataset",
    "DatasetInfo",
    "ObjectView",
    "Output",
    "Problem",
    "RaggedRows",
    "VerifyReport",
    "info",
    "merge_parts",
    "open",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
