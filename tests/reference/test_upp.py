"""upp takes our compound file; what it resamples and counts is what we resample and count."""

import awkward as ak
import numpy as np
import pytest
import yaml

import simdprep as sp
from simdprep.testing import CLASSES, toy_jets
from simdprep.transforms import Axis, Normalise, identity_of, make_balance
from tests.reference.peer_python import ask

PAD = 8
PT, ETA = [[20, 40, 5], [40, 100, 3]], [[0, 2.5, 3]]
AXES = (
    Axis("pt", np.concatenate([np.linspace(20, 40, 6), np.linspace(40, 100, 4)[1:]])),
    Axis("abs_eta", [0, 2.5 / 3, 5 / 3, 2.5]),
)
INPUTS = {"jets": ["pt", "mass"], "tracks": ["d0", "pt"]}


@pytest.fixture(scope="module")
def jets(tmp_path_factory):
    """A compound file of jets, and the columns of those in the bins."""
    folder = tmp_path_factory.mktemp("upp")
    jets = toy_jets(120_000, mean_tracks=3, seed=5)
    flavour = ak.to_numpy(jets.jets.flavour)  # the classes come alike: each gets a spectrum of its own
    pt, eta = ak.to_numpy(jets.jets.pt), abs(ak.to_numpy(jets.jets.eta))
    jets["jets", "pt"] = (20 * (pt / 20) ** np.array([1, 1.1, 1.25])[flavour]).astype(np.float32)
    jets["jets", "abs_eta"] = (eta * np.array([1, 0.9, 0.8])[flavour]).astype(np.float32)
    schema = sp.Schema.from_awkward(jets, layout="compound", pad={"tracks": PAD})
    with sp.Writer(folder / "jets.h5", schema) as writer:
        writer.fill(jets)
    columns = {name: ak.to_numpy(jets.jets[name]) for name in ("pt", "abs_eta", "mass", "flavour")}
    inside = (columns["pt"] > 20) & (columns["pt"] < 100) & (columns["abs_eta"] > 0) & (columns["abs_eta"] < 2.5)
    return folder, {name: column[inside] for name, column in columns.items()}, jets[inside]


def run_upp(folder, tmp_path, counts, *, pattern="jets.h5", **resampling):
    """Run upp on the jets; returns the columns of the rows it wrote, with our labels, and its side files."""
    classes = [
        {"name": name, "label": name, "cuts": [f"flavour == {label}"], "colour": "k", "category": "toy"}
        for label, name in enumerate(CLASSES)
    ]
    (tmp_path / "classes.yaml").write_text(yaml.safe_dump(classes))
    region = {"name": "all", "cuts": [["pt", ">", 20], ["pt", "<", 100]]}
    sample = {"name": "toy", "pattern": pattern}
    config = {
        "global_cuts": {"train": [["abs_eta", ">", 0], ["abs_eta", "<", 2.5]]},
        "components": [
            {"region": region, "sample": sample, "classes": [name], "num_global_objects": count}
            for name, count in zip(CLASSES, counts, strict=True)
        ],
        "resampling": {"variables": {"pt": {"bins": PT}, "abs_eta": {"bins": ETA}}, **resampling},
        "global": {
            "base_dir": str(tmp_path),
            "ntuple_dir": str(folder),
            "vds_dir": str(tmp_path),
            "class_config": str(tmp_path / "classes.yaml"),
            "num_global_objects_estimate": 120_000,
            "num_global_objects_estimate_available": -1,
            "batch_size": 20_000,
        },
        "variables": {
            name: {"inputs": fields, "labels": ["abs_eta", "flavour"] if name == "jets" else []}
            for name, fields in INPUTS.items()
        },
    }
    (tmp_path / "upp.yaml").write_text(yaml.safe_dump(config))
    settings = {
        "config": str(tmp_path / "upp.yaml"),
        "output": str(tmp_path / "output" / "pp_output_train.h5"),
        "object": "jets",
        "fields": ["pt", "abs_eta", "flavour"],
        "save": str(tmp_path / "rows.npz"),
    }
    ask("upp", "upp_run.py", settings)
    rows = np.load(tmp_path / "rows.npz")
    named = np.array([CLASSES.index(name) for name in rows["names"]])
    np.testing.assert_array_equal(named[rows["label"]], rows["flavour"])
    sides = [yaml.safe_load((tmp_path / "output" / f"{name}_dict.yaml").read_text()) for name in ("norm", "class")]
    return {name: rows[name] for name in settings["fields"]}, *sides


def chi_squared(found, wanted):
    """How far counts are from what was wanted, per cell: 1 on average where they are Poisson."""
    return float(((found - wanted) ** 2 / wanted).mean())


