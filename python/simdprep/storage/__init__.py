"""Storage: files of format 1, written by a sink and read where they are touched. The only room that knows h5py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy_names import lazy_names

if TYPE_CHECKING:
    from .column import Column
    from .dataset import Dataset, open
    from .dataset_info import DatasetInfo, info
    from .merge import merge_parts
    from .merge_summary import MergeSummary
    from .object_view import ObjectView, RaggedRows
    from .output import Output
    from .problem import Problem
    from .source import manifest_of
    from .stored_slots import SlotRows, StoredSlots
    from .tables import Table, Tables, is_dataset, open_tables
    from .verification import VerifyReport, verify

#: Where each name lives; bound when first used.
_HOMES = {
    "Column": ".column",
    "Dataset": ".dataset",
    "DatasetInfo": ".dataset_info",
    "MergeSummary": ".merge_summary",
    "ObjectView": ".object_view",
    "Output": ".output",
    "Problem": ".problem",
    "RaggedRows": ".object_view",
    "SlotRows": ".stored_slots",
    "StoredSlots": ".stored_slots",
    "Table": ".tables",
    "Tables": ".tables",
    "VerifyReport": ".verification",
    "info": ".dataset_info",
    "is_dataset": ".tables",
    "manifest_of": ".source",
    "merge_parts": ".merge",
    "open": ".dataset",
    "open_tables": ".tables",
    "verify": ".verification",
}

__all__ = [
    "Column",
    "Dataset",
    "DatasetInfo",
    "MergeSummary",
    "ObjectView",
    "Output",
    "Problem",
    "RaggedRows",
    "SlotRows",
    "StoredSlots",
    "Table",
    "Tables",
    "VerifyReport",
    "info",
    "is_dataset",
    "manifest_of",
    "merge_parts",
    "open",
    "open_tables",
    "verify",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
