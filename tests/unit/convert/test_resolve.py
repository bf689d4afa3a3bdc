"""Pad rules: which rule holds for which object, and what becomes of it."""

import numpy as np
import pytest

import simdprep as sp
from simdprep.convert.inputs import Inputs
from simdprep.convert.multiplicity import Multiplicities
from simdprep.convert.recipe import make_recipe
from simdprep.convert.resolve import make_schema, pad_rules, resolve_pads
from simdprep.errors import SchemaError
from tests.unit.convert.event_files import events, write


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    with Inputs((write(tmp_path_factory.mktemp("inputs") / "a.parquet", events(20)),)) as files:
        yield files.first()


def rules(source, pads, **config):
    settings = sp.Config(**config)
    return pad_rules(make_recipe(source, settings), settings, pads)


class TestRules:
    def test_percentiles_unless_something_else_is_said(self, source):
        assert rules(source, None) == {"Jet": "p99", "Muon": "p99", "Jet_tracks": "p99"}

    @pytest.mark.parametrize(
        ("pads", "own", "wanted"),
        [
            ({"Jet": 3}, None, 3),
            ({"Jet": 3}, 5, 3),
            ({"*": 3}, 5, 5),
            ({"*": 3}, None, 3),
            ({"*": "max", "Jet": "p95.5"}, 5, "p95.5"),
            ({"Muon": 9}, 5, 5),
            (None, "max", "max"),
        ],
    )
    def test_an_option_for_the_object_then_the_config_then_the_option_for_all(self, source, pads, own, wanted):
        objects = {"Muon": {}, "Jet": {} if own is None else {"pad": own}}
        assert rules(source, pads, objects=objects)["Jet"] == wanted

    def test_ragged_objects_have_rules_only_where_asked(self, source):
        output = {"layout": "ragged"}
        assert rules(source, None, output=output) == {}
        assert rules(source, {"Jet": 4}, output=output) == {"Jet": 4}
        assert rules(source, None, objects={"Jet": {"ragged": True}, "Muon": {}}) == {"Muon": "p99"}

    def test_row_objects_have_none(self, source):
        assert set(rules(source, None, rows="Jet")) == {"Jet_tracks"}

    @pytest.mark.parametrize("pad", [0, -1, "p0", "p100.5", "maximum", 1.0, True])
    def test_no_rule(self, source, pad):
        with pytest.raises(
            SchemaError, match=r"^pad: got .*, expected a number of slots of at least 1, p99 or max\n  in object Jet$"
        ):
            rules(source, {"Jet": pad})

    def test_no_such_object(self, source):
        with pytest.raises(
            SchemaError, match=r"^--pad: got 'Jets', expected an object that has slots\n  try Jet or Jet_tracks$"
        ):
            rules(source, {"Jets": 2})

    @pytest.mark.parametrize(
        ("name", "config"),
        [("events", {}), ("Jet", {"rows": "Jet"}), ("Muon", {"objects": {"Muon": {"ragged": True}, "Jet": {}}})],
    )
    def test_objects_without_slots(self, source, name, config):
        with pytest.raises(SchemaError, match=rf"^--pad: got '{name}', expected an object that has slots\n  try "):
            rules(source, {name: 2}, **config)

    def test_numbers_stay_and_rules_become_numbers(self):
        found = Multiplicities({"Jet": np.array([5, 4, 1])})
        assert resolve_pads({"Jet": "max", "Muon": 7}, found) == {"Jet": 2, "Muon": 7}


class TestSchema:
    def test_objects_in_order_parents_first(self, source):
        objects = {"Jet_tracks": {"parent": "Jet"}, "Muon": {}, "Jet": {}, "events": {}}
        settings = sp.Config(objects=objects)
        schema = make_schema(make_recipe(source, settings), settings, source, dict.fromkeys(objects, 2))
        assert schema.names == ("Jet", "Jet_tracks", "Muon", "events")
        assert schema.object("Jet_tracks").parent == "Jet"
        assert {field.name: field.dtype for field in schema.object("Jet").fields} == {
            "pt": "float32", "flavour": "int8", "tight": "bool"
        }  # fmt: skip

    def test_compound_gets_a_record_for_the_multiplicities(self, source):
        settings = sp.Config(objects={"Muon": {}}, output={"layout": "compound"})
        schema = make_schema(make_recipe(source, settings), settings, source, {"Muon": 2})
        assert schema.names == ("events", "Muon")
        settings = sp.Config(objects={"Muon": {}}, output={"layout": "compound", "counts": False})
        assert make_schema(make_recipe(source, settings), settings, source, {"Muon": 2}).names == ("Muon",)

    def test_floating_fields_take_the_dtype_of_the_output(self, source):
        fields = {"pt": {}, "flavour": {}, "tight": {"dtype": "int16"}}
        settings = sp.Config(objects={"Jet": {"fields": fields}}, output={"dtype": "float16"})
        schema = make_schema(make_recipe(source, settings), settings, source, {"Jet": 2})
        assert [field.dtype for field in schema.object("Jet").fields] == ["float16", "int8", "int16"]

    @pytest.mark.parametrize(("level", "level_of_effort"), [("gzip", None), ("gzip:3", 3), ("none", None)])
    def test_compression(self, source, level, level_of_effort):
        settings = sp.Config(objects={"Muon": {}}, output={"compression": level})
        schema = make_schema(make_recipe(source, settings), settings, source, {"Muon": 2})
        assert (schema.codec, schema.level_of_effort) == (level.partition(":")[0], level_of_effort)
