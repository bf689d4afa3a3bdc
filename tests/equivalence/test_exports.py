"""What exports compute is what the loader hands out, on random inputs with pads and NaN."""

import json
import subprocess
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simdprep as sp
from simdprep.transforms import Normalise, State
from tests.equivalence.exported import INPUTS, agree, batches, cases, stored
from tests.equivalence.normalised import rules

CASES = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@CASES
@given(case=cases())
def test_numpy(tmp_path, case):
    state, seed = case
    values, valid, expected = batches(stored(tmp_path / "x.h5", state, seed), state)
    agree(sp.export(state, to="numpy")(values, valid), expected)
    chosen = {"Jet": ["mass", "pt"]}
    some = sp.export(state, to="numpy", inputs=chosen)({"Jet": values["Jet"][..., [2, 0]]}, valid)
    agree(some, {"Jet": expected["Jet"][..., [2, 0]]})


@CASES
@given(case=cases())
def test_torch(tmp_path, case):
    torch = pytest.importorskip("torch")
    state, seed = case
    values, valid, expected = batches(stored(tmp_path / "x.h5", state, seed), state)
    module = sp.export(state, to="torch")
    tensors = [{name: torch.from_numpy(array) for name, array in given.items()} for given in (values, valid)]
    agree({name: tensor.numpy() for name, tensor in module(*tensors).items()}, expected)
    agree({name: tensor.numpy() for name, tensor in module.half()(*tensors).items()}, expected)
    assert not list(module.parameters())


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")  # of onnx's own numpy
@CASES
@given(case=cases())
def test_onnx(tmp_path, case):
    pytest.importorskip("onnx")
    from onnx.reference import ReferenceEvaluator

    state, seed = case
    values, valid, expected = batches(stored(tmp_path / "x.h5", state, seed), state)
    model = sp.export(state, tmp_path / "x.onnx", to="onnx")
    given = {**values, "Jet_valid": valid["Jet"]}
    runs = [ReferenceEvaluator(model)]
    try:
        import onnxruntime
    except ImportError:
        warnings.warn("no onnxruntime here: the graph ran in onnx's reference alone", stacklevel=1)
    else:
        onnxruntime.set_default_logger_severity(3)
        runs.append(onnxruntime.InferenceSession(tmp_path / "x.onnx", providers=["CPUExecutionProvider"]))
    for run in runs:
        names = [f"{name}_normalised" for name in INPUTS]
        agree(dict(zip(INPUTS, run.run(names, given), strict=True)), expected)
    properties = {entry.key: entry.value for entry in model.metadata_props}
    assert properties["Jet_fields"] == "pt,eta,mass"
    assert State.from_json(properties["simdprep_state"]).to_json() == state.to_json()


@settings(CASES, max_examples=2)
@given(case=cases())
def test_numba(tmp_path, case):
    import numba

    state, seed = case
    values, valid, expected = batches(stored(tmp_path / "x.h5", state, seed), state)
    functions = sp.export(state, to="numba")
    jet = functions["Jet"]

    @numba.njit
    def caller(values, valid, out):
        jet(values, valid, out)

    out = np.full(values["Jet"].shape, -1, np.float32)
    caller(values["Jet"].reshape(-1, 3), valid["Jet"].reshape(-1), out.reshape(-1, 3))
    agree({"Jet": out}, {"Jet": expected["Jet"]})
    out = np.empty_like(values["events"])
    functions["events"](values["events"], np.ones(len(out), bool), out)
    agree({"events": out}, {"events": expected["events"]})


PROGRAM = """
#include <cstdio>
#include <memory>
#include <vector>
#include "inputs.hpp"
#include "inputs.hpp"

int main() {
    using namespace inputs::OBJECT;
    std::size_t rows;
    while (std::fread(&rows, sizeof rows, 1, stdin) == 1) {
        std::vector<float> values(rows * num_fields), out(values.size());
        std::unique_ptr<bool[]> valid(new bool[rows]);
        if (std::fread(values.data(), sizeof(float), values.size(), stdin) != values.size()) return 1;
        if (std::fread(valid.get(), 1, rows, stdin) != rows) return 1;
        apply(values.data(), valid.get(), rows, out.data());
        for (std::size_t row = 0; row < rows; ++row)  // one at a time gives the same
            if (valid[row]) apply(&values[row * num_fields], &out[row * num_fields]);
        std::fwrite(out.data(), sizeof(float), out.size(), stdout);
    }
    std::fprintf(stderr, "%s", field_name(num_fields - 1));
}
"""


