"""Histograms, factors and copies are those of boost-histogram, numpy and loops, in any order and batches."""

import json
from collections import Counter
from itertools import pairwise

import boost_histogram as bh
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simdprep.errors import SchemaError
from simdprep.transforms import Axis, Histogram, Resample, Reweight, hash_of, identity_of, key_of
from simdprep.transforms.histogram import reference_locate

CLASSES = ("b", "c", "u")
AXES = (Axis("pt", [20, 30, 50, 100]), Axis("abs(eta)", [0, 1.25, 2.5]))
EDGES = [20.0, 30.0, 50.0, 100.0]


def toy(count, seed=0, per_class=None):
    """Columns, labels, weights and identities of rows that fill all cells of all classes."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, count, p=[0.2, 0.3, 0.5])
    pt = 20 + 80 * rng.beta(1 + labels, 3)
    eta = 2.5 * rng.beta(2, 2 + labels / 2)
    columns = {"pt": pt.astype(np.float32), "abs(eta)": eta}
    return columns, labels, rng.normal(1, 0.5, count), identity_of([np.arange(count)])


VALUES = st.one_of(st.floats(width=32), st.sampled_from([*EDGES, 19.999, 100.001]))


@given(st.lists(VALUES, max_size=30), st.sampled_from(["float32", "float64"]), st.sampled_from(["drop", "clip"]))
def test_bins_are_those_of_numpy(values, dtype, outside):
    with np.errstate(over="ignore"):
        column = np.array(values, dtype)
    log = np.geomspace(20, 1e3, 10)
    for edges in (EDGES, np.linspace(20, 100, 8), [-np.inf, 0, 20, np.inf], log):
        histogram = Histogram(CLASSES, [Axis("pt", edges)], outside=outside)
        cells = histogram.locate({"pt": column})
        np.testing.assert_array_equal(cells, reference_locate(histogram, {"pt": column}))
        if np.isfinite(edges).all() and outside == "drop":
            finite = column[np.isfinite(column)].astype(np.float64)
            counted = np.bincount(cells[cells >= 0], minlength=len(edges) - 1)
            np.testing.assert_array_equal(counted, np.histogram(finite, edges)[0])


@pytest.mark.parametrize("dtype", ["int32", "uint8", "float16", ">f4"])
def test_columns_of_any_dtype(dtype):
    column = np.arange(0, 120).astype(dtype)
    histogram = Histogram(CLASSES, AXES[:1], outside="drop")
    np.testing.assert_array_equal(histogram.locate({"pt": column}), reference_locate(histogram, {"pt": column}))


def test_histograms_and_factors_are_those_of_boost_histogram():
    columns, labels, weights, _ = toy(50_000)
    reweight = Reweight(CLASSES, AXES, target="b")
    for part in np.array_split(np.arange(50_000), 7):
        reweight.fit({name: column[part] for name, column in columns.items()}, labels[part], weights=weights[part])
    reweight.solve()
    storage = bh.storage.Weight()
    theirs = [
        bh.Histogram(bh.axis.Variable(EDGES), bh.axis.Regular(2, 0, 2.5), storage=storage).fill(
            *(column[labels == label] for column in columns.values()), weight=weights[labels == label]
        )
        for label in range(3)
    ]
    np.testing.assert_allclose(reweight.histogram.sums, [one.values() for one in theirs], rtol=1e-12)
    np.testing.assert_allclose(reweight.factors, [theirs[0].values() / one.values() for one in theirs], rtol=1e-11)
    factors = reweight.apply(columns, labels)
    for label in range(3):
        own = labels == label
        filled = (
            theirs[label].reset().fill(*(column[own] for column in columns.values()), weight=(weights * factors)[own])
        )
        np.testing.assert_allclose(filled.values(), reweight.histogram.sums[0], rtol=1e-11)


@pytest.mark.parametrize("target", ["flat", "min", "mean", "max", "c"])
def test_reweighted_classes_have_the_target(target):
    columns, labels, weights, _ = toy(20_000)
    reweight = Reweight(CLASSES, AXES, target=target)
    reweight.fit(columns, labels, weights=weights)
    reweight.solve()
    before = reweight.histogram.sums
    expected = {
        "flat": np.full((3, 2), weights.sum() / 18),
        "min": before.min(axis=0),
        "mean": before.mean(axis=0),
        "max": before.max(axis=0),
        "c": before[1],
    }[target]
    again = Reweight.from_state(json.loads(json.dumps(reweight.state())))
    factors = again.apply(columns, labels)
    np.testing.assert_array_equal(factors, reweight.apply(columns, labels))
    after = reweight.histogram.empty()
    after.fit(columns, labels, weights * factors)
    np.testing.assert_allclose(after.sums, np.stack([expected] * 3), rtol=1e-11)
    report = json.loads(json.dumps(reweight.report(after)))
    np.testing.assert_allclose(report["after"], report["wanted"], rtol=1e-11)
    assert report["contents"] == "weights"


METHODS = [
    ("pdf", "flat"),
    ("pdf", "u"),
    ("countup", "b"),
    ("countup", "mean"),
    ("undersample", None),
    ("oversample", None),
]


@pytest.mark.parametrize(("method", "target"), METHODS)
def test_batches_and_order_do_not_matter(method, target):
    columns, labels, _, identity = toy(3_000)
    whole = Resample(CLASSES, AXES, method=method, target=target, seed=4)
    whole.fit(columns, labels, identity=identity)
    order = np.random.default_rng(1).permutation(3_000)
    parts = []
    for begin, stop in pairwise([0, 1, 700, 700, 2_000, 3_000]):
        rows = order[begin:stop]
        part = Resample(CLASSES, AXES, method=method, target=target, seed=4)
        part.fit({name: column[rows] for name, column in columns.items()}, labels[rows], identity=identity[rows])
        parts.append(Resample.from_state(json.loads(json.dumps(part.state()))))
    merged = Resample(CLASSES, AXES, method=method, target=target, seed=4)
    for part in reversed(parts):
        merged.merge(part)
    whole.solve()
    merged.solve()
    assert merged.state() == whole.state()
    again = Resample.from_state(json.loads(json.dumps(whole.state())))
    copies = whole.apply(columns, labels, identity)
    shuffled = {name: column[order] for name, column in columns.items()}
    np.testing.assert_array_equal(again.apply(shuffled, labels[order], identity[order]), copies[order])
    other = Resample(CLASSES, AXES, method=method, target=target, seed=5)
    other.fit(columns, labels, identity=identity)
    other.solve()
    assert (other.apply(columns, labels, identity) != copies).any()


def keep_what_a_loop_keeps(rows, seed, data):
    """Resample random rows with a random method, and compare with a loop over rows sorted by their hash."""
    rows = [*rows, *((label, cell) for label in range(3) for cell in range(3))]
    labels = np.array([row[0] for row in rows])
    columns = {"pt": np.array([(25.0, 40.0, 70.0)[row[1]] for row in rows])}
    identity = identity_of([np.arange(len(rows))])
    method = data.draw(st.sampled_from(["countup", "undersample", "oversample"]))
    target = data.draw(st.sampled_from(["flat", "min", "mean", "max", "b", "u"]))
    resample = Resample(CLASSES, AXES[:1], method=method, target=target, seed=seed)
    resample.fit(columns, labels, identity=identity)
    resample.solve()
    copies = resample.apply(columns, labels, identity)
    wanted = np.array(resample.report()["wanted"])
    hashes = hash_of(identity, key_of(seed, "resample"))
    for label in range(3):
        for cell in range(3):
            own = sorted((int(hashes[row]), row) for row in range(len(rows)) if rows[row] == (label, cell))
            kept = Counter(own[index % len(own)][1] for index in range(int(wanted[label, cell])))
            assert [copies[row] for _, row in own] == [kept[row] for _, row in own]
    assert (wanted.sum(axis=1) == wanted.sum(axis=1)[0]).all()
    counts = resample.histogram.counts
    shape = {
        "flat": np.ones(3),
        "min": counts.min(0),
        "mean": counts.sum(0),
        "max": counts.max(0),
        "b": counts[0],
        "u": counts[2],
    }
    shares = shape[target] / shape[target].sum()
    np.testing.assert_array_less(abs(wanted - wanted[0].sum() * shares), 1)
    if method == "undersample":
        assert copies.max() <= 1
    if method == "oversample":
        assert copies.min() >= 1


ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=80)


@given(ROWS, st.integers(0, 1000), st.data())
def test_exact_methods_keep_the_rows_a_loop_keeps(rows, seed, data):
    keep_what_a_loop_keeps(rows, seed, data)


@pytest.mark.long
@settings(max_examples=20_000, deadline=None)
@given(ROWS, st.integers(0, 2**63), st.data())
def test_exact_methods_keep_the_rows_a_loop_keeps_many_times(rows, seed, data):
    keep_what_a_loop_keeps(rows, seed, data)


def test_undersampling_and_oversampling_take_the_most_and_the_least():
    columns, labels, _, identity = toy(5_000)
    for method, target in (("undersample", "flat"), ("undersample", "c"), ("oversample", "flat"), ("oversample", "c")):
        resample = Resample(CLASSES, AXES, method=method, target=target)
        resample.fit(columns, labels, identity=identity)
        resample.solve()
        total = int(np.array(resample.report()["wanted"])[0].sum())
        beyond = Resample(
            CLASSES,
            AXES,
            method=method,
            target=target,
            counts=total * 11 // 10 if method == "undersample" else total * 9 // 10,
        )
        beyond.fit(columns, labels, identity=identity)
        with pytest.raises(SchemaError, match=f"counts of {total:,} or"):
            beyond.solve()


@pytest.mark.parametrize("target", ["flat", "mean", "c"])
def test_pdf_gives_the_target_within_statistics(target):
    columns, labels, _, identity = toy(200_000)
    counts = {"b": 100_000, "c": 20_000}
    resample = Resample(CLASSES, AXES, method="pdf", target=target, counts=counts, seed=2)
    resample.fit(columns, labels)
    resample.solve()
    copies = resample.apply(columns, labels, identity)
    after = resample.histogram.empty()
    after.fit(columns, labels, copies=copies)
    wanted = np.array(resample.report()["wanted"])
    np.testing.assert_allclose(wanted.sum(axis=(1, 2))[:2], [100_000, 20_000])
    assert (abs(after.counts - wanted) < 5 * np.sqrt(wanted) + 1).all()
    # no row more than one copy away from what is expected of its cell
    expected = (wanted / resample.histogram.counts).reshape(-1)[
        resample.histogram.places(resample.histogram.locate(columns), labels)
    ]
    assert (abs(copies - expected) < 1).all()


@given(st.integers(0, 10_000), st.sampled_from(["pdf", "countup"]))
def test_rows_and_weights_are_conserved(seed, method):
    # what is written is what the copies say, row by row, and nothing else
    columns, labels, weights, identity = toy(300, seed)
    resample = Resample(CLASSES, AXES, method=method, target="mean", empty="drop", seed=seed)
    resample.fit(columns, labels, identity=identity)
    assume((resample.histogram.counts > 0).all(axis=0).any())
    resample.solve()
    copies = resample.apply(columns, labels, identity)
    after = resample.histogram.empty()
    after.fit(columns, labels, weights, copies=copies)
    rows = np.repeat(np.arange(300), copies)
    assert after.counts.sum() == len(rows) == copies.sum()
    written = resample.histogram.empty()
    written.fit({name: column[rows] for name, column in columns.items()}, labels[rows], weights[rows])
    assert written.state() == after.state()
    if method == "countup":
        np.testing.assert_array_equal(after.counts, resample.report()["wanted"])
