"""State: one file with all that was fitted."""

import contextlib
import json

import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import InputError, OutputError, SchemaError
from simdprep.transforms import Normalise, Standardise, State, transform_from_state
from tests.small_dataset import write_small

RNG = np.random.default_rng(5)


def fitted(fields, **options):
    transform = Normalise(fields, **options)
    transform.fit(RNG.exponential(20, (500, len(transform.fields))))
    return transform


@pytest.fixture
def state():
    return State(
        {
            "Jet": fitted({"pt": {"log": True}, "eta": "robust", "mass": "none"}, clip=(-5, 5)),
            "events": fitted(["MET"]),
        },
        classes=["qcd", "top"],
        label="events.label",
        class_weights=[1, 0.5],
        fills={"Jet": {"pt": np.nan, "index": -1}},
        pads={"Jet": 3},
        sections={"split": {"train": 0.8}},
        config="simdprep: 1",
    )


def test_a_file_gives_the_same(state, tmp_path):
    state.save(tmp_path / "state.json")
    again = State.load(tmp_path / "state.json")
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]
    assert again.to_json() == state.to_json()
    assert np.isnan(again.fills["Jet"]["pt"])
    assert again.config_sha256 == state.config_sha256 != ""
    values = RNG.exponential(20, (9, 3))
    np.testing.assert_array_equal(again.transform("Jet").apply(values), state.transform("Jet").apply(values))
    json.loads((tmp_path / "state.json").read_text(), parse_constant=pytest.fail)  # strict JSON


def test_fields_in_any_order(state):
    values = RNG.exponential(20, (9, 2))
    forth, back = state.transform("Jet", ["pt", "mass"]), state.transform("Jet", ["mass", "pt"])
    np.testing.assert_array_equal(forth.apply(values), back.apply(values[:, ::-1])[:, ::-1])


def test_constants_of_another_name(state):
    other = state.transform("Jet", ["lead_pt", "met", "eta"], alias={"lead_pt": "pt", "met": "events.MET"})
    assert other.fields == ("lead_pt", "met", "eta")
    assert other.centre.tolist() == [
        state.normalise["Jet"].centre[0], state.normalise["events"].centre[0], state.normalise["Jet"].centre[1],
    ]  # fmt: skip
    assert other.rules["lead_pt"].log == 0


def test_names_that_are_not_there(state):
    with pytest.raises(
        SchemaError, match=r"object: got 'Jets', expected one of Jet, events\n  in the state\n  try Jet"
    ):
        state.transform("Jets")
    with pytest.raises(SchemaError, match=r"field: got 'pT', expected a field with constants\n  in Jet\n  try pt"):
        state.transform("Jet", ["pT"])
    with pytest.raises(SchemaError, match="field: got 'ptt'"):
        state.transform("Jet", ["x"], alias={"x": "ptt"})


def test_a_loader_takes_it(state, tmp_path):
    write_small(tmp_path / "x.h5")
    ds = sp.open(tmp_path / "x.h5")
    inputs = {"events": ["MET"], "Jet": ["mass", "pt"]}
    for options in ({}, {"dtype": "float64"}, {"form": "jagged"}):
        plain = next(iter(sp.Loader(ds, inputs=inputs, batch_size=60, shuffle="none", **options)))
        batch = next(iter(sp.Loader(ds, inputs=inputs, batch_size=60, shuffle="none", transforms=state, **options)))
        for name, fields in inputs.items():
            values, ours = (getattr(entry[name], "values", entry[name]) for entry in (plain, batch))
            valid = None if options.get("form") == "jagged" else plain.valid.get(name)
            np.testing.assert_array_equal(ours, state.transform(name, fields).apply(values, valid))


def test_a_loader_names_what_the_state_has_not(state, tmp_path):
    write_small(tmp_path / "x.h5")
    ds = sp.open(tmp_path / "x.h5")
    with pytest.raises(SchemaError, match=r"field: got 'phi', expected a field with constants\n  in Jet"):
        sp.Loader(ds, inputs={"Jet": ["pt", "phi"]}, transforms=state, batch_size=10)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"simdprep_state": "1.0"}', "nul", "[" * 5000])
def test_a_file_that_is_none(text, tmp_path):
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(InputError, match=r"^state: got .*, expected the JSON that State.save .*\n  in .*state.json"):
        State.load(tmp_path / "state.json")


JUNK = [None, 1e400, -1, 10**400, "x", [], {}, True, [1], {"a": 1}, "nan", "1p99999999"]


@pytest.mark.parametrize("seed", range(20))
def test_any_value_exchanged_is_an_error_or_a_state(state, seed):
    rng = np.random.default_rng(seed)
    transform = fitted({"pt": {"log": True}, "eta": "robust", "mass": "minmax"})
    for text, make, error in (
        (state.to_json(), State.from_json, InputError),
        (json.dumps(transform.state()), lambda text: transform_from_state(json.loads(text)), SchemaError),
    ):
        for _ in range(25):
            data = json.loads(text)
            places = []
            waiting = [data]
            while waiting:
                entry = waiting.pop()
                for key in entry if isinstance(entry, dict) else range(len(entry)):
                    places.append((entry, key))
                    if isinstance(entry[key], (dict, list)):
                        waiting.append(entry[key])
            entry, key = places[rng.integers(len(places))]
            entry[key] = JUNK[rng.integers(len(JUNK))]
            with contextlib.suppress(error):
                make(json.dumps(data))


def test_files_that_cannot_be(state, tmp_path):
    with pytest.raises(InputError, match="state: got No such file"):
        State.load(tmp_path / "none.json")
    with pytest.raises(OutputError, match="state: got No such file"):
        state.save(tmp_path / "none" / "state.json")
    text = state.to_json().replace('"simdprep_state": "1.0"', '"simdprep_state": "2.0"')
    with pytest.raises(InputError, match=r"version of the state: got 2.0, expected 1.x\n  in here\n  try a newer"):
        State.from_json(text, where="here")
    assert State.from_json(state.to_json().replace('"1.0"', '"1.7"')).classes == state.classes


def test_what_does_not_fit_together():
    with pytest.raises(SchemaError, match="class weights: got 1, expected one for each of the 2 classes"):
        State(classes=["a", "b"], class_weights=[1])
    with pytest.raises(SchemaError, match="classes: got 'abc', expected names"):
        State(classes="abc")
    with pytest.raises(SchemaError, match="pad: got 'x', expected a number of slots, or none\n  in object Jet"):
        State(pads={"Jet": "x"})
    with pytest.raises(SchemaError, match=r"section of a state: got .*, expected JSON\n  in split"):
        State(sections={"split": object()})
    with pytest.raises(SchemaError, match="normalise: got none, expected at least one valid and finite entry"):
        State({"Jet": Normalise(["pt"])})


def test_transforms_by_the_name_in_their_state():
    for transform in (fitted(["a", "b"]), Standardise(["a"])):
        again = transform_from_state(json.loads(json.dumps(transform.state())))
        assert type(again) is type(transform)
        assert again.state() == transform.state()
    with pytest.raises(SchemaError, match=r"transform in a state: got 'standardize', .*\n  try standardise"):
        transform_from_state({"transform": "standardize"})
