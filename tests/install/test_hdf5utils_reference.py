"""A dumper with HDF5Utils' calls beside the file that HDF5Utils itself wrote of the same events."""

import h5py
import numpy as np
import pytest
import uproot

from tests.cmake_build import build, configure, kept, run
from tests.install.installed_library import QUICK, compiler, has_hdf5
from tests.install.test_dumper import PROJECT, assert_sound
from tests.reference.format_oracle import differences

pytestmark = pytest.mark.skipif(not has_hdf5(), reason="needs pkg-config and libhdf5-dev")

EVENT = ["event", "run", "MET_pt", "genWeight", "nJet", "nMuon"]
JET = ["pt", "eta", "phi", "mass", "btagDeepFlavB", "nConstituents", "hadronFlavour", "jetId"]
MUON = ["pt", "eta", "phi", "charge", "tightId"]


@pytest.fixture(scope="session")
def dumped(data_dir, prefix, tmp_path_factory):
    with kept("hdf5utils-reference") as folder:
        found = f"CMAKE_PREFIX_PATH={prefix}"
        source = PROJECT.parent / "hdf5utils_reference"
        configure(source, folder, QUICK, found, f"CMAKE_CXX_COMPILER={compiler('gcc')}")
        build(folder)
    scratch = tmp_path_factory.mktemp("hdf5utils")
    names = [*EVENT, *(f"Jet_{name}" for name in JET), *(f"Muon_{name}" for name in MUON)]
    with uproot.open(data_dir / "nano_tt_v12.root") as file:
        events = file["Events"].arrays(names)
    lines = []
    for event in events.tolist():
        lines.append("event " + " ".join(float(event[name]).hex() for name in EVENT))
        for kind, fields in (("Jet", JET), ("Muon", MUON)):
            objects = zip(*(event[f"{kind}_{name}"] for name in fields), strict=True)
            lines += [f"{kind.lower()} " + " ".join(float(value).hex() for value in one) for one in objects]
    (scratch / "events.txt").write_text("\n".join(lines) + "\n")
    run(folder / "hdf5utils_reference", scratch / "events.txt", scratch / "out.h5")
    return scratch / "out.h5"


@pytest.mark.parametrize("name", ["eventwise", "jets", "muons"])
def test_every_member_and_value(dumped, data_dir, name):
    with h5py.File(dumped) as ours, h5py.File(data_dir / "hdf5utils_nano_tt_v12.h5") as theirs:
        assert set(ours) == set(theirs)
        one, other = ours[name], theirs[name]
        assert one.dtype == other.dtype  # names, order, dtypes, and packed as theirs
        assert one.dtype.itemsize == other.dtype.itemsize
        assert (one.shape, one.maxshape) == (other.shape, other.maxshape)
        for member in other.dtype.names:
            assert differences(one[()][member], other[()][member], member) == []
        assert differences(np.asarray(one.fillvalue), np.asarray(other.fillvalue), name) == []


def test_the_file_is_sound(dumped):
    assert_sound(dumped)
