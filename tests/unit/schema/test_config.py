"""Config: what YAML means, what overrides change, and that its text is one for equal configs."""

import hashlib
import json
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep.errors import ConfigError
from simdprep.schema.config import Config, load_config

EXAMPLE = """\
simdprep: 1
input:
  files: ["data/*.root"]
  tree: Events
rows: events
select: "MET_pt > 50 & num(Muon) >= 1"
objects:
  events: {fields: [run, event, MET_pt]}
  Jet:
    pad: 10                         # N, p99, max; or ragged: true
    order: -pt
    select: "pt > 20 & abs(eta) < 2.5"
    fields:
      pt:  {unit: GeV}
      eta: {fill: 0, dtype: float16, name: eta_jet}
      dr:  {expr: "hypot(eta - lead.eta, delta_phi(phi, lead.phi))"}
output: {layout: columns, compression: gzip, dtype: float32}
"""


@pytest.fixture
def example(tmp_path):
    path = tmp_path / "train.yaml"
    path.write_text(EXAMPLE)
    return path


def test_the_example_of_the_documentation(example):
    config = load_config(example)
    assert config.input.files == ["data/*.root"]
    assert config.input.tree == "Events"
    assert config.rows == "events"
    assert config.select == "MET_pt > 50 & num(Muon) >= 1"
    assert list(config.objects) == ["events", "Jet"]
    assert list(config.objects["events"].fields) == ["run", "event", "MET_pt"]
    jet = config.objects["Jet"]
    assert (jet.pad, jet.order, jet.select) == (10, "-pt", "pt > 20 & abs(eta) < 2.5")
    assert list(jet.fields) == ["pt", "eta", "dr"]
    assert jet.fields["pt"].unit == "GeV"
    assert jet.fields["eta"].model_dump(exclude_none=True) == {"fill": 0, "dtype": "float16", "name": "eta_jet"}
    assert jet.fields["dr"].expr.startswith("hypot(")
    assert config.output.dtype == "float32"


def test_nothing_given_is_the_default():
    config = load_config(None)
    assert config == Config() == load_config({})
    assert config.rows == "events"
    assert config.input.files == []
    assert config.objects == {}
    assert (config.output.layout, config.output.compression, config.output.counts) == ("columns", "gzip", True)
    assert config.to_data() == {
        "simdprep": 1,
        "rows": "events",
        "output": {"layout": "columns", "compression": "gzip", "counts": True},
    }


def test_empty_values_are_defaults():
    config = load_config({"input": None, "objects": {"Jet": None, "Muon": {"fields": {"pt": None}}}, "output": None})
    assert config.objects["Jet"].fields is None
    assert config.objects["Muon"].fields["pt"].unit is None
    assert config.output.layout == "columns"
    assert load_config({"objects": None}) == Config()


def test_one_file_stands_alone():
    assert load_config({"input": {"files": "a.root"}}).input.files == ["a.root"]


@pytest.mark.parametrize("pad", [1, 40, "p99", "p99.9", "p100", "p5", "max"])
def test_pads(pad):
    assert load_config({"objects": {"Jet": {"pad": pad}}}).objects["Jet"].pad == pad


@pytest.mark.parametrize(
    ("text", "value"), [("nan", math.nan), (".nan", math.nan), ("-inf", -math.inf), ("0", 0), ("true", True)]
)
def test_fills(text, value):
    config = load_config({}, [f"objects.Jet.fields.pt.fill={text}"])
    fill = config.objects["Jet"].fields["pt"].fill
    assert type(fill) is type(value)
    assert fill == value or math.isnan(fill)


@pytest.mark.parametrize(
    ("text", "codec", "level"),
    [("gzip", "gzip", None), ("gzip:1", "gzip", 1), ("gzip:9", "gzip", 9), ("none", "none", None)],
)
def test_compression(text, codec, level):
    output = load_config({"output": {"compression": text}}).output
    assert (output.codec, output.level_of_effort) == (codec, level)


def test_reserved_names_may_be_renamed():
    config = load_config({"objects": {"Jet": {"fields": {"valid": {"name": "is_good"}}}}})
    assert config.objects["Jet"].fields["valid"].name == "is_good"


# --- overrides


def test_overrides_apply_in_order(example):
    config = load_config(example, ["objects.Jet.pad=p99", "output.layout=ragged", "objects.Jet.pad=7", "select="])
    assert config.objects["Jet"].pad == 7
    assert config.output.layout == "ragged"
    assert config.select is None
    assert config.objects["Jet"].fields["eta"].name == "eta_jet"


def test_overrides_take_yaml_values_and_quoted_keys():
    config = load_config(
        None,
        [
            'objects."Jet.Constituents".fields=[pt, "a b"]',
            "input.files=[a.root, b.root]",
            "objects.Jet.order=-pt",
            "rows=Jet",
        ],
    )
    assert list(config.objects["Jet.Constituents"].fields) == ["pt", "a b"]
    assert config.input.files == ["a.root", "b.root"]
    assert config.objects["Jet"].order == "-pt"
    assert config.rows == "Jet"


