"""Preparing events: expressions, selection, labels, weights, splits, and transforms that are fitted once and applied.

Names are bound when first used: nothing here loads numba until a kernel runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy_names import lazy_names

if TYPE_CHECKING:
    from .axis import Axis
    from .balance import Balance, balance_from_state, make_balance
    from .catalog import Catalog, Collection
    from .class_sums import ClassSums
    from .cutflow import CutFlow, ObjectFlow
    from .exact_sum import ExactSums
    from .expressions import Expression, names, parse
    from .field_rule import FieldRule
    from .histogram import Histogram
    from .identity import hash_of, identity_of, key_of
    from .labels import Labels
    from .negative_weights import NegativeWeights, treat_negative
    from .normalise import Normalise
    from .parametric import Parametric
    from .projection import project
    from .protocol import Transform
    from .resample import Resample
    from .reweight import Reweight
    from .rules import ObjectRules, Rules
    from .selection import Selection, apply, settle
    from .split import Split
    from .standardise import Standardise
    from .state import State, transform_from_state
    from .weights import effective_size, sample_scale

__all__ = [
    "Axis",
    "Balance",
    "Catalog",
    "ClassSums",
    "Collection",
    "CutFlow",
    "ExactSums",
    "Expression",
    "FieldRule",
    "Histogram",
    "Labels",
    "NegativeWeights",
    "Normalise",
    "ObjectFlow",
    "ObjectRules",
    "Parametric",
    "Resample",
    "Reweight",
    "Rules",
    "Selection",
    "Split",
    "Standardise",
    "State",
    "Transform",
    "apply",
    "balance_from_state",
    "effective_size",
    "hash_of",
    "identity_of",
    "key_of",
    "make_balance",
    "names",
    "parse",
    "project",
    "sample_scale",
    "settle",
    "transform_from_state",
    "treat_negative",
]

_HOMES = {
    "Axis": ".axis",
    "Balance": ".balance",
    "Catalog": ".catalog",
    "ClassSums": ".class_sums",
    "Collection": ".catalog",
    "CutFlow": ".cutflow",
    "ExactSums": ".exact_sum",
    "Expression": ".expressions",
    "FieldRule": ".field_rule",
    "Histogram": ".histogram",
    "Labels": ".labels",
    "NegativeWeights": ".negative_weights",
    "Normalise": ".normalise",
    "ObjectFlow": ".cutflow",
    "ObjectRules": ".rules",
    "Parametric": ".parametric",
    "Resample": ".resample",
    "Reweight": ".reweight",
    "Rules": ".rules",
    "Selection": ".selection",
    "Split": ".split",
    "Standardise": ".standardise",
    "State": ".state",
    "Transform": ".protocol",
    "apply": ".selection",
    "balance_from_state": ".balance",
    "effective_size": ".weights",
    "hash_of": ".identity",
    "identity_of": ".identity",
    "key_of": ".identity",
    "make_balance": ".balance",
    "names": ".expressions",
    "parse": ".expressions",
    "project": ".projection",
    "sample_scale": ".weights",
    "settle": ".selection",
    "transform_from_state": ".state",
    "treat_negative": ".negative_weights",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
