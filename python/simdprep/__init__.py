"""Ragged physics events to rectangular HDF5 blocks, and on to GPU batches.

The data's way:

**readers → padding → storage → transforms → loader.** A ROOT *event* is read; its ragged objects
become fixed-width columns with a ``valid`` mask; these go to an HDF5 file; they are prepared; they
leave as a GPU *batch*. ``schema`` says what the data is, and everything obeys it.

Public names are bound when first used, so that importing the package loads none of its
dependencies::

    import simdprep as sp

    sp.convert("nano.root", "train.h5")
    ds = sp.open("train.h5")
    loader = sp.Loader(ds, inputs={"Jet": ["pt", "eta"]}, batch_size=1024)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy_names import lazy_names

if TYPE_CHECKING:
    from . import errors, testing, transforms
    from ._core import __version__
    from .convert import Columns, EventWriter, Writer, convert, iterate
    from .export import export
    from .loader import Loader
    from .prepare import prepare
    from .schema.config import Config
    from .schema.field import Field
    from .schema.object_spec import ObjectSpec
    from .schema.schema import Schema
    from .storage import Dataset, open
    from .storage.merged_dataset import merge

__all__ = [
    "Columns",
    "Config",
    "Dataset",
    "EventWriter",
    "Field",
    "Loader",
    "ObjectSpec",
    "Schema",
    "Writer",
    "__version__",
    "convert",
    "errors",
    "export",
    "iterate",
    "merge",
    "open",
    "prepare",
    "testing",
    "transforms",
]

#: Where each public name lives; the public submodules stand for themselves.
_HOMES = {
    "Columns": ".convert",
    "Config": ".schema.config",
    "Dataset": ".storage",
    "EventWriter": ".convert",
    "Field": ".schema.field",
    "Loader": ".loader",
    "ObjectSpec": ".schema.object_spec",
    "Schema": ".schema.schema",
    "Writer": ".convert",
    "__version__": "._core",
    "iterate": ".convert",
    "merge": ".storage.merged_dataset",
    "open": ".storage",
}

# `convert`, `export` and `prepare` are functions and the packages they live in. Whoever imports a module of such a
# package binds the name to the package, so the package itself is callable and is what the name always means.
_MODULES = ("convert", "errors", "export", "prepare", "testing", "transforms")

__getattr__, __dir__ = lazy_names(__name__, _HOMES, modules=_MODULES)
