"""Expressions are evaluated as one would by hand, value by value, and as numpy and awkward do."""

import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep.transforms import ObjectRules, Rules, apply, parse
from tests.equivalence import expression_oracle as slow
from tests.equivalence.expression_events import as_awkward, some_events

NUMBERS = [0, 1, 2, 3, 0.5, 1.5, 2.0]


def derived(text, scope, events, parents=None):
    """Return the values of a derived field, as awkward gives them."""
    rules = Rules({scope: ObjectRules(derived={"result": parse(text)})}, parents=parents or {"tracks": "Jet"})
    out = apply(events, rules).events
    return out["result"] if scope == "events" else out[scope, "result"]


# --- random events and expressions

COMPARISONS = ["<", "<=", ">", ">=", "==", "!="]


@st.composite
def trees(draw, kind, path, own, depth=3):
    """An expression of a kind (``number`` or ``bool``), at the level ``path`` or above, in the scope of ``own``."""
    if depth == 0:
        return draw(leaves(kind, path, own))
    inner, numbers = trees(kind, path, own, depth - 1), trees("number", path, own, depth - 1)
    builders = {
        "leaf": lambda: draw(leaves(kind, path, own)),
        "reduction": lambda: draw(reductions(kind, path, own, depth)),
        "where": lambda: slow.call("where", draw(trees("bool", path, own, depth - 1)), draw(inner), draw(inner)),
    }
    if kind == "bool":
        builders |= {
            "logical": lambda: slow.binary(draw(st.sampled_from("&|")), draw(inner), draw(inner)),
            "not": lambda: slow.unary("~", draw(inner)),
            "compare": lambda: slow.binary(draw(st.sampled_from(COMPARISONS)), draw(numbers), draw(numbers)),
            "test": lambda: slow.call(draw(st.sampled_from(["isnan", "isfinite"])), draw(numbers)),
        }
    else:
        builders |= {  # what rounds is left to the tests below
            "sum": lambda: slow.binary(draw(st.sampled_from("+-")), draw(inner), draw(inner)),
            "product": lambda: slow.binary("*", draw(inner), draw(leaves(kind, path, own))),
            "quotient": lambda: slow.binary(
                draw(st.sampled_from(["/", "//", "%"])), draw(inner), slow.number(draw(st.sampled_from([2, 4, 2.0])))
            ),
            "sign": lambda: slow.unary("neg", draw(inner)),
            "one": lambda: slow.call(draw(st.sampled_from(["abs", "floor"])), draw(inner)),
            "two": lambda: slow.call(draw(st.sampled_from(["minimum", "maximum"])), draw(inner), draw(inner)),
        }
    return builders[draw(st.sampled_from(list(builders)))]()


@st.composite
def leaves(draw, kind, path, own):
    above = [name for name, inner in slow.PATHS.items() if inner == path[: len(inner)]]
    choices = ["field", "number"] if kind == "number" else ["field", "condition"]
    choices += ["lead"] if own != "events" and path[: len(slow.PATHS[own]) - 1] == slow.PATHS[own][:-1] else []
    choice = draw(st.sampled_from(choices))
    if choice == "number":
        return slow.number(draw(st.sampled_from(NUMBERS)))
    if choice == "condition":
        left, right = (slow.number(draw(st.sampled_from(NUMBERS))) for _ in range(2))
        return slow.binary(draw(st.sampled_from(COMPARISONS)), left, right)
    name = own if choice == "lead" else draw(st.sampled_from(above))
    entry = draw(st.sampled_from(entries_of(name, kind)))
    if choice == "lead":
        return slow.element(name, entry, 0, f"lead.{entry}")
    bare = name == own or (name == "events" and entry not in slow.FIELDS[own])
    return slow.field(name, entry, entry if bare and draw(st.booleans()) else f"{name}.{entry}")


@st.composite
def reductions(draw, kind, path, own, depth):
    """``sum``, ``max``, ``any``, ... or an entry of the lists of some object that hang on ``path`` or above."""
    lists = [name for name, inner in slow.PATHS.items() if inner and inner[:-1] == path[: len(inner) - 1]]
    name = draw(st.sampled_from([name for name in lists if entries_of(name, kind)]))
    field = slow.field(name, entry := draw(st.sampled_from(entries_of(name, kind))), f"{name}.{entry}")
    index = draw(st.integers(-2, 2))
    choices = ["element", "reduce"] if kind == "bool" else ["element", "reduce", "count"]
    choice = draw(st.sampled_from(choices))
    if choice == "count":
        return slow.count(name)
    if choice == "element":
        shapes = [f"{name}[{index}].{entry}", f"{name}.{entry}[{index}]"]
        return slow.element(name, entry, index, draw(st.sampled_from(shapes)))
    other = draw(trees(kind, slow.PATHS[name], own, depth - 1))
    operand = slow.binary(draw(st.sampled_from("&|" if kind == "bool" else "+-")), field, other)
    return slow.reduction(draw(st.sampled_from(["any", "all"] if kind == "bool" else ["sum", "max", "min"])), operand)


