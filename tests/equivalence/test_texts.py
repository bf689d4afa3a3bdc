"""Fields of text compared with one text, as Python compares strings."""

import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import simdprep as sp
from simdprep.errors import ExpressionError
from simdprep.transforms import ObjectRules, Rules, apply, parse
from simdprep.transforms.texts import equals

WORDS = ["", "b", "bb", "bkg_qcd", "sig_Zp042", "sig_Zp045", "Zürich", "π"]
words = st.lists(st.one_of(st.sampled_from(WORDS), st.none()), max_size=8)


def plain(values):
    return ak.Array(ak.Array([*values, "", None]).layout[: len(values)])


def categories(values):
    index = np.array([-1 if value is None else WORDS.index(value) for value in values], np.int64)
    content = ak.to_layout(ak.Array(WORDS))
    return ak.Array(
        ak.contents.IndexedOptionArray(ak.index.Index64(index), content, parameters={"__array__": "categorical"})
    )


@pytest.mark.parametrize("make", [plain, categories])
@given(values=words, text=st.sampled_from([*WORDS, "other"]))
def test_equal_texts(values, text, make):
    found, missing = equals(make(values), text)
    there = [value is not None for value in values]
    assert (missing is None) == all(there)
    if missing is not None:
        assert (~missing).tolist() == there
    assert found[there].tolist() == [value == text for value in values if value is not None]


def test_slices_and_bytes():
    array = ak.Array(["aa", "b", "aa", "c"])[1:]
    assert equals(array, "aa")[0].tolist() == [False, True, False]
    assert equals(ak.Array([b"aa", b"b"]), "b")[0].tolist() == [False, True]
    assert equals(ak.Array([]), "b")[0].tolist() == []


EVENTS = ak.Array(
    [
        {"name": "sig", "x": 1.0, "Jet": [{"label": "b", "pt": 30.0}, {"label": "c", "pt": 20.0}], "tags": ["u", "v"]},
        {"name": "bkg", "x": 2.0, "Jet": [], "tags": []},
        {"name": None, "x": 3.0, "Jet": [{"label": "c", "pt": 50.0}], "tags": ["v"]},
    ]
)


@pytest.mark.parametrize(
    ("text", "own", "expected"),
    [
        ("name == 'sig'", "events", [True, False, None]),
        ("name != 'sig'", "events", [False, True, None]),
        ("name == 'sig' | x > 2", "events", [True, False, True]),
        ("where('sig' == name, x, -x)", "events", [1, -2, None]),
        ("Jet[0].label == 'b'", "events", [True, None, False]),
        ("any(Jet.label == 'c' & Jet.pt > 25)", "events", [False, False, True]),
        ("sum(Jet.label != 'b')", "events", [1, 0, 1]),
        ("any(tags == 'v')", "events", [True, False, True]),
        ("label == lead.label", "Jet", ExpressionError),
        ("lead.label == 'b' & name == 'sig'", "Jet", [[True, True], [], [False]]),
        ("pt * (label == 'c')", "Jet", [[0.0, 20.0], [], [50.0]]),
    ],
)
def test_in_expressions(text, own, expected, engine):
    rules = Rules({own: ObjectRules(derived={"result": parse(text)})})
    if expected is ExpressionError:
        with pytest.raises(ExpressionError, match="text field: got 'label', expected a field of numbers"):
            apply(EVENTS, rules, engine=engine)
        return
    result = apply(EVENTS, rules, engine=engine).events
    assert (result["result"] if own == "events" else result[own, "result"]).to_list() == expected


def test_compiled():
    rules = Rules({"events": ObjectRules(derived={"result": parse("where('sig' == name, x, -x)")})})
    assert apply(EVENTS, rules, engine="numba").events.result.to_list() == [1, -2, None]


def test_texts_follow_selected_entries():
    rules = Rules(
        {"Jet": ObjectRules(parse("pt > 25"), derived={"isc": parse("label == 'c'")})}, parse("name != 'bkg'")
    )
    assert apply(EVENTS, rules).events.Jet.isc.to_list() == [[False]]


def test_a_cut_on_a_field_that_is_not_stored(tmp_path):
    pa, feather = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.feather")
    names = pa.array(["sig", "bkg", "sig", None]).dictionary_encode()
    feather.write_feather(pa.table({"sample_name": names, "x": [1.0, 2.0, 3.0, 4.0]}), tmp_path / "a.feather")
    path = tmp_path / "c.yaml"
    path.write_text("select: sample_name == 'sig'\nobjects: {events: {fields: [x]}}")
    sp.convert(str(tmp_path / "a.feather"), str(tmp_path / "a.h5"), config=str(path))
    assert sp.open(tmp_path / "a.h5")["events"]["x"][:].tolist() == [1.0, 3.0]


def test_stored_texts(tmp_path):
    schema = sp.Schema.from_awkward(EVENTS[["name", "x"]])
    with sp.Writer(tmp_path / "a.h5", schema) as out:
        out.fill(EVENTS[["name", "x"]])
    loader = sp.Loader(sp.open(tmp_path / "a.h5"), inputs={"events": ["x"]}, batch_size=1, to=None, shuffle="none",
                       rows="name == 'sig'")  # fmt: skip
    assert [batch["events"].tolist() for batch in loader] == [[[1.0]]]
