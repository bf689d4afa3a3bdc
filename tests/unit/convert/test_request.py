"""What a conversion is asked for is said once: the public function, the request and the command line agree."""

import inspect
from dataclasses import fields

import pytest

import simdprep as sp
from simdprep.cli.campaign import plan as plan_verb
from simdprep.cli.convert import convert as convert_verb
from simdprep.convert.request import Request
from simdprep.errors import ConfigError

OPTIONS = inspect.signature(sp.convert).parameters


@pytest.mark.parametrize("entry", fields(Request), ids=lambda entry: entry.name)
def test_every_field_is_an_option_of_convert(entry):
    assert entry.name in OPTIONS
    assert entry.name == "inputs" or OPTIONS[entry.name].default == entry.default


def test_both_verbs_ask_for_the_same():
    """But for what no command line says."""
    names = {entry.name for entry in fields(Request)} - {"part_rows", "task_size"}
    for verb in (convert_verb, plan_verb):
        assert names <= set(inspect.signature(verb).parameters)


def test_options_go_before_the_config():
    config = {"input": {"tree": "a"}, "output": {"layout": "ragged", "compression": "none"}}
    asked = Request("x.root", config=config, overrides=["rows=Jet"], tree="b", compression="gzip:3").settings()
    assert (asked.input.tree, asked.rows, asked.output.layout) == ("b", "Jet", "ragged")
    assert asked.output.compression == "gzip:3"


def test_of_no_files():
    request = Request(None)
    with pytest.raises(ConfigError, match="input files"):
        request.files(request.settings())
