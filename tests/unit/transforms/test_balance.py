"""Balance: what cannot be had is told; bins, policies and states are checked."""

import json

import numpy as np
import pytest

from simdprep.errors import ConfigError, SchemaError
from simdprep.transforms import (
    Axis,
    Balance,
    Histogram,
    Resample,
    Reweight,
    balance_from_state,
    identity_of,
    make_balance,
)

CLASSES = ("signal", "background")
AXES = (Axis("pt", [20, 30, 50]), Axis("eta", [0, 1, 2]))

#: Cells of rows: signal 4, 2, 1, 1; background 2, 6, 1, 0.
ROWS = [(0, 0)] * 4 + [(0, 1)] * 2 + [(0, 2), (0, 3)] + [(1, 0)] * 2 + [(1, 1)] * 6 + [(1, 2)]


def columns(rows):
    labels, cells = np.array(rows).T
    return {"pt": np.where(cells < 2, 25.0, 40.0), "eta": np.where(cells % 2 == 0, 0.5, 1.5)}, labels


def fitted(step, rows=ROWS, weights=None):
    values, labels = columns(rows)
    step.fit(values, labels, weights=weights, identity=identity_of([np.arange(len(rows))]))
    return step


def resample(method="countup", target=None, **options):
    return Resample(CLASSES, AXES, method=method, target=target, **options)


@pytest.mark.parametrize("step", [Reweight(CLASSES, AXES), resample("pdf", "flat"), resample("undersample")])
def test_each_is_a_balance(step):
    methods = [name for name in vars(Balance) if not name.startswith("_")]
    assert all(callable(getattr(step, name)) for name in methods)
    assert isinstance(step.histogram, Histogram)


def test_a_bin_that_a_class_lacks_is_an_error():
    for step in (Reweight(CLASSES, AXES, target="signal"), resample(target="flat"), resample("pdf", "mean")):
        with pytest.raises(SchemaError) as caught:
            fitted(step).solve()
        assert str(caught.value) == (
            "class background in pt 30 to 50, eta 1 to 2: got no row, "
            f"expected some, as target {step.target} wants them there (the largest class has 1)\n"
            "  try wider bins, another target, or empty: drop, which leaves such bins out for all classes"
        )


def test_empty_bins_may_be_dropped_or_allowed():
    drop, allow = (fitted(resample(target="signal", empty=empty)) for empty in ("drop", "allow"))
    drop.solve()
    allow.solve()
    assert drop.report()["wanted"] == [[[4, 2], [1, 0]], [[4, 2], [1, 0]]]
    assert allow.report()["wanted"] == [[[4, 2], [1, 1]], [[5, 2], [1, 0]]]  # 8 of each class
    reweight = fitted(Reweight(CLASSES, AXES, target="flat", empty="drop"))
    reweight.solve()
    np.testing.assert_allclose(
        reweight.factors * reweight.histogram.sums, [[[16 / 6] * 2, [16 / 6, 0]]] * 2, rtol=1e-12
    )


def test_a_target_that_needs_more_than_there_is_is_an_error():
    with pytest.raises(SchemaError) as caught:
        fitted(resample("undersample", "signal", empty="drop", counts={"background": 6, "signal": 6})).solve()
    assert str(caught.value) == (
        "rows of class background in pt 20 to 30, eta 0 to 1: got 2, "
        "expected 3 in the target, as undersample takes no row twice\n"
        "  try counts of 3 or fewer, or method: countup"
    )
    with pytest.raises(SchemaError) as caught:
        fitted(resample("oversample", "mean", empty="allow", counts=10)).solve()
    assert "rows of class signal in pt 20 to 30, eta 0 to 1: got 4, expected no more than 3 for" in str(caught.value)
    with pytest.raises(SchemaError, match="try method: countup"):
        fitted(resample("oversample", "min")).solve()  # leaves a bin of the signal out
    with pytest.raises(SchemaError) as caught:
        fitted(resample("countup", "flat", empty="drop", counts=30, most_copies=9)).solve()
    assert str(caught.value) == (
        "copies of rows of class signal in pt 30 to 50, eta 0 to 1: got 10 of each of 1, "
        "expected 9 or fewer (most_copies)\n"
        "  try wider bins, lower counts or another target"
    )
    with pytest.raises(SchemaError, match="copies of rows"):
        fitted(resample("pdf", "flat", empty="drop", counts=30, most_copies=9)).solve()


