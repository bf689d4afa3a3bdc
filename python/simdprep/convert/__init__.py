"""Convert: files of events become a dataset. The package itself can be called: ``simdprep.convert(...)``."""

from __future__ import annotations

import sys
from inspect import Signature, signature
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..lazy_names import lazy_names

if TYPE_CHECKING:
    from .columns import Columns
    from .event_writer import EventWriter
    from .inputs import EntryRange, Inputs
    from .inspection import Inspection, inspect
    from .provenance import Origin
    from .run import convert, iterate
    from .summary import ConvertSummary, Skipped
    from .writer import Writer, WriteSummary

__all__ = [
    "Columns",
    "ConvertSummary",
    "EntryRange",
    "EventWriter",
    "Inputs",
    "Inspection",
    "Origin",
    "Skipped",
    "WriteSummary",
    "Writer",
    "convert",
    "inspect",
    "iterate",
]

#: Where each name lives; bound when first used, so that a process that does tasks loads no config.
_HOMES = {
    "Columns": ".columns",
    "ConvertSummary": ".summary",
    "EntryRange": ".inputs",
    "EventWriter": ".event_writer",
    "Inputs": ".inputs",
    "Inspection": ".inspection",
    "Origin": ".provenance",
    "Skipped": ".summary",
    "WriteSummary": ".writer",
    "Writer": ".writer",
    "convert": ".run",
    "inspect": ".inspection",
    "iterate": ".run",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)


class _CallablePackage(ModuleType):
    """This package under its public name, which is also that of its function."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Call :func:`simdprep.convert.run.convert`."""
        from .run import convert

        return convert(*args, **options)

    @property
    def __signature__(self) -> Signature:
        from .run import convert

        return signature(convert)


# Importing a module of this package binds `simdprep.convert` to the package, so that it is what the name means.
sys.modules[__name__].__class__ = _CallablePackage
