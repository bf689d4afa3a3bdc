"""Compiled loops give what the numpy engine gives."""

import subprocess
import sys

import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep.errors import ExpressionError
from simdprep.transforms import Catalog, ObjectRules, Rules, apply, kernel_cache, kernel_source, parse
from simdprep.transforms.evaluate import evaluate
from simdprep.transforms.frame import Frame
from simdprep.transforms.fused import evaluate_fused
from simdprep.transforms.levels import check_levels
from simdprep.transforms.scope import Scope
from tests.equivalence import expression_oracle as slow
from tests.equivalence.expression_events import as_awkward, some_events
from tests.equivalence.interpreted import interpreted_kernel
from tests.equivalence.test_expressions import DTYPES, EVENTS, random, trees


def both(text, own, events, parents=None):
    """Return the values of both engines; the compiled one must not have handed over to numpy."""
    catalog = Catalog.from_events(events, parents or {"tracks": "Jet"})
    scope, expression = Scope(catalog, own, lead=own != "events"), parse(text)
    check_levels(expression, scope)
    return evaluate(expression, scope, Frame(events, catalog)), evaluate_fused(
        expression, scope, Frame(events, catalog)
    )


def check(text, own, events, *, rtol=0.0):
    plain, fused = both(text, own, events)
    assert fused.data.dtype == plain.data.dtype
    assert fused.path == plain.path
    missing = np.zeros(len(plain.data), bool) if plain.missing is None else plain.missing
    if fused.missing is None:
        assert not missing.any()
    else:
        np.testing.assert_array_equal(fused.missing, missing)
    if rtol:
        np.testing.assert_allclose(fused.data[~missing], plain.data[~missing], rtol=rtol, atol=rtol)
    else:
        np.testing.assert_array_equal(fused.data[~missing], plain.data[~missing])


@pytest.fixture
def no_fallback(monkeypatch):
    def refuse(*_):
        raise AssertionError("handed over to numpy")

    monkeypatch.setattr("simdprep.transforms.fused.evaluate", refuse)


