"""Layout compound beside a file that the ATLAS HDF5Utils library wrote of the same events."""

import h5py
import numpy as np
import pytest

import simdprep as sp
from tests.reference.format_oracle import differences

# A writer of ours names what it took from the input; HDF5Utils had these names, dtypes and defaults.
CONFIG = """\
simdprep: 1
input:
  tree: Events
objects:
  eventwise:
    from: "*"
    fields:
      event: {name: eventNumber}
      run: {name: runNumber}
      MET_pt: {}
      genWeight: {}
      nJet: {}
      nMuon: {}
  jets:
    from: "Jet_*"
    pad: 10
    fields:
      pt: {unit: GeV}
      eta: {}
      phi: {}
      mass: {unit: GeV}
      btagDeepFlavB: {dtype: float16}
      nConstituents: {}
      hadronFlavour: {dtype: int32}
      jetId: {dtype: int8}
  muons:
    from: "Muon_*"
    pad: 5
    fields:
      pt: {unit: GeV}
      eta: {}
      phi: {}
      charge: {fill: 0}
      tightId: {}
output: {layout: compound, counts: false}
"""


@pytest.fixture(scope="module")
def reference(data_dir):
    with h5py.File(data_dir / "hdf5utils_nano_tt_v12.h5") as file:
        yield file


@pytest.fixture(scope="module")
def converted(data_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hdf5utils")
    (folder / "config.yaml").write_text(CONFIG)
    sp.convert(data_dir / "nano_tt_v12.root", folder / "out.h5", config=folder / "config.yaml")
    with h5py.File(folder / "out.h5") as file:
        yield file


def test_the_same_objects_and_nothing_else(converted, reference):
    assert set(converted) == set(reference) == {"eventwise", "jets", "muons"}
    assert all(isinstance(entry, h5py.Dataset) for entry in converted.values())


@pytest.mark.parametrize("name", ["eventwise", "jets", "muons"])
class TestObject:
    def test_members_shape_and_growth(self, converted, reference, name):
        ours, theirs = converted[name], reference[name]
        assert ours.dtype == theirs.dtype  # names, order, dtypes, and packed as theirs
        assert ours.dtype.names == theirs.dtype.names
        assert ours.dtype.itemsize == theirs.dtype.itemsize
        assert ours.shape == theirs.shape
        assert ours.maxshape == theirs.maxshape
        assert ours.maxshape[0] is None

    def test_types_in_the_file_are_those_of_hdf5utils(self, converted, reference, name):
        ours, theirs = converted[name].id.get_type(), reference[name].id.get_type()
        for index in range(theirs.get_nmembers()):
            one, other = ours.get_member_type(index), theirs.get_member_type(index)
            assert one.get_class() == other.get_class(), ours.get_member_name(index)
            assert one.get_size() == other.get_size()
            assert ours.get_member_offset(index) == theirs.get_member_offset(index)
            if one.get_class() == h5py.h5t.ENUM:
                values = {one.get_member_name(code): one.get_member_value(code) for code in range(one.get_nmembers())}
                assert values == {b"FALSE": 0, b"TRUE": 1}
            else:
                assert one == other

    def test_every_value(self, converted, reference, name):
        ours, theirs = converted[name][()], reference[name][()]
        for member in theirs.dtype.names:
            assert differences(ours[member], theirs[member], member) == []
        assert differences(np.asarray(converted[name].fillvalue), np.asarray(reference[name].fillvalue), name) == []

    def test_empty_slots_hold_the_defaults(self, converted, name):
        data = converted[name][()]
        if "valid" not in data.dtype.names:
            return
        assert 0 < data["valid"].sum() < data["valid"].size
        assert (np.diff(data["valid"].astype(int), axis=1) <= 0).all()  # valid ones come first
        assert np.isnan(data["pt"][~data["valid"]]).all()
        assert not np.isnan(data["pt"][data["valid"]]).any()
