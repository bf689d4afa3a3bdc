"""The section prepare of the config, its samples, and configs that include others."""

import pytest

from simdprep.errors import ConfigError
from simdprep.schema.config import load_config

WHOLE = """
simdprep: 1
input:
  files:
    - {name: qcd, files: "q*.root", label: background, cross_section: 1, sum_of_weights: auto}
    - {name: zp, files: [z.root, q*.root], label: signal}
prepare:
  labels: {classes: {signal: {samples: "z*"}, b: "flavour == 5"}}
  weight: w
  balance: {method: pdf, variables: {pt: [0, 1, 2], "abs(eta)": {n: 4, low: 0, high: 2}}, counts: {train: 100}}
  split: {key: [run, event], test: 0.2}
  normalise: {tracks: standard, jets: {pt: {log: true}, eta: robust}, events: [met]}
  sum_of_weights: 100000
  within: {signal: all_norm}
  fields: {inputs: [met], validation: mz}
"""


@pytest.fixture
def whole(tmp_path):
    path = tmp_path / "train.yaml"
    path.write_text(WHOLE)
    return path


def test_short_forms_are_resolved(whole):
    config = load_config(whole)
    assert config.input.paths == ["q*.root", "z.root"]
    assert [sample.name for sample in config.input.samples] == ["qcd", "zp"]
    prepare = config.prepare
    assert prepare.labels.classes["b"].select == "flavour == 5"
    assert prepare.labels.classes["signal"].samples == ["z*"]
    assert prepare.balance.variables["abs(eta)"].bins == [0, 0.5, 1, 1.5, 2]
    assert prepare.balance.counts == {"train": {"*": 100}}
    assert prepare.normalise["tracks"]["*"].method == "standard"
    assert prepare.normalise["jets"]["eta"].method == "robust"
    assert prepare.normalise["jets"]["pt"].log
    assert list(prepare.normalise["events"]) == ["met"]
    assert prepare.split.fractions == {"train": 0.8, "val": 0.0, "test": 0.2}
    assert prepare.sum_of_weights == {"*": 100000.0}
    assert prepare.fields.inputs == {"events": ["met"]}


def test_the_text_of_a_config_reads_back(whole, tmp_path):
    config = load_config(whole)
    (tmp_path / "again.yaml").write_text(config.to_yaml())
    assert load_config(tmp_path / "again.yaml") == config
    assert load_config({"prepare": None}).prepare is None


@pytest.mark.parametrize(
    ("given", "fractions"),
    [
        ({}, (0.8, 0.1, 0.1)),
        ({"train": 0.6, "val": 0.2, "test": 0.2}, (0.6, 0.2, 0.2)),
        ({"val": 0.25}, (0.75, 0.25, 0.0)),
        ({"train": 0.5, "val": 0.25}, (0.5, 0.25, 0.25)),
    ],
)
def test_fractions_that_are_left_out(given, fractions):
    config = load_config({"prepare": {"split": given}})
    assert tuple(config.prepare.split.fractions.values()) == pytest.approx(fractions)


def test_bins_in_equal_ratios():
    bins = load_config(
        {"prepare": {"balance": {"method": "pdf", "variables": {"pt": {"n": 3, "low": 1, "high": 1000, "log": True}}}}}
    )
    assert bins.prepare.balance.variables["pt"].bins == pytest.approx([1, 10, 100, 1000])


def test_bins_of_regions():
    balance = {"method": "pdf", "variables": {"pt": [[20, 40, 2], {"low": 40, "high": 100, "n": 1}]}}
    bins = load_config({"prepare": {"balance": balance}}).prepare.balance.variables["pt"].bins
    assert bins == [20, 30, 40, 100]


