"""Operations: what an operator or function becomes in generated code, in the dtypes that numpy would use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

_BOOL = np.dtype(bool)

#: Functions of :mod:`.fused_four_vectors`; ``mass`` is written out.
FOUR_VECTORS = ("px", "py", "pz", "energy", "pt", "phi", "eta", "rapidity")


class Unfusable(Exception):
    """Compiled code would not give what numpy gives."""


@dataclass(frozen=True)
class Term:
    """A value in generated code.

    Attributes:
        text: An expression that gives it.
        dtype: Its dtype; ``None`` for a Python number.
        missing: An expression that is true where there is no value; ``None`` where there always is.
        number: The number, where it is one.
    """

    text: str
    dtype: np.dtype[Any] | None
    missing: str | None = None
    number: bool | int | float | None = None

    @property
    def weak(self) -> Any:
        """What stands for it in ``numpy.result_type``."""
        return self.number if self.dtype is None else self.dtype


def cast(term: Term, dtype: np.dtype[Any]) -> str:
    """Return the text of ``term`` in ``dtype``."""
    if term.dtype is None:
        return _literal(term.number, dtype)
    if term.dtype == dtype:
        return term.text
    if dtype == _BOOL:
        return f"({term.text} != 0)"
    return f"{dtype}({term.text})"


def unary(sign: str, term: Term, dtype: np.dtype[Any]) -> Term:
    """Return ``-x``, ``+x`` or ``~x``."""
    value = cast(term, dtype)
    if sign == "-":
        # -0.0 of zero; of an unsigned number, zero minus it.
        value = f"-{value}" if dtype.kind != "u" else f"{dtype}(0) - {value}"
    elif sign == "~":
        value = f"not {value}" if dtype == _BOOL else f"~{value}"
    return Term(f"({value})" if dtype == _BOOL else f"{dtype}({value})", dtype, term.missing)


def binary(sign: str, left: Term, right: Term, dtype: np.dtype[Any]) -> Term:
    """Return ``left sign right``."""
    missing = either(left, right)
    if sign in ("&", "|"):
        return _logical(sign, left, right, dtype)
    if dtype == _BOOL and sign in ("+", "*"):
        return Term(f"({cast(left, dtype)} {'|' if sign == '+' else '&'} {cast(right, dtype)})", dtype, missing)
    if dtype == _BOOL:
        common = _compared(left, right)
        return Term(f"({cast(left, common)} {sign} {cast(right, common)})", dtype, missing)
    if sign == "**":
        return Term(_power(left, right, dtype), dtype, missing)
    one, two = cast(left, dtype), cast(right, dtype)
    if sign in ("//", "%"):
        kind = "float" if dtype.kind == "f" else "int"
        function = f"{kind}_floor_divide" if sign == "//" else f"{kind}_remainder"
        return Term(f"{dtype}({function}({one}, {two}))", dtype, missing)
    return Term(f"{dtype}({one} {sign} {two})", dtype, missing)


def choose(condition: Term, yes: Term, no: Term, dtype: np.dtype[Any]) -> Term:
    """Return ``where(condition, yes, no)``."""
    test = cast(condition, _BOOL)
    text = f"({cast(yes, dtype)} if {test} else {cast(no, dtype)})"
    missing = None
    if yes.missing or no.missing:
        missing = f"({yes.missing or False} if {test} else {no.missing or False})"
    if condition.missing:
        missing = f"({condition.missing} | {missing})" if missing else condition.missing
    return Term(text, dtype, missing)


def call(function: str, terms: list[Term], dtype: np.dtype[Any], *, vectors: bool = True) -> Term:
    """Return ``function(terms)`` of a function that works value by value; in a loop that can become ``vectors``."""
    if vectors and function in ("exp", "log") and dtype == np.float32:
        text = f"{function}_single({cast(terms[0], dtype)})"
    elif function in _WRITTEN:
        text = _WRITTEN[function](terms, dtype)
    elif dtype.kind != "f":
        raise Unfusable
    else:
        home = "" if function in FOUR_VECTORS else "np."
        text = f"{dtype}({home}{function}({', '.join(cast(term, dtype) for term in terms)}))"
    return Term(text, dtype, either(*terms))


def either(*terms: Term) -> str | None:
    """Return what is true where one of the terms is missing."""
    masks = [term.missing for term in terms if term.missing is not None]
    return None if not masks else masks[0] if len(masks) == 1 else f"({' | '.join(masks)})"


def _literal(number: bool | int | float | None, dtype: np.dtype[Any]) -> str:
    assert number is not None
    if dtype == _BOOL:
        return str(bool(number))
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if isinstance(number, float) or not limits.min <= number <= limits.max:
            raise Unfusable
        return f"{dtype}({int(number)})"
    with np.errstate(over="ignore"):
        value = float(dtype.type(number))
    if np.isfinite(value):
        return f"{dtype}({value!r})"
    return f"{dtype}({'np.nan' if np.isnan(value) else '-np.inf' if value < 0 else 'np.inf'})"


def _compared(left: Term, right: Term) -> np.dtype[Any]:
    """Return the dtype in which two values are compared."""
    common = np.result_type(left.weak, right.weak)
    kinds = {term.dtype.kind for term in (left, right) if term.dtype is not None}
    if common == np.float16 or (kinds == {"i", "u"} and common.kind == "f"):
        raise Unfusable  # numpy compares int64 with uint64 exactly
    return np.dtype(np.int8) if common == _BOOL else common


def _logical(sign: str, left: Term, right: Term, dtype: np.dtype[Any]) -> Term:
    """Of two conditions, with what is missing open to both; or bit by bit."""
    one, two = cast(left, dtype), cast(right, dtype)
    missing = either(left, right)
    if dtype != _BOOL:
        return Term(f"{dtype}({one} {sign} {two})", dtype, missing)
    if missing is None:
        return Term(f"({one} {sign} {two})", dtype)
    # Choices rather than branches: no comparison is dear enough to be guessed at.
    decides = "" if sign == "|" else "not "
    decided = [f"({decides}{value})" if term.missing is None else f"(({decides}{value}) & (not {term.missing}))"
               for term, value in ((left, one), (right, two))]  # fmt: skip
    settled = f"({' | '.join(decided)})"
    text = f"({settled} | ({one} | {two}))" if sign == "|" else f"((not {settled}) & ({one} & {two}))"
    return Term(text, dtype, f"({missing} & (not {settled}))")


def _power(left: Term, right: Term, dtype: np.dtype[Any]) -> str:
    base = cast(left, dtype)
    if dtype.kind != "f":
        if right.dtype is not None and right.dtype.kind == "i":
            raise Unfusable  # a negative power among them is numpy's to refuse
        return f"{dtype}(int_power({base}, {cast(right, dtype)}))"
    if right.number == 2:
        return f"{dtype}({base} * {base})"
    if right.number == 0.5:
        return f"{dtype}(np.sqrt({base}))"
    return f"{dtype}(np.power({base}, {cast(right, dtype)}))"


def _test(function: str, terms: list[Term]) -> str:
    if terms[0].dtype is None or terms[0].dtype.kind != "f":
        return str(function == "isfinite")
    return f"np.{function}({terms[0].text})"


def _rounded(function: str, terms: list[Term], dtype: np.dtype[Any]) -> str:
    value = cast(terms[0], dtype)
    return f"{dtype}(np.{function}({value}))" if dtype.kind == "f" else value


def _absolute(terms: list[Term], dtype: np.dtype[Any]) -> str:
    value = cast(terms[0], dtype)
    return {"f": f"{dtype}(np.abs({value}))", "i": f"abs({value})"}.get(dtype.kind, value)


def _extreme(function: str, terms: list[Term], dtype: np.dtype[Any]) -> str:
    one, two = (cast(term, dtype) for term in terms)
    if dtype == _BOOL:
        return f"({one} {'|' if function == 'maximum' else '&'} {two})"
    sign = ">=" if function == "maximum" else "<="
    return f"({one} if ({one} {sign} {two}) | ({one} != {one}) else {two})"


def _clip(terms: list[Term], dtype: np.dtype[Any]) -> str:
    above = Term(_extreme("maximum", terms[:2], dtype), dtype)
    return _extreme("minimum", [above, terms[2]], dtype)


def _difference(a: Term, b: Term, dtype: np.dtype[Any]) -> str:
    kind = _floating(a, b)
    return cast(Term(f"{kind}({cast(a, kind)} - {cast(b, kind)})", kind), dtype)


def _phi(a: Term, b: Term, dtype: np.dtype[Any]) -> str:
    kind = _floating(a, b)
    pi = _literal(np.pi, kind)
    function = "delta_phi_single" if kind == np.float32 else "delta_phi"
    return cast(Term(f"{kind}({function}({cast(a, kind)}, {cast(b, kind)}, {pi}))", kind), dtype)


def _distance(terms: list[Term], dtype: np.dtype[Any]) -> str:
    eta1, phi1, eta2, phi2 = terms
    return _hypot(_difference(eta1, eta2, dtype), _phi(phi1, phi2, dtype), dtype)


def _mass(terms: list[Term], dtype: np.dtype[Any]) -> str:
    """Return the mass of Cartesian components, or of the sum of several momenta, in float64."""
    wide = [cast(term, np.dtype(np.float64)) for term in terms]
    if len(wide) > 4:
        groups = [wide[at : at + 4] for at in range(0, len(wide), 4)]
        sums = [
            [f"px({pt}, {phi})" for pt, _, phi, _ in groups],
            [f"py({pt}, {phi})" for pt, _, phi, _ in groups],
            [f"pz({pt}, {eta})" for pt, eta, _, _ in groups],
            [f"energy({pt}, {eta}, {mass})" for pt, eta, _, mass in groups],
        ]
        wide = [" + ".join(parts) for parts in sums]
    return f"{dtype}(mass({', '.join(wide)}))"


def _hypot(x: str, y: str, dtype: np.dtype[Any]) -> str:
    return f"{dtype}({'hypot_single' if dtype == np.float32 else 'np.hypot'}({x}, {y}))"


def _floating(a: Term, b: Term) -> np.dtype[Any]:
    dtype = np.result_type(a.weak, b.weak)
    if dtype == np.float16:
        raise Unfusable
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


#: Functions that are not one of numpy's or ours, called with their arguments in the dtype of the result.
_WRITTEN: dict[str, Callable[[list[Term], np.dtype[Any]], str]] = {
    "isnan": lambda terms, _: _test("isnan", terms),
    "isfinite": lambda terms, _: _test("isfinite", terms),
    "delta_r": _distance,
    "delta_phi": lambda terms, dtype: _phi(terms[0], terms[1], dtype),
    "minimum": lambda terms, dtype: _extreme("minimum", terms, dtype),
    "maximum": lambda terms, dtype: _extreme("maximum", terms, dtype),
    "clip": _clip,
    "floor": lambda terms, dtype: _rounded("floor", terms, dtype),
    "ceil": lambda terms, dtype: _rounded("ceil", terms, dtype),
    "abs": _absolute,
    "hypot": lambda terms, dtype: _hypot(cast(terms[0], dtype), cast(terms[1], dtype), dtype),
    "mass": _mass,
}
