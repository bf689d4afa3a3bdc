"""Values that must be finite: what is said of those that are not."""

import awkward as ak
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import ExpressionError
from simdprep.transforms import ObjectRules, Rules, apply, parse

EVENTS = ak.Array(
    [
        {"met": 5.0, "x": 1.0, "Jet": [{"pt": 30.0, "m": 2.0}, {"pt": 0.0, "m": 4.0}]},
        {"met": 0.0, "x": np.nan, "Jet": []},
        {"met": 2.0, "x": 3.0, "Jet": [{"pt": 10.0, "m": 0.0}]},
    ]
)
GUARD = "where(condition, x, 0) or a select"


def derive(text, own):
    rules = Rules({own: ObjectRules(derived={"y": parse(text, where="y")}, finite=frozenset(["y"]))})
    return apply(EVENTS, rules)


@pytest.mark.parametrize(
    ("text", "own", "what", "column", "got", "hint"),
    [
        ("1 + log(pt)", "Jet", "log", 5, "-inf in entry 1 (1 of 3 results are not finite)",
         "log(maximum(x, 1e-6)) or a select"),
        ("met * (1 / met)", "events", "/", 10, "inf in entry 1 (1 of 3 results are not finite)",
         "where(b != 0, a / b, 0) or a select"),
        ("x / met", "events", "x", 1, "nan in entry 1 (1 of 3 results are not finite)",
         "where(isfinite(x), x, 0) or a select"),
        ("1 + 3 / met", "events", "/", 7, "inf in entry 1 (1 of 3 results are not finite)",
         "where(b != 0, a / b, 0) or a select"),
        # The logarithm of the second jet is not used; that of the last one's mass is.
        ("where(pt > 0, log(pt), 0) + log(m)", "Jet", "log", 29, "-inf in entry 2 (1 of 3 results are not finite)",
         "log(maximum(x, 1e-6)) or a select"),
        ("sum(log(Jet.pt))", "events", "log", 5, "-inf in entry 1 (1 of 3 results are not finite)",
         "log(maximum(x, 1e-6)) or a select"),
        ("exp(1000 * met)", "events", "exp", 1, "inf in entry 0 (2 of 3 results are not finite)", GUARD),
    ],
)  # fmt: skip
def test_what_made_it(text, own, what, column, got, hint):
    with pytest.raises(ExpressionError) as caught:
        derive(text, own)
    assert caught.value.what == what
    assert caught.value.got == got
    assert caught.value.where == f"y, column {column} of {text!r}"
    assert caught.value.hint == hint


@pytest.mark.parametrize("text", ["where(pt > 0, log(pt), 0)", "num(Jet) + pt", "pt > 0", "log(0.5)"])
def test_what_is_finite_in_the_end(text):
    derive(text, "Jet")


def test_missing_values_are_left_out():
    derive("log(Jet[0].pt)", "events")


def test_in_a_config(tmp_path):
    config = tmp_path / "c.yaml"
    for policy, fails in (("keep", False), ("error", True)):
        config.write_text(f"""
input: {{files: [examples/toy_nano.root]}}
objects:
  Jet: {{fields: {{pt: , y: {{expr: "log(pt - 30)", nonfinite: {policy}}}}}}}
""")
        out = tmp_path / f"{policy}.h5"
        if not fails:
            sp.convert("examples/toy_nano.root", out, config=config)
            continue
        with pytest.raises(ExpressionError, match=r"log: got (nan|-inf) in entry .*results are not finite\)"):
            sp.convert("examples/toy_nano.root", out, config=config)
        assert not out.exists()
