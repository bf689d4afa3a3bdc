"""Selection: the rules of a config applied to events.

In this order: the ``select`` of each object, then its ``order``, then derived fields, then the
``select`` of events. What hangs on an object is dropped and reordered with it. An object's rules see
the other objects after their own select and order, so that ``num(Muon)`` counts selected muons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import SchemaError
from .catalog import EVENTS, Catalog
from .cutflow import CutFlow, ObjectFlow
from .evaluate import evaluate
from .expressions import Expression
from .finite import check_finite
from .frame import Frame, Value
from .fused import evaluate_fused
from .nodes import Unary
from .rules import Rules, Step
from .scope import Scope

if TYPE_CHECKING:
    import awkward as ak

Engine = Literal["numpy", "numba"]
_Evaluate = Callable[[Expression, Scope, Frame], Value]


class Selection(NamedTuple):
    """What :func:`apply` returns.

    Attributes:
        events: The selected events, in the form they came in, with the derived fields.
        flow: What was dropped, and why.
        keep: Which of the input's events were kept (bool, one per event).
    """

    events: ak.Array
    flow: CutFlow
    keep: NDArray[np.bool_]


def apply(events: ak.Array, rules: Rules, *, engine: Engine = "numpy", threads: int | None = None) -> Selection:
    """Select, order and derive.

    Args:
        events: One record per event: numbers, records, lists of records or numbers, lists of lists.
        rules: What to do. The same rules may be applied chunk by chunk: no event depends on another.
        engine: What evaluates expressions: ``numpy``, the reference, or ``numba``, one compiled loop per
            expression, for data that is worth a second of compiling. They agree to the rounding of the dtype.
        threads: Of ``numba``: at most so many; ``None`` for one per usable core.

    Returns:
        The events, the flow, and which events were kept. Missing values in a condition drop the
        entry; a derived value that is missing stays so (``None``) for the writer to fill. An order
        is ascending and stable, with NaN and missing values last.

    Raises:
        ConfigError, ExpressionError: as :meth:`Rules.check`.
        SchemaError: entries of an object are dropped or reordered, and a nested object that names no
            parent has outer lists of their lengths: it may be theirs, and would no longer fit.
        ExpressionError: an operation does not take the dtypes it is given, a select is no condition, or a derived
            field that must be finite is not.
        AlignmentError: the outer lists of an object are not as long as its parent's.
    """
    catalog = Catalog.from_events(events, rules.parents)
    frame = Frame(events, catalog)
    flow = choose(frame, rules, engine=engine, threads=threads)
    compute = _evaluator(engine, threads)
    keep = np.ones(len(events), np.bool_)
    if rules.select is not None:
        keep = _condition(rules.select, Scope(rules.with_derived(catalog)), frame, compute)
        if not keep.all():
            frame.take_events(keep)
            flow.drop("event select", _sizes(frame))
        flow.events_kept = int(np.count_nonzero(keep))
    return Selection(frame.events(), flow, keep)


def choose(frame: Frame, rules: Rules, *, engine: Engine = "numpy", threads: int | None = None) -> CutFlow:
    """Select and order the entries of objects and derive fields, in ``frame`` itself; events all stay.

    Args:
        frame: As it was made, with the catalog of the input.
        rules: As for :func:`apply`, but for the select of events.
        engine: As for :func:`apply`.
        threads: As for :func:`apply`.

    Raises:
        SimdprepError: as :func:`apply`.
    """
    compute = _evaluator(engine, threads)
    steps = rules.check(frame.catalog)
    _nested_without_parent(frame, rules)
    flow = CutFlow(frame.num_events, frame.num_events, {name: ObjectFlow(size) for name, size in _sizes(frame).items()})
    for step in steps:
        scope = rules.scope(step, frame.catalog)
        if step.kind == "derived":
            expression = rules.objects[step.object].derived[step.field]
            value = compute(expression, scope, frame)
            if step.field in rules.objects[step.object].finite:
                check_finite(expression, scope, frame, value)
            frame.tables[step.object].put(step.field, value)
        else:
            _choose(step, rules, scope, frame, flow, compute)
    return flow


def settle(events: ak.Array, rules: Rules) -> Rules:
    """Return ``rules`` with it noted which nested objects stand alone, as the lengths in ``events`` show.

    To be called once, with the first chunk of many, so that no later chunk is so short that the outer
    lists of a nested object without a named parent have the lengths of another object by chance.

    Raises:
        SchemaError: as :func:`apply`.
    """
    catalog = Catalog.from_events(events, rules.parents)
    nested = _nested_without_parent(Frame(events, catalog), rules)
    alone = {rules.parents.get(name, name): EVENTS for name in nested}
    return replace(rules, parents={**rules.parents, **alone})


def _nested_without_parent(frame: Frame, rules: Rules) -> list[str]:
    """Return the nested objects whose parent is not known, after checking that none may hang on what changes."""
    known = {EVENTS, *rules.parents}  # an object that hangs on something is one, if it has no fields
    nested = [name for name in frame.catalog.undeclared() if rules.parents.get(name) not in known]
    for name, own in rules.objects.items():
        expression = own.select or own.order
        for other in nested:
            deeper = len(frame.catalog[other].path) > len(frame.catalog[name].path)
            if expression is not None and deeper and frame.may_hang(other, name):
                got = f"{other}, whose outer lists are as long as those of {name}"
                rule = "the parent of every nested object to be named"
                hint = f"objects.{other}.parent: {name}, or events where it hangs on no object"
                where = expression.where
                raise SchemaError("nested object without parent", got=got, expected=rule, where=where, hint=hint)
    return nested


def _evaluator(engine: Engine, threads: int | None) -> _Evaluate:
    return partial(evaluate_fused, threads=threads) if engine == "numba" else evaluate


def _choose(step: Step, rules: Rules, scope: Scope, frame: Frame, flow: CutFlow, compute: _Evaluate) -> None:
    """Apply the select and the order of one object."""
    own = rules.objects[step.object]
    if own.select is not None:
        keep = _condition(own.select, scope, frame, compute)
        if not keep.all():
            frame.take_entries(step.object, np.flatnonzero(keep))
            below = {name: size for name, size in _sizes(frame).items() if name != step.object}
            flow.drop("select", {step.object: frame.tables[step.object].size})
            flow.drop(f"select of {step.object}", below)
    if own.order is not None:
        frame.take_entries(step.object, _sorted(own.order, scope, frame, compute))


def _condition(expression: Expression, scope: Scope, frame: Frame, compute: _Evaluate) -> NDArray[np.bool_]:
    """Return where a condition holds; where it has no value it does not."""
    value = compute(expression, scope, frame)
    data: NDArray[np.bool_] = value.data
    if data.dtype.kind != "b":
        got, rule = f"numbers ({data.dtype})", "a condition, true or false"
        hint = f"a comparison, such as {expression.text} != 0" if len(expression.text) < 40 else "a comparison"
        raise expression.error("select", 1, got=got, expected=rule, hint=hint)
    return data if value.missing is None else data & ~value.missing


def _sorted(expression: Expression, scope: Scope, frame: Frame, compute: _Evaluate) -> NDArray[np.int64]:
    """Return the positions of the entries so that each list is sorted: ascending, stable, NaN and missing last."""
    root = expression.root
    descending = isinstance(root, Unary) and root.operator == "-"
    if isinstance(root, Unary) and descending:
        # Not by the negative value: that of an unsigned number, or of the least integer, is no larger than it.
        expression = Expression(expression.text, expression.where, root.operand)
    value = compute(expression, scope, frame)
    offsets = np.concatenate([[0], np.cumsum(frame.counts(scope.path[-1]))]).astype(np.int64)
    return _core.order_lists(offsets, _key(value), value.missing, descending)


def _key(value: Value) -> NDArray[Any]:
    """Return what to sort by in one of the dtypes the core sorts: no two values become equal."""
    kind = value.data.dtype.kind
    dtype = np.float64 if kind == "f" else np.uint64 if kind == "u" else np.int64
    return np.ascontiguousarray(value.data, dtype)


def _sizes(frame: Frame) -> dict[str, int]:
    return {name: table.size for name, table in frame.tables.items() if table.collection.is_list}
