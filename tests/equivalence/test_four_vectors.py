"""Four-vectors in expressions, against vector; whole objects as arguments."""

import awkward as ak
import numpy as np
import pytest
import vector

import simdprep as sp
from simdprep.errors import ExpressionError
from simdprep.transforms import Catalog, ObjectRules, Rules, apply, names, parse
from simdprep.transforms.levels import check_levels
from simdprep.transforms.scope import Scope

rng = np.random.default_rng(8)


def momenta(size, dtype):
    return {
        "pt": rng.exponential(40, size).astype(dtype) + dtype(1),
        "eta": rng.normal(0, 1.5, size).astype(dtype),
        "phi": rng.uniform(-np.pi, np.pi, size).astype(dtype),
        "mass": rng.exponential(5, size).astype(dtype),
    }


def events(dtype=np.float64, size=300):
    counts = rng.poisson(2.5, size)
    jets = ak.zip(momenta(counts.sum(), dtype))
    inner = rng.poisson(3, counts.sum())
    parts = momenta(inner.sum(), dtype)
    parts["energy"] = np.sqrt((parts["pt"] * np.cosh(parts["eta"])) ** 2 + parts.pop("mass") ** 2)
    tracks = ak.unflatten(ak.unflatten(ak.zip(parts), inner), counts)
    lepton = ak.zip(momenta(size, dtype))
    return ak.zip({"Jet": ak.unflatten(jets, counts), "tracks": tracks, "lepton": lepton}, depth_limit=1)


EVENTS = events()
JET = vector.Array(ak.with_name(EVENTS.Jet, "Momentum4D"))
TRACKS = vector.Array(ak.zip({key: EVENTS.tracks[key] for key in EVENTS.tracks.fields}, with_name="Momentum4D"))
LEPTON = vector.Array(ak.with_name(EVENTS.lepton, "Momentum4D"))


def computed(text, own, engine, data=EVENTS):
    rules = Rules({own: ObjectRules(derived={"result": parse(text)})}, parents={"tracks": "Jet"})
    out = apply(data, rules, engine=engine).events
    return out["result"] if own == "events" else out[own, "result"]


def agree(ours, theirs, rtol=1e-9):
    assert ak.is_none(ours, axis=-1).to_list() == ak.is_none(theirs, axis=-1).to_list()
    one, two = (ak.to_numpy(ak.drop_none(ak.flatten(array, axis=None))) for array in (ours, theirs))
    assert len(one) > 50
    np.testing.assert_allclose(one, two, rtol=rtol, atol=rtol * 100)


def pair(array, index):
    return ak.pad_none(array, index + 1)[:, index]


ALL_JETS = (
    "mass(sum(px(Jet.pt, Jet.phi)), sum(py(Jet.pt, Jet.phi)), sum(pz(Jet.pt, Jet.eta)),"
    " sum(energy(Jet.pt, Jet.eta, Jet.mass)))"
)


@pytest.mark.parametrize(
    ("text", "own", "theirs"),
    [
        ("px(pt, phi)", "Jet", lambda: JET.px),
        ("py(pt, phi)", "Jet", lambda: JET.py),
        ("pz(pt, eta)", "Jet", lambda: JET.pz),
        ("energy(pt, eta, mass)", "Jet", lambda: JET.energy),
        ("rapidity(pz(pt, eta), energy(pt, eta, mass))", "Jet", lambda: JET.rapidity),
        ("pt(px(pt, phi), py(pt, phi))", "Jet", lambda: JET.pt),
        ("phi(px(pt, phi), py(pt, phi))", "Jet", lambda: JET.phi),
        ("eta(px(pt, phi), py(pt, phi), pz(pt, eta))", "Jet", lambda: JET.eta),
        ("mass(px(pt, phi), py(pt, phi), pz(pt, eta), energy(pt, eta, mass))", "Jet", lambda: JET.mass),
        ("mass(Jet[0], Jet[1])", "events", lambda: (pair(JET, 0) + pair(JET, 1)).mass),
        ("mass(Jet[0], Jet[1], lepton)", "events", lambda: (pair(JET, 0) + pair(JET, 1) + LEPTON).mass),
        ("mass(lepton)", "events", lambda: LEPTON.mass),
        ("mass(Jet, lead)", "Jet", lambda: ak.fill_none((JET + pair(JET, 0)).mass, [], axis=0)),
        ("mass(tracks, Jet)", "tracks", lambda: (TRACKS + JET).mass),
        ("mass(tracks[0], tracks[-1])", "Jet",
         lambda: (ak.firsts(TRACKS, axis=2) + ak.firsts(TRACKS[..., ::-1], axis=2)).mass),
        ("delta_r(Jet[0], Jet[1])", "events", lambda: pair(JET, 0).deltaR(pair(JET, 1))),
        ("delta_r(tracks, Jet)", "tracks", lambda: TRACKS.deltaR(JET)),
        ("delta_phi(Jet, lepton)", "Jet", lambda: JET.deltaphi(LEPTON)),
        ("delta_phi(phi, lepton.phi)", "Jet", lambda: JET.deltaphi(LEPTON)),
        (ALL_JETS, "events", lambda: ak.where(ak.num(JET) > 0, ak.sum(JET, axis=1).mass, 0)),
        ("(eta - Jet.eta) * sign(Jet.eta)", "tracks", lambda: (TRACKS.eta - JET.eta) * np.sign(JET.eta)),
        ("log(pt / Jet.pt)", "tracks", lambda: np.log(TRACKS.pt / JET.pt)),
        ("energy / sum(energy)", "tracks", lambda: TRACKS.energy / ak.sum(TRACKS.energy, axis=-1)),
    ],
)  # fmt: skip
def test_as_vector_says(text, own, theirs, engine):
    agree(computed(text, own, engine), theirs(), rtol=1e-7 if "mass" in text else 1e-9)