MISTAKES = {  # --set: what the error says
    "prepare.seed=-1": ("seed: got -1, expected a number greater than or equal to 0",),
    "prepare.luminosity=0": ("luminosity: got 0, expected a number greater than 0",),
    "prepare.luminosity=.inf": ("luminosity: got inf, expected a finite number",),
    "prepare.split.folds=200": ("folds: got 200, expected a number less than or equal to 127",),
    "prepare.balanc=1": ("unknown key: got 'balanc', expected one of seed, labels", "try balance"),
    "prepare.balance.methd=pdf": ("unknown key: got 'methd'", "try method"),
    "prepare.balance.method=pfd": ("method: got 'pfd', expected one of reweight, pdf", "try pdf"),
    "prepare.labels.classes.c={selct: a}": ("unknown key: got 'selct', expected one of select, samples", "try select"),
    "prepare.labels.classes.c={}": ("class: got neither, expected an expression, or samples",),
    "prepare.normalise.jets.pt.methd=a": ("unknown key: got 'methd', expected one of method, log", "try method"),
    "prepare.normalise.jets.pt.clip=3": ("clip: got 3, expected a list of two numbers",),
    "prepare.split.train=pt > 3": ("train: got 'pt > 3', expected a fraction, with by: hash",),
    "prepare.split={train: 0.9, test: 0.3}": ("fractions of the splits: got 1.2, expected a sum of 1",),
    "prepare.split={by: expression, test: 'a > 1'}": ("train: got nothing, expected an expression",),
    "prepare.split.folds=-1": ("folds: got -1",),
    "prepare.balance.variables.pt=[2, 1]": ("bins: got 2.0 before 1.0, expected edges that increase",),
    "prepare.balance.variables.pt={n: 0, low: 1, high: 2}": ("n: got 0, expected a number of bins",),
    "prepare.balance.variables.pt=[[0, 1, 2], [3, 4, 1]]": ("region of bins: got one that begins at 3",),
    "prepare.balance.variables.pt=[[0, 1]]": ("region of bins: got [0, 1], expected [low, high, n]",),
    "prepare.balance.counts={val: 3}": ("counts: got 'val', expected a split that is", "try splits: [train, val]"),
    "prepare.balance.counts={train: 0}": ("counts: got 0, expected a positive number of rows",),
    "prepare.balance.method=reweight": ("counts: got some, expected none: reweighting keeps all rows",),
    "prepare.within=al_norm": ("within.*: got 'al_norm', expected one of all, all_norm", "try all_norm"),
    "prepare.negative_weights=dorp": ("negative_weights: got 'dorp'", "try drop"),
    "prepare.luminosity=-1": ("luminosity: got -1",),
    "prepare.parametric={field: m, for: b, form: s}": ("unknown key: got 'form', expected one of field, for, from",),
    "input.samples={qcd: {cross_secton: 1}}": ("unknown key: got 'cross_secton'", "try cross_section"),
}  # fmt: skip


@pytest.mark.parametrize("override", MISTAKES, ids=str)
def test_mistakes(whole, override):
    with pytest.raises(ConfigError) as caught:
        load_config(whole, ["input={}", override] if override.startswith("input") else [override])
    first, *more = MISTAKES[override]
    lines = str(caught.value).splitlines()
    assert lines[0].startswith(first)
    assert lines[1].startswith("  in ")
    for text in more:
        assert text in lines[2]


def test_a_mistake_in_a_sample_is_found_where_it_stands(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("input:\n  files:\n    - {name: a}\n    - {name: a}\n")
    with pytest.raises(
        ConfigError, match=r"sample: got 'a', expected each name once\n  in .*input.files\[1\].name, line 4"
    ):
        load_config(path)
    path.write_text("input:\n  samples:\n    a:\n      scale: 0\n")
    with pytest.raises(ConfigError, match=r"scale: got 0.*\n  in .*input.samples.a.scale, line 4"):
        load_config(path)


# --- include


def test_included_files_are_joined(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/base.yaml").write_text("include: more.yaml\nrows: jets\nobjects: {jets: {pad: 3, order: -pt}}\n")
    (tmp_path / "deep/more.yaml").write_text("select: met > 1\nrows: tracks\n")
    (tmp_path / "train.yaml").write_text("include: [deep/base.yaml]\nobjects: {jets: {pad: 5}}\n")
    config = load_config(tmp_path / "train.yaml")
    assert (config.rows, config.select) == ("jets", "met > 1")
    assert (config.objects["jets"].pad, config.objects["jets"].order) == (5, "-pt")
    assert "include" not in config.to_yaml()
    assert config.where("objects", "jets", "pad") == f"{tmp_path}/train.yaml : objects.jets.pad, line 2"
    assert config.where("objects", "jets", "order") == f"{tmp_path}/deep/base.yaml : objects.jets.order, line 3"


def test_a_mistake_in_an_included_file_names_it(tmp_path):
    (tmp_path / "base.yaml").write_text("\nrows: 3\n")
    (tmp_path / "train.yaml").write_text("include: base.yaml\n")
    with pytest.raises(ConfigError, match=r"rows: got 3, expected text\n  in .*base.yaml : rows, line 2"):
        load_config(tmp_path / "train.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("include: b.yaml", "include: got 'b.yaml', expected a YAML file"),
        ("include: {a: b}", "include: got a mapping, expected a path or a list of paths"),
        ("include: a.yaml", "include: got 'a.yaml', expected a file that does not lead back to itself"),
        ("include: [c.yaml]", "include: got 'a.yaml', expected a file that does not lead back to itself"),
    ],
)
def test_includes_that_lead_nowhere(tmp_path, text, said):
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "c.yaml").write_text("include: a.yaml")
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "a.yaml")
    assert str(caught.value).startswith(said)
    assert f"in {tmp_path}/" in str(caught.value)
