"""Opening: how every input of a conversion is opened; plain data, so that another process opens it in the same way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ..errors import DatasetError, InputError
from ..readers import (
    Friend,
    Header,
    JoinedSource,
    Link,
    LinkedSource,
    Source,
    header_of,
    is_hdf5,
    joined_stamp,
    open_source,
    read_header,
    recognise,
)
from ..storage import is_dataset

if TYPE_CHECKING:
    from ..schema.config import Config


@dataclass(frozen=True)
class Opening:
    """What there is to know beside the name of a file.

    Attributes:
        tree: Name of the tree, or ``None`` where each file has only one.
        friends: Further trees whose branches belong to the same entries.
        links: Cross references that make objects; ``None`` takes those that are plain from the names.
        parents: By object the parent that is asked for without saying how; a link that is plain from the names does.
    """

    tree: str | None = None
    friends: tuple[Friend, ...] = ()
    links: tuple[Link, ...] | None = None
    parents: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """Return what a config says."""
        friends = [Friend(entry.file, entry.tree, tuple(entry.index), entry.prefix) for entry in config.input.friends]
        parents = [
            (name, options.parent)
            for name, options in config.objects.items()
            if options.parent is not None and options.link is None and options.source is None
        ]
        links = _links(config) if config.objects else None
        return cls(config.input.tree, tuple(friends), links, tuple(parents))

    def open(self, path: str, *, threads: int | None = None) -> Source:
        """Open one input.

        Args:
            path: A file or URL; of HDF5 a local file, or a folder of parts that simdprep wrote.
            threads: Threads that decompress; ``None`` takes all processors.

        Raises:
            InputError: it cannot be read, or is not what the config says.
        """
        source: Source = self._source(path, self.tree, threads)
        try:
            if self.friends:
                source = JoinedSource(source, self.friends, lambda file, tree: self._source(file, tree, threads))
            plain = recognise(source.branches)
            if self.links is not None:
                plain = tuple(link for link in plain if (link.name, link.parent) in self.parents)
            links = (*(self.links or ()), *plain)
            return LinkedSource(source, links) if links else source
        except BaseException:
            source.close()
            raise

    def header(self, path: str) -> Header:
        """Read what planning needs of one input; of its friends their stamps.

        Raises:
            InputError: as :meth:`open`.
        """
        found = self._header(path, self.tree)
        if not self.friends:
            return found
        friends = [self._header(friend.path(path), friend.tree) for friend in self.friends]
        return replace(found, stamp=joined_stamp(found.stamp, [(friend.stamp, friend.size) for friend in friends]))

    def _header(self, path: str, tree: str | None) -> Header:
        if not is_hdf5(path):
            return read_header(path, tree)
        with self._source(path, tree, 1) as source:
            return header_of(source)

    def open_alone(self, path: str, *, threads: int | None = None) -> Source:
        """Open one input without friends and links.

        Raises:
            InputError: as :meth:`open`.
        """
        return self._source(path, self.tree, threads)

    @staticmethod
    def _source(path: str, tree: str | None, threads: int | None) -> Source:
        """Open a file alone."""
        if not is_hdf5(path):
            return open_source(path, tree, threads=threads)
        if tree:
            rule = "none: only ROOT files have trees"
            raise InputError("tree", got=repr(tree), expected=rule, where=path, hint="leaving it out")
        from .dataset_source import DatasetSource
        from .table_source import TableSource

        try:
            if Path(path).is_dir() or is_dataset(path):
                return DatasetSource(path, threads)
            return TableSource(path)
        except DatasetError as error:
            what, where = f"HDF5 input, {error.what}", error.where or path
            raise InputError(what, got=error.got, expected=error.expected, where=where, hint=error.hint) from error


def _links(config: Config) -> tuple[Link, ...]:
    links = []
    for name, options in config.objects.items():
        if options.link is not None and options.parent is not None:
            above = config.objects.get(options.parent)
            link = options.link
            links.append(
                Link(
                    name,
                    options.parent,
                    tuple(link.of),
                    table=link.table,
                    parent_index=link.parent_index,
                    index=tuple(link.index),
                    keys=tuple(link.keys),
                    by=link.by,
                    elsewhere=link.elsewhere,
                    parent_pattern=None if above is None else above.source,
                )
            )
    return tuple(links)
