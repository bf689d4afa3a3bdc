"""Normalise: logarithm, centre, scale and bounds per field, learned from the valid entries of a training set."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import SchemaError, nearest_hint
from ..thread_pool import thread_pool
from .entries import flat_entries, result_for, row_weights
from .field_fit import FieldFits
from .field_rule import FieldRule, Method, Nonfinite
from .protocol import Transform, Valid, Values

Floats = NDArray[np.float64]

#: What a field's rule may be given as; see :meth:`FieldRule.parse`.
RuleText = FieldRule | Mapping[str, Any] | str | None

#: What reading a state of other kinds of values ends with.
UNSOUND = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)


class Normalise:
    """``log(x + log)`` if asked for, ``(x - centre) / scale``, and bounds if asked for; padded slots stay as they are.

    ``fit`` takes any number of chunks in any order, and ``merge`` what others were fitted on: sums and sums of
    squares are kept without rounding (of logarithms to 2^-32), so centre and scale depend on the entries alone,
    not on how they were cut into chunks and tasks. Only valid entries count, and of these only finite numbers.

    Args:
        fields: Names of the fields in the order of the last axis; or a rule for each by name, such as
            ``{"pt": {"log": True, "clip": [-5, 5]}, "eta": "robust", "charge": "none"}``.
        object: The object they belong to, for errors.
        method: Of fields whose rule does not say: ``standard``, ``robust``, ``minmax`` or ``none``.
        log: Likewise: ``True``, ``"log1p"``, or the number that is added before the logarithm.
        clip: Likewise: bounds of the result.
        nonfinite: Likewise: ``error``, ``zero`` or ``keep``.
        weighted: Likewise: whether ``fit`` weights the entries.

    Raises:
        SchemaError: no field, a name twice, or a rule that makes no sense.
    """

    #: What a state calls this transform.
    NAME: ClassVar[str] = "normalise"

    #: Changes every number by itself, whatever the shape it comes in.
    elementwise = True

    def __init__(
        self,
        fields: Sequence[str] | Mapping[str, RuleText],
        *,
        object: str = "",
        method: Method = "standard",
        log: bool | str | float | None = None,
        clip: Sequence[float] | None = None,
        nonfinite: Nonfinite = "error",
        weighted: bool = False,
    ) -> None:
        self.fields = () if isinstance(fields, str) else tuple(fields)
        if not self.fields or len(set(self.fields)) < len(self.fields):
            got, rule = repr(fields), "one or more different names"
            raise SchemaError(f"fields to {self.NAME}", got=got, expected=rule, where=object or None)
        self.object = object
        texts = fields if isinstance(fields, Mapping) else dict.fromkeys(self.fields)
        defaults = {"method": method, "log": log, "clip": clip, "nonfinite": nonfinite}
        self.rules: dict[str, FieldRule] = {}
        for name, text in texts.items():
            plain = weighted and _method_of(text, method) == "standard"  # others have no use for weights
            self.rules[name] = FieldRule.parse(text, where=self._where(name), **defaults, weighted=plain)
        self._fits = FieldFits(list(self.rules.values()))
        self._given: tuple[Floats, Floats] | None = None
        self._settled: tuple[Floats, Floats] | None = None

    @classmethod
    def from_constants(
        cls, rules: Mapping[str, RuleText], constants: Mapping[str, Sequence[float]], *, object: str = ""
    ) -> Self:
        """Make a transform with known ``(centre, scale)`` by field; it cannot be fitted.

        Raises:
            SchemaError: constants of a field are missing, not finite, or its scale is not positive.
        """
        result = cls(rules, object=object)
        for name in result.fields:
            if name not in constants:
                hint = nearest_hint(name, constants)
                raise SchemaError("constants", got="none", expected="one of each field", where=name, hint=hint)
            centre, scale = (float(value) for value in constants[name])
            if not (math.isfinite(centre) and math.isfinite(scale) and scale > 0):
                got, rule = f"{centre} and {scale}", "a finite centre and a positive scale"
                raise SchemaError("constants", got=got, expected=rule, where=result._where(name))
        centres, scales = np.array([constants[name] for name in result.fields], np.float64).T
        result._given = centres.copy(), scales.copy()
        return result

    @property
    def count(self) -> NDArray[np.int64]:
        """Valid and finite entries seen by ``fit``, per field (n_fields,)."""
        return self._fits.count()

    @property
    def centre(self) -> Floats:
        """What is subtracted, per field (n_fields,), float64.

        Raises:
            SchemaError: a field had no valid and finite entry, has a scale of 0, or is too large for float64.
        """
        return self._constants()[0].copy()

    @property
    def scale(self) -> Floats:
        """What is divided by, per field (n_fields,), float64.

        Raises:
            SchemaError: as :attr:`centre`.
        """
        return self._constants()[1].copy()

    def fit(self, values: Values, valid: Valid = None, weights: NDArray[Any] | None = None) -> None:
        """Take a chunk into account.

        Args:
            values: (..., n_fields) of any real dtype.
            valid: (...) bool; ``None`` for all.
            weights: One for each entry (...), or for each row (first axis); for weighted fields.

        Raises:
            SchemaError: the shapes or dtypes do not fit, weights are missing, or a number is not finite where
                this is an error.
        """
        if self._given is not None:
            rule = "a transform of its own: the constants of this one were given"
            raise SchemaError("data to fit", expected=rule, where=self.object or None)
        if weights is None and any(rule.weighted for rule in self.rules.values()):
            names = ", ".join(name for name, rule in self.rules.items() if rule.weighted)
            raise SchemaError("weights", got="none", expected=f"one per entry, for {names}", where=self.object or None)
        flat, mask = flat_entries(values, valid, self.fields, as_they_lie=True)
        self._settled = None
        odd = self._fits.fit(flat, mask, None if weights is None else row_weights(weights, values))
        self._refuse(odd)

    def merge(self, other: Self) -> None:
        """Take into account what ``other`` was fitted on.

        Raises:
            SchemaError: it has other fields or rules.
        """
        if other.fields != self.fields:
            raise SchemaError("fields to merge", got=", ".join(other.fields), expected=", ".join(self.fields))
        if other.rules != self.rules or other._given is not None or self._given is not None:
            got, rule = "other rules, or constants that were given", "the same rules"
            raise SchemaError("rules to merge", got=got, expected=rule, where=self.object or None)
        self._settled = None
        self._fits.merge(other._fits)

    def apply(self, values: Values, valid: Valid = None, *, out: Values | None = None) -> Values:
        """Return the normalised values; entries that are not valid are as they were.

        Args:
            values: (..., n_fields) of any real dtype.
            valid: (...) bool; ``None`` for all.
            out: Where to write: float32 or float64, shaped as ``values``, which it may be.

        Returns:
            ``out``, or a new array: float64 for float64 values, else float32. Computed in float64.

        Raises:
            SchemaError: the shapes or dtypes do not fit, as :attr:`centre`, or a number is not finite where
                this is an error.
        """
        centre, scale = self._constants()
        flat, mask = flat_entries(values, valid, self.fields)
        out, target = result_for(values, out)
        rows = target.reshape(-1, len(self.fields))
        fits = self._fits
        if fits.takes_log.any() and flat.dtype == target.dtype == np.float32:
            self._apply_in_core(flat, mask, rows)
        else:
            from .normalise_kernel import normalise

            odd = np.zeros(len(self.fields), np.int64)
            normalise(
                flat, mask, fits.takes_log, fits.offset, centre, scale, fits.low, fits.high, fits.nonfinite, rows, odd
            )
            self._refuse(odd)
        if target is not out:
            out[...] = target
        return out

    def inverse(self, values: Values, valid: Valid = None, *, out: Values | None = None) -> Values:
        """Return what :meth:`apply` made ``values`` of, where no bound and no ``zero`` has taken it away.

        Args and result: as :meth:`apply`.
        """
        centre, scale = self._constants()
        flat, mask = flat_entries(values, valid, self.fields)
        out, _ = result_for(values, out)
        wide = flat.astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            back = wide * scale + centre
            for index, rule in enumerate(self.rules.values()):
                if rule.log is not None:
                    back[:, index] = np.exp(back[:, index]) - rule.log
            out[...] = np.where(mask[:, np.newaxis], back, wide).reshape(values.shape)
        return out

    def item_transforms(self) -> list[_core.ItemTransform]:
        """Return what :meth:`apply` does to each field, for the core to do while it packs entries: the same bits.

        Where a number that is not finite is an error, the core leaves NaN, which :meth:`behind_core` looks for.

        Raises:
            SchemaError: as :attr:`centre`.
        """
        found = []
        for rule, centre, scale in zip(
            self.rules.values(), *(part.tolist() for part in self._constants()), strict=True
        ):
            nan = {"keep": None, "zero": 0.0, "error": math.nan}[rule.nonfinite]
            low, high = rule.clip or (-math.inf, math.inf)
            found.append(
                _core.ItemTransform(
                    log_offset=rule.log, mean=centre, std=scale, low=low, high=high, nan=nan, infinite=nan is not None
                )
            )
        return found

    def behind_core(self) -> list[Transform]:
        """Return what remains to be done where the core did :meth:`item_transforms`."""
        return [_FiniteCheck(self)] if any(rule.nonfinite == "error" for rule in self.rules.values()) else []

    def select(self, fields: Sequence[str], alias: Mapping[str, str] | None = None) -> Normalise:
        """Return a transform with these constants for other fields, in another order.

        Args:
            fields: In the order wanted.
            alias: The field here whose constants one of another name takes: ``{"mz2": "mz1"}``.

        Raises:
            SchemaError: a field is not here.
        """
        centre, scale = self._constants()
        rules: dict[str, RuleText] = {}
        constants = {}
        for name in fields:
            known = (alias or {}).get(name, name)
            if known not in self.rules:
                hint = nearest_hint(known, self.fields, otherwise=", ".join(self.fields))
                got, rule = repr(known), "a field with constants"
                raise SchemaError("field", got=got, expected=rule, where=self.object or None, hint=hint)
            place = self.fields.index(known)
            rules[name], constants[name] = self.rules[known], (centre[place], scale[place])
        return Normalise.from_constants(rules, constants, object=self.object)

    def state(self) -> dict[str, Any]:
        """Return what was learned, as JSON can hold it: rules, constants and, of a fit, what it needs to go on."""
        state: dict[str, Any] = {
            "transform": self.NAME,
            "object": self.object,
            "fields": list(self.fields),
            "rules": {name: rule.state() for name, rule in self.rules.items()},
            "constants": self._constants_by_name(),
        }
        if self._given is None:
            state["fit"] = self._fits.state()
        return state

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Make the transform whose :meth:`state` this is; it can be fitted further, unless its constants were given.

        Raises:
            SchemaError: it is no such state.
        """
        what = f"state of {cls.NAME}"
        try:
            if state["transform"] != cls.NAME:
                raise SchemaError("transform", got=repr(state["transform"]), expected=cls.NAME)
            rules = {name: state["rules"][name] for name in state["fields"]}
            if "fit" not in state:
                return cls.from_constants(rules, state["constants"], object=state["object"])
            result = cls.__new__(cls)
            Normalise.__init__(result, rules, object=state["object"])
            result._fits.restore(state["fit"])
        except UNSOUND as error:
            got = f"{type(error).__name__}: {error}"
            raise SchemaError(what, got=got, expected="what state() returns") from error
        return result

    def settled(self) -> Normalise:
        """Return the same transform with its constants alone: its state is short, and it cannot be fitted further."""
        return self.select(self.fields)

    def _constants(self) -> tuple[Floats, Floats]:
        if self._given is not None:
            return self._given
        if self._settled is None:
            found = self._fits.constants([self._where(name) for name in self.fields], what=self.NAME)
            centres, scales = np.array(found, np.float64).T
            self._settled = centres.copy(), scales.copy()
        return self._settled

    def _constants_by_name(self) -> dict[str, list[float]] | None:
        try:
            centre, scale = (part.tolist() for part in self._constants())
        except SchemaError:  # of a part of the data, which may have too little
            return None
        return {name: [centre[index], scale[index]] for index, name in enumerate(self.fields)}

    def _apply_in_core(self, flat: Values, mask: NDArray[np.bool_], out: Values) -> None:
        """Write what the kernel would: the core takes the logarithms of several numbers at once."""
        columns = [flat[:, index] for index in range(len(self.fields))]
        items = _core.pack_items(thread_pool(1), columns, "float32", self.item_transforms())
        for step in self.behind_core():
            step.apply(items, mask)
        if not mask.all():
            np.copyto(items, flat, where=~mask[:, np.newaxis])
        np.copyto(out, items)

    def _where(self, name: str) -> str:
        return f"{self.object}.{name}" if self.object else name

    def _refuse(self, odd: NDArray[np.int64]) -> None:
        """Raise where numbers that are not finite are an error; ``odd`` counts them by field."""
        for index, (name, rule) in enumerate(self.rules.items()):
            if odd[index] and rule.nonfinite == "error":
                of = "values" if rule.log is None else f"log(x + {rule.log:g})" if rule.log else "log(x)"
                hint = f"nonfinite: zero or keep for {name}" + ("" if rule.log is None else ", or log: log1p")
                got, expected = f"{odd[index]:,} entries that are NaN or infinite", "finite numbers"
                raise SchemaError(of, got=got, expected=expected, where=f"field {self._where(name)}", hint=hint)


class _FiniteCheck:
    """Raises where a field has NaN that may have none."""

    elementwise = True

    def __init__(self, transform: Normalise) -> None:
        self._transform = transform

    def fit(self, values: Values, valid: Valid = None) -> None:
        """Learn nothing."""

    def apply(self, values: Values, valid: Valid = None, *, out: Values | None = None) -> Values:
        """Return ``values`` as they are."""
        if np.isnan(values).any():
            odd = np.isnan(values if valid is None else values[valid]).reshape(-1, values.shape[-1]).sum(axis=0)
            self._transform._refuse(odd)
        return values

    def state(self) -> dict[str, Any]:
        """Return nothing."""
        return {}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Refuse: it is made by its transform.

        Raises:
            SchemaError: always.
        """
        raise SchemaError("state", got="that of a check", expected="that of the transform it belongs to")


def _method_of(text: RuleText, otherwise: str) -> str:
    if isinstance(text, FieldRule):
        return text.method
    if isinstance(text, Mapping):
        return str(text.get("method", otherwise))
    return text or otherwise
