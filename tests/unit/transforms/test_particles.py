"""Codes of particles as classes and charges."""

import numpy as np
import pytest

from simdprep.errors import ConfigError
from simdprep.transforms.features import charges, one_hot

CODES = np.array([[11, -13, 22, 211], [-211, 130, 0, 2212]])
VALID = np.array([[True, True, True, True], [True, True, False, True]])


def test_classes():
    found = one_hot(CODES, [11, 13, 22, (211, 2212)], VALID)
    assert found.dtype == np.float32
    assert found.argmax(-1)[0].tolist() == [0, 1, 2, 3]
    assert found.sum(-1).tolist() == [[1, 1, 1, 1], [1, 0, 0, 1]]


def test_particles_and_antiparticles():
    found = one_hot(CODES, [(11, -13), -211], signed=True)
    assert found[..., 0].tolist() == [[1, 1, 0, 0], [0, 0, 0, 0]]
    assert found[..., 1].tolist() == [[0, 0, 0, 0], [1, 0, 0, 0]]


def test_padded_zeros_are_no_class_of_code_zero():
    assert not one_hot(CODES, [0], VALID).any()


def test_mistakes():
    with pytest.raises(ConfigError, match="classes: got code -11 in classes 0 and 1, expected a code in one class"):
        one_hot(CODES, [11, -11])
    with pytest.raises(ConfigError, match="codes: got float64, expected integers"):
        one_hot(CODES.astype(float), [11])


def test_charges():
    pytest.importorskip("particle")
    found = charges(CODES, VALID)
    assert found.dtype == np.float32
    assert found.tolist() == [[-1, 1, 0, 1], [-1, 0, 0, 1]]
    quarks = charges(np.array([1, 2, -3, 24, 1000010020, 3222]))
    np.testing.assert_allclose(quarks, [-1 / 3, 2 / 3, 1 / 3, 1, 1, 1], rtol=1e-6)
    assert np.isnan(charges(np.array([0, 99999999]))).all()


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "particle", None)
    with pytest.raises(ConfigError, match=r"charges: expected the package particle to be installed"):
        charges(CODES)