def test_a_class_without_rows_is_an_error():
    for step in (Reweight(CLASSES, AXES), resample("pdf", "min")):
        with pytest.raises(SchemaError, match="rows of class background: got none, expected one or more to balance"):
            fitted(step, [(0, 0), (-1, 0)]).solve()
    with pytest.raises(SchemaError, match="target min: got nothing in any bin"):
        fitted(resample("pdf", "min"), [(0, 0), (1, 1)]).solve()


def test_weights_that_cancel_are_an_error():
    weights = np.ones(len(ROWS))
    weights[8:10] = [1, -1.5]
    with pytest.raises(SchemaError) as caught:
        fitted(Reweight(CLASSES, AXES, target="signal", empty="drop"), weights=weights).solve()
    assert str(caught.value) == (
        "sum of weights of class background in pt 20 to 30, eta 0 to 1: got -0.5, "
        "expected a positive number, to become 4\n"
        "  try wider bins, or another policy of negative_weights"
    )


def test_rows_in_no_bin():
    values = {"pt": np.array([25.0, 10.0, np.nan, 50.0, 60.0]), "eta": np.array([0.0, 0.5, 0.5, 2.0, 2.5])}
    labels = np.array([0, 1, 0, 1, -1])
    error, clip, drop = (Histogram(CLASSES, AXES, outside=outside) for outside in ("error", "clip", "drop"))
    for histogram in (error, clip, drop):
        histogram.fit(values, labels)
    assert error.num_outside.tolist() == [1, 1]
    with pytest.raises(SchemaError) as caught:
        error.check(where="prepare.balance")
    assert str(caught.value) == (
        "bins: got 2 of 4 rows in none, expected every row in pt from 20 to 50, eta from 0 to 2\n"
        "  in prepare.balance\n"
        "  try wider bins, or outside: clip, or outside: drop"
    )
    with pytest.raises(SchemaError, match="bins: got 1 of 4 rows with NaN"):
        clip.check()
    drop.check()
    assert drop.counts.sum() == 2
    step = Reweight(CLASSES, AXES, target="min", outside="drop")
    fitted(step)
    step.fit(values, labels)
    step.solve()
    assert (step.apply(values, labels) > 0).tolist() == [True, False, False, True, False]


@pytest.mark.parametrize("edges", [[0, 1, 2.5], np.array([0, 1]), ["-inf", 0, float("inf")], ["1e1", 20]])
def test_bins(edges):
    axis = Axis("pt", edges)
    assert axis.edges.tolist() == [float(edge) for edge in edges]
    assert len(axis) == len(edges) - 1
    state = json.loads(json.dumps(axis.state(), allow_nan=False))
    assert Axis(state["name"], state["edges"]) == axis
    assert Axis("eta", edges) != axis
    assert Axis("pt", [*axis.edges[:-1], 1000]) != axis


@pytest.mark.parametrize("edges", [[], [1], [1, 1], [2, 1], [1, "x"], [1, np.nan], "12", [[1, 2]], None, 3])
def test_bins_are_checked(edges):
    with pytest.raises(ConfigError, match=r"bins of pt: got .*, expected two or more ascending borders"):
        Axis("pt", edges)


