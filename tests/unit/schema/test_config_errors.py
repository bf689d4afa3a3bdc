"""Every mistake in a config is one error that names the value, the rule and the place."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simdprep.errors import ConfigError
from simdprep.schema.config import load_config
from simdprep.schema.config_yaml import MAX_BYTES


def problem(text, tmp_path, overrides=()):
    path = tmp_path / "train.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides)
    return str(caught.value).replace(f"{tmp_path}/", "")


def agree(said, expected):
    lines = said.splitlines()
    assert len(expected) <= len(lines) <= 3
    for line, begin in zip(lines, expected, strict=False):
        assert line.strip().startswith(begin)


WRONG = {  # what: text, then how each line of the error begins
    "unknown key": (
        "simdprep: 1\nobjects:\n  tracks:\n    pads: 3\n",
        "unknown key: got 'pads', expected one of from, parent, link, pad, ragged, order, select, fields",
        "in train.yaml : objects.tracks.pads, line 4",
        "try pad",
    ),
    "unknown key at the top": (
        "outputs: {}",
        "unknown key: got 'outputs', expected one of simdprep, input, rows, select, objects, output",
        "in train.yaml : outputs, line 1",
        "try output",
    ),
    "later sections": (
        "report: {}",
        "unknown key: got 'report', expected one of simdprep,",
    ),
    "unknown dtype": (
        "objects:\n  tracks:\n    fields:\n      d0: {dtype: flaot32}\n",
        "dtype: got 'flaot32', expected one of bool, int8, int16, int32, int64, uint8, uint16,",
        "in train.yaml : objects.tracks.fields.d0.dtype, line 4",
        "try float32 or float64 or float16",
    ),
    "integer as output dtype": (
        "output: {dtype: int32}",
        "dtype: got 'int32', expected one of float16, float32, float64",
    ),
    "layout": (
        "output: {layout: column}",
        "layout: got 'column', expected one of columns, compound, ragged",
        "in train.yaml : output.layout, line 1",
        "try columns",
    ),
    "compression": (
        "output: {compression: lz4}",
        "compression: got 'lz4', expected gzip, gzip:1 to gzip:9, or none",
    ),
    "compression level": (
        "output: {compression: 'gzip:0'}",
        "compression: got 'gzip:0', expected gzip, gzip:1 to",
    ),
    "compression as number": (
        "output: {compression: 4}",
        "compression: got 4, expected text",
    ),
    "pad 0": (
        "objects: {Jet: {pad: 0}}",
        "pad: got 0, expected a positive whole number, a percentile such as p99, or max",
    ),
    "pad negative": (
        "objects: {Jet: {pad: -3}}",
        "pad: got -3, expected a positive whole number",
    ),
    "pad bool": (
        "objects: {Jet: {pad: true}}",
        "pad: got true, expected a positive whole number",
    ),
    "pad float": (
        "objects: {Jet: {pad: 3.0}}",
        "pad: got 3.0, expected a positive whole number",
    ),
    "pad percentile": (
        "objects: {Jet: {pad: p101}}",
        "pad: got 'p101', expected a positive whole number",
    ),
    "pad p0": (
        "objects: {Jet: {pad: p0}}",
        "pad: got 'p0', expected a positive whole number",
    ),
    "pad list": (
        "objects: {Jet: {pad: [3]}}",
        "pad: got a list, expected a positive whole number",
    ),
    "ragged and pad": (
        "objects: {Jet: {pad: 3, ragged: true}}",
        "pad: got 3 with ragged: true, expected no pad: ragged stores every entry",
        "in train.yaml : objects.Jet.pad, line 1",
        "try leaving out one of the two",
    ),
    "ragged in compound": (
        "objects: {Jet: {ragged: true}}\noutput: {layout: compound}",
        "ragged: got true, expected false: the compound layout has no ragged objects",
        "in train.yaml : objects.Jet.ragged, line 1",
    ),
    "ragged as text": (
        "objects: {Jet: {ragged: yes}}",
        "ragged: got 'yes', expected true or false",
    ),
    "reserved name in a list": (
        "objects: {Jet: {fields: [pt, valid]}}",
        "reserved field name: got 'valid', expected another one: the file uses valid, count, offsets itself",
        "in train.yaml : objects.Jet.fields.valid",
        "try valid: {name: valid_}",
    ),
    "reserved name by renaming": (
        "objects: {Jet: {fields: {n: {name: count}}}}",
        "reserved field name: got 'count', expected another one: the file uses valid, count, offsets itself",
        "in train.yaml : objects.Jet.fields.n, line 1",
        "try n: {name: count_}",
    ),
    "two fields of one name": (
        "objects: {Jet: {fields: {a: {name: b}, b: }}}",
        "field name: got 'b', expected one name per",
    ),
    "duplicate field": (
        "objects: {Jet: {fields: [a, a]}}",
        "duplicate field: got 'a', expected each field once",
    ),
    "slash": (
        "objects: {Jet: {fields: [a/b]}}",
        "field name: got 'a/b', expected text without '/'",
    ),
    "object slash": (
        "objects: {a/b: {}}",
        "object name: got 'a/b', expected text without '/'",
        "in train.yaml : objects.a/b",
    ),
    "fill": (
        "objects: {Jet: {fields: {a: {fill: x}}}}",
        "fill: got 'x', expected a number, true or false",
    ),
    "fill out of range": (
        "objects: {Jet: {fields: {a: {fill: 300, dtype: int8}}}}",
        "fill: got 300, expected a value that int8 can hold",
        "in train.yaml : objects.Jet.fields.a.fill, line 1",
    ),
    "from": (
        "objects: {Jet: {from: '*_pt'}}",
        "from: got '*_pt', expected a name, or a prefix and one * at its end",
    ),
    "parent": (
        "objects: {a: {parent: b}, b: {parent: a}}",
        "parent: got 'b', expected an object that does not hang on",
    ),
    "own parent": (
        "objects: {a: {parent: a}}",
        "parent: got 'a', expected an object that does not hang on this one",
    ),
    "events are not a list": (
        "objects: {events: {order: run}}",
        "order: got 'run', expected none: there is one entry of events per event",
    ),
    "select of events": (
        "objects: {events: {select: a}}",
        "select: got 'a', expected none",
    ),
    "version": (
        "simdprep: 2",
        "version of the config: got 2, expected 1",
    ),
    "version true": (
        "simdprep: true",
        "version of the config: got true, expected 1",
    ),
    "select": (
        "select: true",
        "select: got true, expected text",
    ),
    "empty expression": (
        "objects: {a: {order: ''}}",
        "order: got '', expected text that is not empty",
    ),
    "files": (
        "input: {files: {a: 1}}",
        "files: got a mapping, expected text or a list of texts",
    ),
    "file": (
        "input:\n  files:\n  - 1\n",
        "[0]: got 1, expected text",
        "in train.yaml : input.files[0], line 3",
    ),
    "objects": (
        "objects: [a]",
        "objects: got a list, expected a mapping",
    ),
    "object": (
        "objects: {a: 3}",
        "a: got 3, expected a mapping",
        "in train.yaml : objects.a",
    ),
    "fields": (
        "objects: {a: {fields: 3}}",
        "fields: got 3, expected a list of names or a mapping",
    ),
    "field in list": (
        "objects: {a: {fields: [{pt: 1}]}}",
        "field: got a mapping, expected a name",
    ),
    "several": (
        "a: 1\nb: 2\n",
        "unknown key: got 'a', expected one of simdprep, input, rows, select, objects, output",
        "in train.yaml : a, line 1 (1 more)",
    ),
    "empty": (
        "",
        "config: got an empty file, expected a mapping",
        "in train.yaml",
        "try simdprep: 1",
    ),
    "only a comment": (
        "# nothing\n",
        "config: got an empty file, expected a mapping",
    ),
    "list": (
        "- 1",
        "config: got a list, expected a mapping",
        "in train.yaml, line 1",
    ),
    "scalar": (
        "text",
        "config: got 'text', expected a mapping",
    ),
    "not closed": (
        "a: [",
        "not YAML: got '<stream end>', expected the node content",
        "in train.yaml, line 1, column 5",
    ),
    "tab": (
        "rows:\n\tevents",
        "not YAML: got character '\\t' that cannot start any token",
    ),
    "colon": (
        "select: a: b",
        "not YAML: got mapping values are not allowed here, expected YAML",
        "in train.yaml, line 1, column 10",
        "try quotes around a value that contains a colon",
    ),
    "duplicate key": (
        "objects:\n  Jet: {pad: 1}\n  Jet: {pad: 2}\n",
        "duplicate key: got 'Jet', expected each key once (first on line 2)",
        "in train.yaml : objects.Jet, line 3",
    ),
    "not text key": (
        "objects: {1: {}}",
        "key: got 1, expected text",
        "in train.yaml : objects, line 1",
        "try quotes: '1'",
    ),
    "list as key": (
        "{[a]: 1}",
        "key: got a list or mapping, expected text",
    ),
    "tag": (
        "a: !!python/object/apply:os.system [ls]",
        "YAML tag: got '!!python/object/apply:os.system', expected plain",
    ),
    "tag that lies": (
        "simdprep: !!int x",
        "value: got 'x', expected a YAML int",
    ),
    "long number": (
        "simdprep: " + "9" * 5000,
        "value: got '9999",
    ),
    "two documents": (
        "a: 1\n---\nb: 2\n",
        "not YAML: got another document, expected YAML",
    ),
    "control character": (
        b'rows: "\x01"',
        "not YAML: got character 0x1, expected text",
        "in train.yaml, line 1",
    ),
    "not UTF-8": (
        b"rows: events\nselect: \xff",
        "config file: got byte 0xff, expected UTF-8 text",
        "in train.yaml, line 2",
    ),
    "undefined alias": (
        "rows: *x",
        "not YAML: got undefined alias 'x', expected YAML",
    ),
    "alias of itself": (
        "a: &a [*a]",
        "YAML: got an alias of what it stands in",
    ),
    "too deep": (
        "[" * 5000,
        "YAML: got lists or mappings nested too deep",
    ),
    "too deep, block": (
        "".join(" " * n + "a:\n" for n in range(1500)),
        "YAML: got lists or mappings nested too deep",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_mistakes(case, tmp_path):
    text, *expected = WRONG[case]
    agree(problem(text, tmp_path), expected)


def test_a_few_lines_that_stand_for_billions(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert problem("\n".join(lines), tmp_path).startswith(
        "YAML: got aliases of aliases, expected at most 200000 values"
    )


def test_aliases_are_fine(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("objects:\n  Jet: {fields: &four [pt, eta, phi, mass]}\n  Muon: {fields: *four}\n")
    config = load_config(path)
    assert list(config.objects["Muon"].fields) == ["pt", "eta", "phi", "mass"]
    assert "&" not in config.to_yaml()


def test_a_large_file_is_not_a_config(tmp_path):
    assert problem(b"#" * (MAX_BYTES + 1), tmp_path) == (
        "config file: got a larger one, expected YAML of at most 4 MiB\n  in train.yaml"
    )


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match=r"no such config file: got .*, expected a YAML file"):
        load_config(tmp_path / "nope.yaml")
    with pytest.raises(ConfigError, match="config file: got is a directory, expected a YAML file"):
        load_config(tmp_path)
    with pytest.raises(ConfigError, match="config file: got embedded null byte"):
        load_config("a\0b")


OVERRIDES = {  # what: text, then how each line of the error begins
    "no equals": (
        "rows",
        "override: got 'rows', expected KEY=VALUE",
        "in --set",
    ),
    "no key": (
        "=3",
        "config path: got '', expected names joined by dots, such as objects.Jet.pad",
        "in --set",
    ),
    "empty part": (
        "objects..pad=3",
        "config path: got 'objects..pad', expected names joined by dots",
    ),
    "open quote": (
        'objects."a.pad=3',
        "config path: got 'objects.\"a.pad', expected names joined by dots",
    ),
    "unknown": (
        "objects.Jet.pads=3",
        "unknown key: got 'pads', expected one of from, parent, link, pad, ragged, order, select, fields",
        "in --set : objects.Jet.pads",
        "try pad",
    ),
    "unknown section": (
        "ouput.layout=ragged",
        "unknown key: got 'ouput', expected one of",
    ),
    "through a value": (
        "rows.x=1",
        "config path: got rows.x, expected a mapping at rows",
        "in train.yaml : rows, line 1",
    ),
    "bad value": (
        "output.layout=flat",
        "layout: got 'flat', expected one of columns, compound, ragged",
        "in --set : output",
    ),
    "bad YAML": (
        "objects.Jet.pad=[",
        "not YAML: got '<stream end>', expected the node content",
        "in --set objects.Jet.pad",
    ),
    "quoted key": (
        'objects."a.b".pad=0',
        "pad: got 0, expected a positive whole number, a percentile such as p99, or max",
        'in --set : objects."a.b".pad',
    ),
}


@pytest.mark.parametrize("case", OVERRIDES)
def test_wrong_overrides(case, tmp_path):
    override, *expected = OVERRIDES[case]
    agree(problem("rows: events\n", tmp_path, [override]), expected)


@given(
    st.one_of(st.binary(max_size=200), st.text(alphabet="{}[]:,&*!|>%@#-?'\"\n\t ab1.", max_size=60).map(str.encode))
)
@example(b"\xef\xbb\xbfrows: events")
@example(b"? a\n: b")
@example(b"<<: {rows: events}")
@example(b"%YAML 9.9\n---\nrows: events")
def test_any_bytes_are_a_config_or_a_config_error(tmp_path_factory, raw):
    path = tmp_path_factory.mktemp("fuzz") / "config.yaml"
    path.write_bytes(raw)
    with suppress(ConfigError):
        load_config(path)


leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4))
known = st.sampled_from(
    [
        "simdprep",
        "input",
        "files",
        "rows",
        "select",
        "objects",
        "output",
        "Jet",
        "fields",
        "pad",
        "events",
        "layout",
        "fill",
    ]
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(known, inner, max_size=4)),
    max_leaves=12,
)


@given(st.dictionaries(known, trees, max_size=5))
def test_any_mapping_is_a_config_or_a_config_error(data):
    with suppress(ConfigError):
        load_config(data)
