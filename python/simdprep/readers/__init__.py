"""Readers: ROOT, Parquet and feather files as chunks of awkward events.

The read path: ``expand_inputs`` → ``open_source`` → ``Source.steps`` → ``Source.read`` → ``assemble``, where
``group`` (or ``group_by_config``) has said which branches form an object. Cross references are branches, too:
:class:`LinkedSource` is a source around another that presents what its links lead to.
"""

from __future__ import annotations

from .assemble import assemble, read_events
from .branch import Branch, check_alike
from .config_grouping import Wanted, group_by_config
from .counts import Counts
from .file_format import is_hdf5, open_source
from .friend import Friend, joined_stamp
from .grouping import Group, Grouping, Member
from .guard import is_transient
from .header import Header, header_of, read_header
from .identity import change_of, identify
from .inputs import expand_inputs
from .joined_source import JoinedSource
from .leaf import Leaf
from .link import Link
from .link_groups import possible_links, recognise, with_links, without_tables
from .linked_source import LinkedSource
from .rules import group
from .source import Source
from .steps import STEP_BYTES, step_ranges

__all__ = [
    "STEP_BYTES",
    "Branch",
    "Counts",
    "Friend",
    "Group",
    "Grouping",
    "Header",
    "JoinedSource",
    "Leaf",
    "Link",
    "LinkedSource",
    "Member",
    "Source",
    "Wanted",
    "assemble",
    "change_of",
    "check_alike",
    "expand_inputs",
    "group",
    "group_by_config",
    "header_of",
    "identify",
    "is_hdf5",
    "is_transient",
    "joined_stamp",
    "open_source",
    "possible_links",
    "read_events",
    "read_header",
    "recognise",
    "step_ranges",
    "with_links",
    "without_tables",
]
