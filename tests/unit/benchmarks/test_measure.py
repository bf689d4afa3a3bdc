"""How contenders are timed."""

import time

import numpy as np
import pytest

from benchmarks import measure
from benchmarks.measure import Spread, Times, alternate
from benchmarks.question import Contender


def contender(name, seconds, rows=1, is_ours=False):
    return Contender(name, lambda: time.sleep(seconds), rows, is_ours=is_ours)


def test_the_ratio_counts_rows_per_second():
    ours, peer = contender("ours", 0.06, rows=200, is_ours=True), contender("peer", 0.12, rows=100)
    ratio = alternate([peer, ours], rounds=3).ratio(ours, peer)
    assert ratio.median == pytest.approx(4, rel=0.2)


def test_ratios_are_those_of_the_same_round():
    ours, peer = contender("ours", 0, is_ours=True), contender("peer", 0)
    slow = np.array([1.0, 10.0, 1.0])  # a busy second round slows both
    times = Times({ours.key: slow, peer.key: 2 * slow}, 0.0)
    assert times.ratio(ours, peer) == Spread(2.0, 2.0, 2.0)


def test_every_other_round_goes_backwards():
    order = []
    contenders = [Contender(name, lambda name=name: (time.sleep(0.06), order.append(name)), 1) for name in "ab"]
    alternate(contenders, rounds=3)
    assert order[2:] == list("abbaab")  # the first two say how often to repeat


def test_the_quietest_rounds_are_taken(monkeypatch):
    shares = iter([0.9, 0.0, 0.5, 0.02, 0.03])
    monkeypatch.setattr(measure.ProcessorUsage, "others", lambda self: next(shares))
    seconds = iter([9.0, 1.0, 5.0, 2.0, 3.0])
    monkeypatch.setattr(measure, "_time", lambda contender, repeats: next(seconds))
    monkeypatch.setattr(measure, "_repeats", lambda contender: 1)
    only = contender("only", 0)
    times = alternate([only], rounds=3, patience=60)
    assert list(times.seconds["only"]) == [1.0, 2.0, 3.0]
    assert times.others == pytest.approx((0 + 0.02 + 0.03) / 3)


def test_impatience_takes_what_there_is(monkeypatch):
    monkeypatch.setattr(measure.ProcessorUsage, "others", lambda self: 0.9)
    assert len(alternate([contender("only", 0)], rounds=2).seconds["only"]) == 2