@pytest.mark.parametrize("kind", ["number", "bool"])
@pytest.mark.parametrize("own", ["events", "Jet", "tracks"])
@given(data=st.data())
def test_random_expressions(data, own, kind):
    tree = data.draw(trees(kind, slow.PATHS[own], own))
    events = as_awkward(data.draw(some_events()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel_cache, "compiled", interpreted_kernel)
        patch.setattr(kernel_source, "RUN", data.draw(st.integers(1, 4)))
        check(tree.text, own, events, rtol=1e-6)


CASES = [
    ("log(1 + abs(float32)) / lead.float32 + delta_r(float32, phi, lead.float32, lead.phi)", "Jet"),
    ("float32 / sum(Jet.float32) - met", "Jet"),
    ("max(tracks.d0) + num(tracks) * min(tracks.d0 * float64)", "Jet"),
    ("where(float32 > 5 & ~float64 < 2 | int8 == 3, float32, float64)", "Jet"),
    ("d0 - lead.d0 + Jet.float32 * met", "tracks"),
    ("sum(sum(tracks.d0 * Jet.int64)) + Jet[1].float64 - Jet.float32[-1]", "events"),
    ("sum(Jet.float32 - max(Jet.float32)) + max(Jet.float64) * sum(Jet.int8) - max(Jet.float32 + met)", "events"),
    ("any(Jet.float32 > 30) & all(Jet.int8 < 90) | max(Jet.bool)", "events"),
    ("isnan(float32 / 0 - float32 / 0) | isfinite(int8)", "Jet"),
    ("sqrt(exp(sin(float32))) + arctan2(float64, float32) ** 2 + float32 ** 0.5 + abs(float64) ** 1.7", "Jet"),
    ("float64 // 3 + float64 % -7 + float32 // 0 + float32 % 0", "Jet"),
    ("maximum(minimum(float32, 4), int16) + floor(float64) + ceil(float32)", "Jet"),
    ("-uint8 + int32 // (int16 - int16) + int64 % int8 + (int32 & 6) + int16 ** 3", "Jet"),
    ("delta_phi(phi, lead.phi) + delta_phi(int16, uint8) + hypot(uint16, float32)", "Jet"),
]


@pytest.mark.usefixtures("no_fallback")
@pytest.mark.parametrize(("text", "own"), CASES)
def test_compiled(text, own, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    check(text, own, EVENTS, rtol=3e-6)


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("dtype", [*DTYPES, "bool"])
@pytest.mark.parametrize(
    "text",
    ["x + 1", "x * 2.5", "x / 3", "x // 3", "x % 7", "x ** 2", "x == 5", "x > 5.5", "x + x", "abs(x)", "floor(x)",
     "hypot(x, 3)", "maximum(x, 4)", "sum(Jet.x) + x", "max(Jet.x) + x", "any(Jet.x) & x != 0"],
)  # fmt: skip
def test_dtypes(text, dtype):
    if dtype == "bool" and text in ("maximum(x, 4)",):
        pytest.skip("numpy has no weak 4 for bools")
    name = f"`{dtype}`"
    check(text.replace("max(", "MAX(").replace("x", name).replace(f"ma{name}imum", "maximum").replace("MAX", "max"),
          "Jet", EVENTS, rtol=1e-5)  # fmt: skip


@pytest.mark.parametrize("text", ["float16 + 1", "int64 > uint64", "int8 > 1000"])
def test_what_compiled_code_cannot_do_alike_is_left_to_numpy(text, monkeypatch):
    monkeypatch.setattr(kernel_cache, "compiled", lambda _: pytest.fail("compiled"))
    check(text, "Jet", EVENTS)


def test_errors_are_those_of_the_other_engine():
    for text in ("int32 & (float32 > 1)", "2 ** -1 * float32 * (int32 ** -1)", "where(int32, 1, 2)"):
        rules = Rules({"Jet": ObjectRules(derived={"result": parse(text)})}, parents={"tracks": "Jet"})
        with pytest.raises(ExpressionError) as plain:
            apply(EVENTS, rules)
        with pytest.raises(ExpressionError) as fused:
            apply(EVENTS, rules, engine="numba")
        assert str(plain.value) == str(fused.value)


def test_selection_by_either_engine():
    rules = Rules(
        {
            "Jet": ObjectRules(
                parse("float32 > 0 & uint8 < 80"), parse("-float64"), {"x": parse("float32 - lead.float32")}
            )
        },
        parse("num(Jet) > 1 & sum(Jet.x) < 1000"),
        {"tracks": "Jet"},
    )
    plain, fused = apply(EVENTS, rules), apply(EVENTS, rules, engine="numba")
    np.testing.assert_array_equal(plain.keep, fused.keep)
    assert plain.flow == fused.flow
    assert ak.array_equal(plain.events.tracks, fused.events.tracks)
    assert ak.array_equal(plain.events.Jet, fused.events.Jet)


def test_any_number_of_threads_gives_the_same(monkeypatch):
    one = both("exp(sin(float32)) * met", "Jet", EVENTS)[1].data
    monkeypatch.setattr("simdprep.transforms.fused.BYTES_PER_THREAD", 1)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(3))
    np.testing.assert_array_equal(both("exp(sin(float32)) * met", "Jet", EVENTS)[1].data, one)


PROGRAM = """
import awkward as ak, numpy as np
from simdprep.transforms import ObjectRules, Rules, apply, parse, kernel_cache
events = ak.zip({"x": np.arange(5, dtype=np.float32)}, depth_limit=1)
rules = Rules({"events": ObjectRules(derived={"y": parse("x * 2 + 1")})})
print(apply(events, rules, engine="numba").events.y.to_list())
print(kernel_cache.compilations().loaded, kernel_cache.compilations().compiled)
"""


def test_the_next_process_does_not_compile(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    runs = [subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True) for _ in "12"]
    assert [run.stdout.split("\n")[:2] for run in runs] == [
        ["[1.0, 3.0, 5.0, 7.0, 9.0]", "0 1"],
        ["[1.0, 3.0, 5.0, 7.0, 9.0]", "1 0"],
    ]


def test_runs_longer_and_shorter_than_lists(monkeypatch):
    monkeypatch.setattr(kernel_source, "RUN", 5)
    for text, own in CASES[4:5] + CASES[1:2]:
        check(text, own, EVENTS, rtol=3e-6)


@pytest.mark.parametrize("run", [1024, 7])
@pytest.mark.usefixtures("interpreted")
def test_lists_of_any_length(run, monkeypatch):
    monkeypatch.setattr(kernel_source, "RUN", run)
    rng = np.random.default_rng(3)
    counts = np.concatenate([rng.integers(0, 60, 40), [0, 16, 17, 15, 1, 0], rng.integers(0, 3, 20)])
    inner = rng.integers(0, 40, counts.sum()) * (rng.random(counts.sum()) < 0.2)
    jets = ak.zip({"float32": random("float32", counts.sum()), "float64": random("float64", counts.sum())})
    tracks = ak.zip({"d0": random("float32", inner.sum())})
    nested = ak.unflatten(ak.unflatten(tracks, inner), counts)
    met = random("float32", len(counts))
    events = ak.zip({"Jet": ak.unflatten(jets, counts), "tracks": nested, "met": met}, depth_limit=1)
    check("float32 - met + float64 / sum(Jet.float64) - lead.float32", "Jet", events, rtol=3e-6)
    check("d0 - Jet.float32 + met - lead.d0", "tracks", events, rtol=3e-6)


def test_no_chunk_is_compiled_for(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rng = np.random.default_rng(2)
    rules = Rules({"events": ObjectRules(derived={"z": parse("x * 3 - y + 2.5")})})
    before = kernel_cache.compilations().compiled
    for size in (10, 0, 1000, 7, 100_000):
        for holes in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.3, 0.3)):
            x, y = (rng.normal(size=size).astype(np.float32) for _ in "xy")
            x.flags.writeable = size != 7  # as read from a mapped file
            columns = [ak.mask(values, rng.random(size) >= part) for values, part in zip((x, y), holes, strict=True)]
            events = ak.zip({"x": columns[0], "y": columns[1]}, depth_limit=1)
            ours = apply(events, rules, engine="numba").events.z
            assert ours.to_list() == apply(events, rules).events.z.to_list()
    assert kernel_cache.compilations().compiled - before == 2  # with masks and without


@pytest.mark.parametrize("name", ["exp", "log"])
def test_functions_of_single_precision_are_rounded_from_double(name):
    bits = np.arange(0, 2**32, 99_991, dtype=np.uint64).astype(np.uint32)
    edges = [0, -0.0, np.inf, -np.inf, np.nan, 1, 1e-45, 3.4e38, 88.72, 88.73, -87.4, -103.9, -104.1]
    x = np.concatenate([bits.view(np.float32), np.array(edges, np.float32)])
    events = ak.zip({"x": x}, depth_limit=1)
    ours = both(f"{name}(x)", "events", events)[1].data
    with np.errstate(all="ignore"):
        exact = getattr(np, name)(x.astype(np.float64)).astype(np.float32)
    finite = np.isfinite(exact)
    np.testing.assert_array_equal(ours[~finite], exact[~finite])
    away = np.abs(ours[finite].view(np.int32).astype(np.int64) - exact[finite].view(np.int32))
    assert away.max() <= 1
    assert (away > 0).mean() < 1e-3


def test_without_a_folder_to_write_to(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    check("float32 * 3 + met * 7", "Jet", EVENTS)
