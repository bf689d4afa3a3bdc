"""The function export: what it takes, what it refuses, what it writes."""

import subprocess
import sys

import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import ConfigError, OutputError, SchemaError
from simdprep.transforms import Normalise, State

PLAIN = {"pt": (30.0, 10.0), "eta": (0.0, 1.5)}


def state_of(rules=None, **options):
    normalise = Normalise.from_constants(rules or dict.fromkeys(PLAIN), PLAIN)
    return State({"Jet": normalise}, **{"pads": {"Jet": 3}, **options})


def test_a_file_stands_for_its_state(tmp_path):
    state_of().save(tmp_path / "state.json")
    made = sp.export(tmp_path / "state.json", to="numpy")({"Jet": np.float32([[[40, 3]]])})
    assert made["Jet"].tolist() == [[[1.0, 2.0]]]
    assert made["Jet"].dtype == np.float32


def test_what_it_exports_to():
    rule = "expected numpy, numba, torch, onnx, lwtnn, weaver, salt or cpp"
    with pytest.raises(ConfigError, match=f"^export to: got 'onxx', {rule}\n  try onnx"):
        sp.export(state_of(), to="onxx")
    for target in sp.export.TARGETS:
        sp.export(state_of(), to=target)


@pytest.mark.parametrize("target", ["numpy", "numba", "torch"])
def test_functions_have_no_file(target, tmp_path):
    with pytest.raises(ConfigError, match=rf"^path: got '.*', expected no path: .*\n  in export to {target}"):
        sp.export(state_of(), tmp_path / "x", to=target)


@pytest.mark.parametrize(
    ("target", "name"), [("onnx", "x.onnx"), ("lwtnn", "x.json"), ("weaver", "x.json"), ("cpp", "x.hpp")]
)
def test_files_appear_whole(target, name, tmp_path):
    sp.export(state_of(), tmp_path / name, to=target)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    with pytest.raises(OutputError, match="expected a file that can be written"):
        sp.export(state_of(), tmp_path / "none" / name, to=target)


def test_salt_gets_a_folder(tmp_path):
    labelled = state_of(classes=["b", "c"], class_weights=[1, 2], label="jets.flavour_label")
    made = sp.export(labelled, tmp_path / "side", to="salt")
    assert made["class_dict.yaml"] == {"jets": {"flavour_label": [1.0, 2.0]}}
    assert sorted(entry.name for entry in (tmp_path / "side").iterdir()) == ["class_dict.yaml", "norm_dict.yaml"]
    assert list(sp.export(state_of(), to="salt")) == ["norm_dict.yaml"]
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"^folder: got .*exist"):
        sp.export(labelled, tmp_path / "file", to="salt")
    with pytest.raises(ConfigError, match=r"^label of the class weights: got None, expected the row-level field"):
        sp.export(state_of(classes=["b", "c"], class_weights=[1, 2]), to="salt")


@pytest.mark.parametrize("target", ["lwtnn", "salt"])
def test_what_a_program_cannot_do_is_an_error(target):
    with pytest.raises(
        ConfigError, match=f"^export to {target}: got a logarithm of pt, expected .*\n  in object Jet\n  try"
    ):
        sp.export(state_of({"pt": {"log": True}, "eta": None}), to=target)
    with pytest.raises(ConfigError, match=f"^export to {target}: got bounds of pt, eta"):
        sp.export(state_of({"pt": {"clip": [-1, 1]}, "eta": {"clip": [-1, 1]}}), to=target)


def test_names_that_are_not_there():
    with pytest.raises(SchemaError, match="field: got 'phi'"):
        sp.export(state_of(), to="numpy", inputs={"Jet": ["phi"]})
    with pytest.raises(SchemaError, match=r"object: got 'Jets'.*\n.*\n  try Jet"):
        sp.export(state_of(), to="numpy", inputs={"Jets": ["pt"]})
    with pytest.raises(ConfigError, match=r"lists: got 'Jets', .*\n.*\n  try Jet"):
        sp.export(state_of(), to="lwtnn", lists=["Jets"])
    with pytest.raises(ConfigError, match="export: got no object"):
        sp.export(State(), to="numpy")


def test_lists_are_what_has_slots():
    assert [len(sp.export(state_of(), to="lwtnn")[key]) for key in ("inputs", "input_sequences")] == [0, 1]
    assert [len(sp.export(state_of(), to="lwtnn", lists=[])[key]) for key in ("inputs", "input_sequences")] == [1, 0]


def test_lists_in_lists_have_two_axes_of_slots():
    pytest.importorskip("onnx")
    from onnx.reference import ReferenceEvaluator

    hanging = State.from_json(state_of(parents={"Jet": "Event"}).to_json())
    for model in (sp.export(state_of(), to="onnx", lists={"Jet": 2}), sp.export(hanging, to="onnx")):
        assert [len(entry.type.tensor_type.shape.dim) for entry in model.graph.input] == [4, 3]
    values = np.float32(np.full((2, 3, 4, 2), 40))
    valid = np.arange(4) < np.arange(6).reshape(2, 3, 1)
    (made,) = ReferenceEvaluator(model).run(None, {"Jet": values, "Jet_valid": valid})
    np.testing.assert_array_equal(made, sp.export(state_of(), to="numpy")({"Jet": values}, {"Jet": valid})["Jet"])


def test_a_ragged_object_is_a_list_without_slots():
    ragged = state_of(pads={"Jet": None})
    assert State.from_json(ragged.to_json()).pads == {"Jet": None}
    assert sp.export(ragged, to="lwtnn")["inputs"] == []
    with pytest.raises(
        ConfigError, match="slots: got none, expected a number that weaver pads to\n  in object Jet\n  try"
    ):
        sp.export(ragged, to="weaver")


def test_names_of_a_header():
    normalise = Normalise.from_constants({"pt": None}, {"pt": (0, 1)})
    text = sp.export(State({"1st jet": normalise, "this": normalise}), to="cpp")
    assert "namespace object_1st_jet {" in text
    assert "namespace this_ {" in text
    with pytest.raises(ConfigError, match="objects: got a b and a_b, expected names that differ"):
        sp.export(State({"a b": normalise, "a_b": normalise}), to="cpp")
    with pytest.raises(ConfigError, match="name: got 'a-b', expected the name of a C"):
        sp.export(state_of(), to="cpp", name="a-b")


def test_onnx_is_asked_for_by_its_name(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(
        ConfigError, match=r"export to onnx: expected the package onnx\n  try pip install 'simdprep\[onnx\]'"
    ):
        sp.export(state_of(), to="onnx")


def test_nothing_is_loaded_that_was_not_asked_for():
    code = (
        "import sys, simdprep as sp; import simdprep.export as e; assert callable(e) and callable(sp.export);"
        "from simdprep.transforms import Normalise, State;"
        "s = State({'a': Normalise.from_constants({'x': None}, {'x': (0, 1)})}); sp.export(s, to='cpp');"
        "assert not {'torch', 'onnx', 'numba'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