def test_an_override_reaches_into_a_list_of_fields(example):
    config = load_config(example, ["objects.events.fields.MET_pt.dtype=float16"])
    fields = config.objects["events"].fields
    assert list(fields) == ["run", "event", "MET_pt"]
    assert fields["MET_pt"].dtype == "float16"


def test_an_override_of_a_config_leaves_the_config_alone(example):
    config = load_config(example)
    other = load_config(config, ["objects.Jet.pad=3"])
    assert (config.objects["Jet"].pad, other.objects["Jet"].pad) == (10, 3)
    assert load_config(config) is config


def test_an_override_does_not_change_the_mapping_it_was_given():
    data = {"objects": {"Jet": {"pad": 3}}}
    load_config(data, ["objects.Jet.pad=4"])
    assert data == {"objects": {"Jet": {"pad": 3}}}


def test_with_values_replaces_and_keeps_the_place(example):
    config = load_config(example).with_values({("objects", "Jet", "pad"): 12, ("objects", "Muon", "pad"): 4})
    assert (config.objects["Jet"].pad, config.objects["Muon"].pad) == (12, 4)
    assert config.where("objects", "Jet", "select") == f"{example} : objects.Jet.select, line 12"


# --- text and hash


def test_text_is_the_same_for_equal_configs(example):
    short = load_config(example)
    long = load_config(load_config(json.loads(json.dumps(short.to_data()))).to_data())
    assert short == long
    assert short.config_text == long.config_text
    assert short.config_sha256 == hashlib.sha256(short.config_text.encode()).hexdigest()


def test_text_reads_back(example, tmp_path):
    config = load_config(example)
    again = tmp_path / "again.yaml"
    again.write_text(config.to_yaml())
    assert load_config(again) == config
    assert load_config(again).to_yaml() == config.to_yaml()


names = st.text(min_size=1, max_size=8).filter(
    lambda text: "/" not in text and "\0" not in text and text not in (".", "..", "events", "valid", "count", "offsets")
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "unit": st.text(max_size=5),
        "fill": st.one_of(st.booleans(), st.integers(-100, 100), st.floats(allow_nan=False)),
        "expr": st.text(min_size=1, max_size=20),
        "description": st.text(max_size=20),
    },
)
objects = st.fixed_dictionaries(
    {},
    optional={
        "pad": st.one_of(st.integers(1, 100), st.sampled_from(["max", "p99", "p99.9"])),
        "order": st.text(min_size=1, max_size=10),
        "select": st.text(min_size=1, max_size=10),
        "fields": st.one_of(st.lists(names, unique=True, max_size=4), st.dictionaries(names, fields, max_size=4)),
    },
)
configs = st.fixed_dictionaries(
    {"objects": st.dictionaries(names, objects, max_size=3)}, optional={"select": st.text(min_size=1), "rows": names}
)


@given(configs)
def test_any_config_survives_its_text(tmp_path_factory, data):
    config = load_config(data)
    path = tmp_path_factory.mktemp("text") / "config.yaml"
    try:
        path.write_text(config.to_yaml(), encoding="utf-8", newline="")
    except UnicodeEncodeError:  # a lone surrogate: no file can hold it
        return
    assert load_config(path) == config
    assert list(load_config(path).objects) == list(config.objects)


# --- JSON schema


def test_json_schema_names_every_key():
    schema = Config.json_schema()
    assert list(schema["properties"]) == [
        "simdprep", "input", "rows", "select", "objects", "output", "prepare", "include",
    ]  # fmt: skip
    assert schema["additionalProperties"] is False
    parts = schema["$defs"]
    assert list(parts["ObjectConfig"]["properties"]) == [
        "from", "parent", "link", "pad", "ragged", "order", "select", "fields",
    ]  # fmt: skip
    assert list(parts["FieldConfig"]["properties"]) == [
        "unit",
        "fill",
        "dtype",
        "name",
        "expr",
        "nonfinite",
        "description",
    ]
    assert all(part["additionalProperties"] is False for part in parts.values())
    text = json.dumps(schema)
    for name in parts:
        assert f'"#/$defs/{name}"' in text
    kinds = [option.get("type") for option in parts["ObjectConfig"]["properties"]["fields"]["anyOf"]]
    assert kinds == ["array", "object", "null"]


def test_config_needs_no_core_and_no_heavy_import():
    code = (
        "import sys; from simdprep.schema import Config, load_config; load_config(None).to_yaml();"
        "bad = {'simdprep._core', 'awkward', 'h5py', 'uproot', 'numba', 'torch'} & set(sys.modules);"
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_constructor_raises_config_errors():
    with pytest.raises(ConfigError, match=r"^pad: got 0"):
        Config(objects={"Jet": {"pad": 0}})
