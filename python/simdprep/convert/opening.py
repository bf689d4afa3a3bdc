"""Opening: how every input of a conversion is opened; plain data, so that another process opens it in the same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ..readers import Source, open_source

if TYPE_CHECKING:
    from ..schema.config import Config


@dataclass(frozen=True)
class Opening:
    """What there is to know beside the name of a file.

    Attributes:
        tree: Name of the tree, or ``None`` where each file has only one.
    """

    tree: str | None = None

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """Return what a config says."""
        return cls(config.input.tree)

    def open(self, path: str, *, threads: int | None = None) -> Source:
        """Open one input.

        Args:
            path: A file or URL.
            threads: Threads that decompress; ``None`` takes all processors.

        Raises:
            InputError: it cannot be read, or is not what the config says.
        """
        return open_source(path, self.tree, threads=threads)