def entries_of(name, kind):
    return [entry for entry, dtype in slow.FIELDS[name].items() if (dtype == "bool") == (kind == "bool")]


def same(ours, theirs):
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(same(one, two) for one, two in zip(ours, theirs, strict=True))
    if ours is None or theirs is None:
        return ours is theirs
    return bool(ours == theirs) or (ours != ours and theirs != theirs)


@pytest.mark.parametrize("kind", ["number", "bool"])
@pytest.mark.parametrize("scope", ["events", "Jet", "tracks"])
@given(data=st.data())
def test_as_by_hand(data, scope, kind):
    path = slow.PATHS[scope]
    tree = data.draw(trees(kind, path, scope))
    events = data.draw(some_events())
    ours = derived(tree.text, scope, as_awkward(events)).to_list()
    with np.errstate(all="ignore"):
        theirs = slow.every(tree, events, path)
    assert same(ours, theirs), f"{tree.text}: {ours} is not {theirs}"


# --- numpy and awkward, hand-written

rng = np.random.default_rng(5)
COUNTS = rng.poisson(3, 200)
TRACK_COUNTS = rng.poisson(2, COUNTS.sum())


def random(dtype, size):
    if np.dtype(dtype).kind == "f":
        return rng.normal(0, 20, size).astype(dtype)
    return rng.integers(0, 100, size).astype(dtype)


DTYPES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"]
JET = ak.zip(
    {
        **{dtype: random(dtype, COUNTS.sum()) for dtype in DTYPES},
        "bool": rng.random(COUNTS.sum()) < 0.5,
        "phi": rng.uniform(-np.pi, np.pi, COUNTS.sum()).astype(np.float32),
    }
)
EVENTS = ak.zip(
    {
        "Jet": ak.unflatten(JET, COUNTS),
        "tracks": ak.unflatten(
            ak.unflatten(ak.zip({"d0": random("float32", TRACK_COUNTS.sum())}), TRACK_COUNTS), COUNTS
        ),
        "met": random("float32", 200),
    },
    depth_limit=1,
)
J, T = EVENTS.Jet, EVENTS.tracks


@pytest.mark.parametrize("dtype", [*DTYPES, "bool"])
@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("x + 1", lambda x: x + 1),
        ("x * 2.5", lambda x: x * 2.5),
        ("x / 3", lambda x: x / 3),
        ("x // 3", lambda x: x // 3),
        ("x % 7", lambda x: x % 7),
        ("x ** 2", lambda x: x**2),
        ("x == 5", lambda x: x == 5),
        ("x > 5.5", lambda x: x > 5.5),
        ("x + x", lambda x: x + x),
        ("abs(x)", np.abs),
        ("sqrt(x)", np.sqrt),
        ("exp(x / 100)", lambda x: np.exp(x / 100)),
        ("floor(x)", np.floor),
        ("isfinite(x)", np.isfinite),
        ("hypot(x, 3)", lambda x: np.hypot(x, 3)),
        ("arctan2(x, 1.5)", lambda x: np.arctan2(x, 1.5)),
        ("maximum(x, 4)", lambda x: np.maximum(x, 4)),
        ("where(x > 4, x, 4)", lambda x: np.where(x > 4, x, np.asarray(4, x.dtype))),
    ],
)
def test_dtypes_are_those_of_numpy(dtype, text, plain):
    if dtype == "bool" and text.startswith(("where", "maximum")):
        pytest.skip("numpy has no weak 4 for bools")
    x = ak.to_numpy(ak.flatten(J[dtype]))
    with np.errstate(all="ignore"):
        expected = plain(x)
    ours = ak.to_numpy(ak.flatten(derived(text.replace("x", "`" + dtype + "`").replace(f"e`{dtype}`p", "exp")
                                          .replace(f"ma`{dtype}`imum", "maximum"), "Jet", EVENTS)))  # fmt: skip
    assert ours.dtype == expected.dtype
    np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("dtype", [*DTYPES, "bool"])
@pytest.mark.parametrize("function", ["sum", "max", "min", "any", "all"])
def test_reductions_are_those_of_awkward(dtype, function):
    if dtype == "float16":
        pytest.skip("awkward does not reduce float16")
    ours = derived(f"{function}(Jet.`{dtype}`)", "events", EVENTS)
    theirs = getattr(ak, function)(J[dtype], axis=-1)
    assert ours.type == theirs.type or function in ("max", "min")
    if function == "sum" and dtype.startswith("float"):
        assert np.allclose(ours, theirs, rtol=1e-5)
    else:
        assert ours.to_list() == theirs.to_list()


