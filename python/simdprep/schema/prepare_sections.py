"""The section ``prepare`` of the config: labels, weights, balance, constants, splits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from .bin_section import BalanceVariable
from .config_errors import rule_broken, shown
from .normalise_section import NormaliseFieldConfig, as_normalised
from .section import Section, Text

SplitName = Literal["train", "val", "test"]
#: The splits, in the order of their fractions.
SPLITS: tuple[SplitName, ...] = ("train", "val", "test")
#: Row-level fields that prepare adds; objects of the input may not have them.
ADDED = ("weight", "sample", "fold")

Positive = Annotated[float, BeforeValidator(lambda value: _number(value)), Field(gt=0, allow_inf_nan=False)]


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _texts(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _class(value: object) -> object:
    return {"select": value} if isinstance(value, str) else value


class ClassConfig(Section):
    """One class: an expression alone, or samples, or an expression on the rows of some samples.

    Attributes:
        select: Expression of a row.
        samples: Names of samples, or patterns such as ``sig_*``.
    """

    select: Text | None = None
    samples: Annotated[list[Text], BeforeValidator(_texts)] | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.select is None and not self.samples:
            raise rule_broken("class", "an expression, or samples", got="neither")
        return self


class LabelConfig(Section):
    """Labels: which class each row belongs to, as a number stored with it.

    Attributes:
        name: Stored field.
        classes: By name; their order is that of the numbers.
        unlabelled: What becomes of rows in no class: ``error``, or ``drop``, counted.
        overlap: What becomes of rows in several classes: ``error``, or ``first``.
    """

    name: Text = "label"
    classes: dict[Text, Annotated[ClassConfig, BeforeValidator(_class)]] = Field(min_length=1)
    unlabelled: Literal["error", "drop"] = "error"
    overlap: Literal["error", "first"] = "error"


class BalanceConfig(Section):
    """Balance of the classes over some variables.

    Attributes:
        method: ``reweight`` changes weights; the others drop and repeat rows: ``pdf`` by importance, right on
            average, the others in exact numbers: ``countup`` repeats where there are too few, ``undersample``
            takes no row twice, ``oversample`` leaves none out.
        variables: Expressions of a row and their bins.
        target: ``flat``, the name of a class, or ``min``, ``mean``, ``max`` over the classes, bin by bin; by
            default ``min``, to oversample ``max``.
        empty: Bins that the target wants rows in and a class has none in: an ``error``; ``drop`` leaves them out
            for all classes, ``allow`` for that class.
        outside: Rows in no bin: ``drop`` leaves them out, counted; ``clip`` takes the nearest bin; ``error``.
        most_copies: How often a row may be kept; more is an error.
        splits: The splits that are balanced; the others stay as they are.
        counts: Rows that each class has in the end, by split; one number for all classes, or by class.
    """

    method: Literal["reweight", "pdf", "countup", "undersample", "oversample"]
    variables: dict[Text, Annotated[BalanceVariable, BeforeValidator(BalanceVariable.short)]] = Field(
        default_factory=dict
    )
    target: Text | None = None
    empty: Literal["error", "drop", "allow"] = "error"
    outside: Literal["error", "clip", "drop"] = "drop"
    most_copies: int | None = Field(default=None, ge=1)
    splits: Annotated[list[SplitName], BeforeValidator(_texts)] = Field(default_factory=lambda: list(SPLITS[:1]))
    counts: dict[SplitName, dict[Text, int]] = Field(default_factory=dict)

    @field_validator("counts", mode="before")
    @classmethod
    def _for_all(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        return {key: {"*": entry} if isinstance(entry, int) else entry for key, entry in value.items()}

    @model_validator(mode="after")
    def _counts_fit(self) -> Self:
        for split, counts in self.counts.items():
            place = ("counts", split)
            for name, count in counts.items():
                if count < 1:
                    raise rule_broken("counts", "a positive number of rows", got=str(count), path=(*place, name))
            if split not in self.splits:
                rule = f"a split that is balanced: {', '.join(self.splits)}"
                hint = f"splits: [{', '.join([*self.splits, split])}]"
                raise rule_broken("counts", rule, got=repr(split), hint=hint, path=place)
            if self.method == "reweight":
                raise rule_broken("counts", "none: reweighting keeps all rows", got="some", path=("counts",))
        return self


def _part(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if 0 <= value <= 1:
            return float(value)
    elif value is None or (isinstance(value, str) and value):
        return value
    raise rule_broken("split", "a fraction between 0 and 1, or an expression")


class SplitConfig(Section):
    """Which rows are for training, validation and test.

    Attributes:
        by: ``hash`` of the key, or ``expression``; ``fraction`` draws from every 1000 entries exactly their share.
        key: Fields of the event that name it for good, such as ``[run, event]``; without them, file and entry.
        train: Fraction, or expression; of one left out, what the others leave.
        val: As ``train``.
        test: As ``train``.
        folds: Number of folds that rows are numbered by, for cross-validation; 0 for none.
    """

    by: Literal["hash", "fraction", "expression"] = "hash"
    key: Annotated[list[Text], BeforeValidator(_texts)] = Field(default_factory=list)
    train: Annotated[float | str, BeforeValidator(_part)] | None = None
    val: Annotated[float | str, BeforeValidator(_part)] | None = None
    test: Annotated[float | str, BeforeValidator(_part)] | None = None
    folds: int = Field(default=0, ge=0, le=127)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kind, rule = (str, "an expression") if self.by == "expression" else (float, "a fraction")
        for name in SPLITS:
            value = getattr(self, name)
            if value is not None and not isinstance(value, kind):
                raise rule_broken(name, f"{rule}, with by: {self.by}", got=shown(value), path=(name,))
        if self.by == "fraction" and self.key:
            raise rule_broken("key", "none with by: fraction", got="one", hint="by: hash", path=("key",))
        if self.by != "expression":
            self._fractions_add_up()
        elif self.train is None:
            raise rule_broken("train", "an expression, with by: expression", got="nothing", path=("train",))
        return self

    def _fractions_add_up(self) -> None:
        given = [value for name in SPLITS if (value := getattr(self, name)) is not None]
        total = sum(float(value) for value in given)
        if total > 1 + 1e-9 or (len(given) == len(SPLITS) and abs(total - 1) > 1e-9):
            raise rule_broken("fractions of the splits", "a sum of 1", got=f"{total:.6g}")

    @property
    def fractions(self) -> dict[str, float]:
        """Fraction of each split; what is left goes to the first of train, val, test that names none."""
        if all(getattr(self, name) is None for name in SPLITS):
            return {"train": 0.8, "val": 0.1, "test": 0.1}
        found: dict[str, float] = {name: float(getattr(self, name) or 0.0) for name in SPLITS}
        open_ones = [name for name in SPLITS if getattr(self, name) is None]
        if open_ones:
            found[open_ones[0]] = round(1.0 - sum(found.values()), 12)
        return found


class ParametricConfig(Section):
    """A feature that only some classes have: the others draw it from the distribution of one.

    Attributes:
        field: A field of the row object.
        of: The class it is drawn for (YAML key ``for``).
        source: The class it is drawn from (YAML key ``from``).
    """

    field: Text
    of: Text = Field(alias="for")
    source: Text = Field(alias="from")


class RoleConfig(Section):
    """What the fields are for: recorded in the state, so that a loader can be told by it.

    Attributes:
        inputs: Fields that are trained on, by object.
        validation: Row-level fields kept for plots and checks, not trained on.
        nuisance: Row-level fields handed through for adversarial or decorrelated training.
    """

    inputs: dict[Text, list[Text]] = Field(default_factory=dict)
    validation: Annotated[list[Text], BeforeValidator(_texts)] = Field(default_factory=list)
    nuisance: Annotated[list[Text], BeforeValidator(_texts)] = Field(default_factory=list)

    @field_validator("inputs", mode="before")
    @classmethod
    def _of_events(cls, value: object) -> object:
        return {"events": value} if isinstance(value, list) else value


def _by_class(value: object) -> object:
    return {"*": value} if isinstance(value, int | float | str) and not isinstance(value, bool) else value


class PrepareConfig(Section):
    """From selected events to training data.

    Attributes:
        seed: Of everything that is drawn.
        labels: Classes; by default those that the samples name.
        weight: Expression of a row.
        luminosity: In 1/fb; samples with a cross section are scaled to it.
        negative_weights: What becomes of rows with a negative weight.
        sum_of_weights: What the weights of each class add up to in the end; one number for all.
        within: By class, ``all_norm`` scales its samples to equal sums first; ``all`` joins them as they are.
        balance: Classes alike over some variables.
        normalise: By object, the constants of its fields.
        normalise_from: State file whose constants are taken, by names of fields.
        split: Which rows are for training, validation and test.
        parametric: A feature drawn for a class that has none.
        fields: What the fields are for.
        shuffle: Mix the samples and shuffle the rows of every part.
    """

    seed: int = Field(default=1, ge=0, lt=2**63)
    labels: LabelConfig | None = None
    weight: Text | None = None
    luminosity: Positive | None = None
    negative_weights: Literal["keep", "drop", "zero", "absolute"] = "keep"
    sum_of_weights: Annotated[dict[Text, Positive], BeforeValidator(_by_class)] = Field(default_factory=dict)
    within: Annotated[dict[Text, Literal["all", "all_norm"]], BeforeValidator(_by_class)] = Field(default_factory=dict)
    balance: BalanceConfig | None = None
    normalise: Annotated[dict[Text, dict[Text, NormaliseFieldConfig]], BeforeValidator(as_normalised)] = Field(
        default_factory=dict
    )
    normalise_from: Text | None = None
    split: SplitConfig = Field(default_factory=SplitConfig)
    parametric: ParametricConfig | None = None
    fields: RoleConfig = Field(default_factory=RoleConfig)
    shuffle: bool = True
