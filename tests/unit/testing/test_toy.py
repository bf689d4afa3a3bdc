import awkward as ak
import numpy as np
import pytest

from simdprep.errors import SimdprepError
from simdprep.testing import CLASSES, assert_equal, toy_events, toy_jets
from simdprep.testing.toy import BLOCK

MAKERS = {
    "events": toy_events,
    "jets": toy_jets,
    "jets of events": lambda num, **options: toy_jets(num, jets_per_event=3, **options),
}


@pytest.fixture(params=MAKERS.values(), ids=MAKERS)
def make(request):
    return request.param


@pytest.fixture(scope="module")
def events():
    return toy_events(4 * BLOCK)


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (0, 7), (BLOCK - 3, BLOCK + 3), (BLOCK, 2 * BLOCK), (2047, 2048)])
def test_an_entry_depends_on_seed_and_number_alone(make, start, stop):
    assert_equal(make(stop - start, start=start, seed=3), make(2 * BLOCK, seed=3)[start:stop])


def test_seeds_differ(make):
    assert ak.to_list(make(5, seed=1)) != ak.to_list(make(5, seed=2))


def test_zero_entries_keep_the_type(make):
    assert make(0).type.content == make(5).type.content


@pytest.mark.parametrize("wrong", ["num_entries", "seed", "start", "mean_tracks", "jets_per_event"])
def test_a_negative_number_is_refused(wrong):
    with pytest.raises(SimdprepError, match=f"{wrong}: got -1, expected zero or more"):
        toy_jets(**{"num_entries": 1, wrong: -1})


def test_events_look_like_collisions(events):
    for name in ("Muon", "Electron", "Jet", "PFCands"):
        assert ak.min(ak.num(events[name])) == 0
        assert ak.all(events[name].pt[:, :-1] >= events[name].pt[:, 1:])  # hardest first
        assert ak.min(events[name].pt) > 0
        assert ak.all(abs(events[name].phi) <= np.float32(np.pi))
        assert ak.all(np.isfinite(ak.flatten(events[name].eta)))
    jets = ak.flatten(events.Jet)
    assert ak.sum(jets.pt > 30) < ak.sum(jets.pt < 30)
    heavy, light = jets[jets.hadronFlavour == 5], jets[jets.hadronFlavour == 0]
    assert ak.mean(heavy.btagDeepFlavB) > 2 * ak.mean(light.btagDeepFlavB)
    assert 0 < ak.sum(events.genWeight < 0) < len(events) / 2
    assert len(set(ak.to_list(events.event))) == len(events)


def test_events_have_a_z_peak(events):
    pairs = events.Muon[ak.num(events.Muon) == 2]
    one, two = pairs[:, 0], pairs[:, 1]
    mass = np.sqrt(2 * one.pt * two.pt * (np.cosh(one.eta - two.eta) - np.cos(one.phi - two.phi)))
    inside = (mass > 86) & (mass < 96) & (one.charge != two.charge)
    assert ak.sum(inside) > len(pairs) / 2


def test_events_hold_every_kind_of_number(events):
    kinds = {
        str(ak.to_layout(ak.flatten(events[name][field])).dtype)
        for name in ("Muon", "Electron", "Jet", "PFCands")
        for field in events[name].fields
    }
    kinds |= {str(ak.to_layout(events[name]).dtype) for name in events.fields if not events[name].fields}
    assert {"bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "uint64", "float32"} <= kinds


def test_constituents_belong_to_their_jet(events):
    candidates, jets = events.PFCands, events.Jet
    assert ak.all(candidates.jetIdx < ak.num(jets))
    assert ak.any(candidates.jetIdx == -1)
    inside = candidates[candidates.jetIdx >= 0]
    parent = jets[inside.jetIdx]
    away = np.hypot(inside.eta - parent.eta, (inside.phi - parent.phi + np.pi) % (2 * np.pi) - np.pi)
    assert ak.mean(away) < 0.3
    leading = ak.sum(inside.pt[inside.jetIdx == 0], axis=1)
    has_some = leading > 0
    assert np.allclose(leading[has_some], jets.pt[has_some][:, 0], rtol=2e-3)  # 10 bits of mantissa


@pytest.mark.parametrize("mean", [0, 3, 25])
def test_the_mean_number_of_tracks_is_as_asked(mean):
    jets = toy_jets(4 * BLOCK, mean_tracks=mean)
    assert ak.mean(ak.num(jets.tracks)) == pytest.approx(mean, rel=0.03)


def test_the_mean_number_of_jets_is_as_asked():
    events = toy_jets(4 * BLOCK, jets_per_event=2.5)
    assert ak.mean(ak.num(events.jets)) == pytest.approx(2.5, rel=0.05)
    assert ak.all(ak.num(events.jets) == ak.num(events.tracks))


def test_tracks_have_twenty_floats():
    dtypes = [str(ak.to_layout(ak.flatten(toy_jets(10).tracks[field])).dtype) for field in toy_jets(1).tracks.fields]
    assert dtypes.count("float32") == 20
    assert len(dtypes) == 25


def test_the_classes_can_be_told_apart():
    jets = toy_jets(8 * BLOCK)
    assert set(np.unique(jets.jets.flavour)) == set(range(len(CLASSES)))
    # The mean of the three largest significances alone separates the outer two.
    score = ak.mean(ak.sort(jets.tracks.signed_d0_significance, ascending=False)[:, :3], axis=1)
    score = ak.to_numpy(ak.fill_none(score, 0))
    light, heavy = score[jets.jets.flavour == 0], score[jets.jets.flavour == 2]
    threshold = np.median(score)
    assert np.mean(light < threshold) > 0.7
    assert np.mean(heavy > threshold) > 0.7
