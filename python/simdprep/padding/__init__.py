"""Padding: ragged events become flat contents and fixed-width columns with a ``valid`` mask."""

from .categories import Categories, decode
from .flat import FlatEvents, Flattener
from .from_numpy import from_numpy
from .padded import Padded, pad

__all__ = ["Categories", "FlatEvents", "Flattener", "Padded", "decode", "from_numpy", "pad"]
