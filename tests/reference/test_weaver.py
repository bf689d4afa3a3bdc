"""weaver on the same ROOT file gives the same tensors, masks and labels; its robust constants are ours."""

import json

import numpy as np
import pytest

import simdprep as sp
from simdprep.transforms import Normalise, State
from tests.house.tree import ROOT
from tests.reference.peer_python import ask

FILE = str(ROOT / "examples" / "toy_nano.root")
SLOTS = {"Jet": 6, "PFCands": 30}
FIELDS = {"Jet": ["pt", "eta", "mass"], "PFCands": ["pt", "eta", "dz", "charge"], "events": ["MET_pt", "MET_phi"]}
LOGS = ("Jet.pt", "PFCands.pt", "events.MET_pt")
WEIGHT = "genWeight"

CONFIG = {
    "treename": "Events",
    "selection": "(MET_pt > 12) & (nJet > 0)",
    "new_variables": {
        "Jet_pt_log": "np.log(Jet_pt)",
        "PFCands_pt_log": "np.log(PFCands_pt)",
        "MET_pt_log": "np.log(MET_pt)",
        "Jet_mask": "ak.ones_like(Jet_pt)",
        "PFCands_mask": "ak.ones_like(PFCands_pt)",
        "is_mu": "HLT_IsoMu24 == 1",
        "is_not": "HLT_IsoMu24 == 0",
    },
    "labels": {"type": "simple", "value": ["is_mu", "is_not"]},
    "monitor_variables": ["event", WEIGHT],
    "weights": None,
}


def variable(name, field):
    """What weaver calls a field of ours."""
    stem = field if name == "events" else f"{name}_{field}"
    return f"{stem}_log" if f"{name}.{field}" in LOGS else stem


def weaver_config(path, method):
    """A data config whose numbers are filled in later, or found by weaver."""
    groups = {}
    for name, fields in FIELDS.items():
        centre = "auto" if method == "auto" else 0
        variables = [[variable(name, field), centre, 1, -5, 5, 0] for field in fields]
        groups[name] = {"length": SLOTS.get(name), "pad_mode": "constant", "vars": variables}
        if name in SLOTS:
            mask = [[f"{name}_mask", None]]
            groups[f"{name}_mask"] = {"length": SLOTS[name], "pad_mode": "constant", "vars": mask}
    del groups["events"]["length"]
    groups["events"]["length"] = None
    config = {**CONFIG, "inputs": groups, "preprocess": {"method": method, "data_fraction": 1, "params": None}}
    path.write_text(json.dumps(config))  # which is YAML
    return str(path)


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """The events that both select, nothing truncated, and robust constants of them."""
    folder = tmp_path_factory.mktemp("ours")
    objects = {name: {"pad": "max", "fields": fields} for name, fields in FIELDS.items() if name in SLOTS}
    objects["events"] = {"fields": [*FIELDS["events"], "HLT_IsoMu24", "event", WEIGHT]}
    config = {
        "simdprep": 1,
        "select": "MET_pt > 12 & num(Jet) > 0",
        "objects": objects,
    }
    (folder / "config.yaml").write_text(json.dumps(config))
    sp.convert(FILE, folder / "x.h5", config=folder / "config.yaml")
    ds = sp.open(folder / "x.h5")
    batch = next(iter(sp.Loader(ds, inputs=FIELDS, batch_size=ds.num_rows, shuffle="none")))
    fitted = {}
    for name, fields in FIELDS.items():
        rules = {field: {"log": f"{name}.{field}" in LOGS} for field in fields}
        fitted[name] = Normalise(rules, object=name, method="robust", clip=(-5, 5), nonfinite="zero")
        fitted[name].fit(batch[name], batch.valid.get(name))
    return ds, State(fitted, pads=SLOTS, classes=["is_mu", "is_not"])


@pytest.mark.long
def test_robust_constants_are_those_of_weaver(ours, tmp_path):
    _, state = ours
    settings = {"config": weaver_config(tmp_path / "data.yaml", "auto"), "files": [FILE], "params": None, "fit": True}
    found = json.loads(ask("weaver", "weaver_inputs.py", {**settings, "save": str(tmp_path / "x.npz")}))
    for name, fields in FIELDS.items():
        for index, field in enumerate(fields):
            theirs = found[variable(name, field)]
            scale = state.normalise[name].scale[index]
            assert theirs["center"] == pytest.approx(state.normalise[name].centre[index], rel=1e-6, abs=1e-6 * scale)
            assert 1 / theirs["scale"] == pytest.approx(scale, rel=3e-6)
    print(f"{sum(map(len, FIELDS.values()))} fields of robust constants agree with weaver's")


@pytest.mark.long
def test_weaver_makes_the_same_tensors_of_the_same_file(ours, tmp_path):
    ds, state = ours
    made = sp.export(state, tmp_path / "preprocess.json", to="weaver")
    params = {}
    for name, fields in FIELDS.items():
        for field, (key, info) in zip(fields, made[name]["var_infos"].items(), strict=True):
            assert variable(name, field) in (key, f"{name}_{key}")
            params[variable(name, field)] = {
                "center": info["median"], "scale": info["norm_factor"], "min": info["lower_bound"],
                "max": info["upper_bound"], "pad_value": info["pad"],
            }  # fmt: skip
    settings = {"config": weaver_config(tmp_path / "data.yaml", "manual"), "files": [FILE], "params": params}
    ask("weaver", "weaver_inputs.py", {**settings, "fit": False, "save": str(tmp_path / "x.npz")})
    theirs = np.load(tmp_path / "x.npz")
    labels = {"event": "events.event", "label": "events.HLT_IsoMu24"}
    options = {"inputs": FIELDS, "labels": labels, "weights": f"events.{WEIGHT}", "batch_size": ds.num_rows}
    options |= {"shuffle": "none", "pad": SLOTS}
    batch = next(iter(sp.Loader(ds, transforms=state, **options)))
    raw = next(iter(sp.Loader(ds, **options)))
    np.testing.assert_array_equal(theirs["event"], batch.labels["event"])
    np.testing.assert_array_equal(theirs["_label_"], 1 - batch.labels["label"].astype(int))
    np.testing.assert_array_equal(theirs[WEIGHT], batch.weights)
    compared = 0
    for name in FIELDS:
        values = theirs[f"_{name}"]
        if name in SLOTS:
            values = values.transpose(0, 2, 1)
            np.testing.assert_array_equal(theirs[f"_{name}_mask"][:, 0] > 0, batch.valid[name])
            assert (values[~batch.valid[name]] == 0).all()
        # weaver takes logarithm, difference and product in float32: each rounds what it is given
        inner = np.abs(np.where(raw[name] == 0, 0, raw[name].astype(np.float64)))
        for index, rule in enumerate(state.normalise[name].rules.values()):
            if rule.log is not None:
                inner[..., index] = np.abs(np.log(np.maximum(inner[..., index], 1e-30)))
        size = (inner + np.abs(state.normalise[name].centre)) / state.normalise[name].scale
        rounding = 4 * np.finfo(np.float32).eps * (size + np.abs(batch[name]))
        assert (np.abs(values - batch[name]) <= rounding).all()
        compared += values.size
    assert ds.num_rows > 1000
    print(f"{compared:,} numbers of {ds.num_rows:,} events agree with weaver's to float32 rounding")
