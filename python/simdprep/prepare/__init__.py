"""Prepare: selected, labelled, weighted and split rows, and the constants of the training rows.

The package itself can be called: ``simdprep.prepare(...)``.
"""

from __future__ import annotations

import sys
from inspect import Signature, signature
from types import ModuleType
from typing import Any

from .run import prepare
from .summary import PrepareSummary, RowBalance

__all__ = ["PrepareSummary", "RowBalance", "prepare"]


class _CallablePackage(ModuleType):
    """This package under its public name, which is also that of its function."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Call :func:`simdprep.prepare.run.prepare`."""
        return prepare(*args, **options)

    @property
    def __signature__(self) -> Signature:
        return signature(prepare)


# Importing a module of this package binds `simdprep.prepare` to the package, so that it is what the name means.
sys.modules[__name__].__class__ = _CallablePackage