def test_steps_by_the_name_of_their_method():
    for method in ("reweight", "pdf", "countup", "undersample", "oversample"):
        step = make_balance(CLASSES, AXES, method=method, outside="drop")
        assert step.changes_weights == (method == "reweight")
        assert step.target == ("max" if method == "oversample" else "min")
        fitted(step)
        again = balance_from_state(json.loads(json.dumps(step.state())))
        assert type(again) is type(step)
        assert again.state() == step.state()
    with pytest.raises(ConfigError, match=r"method: got 'rewight', expected reweight, pdf.*\n  try reweight"):
        make_balance(CLASSES, AXES, method="rewight")
    with pytest.raises(SchemaError, match="state of a balance: got 'split'"):
        balance_from_state({"transform": "split"})


def test_arguments_are_checked():
    with pytest.raises(ConfigError, match=r"target of a balance: got 'signl', expected flat, .*\n  try signal"):
        Reweight(CLASSES, AXES, target="signl")
    with pytest.raises(ConfigError, match=r"method of a balance: got 'count', expected pdf.*\n  try countup"):
        resample("count", "flat")
    with pytest.raises(ConfigError, match="target of pdf: got none"):
        resample("pdf")
    with pytest.raises(ConfigError, match="empty: got 'keep'"):
        Reweight(CLASSES, AXES, empty="keep")
    with pytest.raises(ConfigError, match="outside: got 'clamp'"):
        Reweight(CLASSES, AXES, outside="clamp")
    with pytest.raises(ConfigError, match=r"class of counts: got 'sig'.*\n  try signal"):
        resample(target="flat", counts={"sig": 3})
    with pytest.raises(ConfigError, match="counts of class signal: got 0, expected 1 or more"):
        resample(target="flat", counts=0)
    with pytest.raises(ConfigError, match="fields to bin: got pt, pt"):
        Histogram(CLASSES, [AXES[0], AXES[0]])
    with pytest.raises(ConfigError, match="cells of a histogram: got 9,000,000 for each of 2 classes"):
        Histogram(CLASSES, [Axis(name, np.linspace(0, 1, 3001)) for name in "ab"])


def test_what_is_fitted_is_checked():
    histogram = Histogram(CLASSES, AXES)
    values, labels = columns(ROWS)
    with pytest.raises(SchemaError, match="field to bin: got no eta, expected one of the columns"):
        histogram.fit({"pt": values["pt"]}, labels)
    with pytest.raises(SchemaError, match="lengths of columns: got pt 3, eta 17"):
        histogram.fit({"pt": values["pt"][:3], "eta": values["eta"]}, labels)
    with pytest.raises(SchemaError, match=r"labels: got int64 \(3,\)"):
        histogram.fit(values, labels[:3])
    with pytest.raises(SchemaError, match="label: got 2 to 3, expected integers -1 to 1"):
        histogram.fit(values, labels + 2)
    with pytest.raises(SchemaError, match="weights: got shape"):
        histogram.fit(values, labels, np.ones(3))
    with pytest.raises(SchemaError, match="histogram to merge"):
        histogram.merge(Histogram(CLASSES, AXES[:1]))
    for step in (resample(target="flat"), resample("pdf", "flat")):
        with pytest.raises(SchemaError, match="resample: got no copies"):
            step.apply(values, labels)
    with pytest.raises(SchemaError, match="identity: got none"):
        resample(target="flat").fit(values, labels)
    with pytest.raises(SchemaError, match="identity: got 3 rows, expected 17"):
        resample(target="flat").fit(values, labels, identity=identity_of([np.arange(3)]))
    with pytest.raises(SchemaError, match="reweight: got no factors"):
        Reweight(CLASSES, AXES).apply(values, labels)
    for kind in (Histogram, Reweight, Resample):
        for state in ({}, {"transform": "split"}):
            with pytest.raises(SchemaError, match=r"transform|state of"):
                kind.from_state(state)


def test_equal_identities_go_together():
    step = resample("undersample", "flat", counts=1, empty="drop")
    values, labels = columns(ROWS)
    same = identity_of([np.zeros(len(ROWS), int)])
    step.fit(values, labels, identity=same)
    step.solve()
    assert step.apply(values, labels, same).tolist() == [0] * len(ROWS)
