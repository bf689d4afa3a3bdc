"""Recent: a few things stay open, and a child process opens its own."""

import os

from simdprep.storage.recent import Recent


class Maker:
    """Counts what it opened."""

    def __init__(self):
        self.made = []

    def open(self, name):
        self.made.append(name)
        return name.upper()


def test_what_was_opened_is_given_again():
    recent, maker = Recent(3), Maker()
    assert [recent.get(name, lambda name=name: maker.open(name)) for name in "abcabc"] == list("ABCABC")
    assert maker.made == list("abc")


def test_the_least_recently_used_is_let_go():
    recent, maker = Recent(2), Maker()
    for name in "abacb":
        recent.get(name, lambda name=name: maker.open(name))
    assert maker.made == list("abcb")


def test_some_can_be_forgotten():
    recent, maker = Recent(5), Maker()
    for name in "abc":
        recent.get(name, lambda name=name: maker.open(name))
    recent.forget(lambda key: key in ("a", "c"))
    for name in "abc":
        recent.get(name, lambda name=name: maker.open(name))
    assert maker.made == list("abcac")


def test_a_child_starts_anew():
    recent = Recent(2)
    parent = os.getpid()
    assert recent.get("a", os.getpid) == parent
    child = os.fork()
    if child == 0:
        os._exit(recent.get("a", os.getpid) != os.getpid())
    assert os.waitpid(child, 0)[1] == 0
    assert recent.get("a", os.getpid) == parent
