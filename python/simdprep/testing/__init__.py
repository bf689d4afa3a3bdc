"""For tests and tries: toy events, exact comparison, hypothesis strategies.

``simdprep.testing.strategies`` needs hypothesis and is imported by name only.
"""

from .compare import Difference, assert_equal, first_difference
from .toy_events import toy_events
from .toy_jets import CLASSES, toy_jets

__all__ = ["CLASSES", "Difference", "assert_equal", "first_difference", "toy_events", "toy_jets"]