@pytest.mark.long
@pytest.mark.parametrize(("method", "fraction"), [("pdf", "auto"), ("countup", 1.0)])
def test_resampled_distributions_are_those_of_upp(method, fraction, jets, tmp_path):
    folder, columns, _ = jets
    counts = 18_000
    theirs, _, _ = run_upp(folder, tmp_path, [counts] * 3, method=method, target="b", sampling_fraction=fraction)
    balance = make_balance(CLASSES, AXES, method=method, target="b", counts=counts, seed=1)
    identity = identity_of([np.arange(len(columns["pt"]))])
    balance.fit(columns, columns["flavour"], identity=identity)
    balance.solve()
    ours, upp = balance.histogram.empty(), balance.histogram.empty()
    ours.fit(columns, columns["flavour"], copies=balance.apply(columns, columns["flavour"], identity))
    upp.fit(theirs, theirs["flavour"])
    wanted = np.array(balance.report()["wanted"])
    assert upp.counts.sum(axis=(1, 2)).tolist() == [counts] * 3
    before = chi_squared(balance.histogram.counts[0] * counts / balance.histogram.counts[0].sum(), wanted[0])
    assert before > 20  # the classes differ to begin with
    for label, name in enumerate(CLASSES):
        # rows that are drawn again make theirs vary more than Poisson: by the mean number of copies
        spread = max(1.0, counts / balance.histogram.counts[label].sum())
        far, near = chi_squared(upp.counts[label], wanted[label]), chi_squared(ours.counts[label], wanted[label])
        print(f"{method}, {name}: chi squared per bin {far:.2f} of upp, {near:.2f} of ours; {before:.0f} as they came")
        assert far < 1.8 * spread
        assert near < 1.5 if method == "pdf" else near == 0


@pytest.mark.long
def test_side_files_of_upp_have_our_numbers(jets, tmp_path):
    folder, columns, events = jets
    sizes = np.bincount(columns["flavour"])
    rows, norm, classes = run_upp(folder, tmp_path, [-1] * 3, method="none")
    assert np.bincount(rows["flavour"]).tolist() == sizes.tolist()
    flat = {
        "jets": {name: columns[name] for name in INPUTS["jets"]},
        "tracks": {name: ak.to_numpy(ak.flatten(events.tracks[name][:, :PAD])) for name in INPUTS["tracks"]},
    }
    for name, fields in INPUTS.items():
        fitted = Normalise(fields, object=name)
        fitted.fit(np.stack([flat[name][field] for field in fields], axis=-1))
        for field, centre, scale in zip(fields, fitted.centre, fitted.scale, strict=True):
            assert norm[name][field]["mean"] == pytest.approx(centre, rel=1e-4, abs=1e-4 * scale)
            assert norm[name][field]["std"] == pytest.approx(scale, rel=1e-4)
    weights = sizes.sum() / sizes
    np.testing.assert_allclose(classes["jets"]["flavour"], weights / weights.min(), atol=0.006)


@pytest.mark.long
def test_upp_takes_what_we_prepared_and_its_side_files_are_ours(jets, tmp_path):
    folder, _, events = jets
    ak.to_parquet(events, folder / "jets.parquet", row_group_size=20_000)
    config = {
        "input": {"files": [str(folder / "jets.parquet")]},
        "objects": {
            "events": {"fields": ["eventNumber"]},
            "jets": {"fields": ["pt", "abs_eta", "mass", "flavour"]},
            "tracks": {"pad": PAD, "fields": INPUTS["tracks"]},
        },
        "output": {"layout": "compound"},
        "prepare": {
            "labels": {
                "name": "flavour_label",
                "classes": {name: f"flavour == {label}" for label, name in enumerate(CLASSES)},
            },
            "split": {"key": ["eventNumber"], "train": 0.7, "val": 0.2, "test": 0.1},
            "normalise": {name: dict.fromkeys(fields, "standard") for name, fields in INPUTS.items()},
        },
    }
    summary = sp.prepare(config, tmp_path / "prepared")
    rows, norm, classes = run_upp(tmp_path / "prepared" / "train", tmp_path, [-1] * 3, pattern="*.h5", method="none")
    assert len(rows["pt"]) == summary.rows["train"]
    sp.export(sp.transforms.State.load(tmp_path / "prepared" / "state.json"), tmp_path / "ours", to="salt")
    ours = [yaml.safe_load((tmp_path / "ours" / f"{name}_dict.yaml").read_text()) for name in ("norm", "class")]
    for name, fields in INPUTS.items():
        for field in fields:
            scale = norm[name][field]["std"]
            assert ours[0][name][field]["std"] == pytest.approx(scale, rel=1e-4)
            assert ours[0][name][field]["mean"] == pytest.approx(norm[name][field]["mean"], rel=1e-4, abs=1e-4 * scale)
    np.testing.assert_allclose(ours[1]["jets"]["flavour_label"], classes["jets"]["flavour_label"], atol=0.006)
    print(f"{summary.rows['train']:,} prepared jets taken by upp; norm_dict and class_dict agree")