@settings(CASES, max_examples=1)
@given(
    fields=st.lists(rules(methods=("standard",)), min_size=40, max_size=40),
    seed=st.integers(0, 2**20),
)
def test_cpp(tmp_path, fields, seed):
    rng = np.random.default_rng(seed)
    names = {f'f{index} "\\n\\"é?' if index % 3 else f"f{index}": rule for index, rule in enumerate(fields)}
    constants = {name: (rng.normal(0, 30), rng.uniform(0.1, 30)) for name in names}
    state = State({"class": Normalise.from_constants(names, constants)}, pads={"class": 4})
    sp.export(state, tmp_path / "inputs.hpp", to="cpp", name="inputs")
    (tmp_path / "main.cpp").write_text(PROGRAM.replace("OBJECT", "class_"))
    flags = ["-std=c++11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    subprocess.run(["g++", *flags, "-o", tmp_path / "main", tmp_path / "main.cpp"], check=True)
    values = rng.normal(5, 30, (500, 40)).astype(np.float32)
    odd = rng.random(values.shape) < 0.1
    values[odd] = rng.choice(np.array([np.nan, np.inf, -np.inf, 0, -1], np.float32), odd.sum())
    valid = rng.random(500) < 0.7
    given = np.uint64(500).tobytes() + values.tobytes() + valid.tobytes()
    done = subprocess.run([tmp_path / "main"], input=given, capture_output=True, check=True)
    found = np.frombuffer(done.stdout, np.float32).reshape(values.shape)
    agree({"class": found}, sp.export(state, to="numpy")({"class": values}, {"class": valid}))
    assert done.stderr.decode() == list(names)[-1]


def test_headers_of_one_name_in_one_program(tmp_path):
    """Every file of a program has its own constants, though the linker sees the same names."""
    main = "float first(float), second(float); int main() { return first(7) == 6 && second(7) == 3 ? 0 : 1; }"
    for name, centre in (("first", 1.0), ("second", 4.0)):
        state = State({"static": Normalise.from_constants({"x": None}, {"x": (centre, 1.0)})})
        sp.export(state, tmp_path / f"{name}.hpp", to="cpp")
        body = f"float {name}(float x) {{ float y; simdprep_inputs::static_::apply(&x, &y); return y; }}"
        (tmp_path / f"{name}.cpp").write_text(f'#include "{name}.hpp"\n{body}\n')
    (tmp_path / "main.cpp").write_text(main)
    sources = [tmp_path / f"{name}.cpp" for name in ("main", "first", "second")]
    subprocess.run(["g++", "-std=c++11", "-Wall", "-Werror", "-o", tmp_path / "main", *sources], check=True)
    subprocess.run([tmp_path / "main"], check=True)


@CASES
@given(case=cases(nonfinite=("zero", "error"), plain=True))
def test_what_lwtnn_computes(tmp_path, case):
    state, seed = case
    values, valid, expected = batches(stored(tmp_path / "x.h5", state, seed), state)
    sp.export(state, tmp_path / "x.json", to="lwtnn")
    made = json.loads((tmp_path / "x.json").read_text())
    assert made["outputs"] == [{"name": "classes", "labels": ["a", "b"]}]
    for key, name in (("input_sequences", "Jet"), ("inputs", "events")):
        (node,) = made[key]
        assert node["name"] == name
        for index, variable in enumerate(node["variables"]):
            assert variable["name"] == INPUTS[name][index]
            column = values[name][..., index].astype(np.float64)
            if "default" in variable:
                column[~np.isfinite(column)] = variable["default"]
            with np.errstate(over="ignore"):
                column = ((column + variable["offset"]) * variable["scale"]).astype(np.float32)
            mask = valid.get(name, np.ones(column.shape, bool))
            np.testing.assert_allclose(column[mask], expected[name][..., index][mask], rtol=1e-6, atol=1e-6)


@CASES
@given(case=cases(nonfinite=("error",), plain=True))
def test_what_salt_computes(tmp_path, case):
    yaml = pytest.importorskip("yaml")
    state, seed = case
    values, valid, expected = batches(stored(tmp_path / "x.h5", state, seed), state)
    sp.export(state, tmp_path / "side", to="salt")
    norms = yaml.safe_load((tmp_path / "side" / "norm_dict.yaml").read_text())
    for name, fields in INPUTS.items():
        means, stds = (np.array([norms[name][field][key] for field in fields]) for key in ("mean", "std"))
        found = (values[name] - means) / stds
        mask = valid.get(name, np.ones(found.shape[:-1], bool))
        np.testing.assert_allclose(found[mask], expected[name][mask], rtol=1e-6, atol=1e-6)
    weights = yaml.safe_load((tmp_path / "side" / "class_dict.yaml").read_text())
    assert weights == {"events": {"label": [1.0, 2.5]}}


@CASES
@given(case=cases(nonfinite=("error", "zero")))
def test_what_weaver_computes(tmp_path, case):
    state, seed = case
    values, valid, expected = batches(stored(tmp_path / "x.h5", state, seed), state)
    sp.export(state, tmp_path / "x.json", to="weaver")
    made = json.loads((tmp_path / "x.json").read_text())
    assert made["input_names"] == list(INPUTS)
    for name in INPUTS:
        for index, variable in enumerate(made[name]["var_names"]):
            info = made[name]["var_infos"][variable]
            column = values[name][..., index].astype(np.float64)
            if variable.endswith("_log"):
                with np.errstate(all="ignore"):
                    column = np.log(column + info["log_offset"])
            column[~np.isfinite(column)] = info["replace_inf_value"]
            column = (column - info["median"]) * info["norm_factor"]
            column = column.clip(info["lower_bound"], info["upper_bound"])
            mask = valid.get(name, np.ones(column.shape, bool))
            found, wanted = np.where(mask, column, info["pad"]), expected[name][..., index].clip(-1e32, 1e32)
            np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)
    assert made["Jet"]["var_length"] == 4
