"""Export: what was fitted, for other programs. The package itself can be called: ``simdprep.export(state, ...)``."""

from __future__ import annotations

import sys
from inspect import Signature, signature
from types import ModuleType
from typing import Any

from .targets import TARGETS, export

__all__ = ["TARGETS", "export"]


class _CallablePackage(ModuleType):
    """This package under its public name, which is also that of its function."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Call :func:`simdprep.export.targets.export`."""
        return export(*args, **options)

    @property
    def __signature__(self) -> Signature:
        return signature(export)


# Importing a module of this package binds `simdprep.export` to the package, so that it is what the name means.
sys.modules[__name__].__class__ = _CallablePackage
