"""Items are made ahead, in order, and the thread always ends."""

import threading
import time

import pytest

from simdprep.convert.prefetch import prefetched


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "simdprep-prefetch"]


def test_all_items_in_order():
    assert list(prefetched(range(100), ahead=3)) == list(range(100))
    assert list(prefetched([])) == []
    assert not threads()


def test_no_more_than_asked_for_is_made_ahead():
    made = []

    def items():
        for number in range(10):
            made.append(number)
            yield number

    iterator = prefetched(items(), ahead=2)
    assert next(iterator) == 0
    time.sleep(0.3)
    assert len(made) <= 4  # the one handed out, two that wait, one that waits for room
    iterator.close()


def test_an_error_comes_after_the_items_before_it():
    def items():
        yield 1
        raise ValueError("the third file")

    iterator = prefetched(items())
    assert next(iterator) == 1
    with pytest.raises(ValueError, match="the third file"):
        next(iterator)
    assert not threads()


def test_leaving_early_ends_the_thread_and_closes_the_source():
    closed = threading.Event()

    def items():
        try:
            while True:
                yield 0
        finally:
            closed.set()

    iterator = prefetched(items())
    next(iterator)
    iterator.close()
    assert closed.wait(5)
    assert not threads()
