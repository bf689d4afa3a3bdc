"""Wrong arguments: one clear error each, with the nearest names."""

from dataclasses import replace

import pytest

import simdprep as sp
from simdprep.errors import ConfigError, SchemaError
from simdprep.loader.plan import Scalar, make_plan

JET = {"Jet": ["pt"]}


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"inputs": {"Jets": ["pt"]}}, SchemaError, ["no such object: got 'Jets'", "try Jet"]),
        ({"inputs": {"Jet": ["pt", "tigth"]}}, SchemaError, ["no such field: got 'tigth'", "object Jet", "try tight"]),
        ({"inputs": {"Jet": "pt"}}, ConfigError, ["fields: got 'pt', expected a list", "inputs 'Jet'"]),
        ({"inputs": {"Jet": []}}, ConfigError, ["fields: got [], expected a list of one or more"]),
        ({"inputs": {"Jet": ["pt", "pt"]}}, ConfigError, ["field: got 'pt' twice"]),
        ({"inputs": {}}, ConfigError, ["inputs: got {}", 'inputs={"Jet": ["pt", "eta"]}']),
        ({"inputs": ["Jet"]}, ConfigError, ["inputs: got ['Jet']"]),
        ({"labels": "label"}, SchemaError, ["no such field: got 'label'", "try events.label"]),
        ({"labels": "events.lable"}, SchemaError, ["got 'events.lable'", "try events.label"]),
        ({"labels": "Jet.pt"}, SchemaError, ["labels: got 'Jet.pt', which has a value per entry"]),
        ({"labels": []}, ConfigError, ["labels: got []"]),
        ({"labels": 3}, ConfigError, ["labels: got 3", 'labels="events.label"']),
        ({"labels": {"y": 3}}, ConfigError, ["labels: got {'y': 3}"]),
        ({"weights": "wieght"}, SchemaError, ["got 'wieght'", "events.weight"]),
        ({"weights": ["events.weight"]}, ConfigError, ["weights: got ['events.weight'], expected the name"]),
        ({"pad": 0}, ConfigError, ["pad: got 0, expected an integer of at least 1"]),
        ({"pad": {"Jte": 3}}, ConfigError, ["object to pad: got 'Jte'", "try Jet"]),
        ({"pad": {"tracks": 3}}, ConfigError, ["object to pad: got 'tracks', expected one of the inputs"]),
        ({"pad": {"Jet": "p99"}}, ConfigError, ["pad: got 'p99'", "pad of 'Jet'"]),
        ({"batch_size": 0}, ConfigError, ["batch_size: got 0"]),
        ({"batch_size": 1e3}, ConfigError, ["batch_size: got 1000.0, expected an integer"]),
        ({"batch_size": 5000}, ConfigError, ["expected at most the dataset's 4000 rows", "tail='pad'"]),
        ({"rank": 0, "world_size": 3}, ConfigError, ["a multiple of world_size, 3", "try 1023 or 1026"]),
        ({"rank": 2, "world_size": 2}, ConfigError, ["rank: got 2, expected less than world_size, 2"]),
        ({"rank": -1, "world_size": 2}, ConfigError, ["rank: got -1"]),
        ({"rank": 1}, ConfigError, ["ranks: got rank without world_size"]),
        ({"world_size": 2}, ConfigError, ["ranks: got world_size without rank"]),
        ({"batch_size": 2, "rank": 0, "world_size": 3}, ConfigError, ["try 3"]),
        ({"tail": "keep"}, ConfigError, ["tail: got 'keep', expected drop or pad or uneven"]),
        ({"shuffle": "blocks"}, ConfigError, ["shuffle: got 'blocks'", "try block"]),
        ({"shuffle": True}, ConfigError, ["shuffle: got True"]),
        ({"seed": "1"}, ConfigError, ["seed: got '1', expected an integer"]),
        ({"form": "jaged"}, ConfigError, ["form: got 'jaged', expected padded or batch_max", "try jagged"]),
        ({"round_to": 0}, ConfigError, ["round_to: got 0"]),
        ({"dtype": "int32"}, ConfigError, ["dtype: got 'int32', expected float32 or float64"]),
        ({"threads": 0}, ConfigError, ["threads: got 0"]),
        ({"memory": 0}, ConfigError, ["memory: got 0"]),
        ({"memory": "1 GB"}, ConfigError, ["memory: got '1 GB'"]),
        ({"to": "trch"}, ConfigError, ["to: got 'trch'", "try torch"]),
        ({"device": "cuda"}, ConfigError, ["device: got 'cuda'", "try to='torch'"]),
        ({"to": "tensorflow"}, ConfigError, ["to: got 'tensorflow', expected None, 'torch' or 'jax'"]),
        ({"transforms": {"transform": "standardize"}}, ConfigError, ["got 'standardize'", "try standardise"]),
        ({"to": "torch", "device": "gpu"}, ConfigError, ["device: got 'gpu'", "cpu or cuda"]),
        ({"transforms": 5}, ConfigError, ["transforms: got 5"]),
        ({"transforms": ["log"]}, ConfigError, ["transforms: got 'log'"]),
        ({"transforms": {"Jet": 5}}, ConfigError, ["transforms: got 5"]),
        ({"transforms": {"Jte": []}}, ConfigError, ["object to transform: got 'Jte'", "try Jet"]),
    ],
    ids=lambda value: str(value)[:60],
)
def test_one_error(stored, options, kind, said):
    with pytest.raises(kind) as caught:
        sp.Loader(stored["columns"].open(), **{"inputs": JET, **options})
    text = str(caught.value)
    assert len(text.splitlines()) <= 3
    for part in said:
        assert part in text


def test_arguments_have_names(stored):
    with pytest.raises(TypeError):
        sp.Loader(stored["columns"].open(), JET)


def test_a_ragged_object_needs_a_length(stored):
    schema = stored["ragged"].open().schema
    assert make_plan(schema, JET).inputs["Jet"].slots == (4,)
    objects = tuple(replace(spec, pad=None) for spec in schema.objects)
    with pytest.raises(ConfigError, match="number of slots of a ragged object") as caught:
        make_plan(replace(schema, objects=objects), JET)
    assert 'try pad={"Jet": 20}' in str(caught.value)


def test_one_length_for_all(stored):
    schema = stored["ragged"].open().schema
    plan = make_plan(schema, {"tracks": ["d0"], "Jet": ["pt"], "events": ["MET"]}, pad=5)
    assert {name: entry.slots for name, entry in plan.inputs.items()} == {"tracks": (5, 5), "Jet": (5,), "events": ()}


def test_a_parent_may_be_padded_without_being_loaded(stored):
    schema = stored["ragged"].open().schema
    plan = make_plan(schema, {"tracks": ["d0"]}, pad={"Jet": 2, "tracks": 3})
    assert plan.inputs["tracks"].slots == (2, 3)


def test_a_field_is_read_once(stored):
    schema = stored["columns"].open().schema
    plan = make_plan(
        schema, {"events": ["MET", "label"]}, labels=["events.label", "events.MET"], weights="events.weight"
    )
    assert plan.reads == {"events": ("MET", "label", "weight")}
    assert plan.scalars == (Scalar("events", "label"), Scalar("events", "MET"), Scalar("events", "weight"))
