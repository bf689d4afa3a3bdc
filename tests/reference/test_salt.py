"""salt's dataset, input norm and class weights take our compound file with our side files."""

import numpy as np
import pytest

import simdprep as sp
from simdprep.testing import toy_jets
from simdprep.transforms import Normalise, State
from tests.reference.peer_python import ask

INPUTS = {"jets": ["pt", "eta"], "tracks": ["d0", "z0", "pt"]}


@pytest.mark.long
def test_salt_takes_our_file_with_our_side_files(tmp_path):
    jets = toy_jets(5000, seed=3)
    schema = sp.Schema.from_awkward(jets, layout="compound", pad={"tracks": 20})
    with sp.Writer(tmp_path / "pp_output_train.h5", schema) as writer:
        writer.fill(jets)
    ds = sp.open(tmp_path / "pp_output_train.h5")
    inputs = {
        name: [field for field in fields if field in ds[name]] or list(ds[name])[:3] for name, fields in INPUTS.items()
    }
    options = {"inputs": inputs, "labels": "jets.flavour", "batch_size": ds.num_rows, "shuffle": "none"}
    raw = next(iter(sp.Loader(ds, **options)))
    fitted = {name: Normalise(fields, object=name) for name, fields in inputs.items()}
    for name, transform in fitted.items():
        transform.fit(raw[name], raw.valid.get(name))
    state = State(
        fitted, pads={"tracks": 20}, classes=["light", "c", "b"], label="jets.flavour", class_weights=[1.0, 2.5, 1.67]
    )
    sp.export(state, tmp_path, to="salt")
    places = {"norm": "norm_dict.yaml", "classes": "class_dict.yaml", "save": "x.npz"}
    settings = {name: str(tmp_path / file) for name, file in places.items()}
    settings |= {"file": str(ds.paths[0]), "variables": inputs, "label": "flavour"}
    ask("salt", "salt_inputs.py", settings)
    theirs = np.load(tmp_path / "x.npz")
    batch = next(iter(sp.Loader(ds, transforms=state, **options)))
    assert theirs["rows"] == ds.num_rows
    assert theirs["weights"].tolist() == [1.0, 2.5, 1.67]
    np.testing.assert_array_equal(theirs["label"], batch.labels)
    np.testing.assert_array_equal(theirs["valid"], batch.valid["tracks"])
    compared = 0
    for name in inputs:
        valid = batch.valid.get(name, np.ones(batch[name].shape[:-1], bool))
        ours, found = batch[name][valid], theirs[name][valid]
        size = (np.abs(raw[name][valid]) + np.abs(fitted[name].centre)) / fitted[name].scale + np.abs(ours)
        assert (np.abs(found - ours) <= 4 * np.finfo(np.float32).eps * size).all()
        compared += ours.size
    print(f"{compared:,} numbers of {ds.num_rows:,} jets agree with salt's to float32 rounding")