def test_masses_of_single_precision_keep_their_digits(engine):
    data = events(np.float32)
    jets = vector.Array(ak.with_name(ak.values_astype(data.Jet, np.float64), "Momentum4D"))
    ours = computed("mass(Jet[0], Jet[1])", "events", engine, data)
    assert ours.type.content.content.primitive == "float32"
    agree(ours, (pair(jets, 0) + pair(jets, 1)).mass, rtol=1e-6)


# From the components by hand: E = sqrt(m^2 + (pt cosh(eta))^2), at phi = 0 and eta = 0.
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("mass(3.0, 0.0, 0.0, 5.0) + 0 * x", 4.0),
        ("mass(5.0, 0.0, 0.0, 3.0) + 0 * x", -4.0),
        ("energy(4.0, 0.0, 3.0) + 0 * x", 5.0),
        ("energy(5.0, 0.0, -3.0) + 0 * x", 4.0),
        ("energy(1.0, 0.0, -3.0) + 0 * x", 0.0),
        ("eta(0.0, 0.0, 0.0) + 0 * x", 0.0),
        ("eta(3.0, 4.0, 0.0) + 0 * x", 0.0),
        ("rapidity(3.0, 5.0) + 0 * x", np.log(2.0)),
        ("mass(50.0, 0, 0, 0, 50.0, 0, 3.141592653589793, 0) + 0 * x", 100.0),
        ("clip(x, 0, 1.5) + sign(-x) + log2(x) + expm1(x - 2)", 1.5 - 1 + 1),
    ],
)
def test_values_by_hand(text, value, engine):
    data = ak.zip({"x": np.array([2.0])}, depth_limit=1)
    assert computed(text, "events", engine, data)[0] == pytest.approx(value)


def test_compiled():
    text = f"mass(Jet[0], Jet[1]) + delta_r(Jet[0], lepton) + {ALL_JETS} + eta(1.0, 2.0, pz(lepton.pt, lepton.eta))"
    plain, fused = computed(text, "events", "numpy"), computed(text, "events", "numba")
    agree(fused, plain, rtol=1e-9)


CATALOG = Catalog.from_events(EVENTS, {"tracks": "Jet"})


@pytest.mark.parametrize(
    ("text", "first", "hint"),
    [
        ("mass(Jett[0], Jet[1])", "unknown name: got 'Jett', expected an object", "Jet"),
        ("mass(Jet[0], 3)", "mass: got a number beside an object, expected objects only, or numbers only", None),
        ("mass(1, 2, 3)", "call: got 3 arguments, expected mass(px, py, pz, energy) or mass(object, ...)", None),
        ("delta_r(Jet[0])", "call: got 1 arguments, expected delta_r(eta1, phi1, eta2, phi2) or delta_r(obj",
         None),
        ("delta_r(Jet[0], lepton, lepton)", "call: got 3 arguments, expected delta_r(", None),
        ("mass(Jet, lepton)", "level: got one per Jet (Jet.pt), expected one value per event",
         "any(...), max(...), num(Jet) or Jet.pt[0]"),
    ],
)  # fmt: skip
def test_mistakes(text, first, hint):
    with pytest.raises(ExpressionError) as caught:
        check_levels(parse(text), Scope(CATALOG))
    assert str(caught.value).startswith(first)
    assert caught.value.hint == hint


def test_an_object_without_what_is_needed():
    catalog = Catalog.from_events(ak.Array([{"hits": [{"x": 1.0}]}]))
    with pytest.raises(ExpressionError, match="object: got hits, which has no eta, expected an object with that field"):
        check_levels(parse("delta_r(hits[0], hits[1])"), Scope(catalog))


def test_a_cut_on_a_mass_reads_what_it_needs(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("""
select: mass(Muon[0], Muon[1]) > 20
objects:
  events: {fields: {mll: {expr: "mass(Muon[0], Muon[1])"}}}
  Jet: {fields: {mj: {expr: "mass(Jet, lead)"}, pt: }}
""")
    sp.convert("examples/toy_nano.root", tmp_path / "out.h5", config=path)
    masses = sp.open(tmp_path / "out.h5")["events"]["mll"][:]
    assert len(masses) > 100
    assert (masses > 20).all()


def test_names_of_whole_objects():
    found = names(parse("mass(Jet[0], Muon) > 3"))
    assert {("Jet", "pt"), ("Jet", "mass"), ("Muon", "energy"), ("Muon", "phi")} <= found
