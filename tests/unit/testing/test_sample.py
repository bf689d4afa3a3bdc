import runpy

import awkward as ak
import numpy as np
import pytest
import uproot

from simdprep.testing import assert_equal
from tests.real_data import ROOT


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(ROOT / "examples" / "make_sample.py"))


def assert_holds(path, events):
    """The tree has these events as scalars, counters and lists, and nothing else."""
    with uproot.open(path) as file:
        assert file.classnames() == {"Events;1": "TTree"}
        branches = file["Events"].arrays()
    expected = {}
    for name in events.fields:
        column = events[name]
        if not column.fields:
            expected[name] = column
            continue
        expected[f"n{name}"] = ak.values_astype(ak.num(column), np.int32)
        expected |= {f"{name}_{field}": column[field] for field in column.fields}
    assert sorted(branches.fields) == sorted(expected)
    for name, column in expected.items():
        if "float" in str(column.type):
            # The last bit of logarithms depends on the machine, and may turn the rounding to 8-12 bits over.
            stored, made = (ak.to_numpy(ak.flatten(array, axis=None)) for array in (branches[name], column))
            assert np.allclose(stored, made, rtol=2**-8), name
            assert np.mean(stored == made) > 0.999, name
        else:
            assert_equal(branches[name], column, where=name)


def test_the_bundled_sample_is_what_its_script_makes(script, sample):
    assert_holds(sample, script["sample_events"]())


def test_the_script_writes_what_it_is_given(script, tmp_path):
    events = script["sample_events"]()[:50]
    script["write"](tmp_path / "some.root", events)
    assert_holds(tmp_path / "some.root", events)


def test_the_sample_is_small(sample):
    assert sample.stat().st_size < 3 << 20
