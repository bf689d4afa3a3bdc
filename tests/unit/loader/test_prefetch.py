"""The ring: order, bounds, errors, and no thread that stays behind."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from simdprep.errors import SimdprepError
from simdprep.loader.prefetch import Ring


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("simdprep")]


@pytest.fixture(autouse=True)
def no_thread_stays():
    assert threads() == []
    yield
    wait_for(lambda: threads() == [])


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.001)


def test_all_items_in_their_order():
    assert list(Ring(lambda check: iter(range(1000)), ahead=3)) == list(range(1000))


def test_after_the_end_there_is_nothing():
    ring = Ring(lambda check: iter([1]), ahead=2)
    assert list(ring) == [1]
    assert list(ring) == []
    ring.close()


@pytest.mark.parametrize("ahead", [1, 3])
def test_it_makes_so_many_ahead_and_no_more(ahead):
    made = []

    def items(check):
        for number in range(20):
            made.append(number)
            yield number

    ring = Ring(items, ahead=ahead)
    wait_for(lambda: len(made) == ahead)
    for taken in range(10):
        assert next(ring) == taken
        wait_for(lambda taken=taken: len(made) == taken + 1 + ahead)
        time.sleep(0.002)
        assert len(made) == taken + 1 + ahead
    ring.close()


def test_an_error_comes_after_the_items_before_it():
    def items(check):
        yield 1
        yield 2
        raise ValueError("the third")

    ring = Ring(items, ahead=5)
    assert [next(ring), next(ring)] == [1, 2]
    with pytest.raises(ValueError, match="the third") as caught:
        next(ring)
    assert "items" in [entry.name for entry in caught.traceback]
    assert list(ring) == []


def test_an_error_while_the_iterator_is_made():
    def items(check):
        raise KeyError("at once")

    with pytest.raises(KeyError, match="at once"):
        next(Ring(items, ahead=1))


def numbers(check):
    number = 0
    while True:
        yield number
        number += 1


def test_closing_stops_the_thread():
    ring = Ring(numbers, ahead=2)
    next(ring)
    ring.close()
    assert threads() == []
    assert list(ring) == []
    ring.close()


def test_long_work_is_told_to_stop():
    begun = threading.Event()

    def items(check):
        begun.set()
        while True:
            check()
            time.sleep(0.001)
            if False:
                yield

    ring = Ring(items, ahead=1)
    begun.wait()
    ring.close()


def test_a_ring_that_nobody_holds_stops():
    ring = Ring(numbers, ahead=2)
    next(ring)
    del ring
    gc.collect()


def chain():
    first = Ring(numbers, ahead=1)
    return Ring(lambda check: (number * 2 for number in first), ahead=2, sources=[first])


def test_rings_in_a_row():
    ring = chain()
    assert [next(ring) for _ in range(50)] == list(range(0, 100, 2))
    ring.close()
    assert threads() == []


def test_rings_in_a_row_stop_when_nobody_holds_them():
    ring = chain()
    next(ring)
    del ring
    gc.collect()


def test_one_that_waits_for_another_is_woken():
    never = threading.Event()

    def stuck(check):
        while not never.wait(0.001):
            check()
        yield 0

    first = Ring(stuck, ahead=1)
    second = Ring(lambda check: iter(first), ahead=1, sources=[first])
    time.sleep(0.01)
    second.close()
    assert threads() == []


def test_an_error_in_the_first_reaches_the_consumer_of_the_second():
    def failing(check):
        yield 1
        raise OSError("disk")

    first = Ring(failing, ahead=1)
    second = Ring(lambda check: (number for number in first), ahead=1, sources=[first])
    assert next(second) == 1
    with pytest.raises(OSError, match="disk"):
        next(second)
    second.close()


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_many_starts_and_stops(taken):
    for _ in range(300):
        ring = chain()
        for _ in range(taken):
            next(ring)
        ring.close()


def test_items_are_let_go_when_the_consumer_has_them():
    class Item:
        pass

    import weakref

    ring = Ring(lambda check: (Item() for _ in range(10)), ahead=1)
    item = next(ring)
    seen = weakref.ref(item)
    wait_for(lambda: ring._work.items)
    del item
    assert seen() is None
    ring.close()


def test_a_forked_child_is_told_what_to_do():
    ring = Ring(numbers, ahead=1)
    next(ring)
    child = os.fork()
    if child == 0:
        try:
            next(ring)
        except SimdprepError as error:
            os._exit(0 if "process" in str(error) else 2)
        finally:
            os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    ring.close()


def run(code, **options):
    return subprocess.Popen([sys.executable, "-c", code], text=True, **options)


ENDLESS = """
import time
from simdprep.loader.prefetch import Ring
def items(check):
    while True:
        yield 1
ring = Ring(items, ahead=2)
next(ring)
"""


def test_the_interpreter_ends_with_a_ring_open():
    assert run(ENDLESS).wait(timeout=30) == 0


def test_ctrl_c_is_quick():
    waiting = "import threading\nnever = threading.Event()\nprint('waiting', flush=True)\n"
    waiting += "def stuck(check):\n    while not never.wait(0.01):\n        check()\n    yield 1\n"
    process = run(ENDLESS + waiting + "next(Ring(stuck, ahead=1))", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == "waiting\n"
    time.sleep(0.2)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert time.monotonic() - begun < 3
    assert said.splitlines()[-1] == "KeyboardInterrupt"
