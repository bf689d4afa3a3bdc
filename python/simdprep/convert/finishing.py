"""Finishing: a ``with`` block around a writer closes it, or abandons it after an error."""

from __future__ import annotations

import abc
from types import TracebackType
from typing import Any, Self


class Finishing(abc.ABC):
    """What has an end that is good or bad."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abandon()

    @abc.abstractmethod
    def close(self) -> Any:
        """Finish; later calls do nothing."""

    @abc.abstractmethod
    def abandon(self) -> None:
        """Stop without finishing."""
