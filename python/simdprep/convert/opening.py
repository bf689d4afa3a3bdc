"""Opening: how every input of a conversion is opened; plain data, so that another process opens it in the same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ..readers import Link, LinkedSource, Source, open_source, recognise

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
            path: A file or URL.
            threads: Threads that decompress; ``None`` takes all processors.

        Raises:
            InputError: it cannot be read, or is not what the config says.
        """
        source = open_source(path, self.tree, threads=threads)
        try:
            links = recognise(source.branches) if self.links is None else self.links
            return LinkedSource(source, links) if links else source
        except BaseException:
            source.close()
            raise


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
