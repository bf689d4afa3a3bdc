"""Opening: how every input of a conversion is opened; plain data, so that another process opens it in the same way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ..errors import DatasetError, InputError
from ..readers import Header, Link, LinkedSource, Source, header_of, is_hdf5, open_source, read_header, recognise
from ..storage import is_dataset

if TYPE_CHECKING:
    from ..schema.config import Config


@dataclass(frozen=True)
class Opening:
    """What there is to know beside the name of a file.

    Attributes:
        tree: Name of the tree, or ``None`` where each file has only one.
        links: Cross references that make objects; ``None`` takes those that are plain from the names.
    """

    tree: str | None = None
    links: tuple[Link, ...] | None = None

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """Return what a config says."""
        return cls(config.input.tree, _links(config) if config.objects else None)

    def open(self, path: str, *, threads: int | None = None) -> Source:
        """Open one input.

        Args:
            path: A file or URL; of HDF5 a local file, or a folder of parts that simdprep wrote.
            threads: Threads that decompress; ``None`` takes all processors.

        Raises:
            InputError: it cannot be read, or is not what the config says.
        """
        source = self._source(path, threads)
        try:
            links = recognise(source.branches) if self.links is None else self.links
            return LinkedSource(source, links) if links else source
        except BaseException:
            source.close()
            raise

    def header(self, path: str) -> Header:
        """Read what planning needs of one input.

        Raises:
            InputError: as :meth:`open`.
        """
        if not is_hdf5(path):
            return read_header(path, self.tree)
        with self._source(path, 1) as source:
            return header_of(source)

    def _source(self, path: str, threads: int | None) -> Source:
        """Open the file itself, whatever is found in others beside it."""
        if not is_hdf5(path):
            return open_source(path, self.tree, threads=threads)
        if self.tree:
            rule = "none: only ROOT files have trees"
            raise InputError("tree", got=repr(self.tree), expected=rule, where=path, hint="leaving it out")
        from .dataset_source import DatasetSource
        from .table_source import TableSource

        try:
            if Path(path).is_dir() or is_dataset(path):
                return DatasetSource(path, threads)
            return TableSource(path)
        except DatasetError as error:
            what, rule = f"HDF5 input, {error.what}", error.expected
            raise InputError(what, got=error.got, expected=rule, where=error.where or path, hint=error.hint) from error


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
                    elsewhere=link.elsewhere,
                    parent_pattern=None if above is None else above.source,
                )
            )
    return tuple(links)