def test_sums_of_float16_are_float32():
    ours = derived("sum(Jet.float16)", "events", EVENTS)
    theirs = ak.sum(ak.values_astype(J.float16, np.float32), axis=-1)
    assert ak.to_numpy(ours).dtype == np.float32
    assert np.allclose(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize(
    ("text", "scope", "plain"),
    [
        ("float32 - lead.float32", "Jet", lambda: J.float32 - ak.firsts(J.float32)),
        ("float32 / sum(float32)", "Jet", lambda: J.float32 / ak.sum(J.float32, axis=-1)),
        ("float32 - met", "Jet", lambda: J.float32 - EVENTS.met),
        ("num(tracks)", "Jet", lambda: ak.num(T, axis=2)),
        ("max(tracks.d0)", "Jet", lambda: ak.max(T.d0, axis=-1)),
        ("sum(tracks.d0 > 0)", "Jet", lambda: ak.sum(T.d0 > 0, axis=-1)),
        ("d0 / Jet.float32", "tracks", lambda: T.d0 / J.float32),
        ("d0 - lead.d0", "tracks", lambda: T.d0 - ak.firsts(T.d0, axis=2)),
        ("d0 - met", "tracks", lambda: T.d0 - EVENTS.met),
        ("sum(sum(tracks.d0 * Jet.int64))", "events", lambda: ak.sum(ak.sum(T.d0 * J.int64, axis=-1), axis=-1)),
        ("Jet[1].float64", "events", lambda: ak.firsts(J.float64[:, 1:2])),
        ("Jet[-1].float64", "events", lambda: ak.firsts(J.float64[:, -1:])),
        ("max(Jet.float64) - met", "events", lambda: ak.max(J.float64, axis=-1) - EVENTS.met),
        ("(int32 & 4) != 0", "Jet", lambda: (J.int32 & 4) != 0),
        ("(float32 > 5) & ~(float64 < 2) | (int8 == 3)", "Jet",
         lambda: (J.float32 > 5) & ~(J.float64 < 2) | (J.int8 == 3)),
        ("float32 > 5 & ~ float64 < 2 | int8 == 3", "Jet", lambda: (J.float32 > 5) & ~(J.float64 < 2) | (J.int8 == 3)),
        ("not (float32 > 5 and float64 < 2)", "Jet", lambda: ~((J.float32 > 5) & (J.float64 < 2))),
        ("log10(1 + abs(float64)) * tanh(float32)", "Jet", lambda: np.log10(1 + abs(J.float64)) * np.tanh(J.float32)),
        ("-float32 ** 2", "Jet", lambda: -(J.float32**2)),
        ("2 ** -1 * float32", "Jet", None),
    ],
)  # fmt: skip
def test_as_in_awkward(text, scope, plain):
    if plain is None:
        with pytest.raises(Exception, match=r"\*\*: got a negative power of an integer"):
            derived(text, scope, EVENTS)
        return
    ours, theirs = derived(text, scope, EVENTS), plain()
    if "lead" in text:  # where there is no first, awkward has a missing list and we an empty one
        theirs = ak.fill_none(theirs, [], axis=0 if scope == "Jet" else 1)
    assert ak.is_none(ours, axis=-1).to_list() == ak.is_none(theirs, axis=-1).to_list()
    one, two = (ak.to_numpy(ak.flatten(ak.drop_none(array, axis=-1), axis=None)) for array in (ours, theirs))
    np.testing.assert_allclose(one, two, rtol=1e-5)


def test_numbers_alone_do_not_widen():
    assert derived("float32 * (1 / 3)", "Jet", EVENTS).type.content.content.primitive == "float32"
    assert derived("float32 * (2 ** 3) + 1.0", "Jet", EVENTS).type.content.content.primitive == "float32"


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int16"])
def test_delta_phi_lies_in_its_range(dtype):
    a, b = random(dtype, 10_000), random(dtype, 10_000)
    events = ak.zip({"a": a, "b": b}, depth_limit=1)
    ours = ak.to_numpy(derived("delta_phi(a, b)", "events", events))
    assert ours.dtype == (dtype if dtype.startswith("float") else "float64")
    pi = ours.dtype.type(np.pi)
    assert (ours >= -pi).all()
    assert (ours < pi).all()
    wide = a.astype(float) - b.astype(float)
    np.testing.assert_allclose(np.cos(ours), np.cos(wide), atol=3e-5)
    np.testing.assert_allclose(np.sin(ours), np.sin(wide), atol=3e-5)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (np.pi, 0, -np.pi),
        (-np.pi, 0, -np.pi),
        (0, 1e-30, 0),
        (3, -3, 6 - 2 * np.pi),
        (np.nan, 0, np.nan),
        (-1e-9, 0, -1e-9),
    ],
)
def test_delta_phi_at_its_edges(a, b, expected):
    for dtype in (np.float32, np.float64):
        events = ak.zip({"a": np.array([a], dtype), "b": np.array([b], dtype)}, depth_limit=1)
        ours = derived("delta_phi(a, b)", "events", events).to_numpy()
        np.testing.assert_allclose(ours, [expected], atol=1e-6)
        assert not ours[0] >= dtype(np.pi)


def test_delta_r_is_the_distance():
    ours = derived("delta_r(float32, phi, lead.float32, lead.phi)", "Jet", EVENTS)
    theirs = np.hypot(J.float32 - ak.firsts(J.float32), (J.phi - ak.firsts(J.phi) + np.pi) % (2 * np.pi) - np.pi)
    np.testing.assert_allclose(ak.flatten(ours), ak.flatten(theirs), rtol=1e-5, atol=1e-6)
