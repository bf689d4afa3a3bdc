"""Plain names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep.readers.names import plain, plain_names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Jet_pt", "Jet_pt"),
        ("Jet.pt", "Jet_pt"),
        ("AnalysisJetsAuxDyn.pt", "AnalysisJets_pt"),
        ("METAssoc_AnalysisMETAux.jettrkpx", "METAssoc_AnalysisMET_jettrkpx"),
        ("AnalysisElectronsAuxDyn.ambiguityLink.m_persKey", "AnalysisElectrons_ambiguityLink_m_persKey"),
        ("EventInfoAux.", "EventInfo_"),
        ("jetp4.fP.fX", "jetp4_fP_fX"),
        ("ArrayI16[10]", "ArrayI16"),
        ("matrix[2][3]", "matrix"),
        ("a/b c-d", "a_b_c_d"),
        ("Auxiliary.x", "Auxiliary_x"),
        ("Aux", "Aux"),
        ("ηφ", "ηφ"),
        ("bad\udcff", "bad_"),
        (".", "_"),
        ("", "_"),
    ],
)
def test_plain(name, expected):
    assert plain(name) == expected


def test_the_branch_that_is_called_so_keeps_its_name():
    names, told = plain_names(["a.b", "a_b", "a/b"])
    assert names == {"a.b": "a_b_", "a_b": "a_b", "a/b": "a_b__"}
    assert told == ["renamed, the name was taken: a.b -> a_b_, a/b -> a_b__"]


def test_foreign_characters_are_told_and_dots_are_not():
    names, told = plain_names(["x-y", "p.q", "v[3]"])
    assert names == {"x-y": "x_y", "p.q": "p_q", "v[3]": "v"}
    assert told == ["renamed, letters, digits and _ only: x-y -> x_y, v[3] -> v"]


def test_every_name_is_told():
    _, told = plain_names([f"x-{number}" for number in range(90)])
    every = ", ".join(f"x-{number} -> x_{number}" for number in range(90))
    assert told == [f"renamed, letters, digits and _ only: {every}"]


@given(st.lists(st.text(), unique=True))
def test_names_are_unique_and_can_be_written(given_names):
    names, _ = plain_names(given_names)
    assert list(names) == given_names
    assert len(set(names.values())) == len(given_names)
    for name in names.values():
        assert re.fullmatch(r"\w+", name)
        name.encode()
