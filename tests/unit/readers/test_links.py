"""Cross references become lists of lists, as plain loops make them; what leads nowhere is counted."""

from collections import Counter

import awkward as ak
import numpy as np
import pytest

from simdprep.convert.opening import Opening
from simdprep.errors import ConfigError, InputError
from simdprep.readers import Link, LinkedSource, open_source, recognise
from simdprep.schema.config import load_config
from simdprep.testing import toy_events
from tests.reference.link_files import CANDIDATES, followed_pairs, pfnano, write_nano

ENTRIES = 300

TABLE = Link("JetPFCands", "Jet", ("PFCands",), "JetPFCands", "jetIdx", ("pFCandsIdx",))


@pytest.fixture(scope="module")
def events():
    return pfnano(ENTRIES)


@pytest.fixture(scope="module")
def path(events, tmp_path_factory):
    return str(write_nano(tmp_path_factory.mktemp("pfnano") / "pf.root", events))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Toy NanoAOD: candidates and muons that name their jet, jets that name a muon."""
    return str(write_nano(tmp_path_factory.mktemp("nano") / "nano.root", toy_events(ENTRIES)))


def _expected(events):
    lists, lost = [], Counter()
    for entry in events.to_list():
        found, null, outside = followed_pairs(entry, "Jet", "JetPFCands", "PFCands", "jetIdx", "pFCandsIdx")
        lists.append(found)
        lost.update({"JetPFCands: null": null, "JetPFCands: beyond the end": outside})
    return lists, lost


def test_the_table_of_pfnano_is_recognised(path):
    with open_source(path) as source:
        assert recognise(source.branches) == (TABLE,)
    with Opening().open(path) as source:
        assert source.links == (TABLE,)
        assert [name for name in source.branches if "->" in name] == [
            f"JetPFCands->{field}" for field in (*CANDIDATES, "puppi")
        ]


def test_pairs_become_constituents_per_jet(events, path):
    lists, lost = _expected(events)
    with Opening().open(path) as source:
        found = source.read(["JetPFCands->pt", "JetPFCands->pdgId", "JetPFCands->puppi"])
        assert source.lost_links == lost
    assert min(lost.values()) > 20
    for field in ("pt", "pdgId"):
        expected = [[[target[field] for target, _ in jet] for jet in entry] for entry in lists]
        assert found[f"JetPFCands->{field}"].to_list() == expected
    assert found["JetPFCands->puppi"].to_list() == [
        [[pair["puppi"] for _, pair in jet] for jet in entry] for entry in lists
    ]


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (0, 1), (7, 200), (63, 65), (64, 128), (299, 300)])
def test_any_entry_range_is_a_slice_of_all(path, start, stop):
    names = ["event", "JetPFCands->eta", "JetPFCands->puppi", "Jet_pt"]
    with Opening().open(path) as source:
        whole, part = source.read(names), source.read(names, start, stop)
    for name in names:
        assert part[name].to_list() == whole[name][start:stop].to_list()


def test_losses_of_steps_add_up(path, events):
    _, lost = _expected(events)
    with Opening().open(path) as source:
        steps = source.steps(["JetPFCands->pt"], target_bytes=20_000)
        assert len(steps) == 5
        for start, stop in steps:
            source.read(["JetPFCands->pt", "JetPFCands->puppi"], start, stop)
        assert source.lost_links == lost


def test_entries_that_name_their_parent(plain):
    events = toy_events(ENTRIES).to_list()
    link = Link("cands", "Jet", ("PFCands",), parent_index="jetIdx")
    with LinkedSource(open_source(plain), [link]) as source:
        found = source.read(["cands->pt"])["cands->pt"].to_list()
        lost = sum(cand["jetIdx"] < 0 for entry in events for cand in entry["PFCands"])
        assert source.lost_links == Counter({"cands: null": lost})
    assert found == [
        [[cand["pt"] for cand in entry["PFCands"] if cand["jetIdx"] == jet] for jet in range(len(entry["Jet"]))]
        for entry in events
    ]


def test_parents_that_name_an_entry(plain):
    events = toy_events(ENTRIES).to_list()
    link = Link("muons", "Jet", ("Muon",), index=("muonIdx1",))
    with LinkedSource(open_source(plain), [link]) as source:
        found = source.read(["muons->pt"])["muons->pt"].to_list()
        assert set(source.lost_links) == {"muons: null"}
    assert found == [
        [[entry["Muon"][jet["muonIdx1"]]["pt"]] if jet["muonIdx1"] >= 0 else [] for jet in entry["Jet"]]
        for entry in events
    ]
    assert sum(len(jet) for entry in found for jet in entry) > 20


def _indexed(rng):
    """Jets with two indices and a list of indices of tracks, some null, missing or beyond the end."""
    jets, tracks = rng.integers(0, 4, 80), rng.integers(0, 6, 80)
    sizes = list(zip(jets, tracks, strict=True))
    lists = [[rng.integers(-1, count + 2, rng.integers(0, 5)).tolist() for _ in range(n)] for n, count in sizes]
    pairs = [[rng.integers(-1, count + 1, 2).tolist() for _ in range(n)] for n, count in sizes]
    names = [[[f"t{number}" for number in range(count)]] for count in tracks]
    return ak.Array({
        "Jet_first": ak.values_astype(ak.Array([[pair[0] for pair in entry] for entry in pairs]), np.int16),
        "Jet_second": ak.Array([[None if pair[1] < 0 else pair[1] for pair in entry] for entry in pairs]),
        "Jet_list": ak.values_astype(ak.Array(lists), np.int32),
        "Track_name": ak.Array([entry[0] for entry in names]),
        "Track_p": ak.values_astype(ak.unflatten(rng.random((tracks.sum(), 3)), tracks), np.float32),
    })  # fmt: skip


@pytest.fixture(params=["parquet", "feather"])
def indexed(request, tmp_path):
    events = _indexed(np.random.default_rng(3))
    file = tmp_path / f"a.{request.param}"
    (ak.to_parquet if request.param == "parquet" else ak.to_feather)(events, file)
    return events.to_list(), str(file)


def test_several_indices_are_several_slots(indexed):
    events, path = indexed
    with LinkedSource(open_source(path), [Link("tracks", "Jet", ("Track",), index=("first", "second"))]) as source:
        names = source.read(["tracks->name"])["tracks->name"].to_list()
        p = source.read(["tracks->p"])["tracks->p"].to_list()
    expected = []
    for entry in events:
        size = len(entry["Track_name"])
        slots = zip(entry["Jet_first"], entry["Jet_second"], strict=True)
        expected.append([[place for place in pair if place is not None and 0 <= place < size] for pair in slots])
    assert names == [
        [[e["Track_name"][i] for i in jet] for jet in own] for e, own in zip(events, expected, strict=True)
    ]
    assert p == [[[e["Track_p"][i] for i in jet] for jet in own] for e, own in zip(events, expected, strict=True)]


def test_lists_of_indices(indexed):
    events, path = indexed
    with LinkedSource(open_source(path), [Link("tracks", "Jet", ("Track",), index=("list",))]) as source:
        names = source.read(["tracks->name"])["tracks->name"].to_list()
        lost = dict(source.lost_links)
    every = [(place, len(entry["Track_name"])) for entry in events for jet in entry["Jet_list"] for place in jet]
    assert lost == {
        "tracks: null": sum(place < 0 for place, _ in every),
        "tracks: beyond the end": sum(place >= size for place, size in every),
    }
    assert names == [
        [[f"t{place}" for place in jet if 0 <= place < len(entry["Track_name"])] for jet in entry["Jet_list"]]
        for entry in events
    ]


@pytest.mark.parametrize(
    ("link", "message"),
    [
        (Link("x", "Jat", ("Track",), index=("list",)), "parent of a link: got 'Jat'.*\n.*\n  try Jet"),
        (Link("x", "Jet", ("Trak",), index=("list",)), "target of a link: got 'Trak'.*\n.*\n  try Track"),
        (Link("x", "Jet", ("Track",), index=("lost",)), "index of a link: got 'lost'.*\n.*\n  try list"),
        (Link("x", "Jet", ("Track",), "Pair", "a", ("b",)), "table of a link: got 'Pair'"),
        (Link("x", "Jet", ("Track",), parent_index="p"), r"index of a link: got 'p', var \* 3 \* float32"),
    ],
)
def test_links_that_cannot_be(link, message, tmp_path):
    ak.to_parquet(_indexed(np.random.default_rng(3)), tmp_path / "a.parquet")
    with open_source(str(tmp_path / "a.parquet")) as source, pytest.raises(InputError, match=message):
        LinkedSource(source, [link])


def test_unequal_counts_within_a_target_are_an_error(tmp_path):
    events = ak.Array({"Jet_i": [[0], [1]], "T_a": [[1.0], [1.0, 2.0]], "T_b": [[1.0], [1.0]]})
    ak.to_parquet(events, tmp_path / "a.parquet")
    link = Link("x", "Jet", ("T",), index=("i",))
    with LinkedSource(open_source(str(tmp_path / "a.parquet")), [link]) as source, pytest.raises(InputError) as caught:
        source.read(["x->b"])
    assert "2 of T_a and 1 of T_b in entry 1" in str(caught.value)


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ({"of": "A"}, "link"),
        ({"of": "A", "index": "i", "parent_index": "p"}, "link"),
        ({"of": "A", "table": "T", "index": "i"}, "link.table"),
        ({"of": ["A", "B"], "parent_index": "p"}, "link.of"),
        ({"of": ["A", "B"], "index": "i", "keys": [1]}, "link.keys"),
        ({"of": "A", "indx": "i"}, "link.indx"),
    ],
)
def test_links_of_a_config_are_checked(link, path):
    with pytest.raises(ConfigError) as caught:
        load_config({"objects": {"Jet": {}, "x": {"parent": "Jet", "link": link}}})
    assert f"objects.x.{path}" in str(caught.value)


def test_a_link_needs_a_parent_and_no_from():
    with pytest.raises(ConfigError, match="parent: OBJECT"):
        load_config({"objects": {"x": {"link": {"of": "A", "index": "i"}}}})
    with pytest.raises(ConfigError, match=r"objects\.x\.from"):
        load_config({"objects": {"x": {"parent": "y", "from": "a_*", "link": {"of": "A", "index": "i"}}}})


def test_members_of_one_struct_are_read_beside_links(tmp_path):
    jets = [[{"a": 1, "i": 0}, {"a": 2, "i": 1}], [], [{"a": 3, "i": 0}]]
    tracks = [[{"x": 0.5, "y": 5}, {"x": 1.5, "y": 6}], [{"x": 2.5, "y": 7}], [{"x": 3.5, "y": 8}]]
    ak.to_parquet(ak.Array({"Jet": jets, "Track": tracks}), tmp_path / "a.parquet")
    link = Link("own", "Jet", ("Track",), index=("i",))
    with LinkedSource(open_source(str(tmp_path / "a.parquet")), [link]) as source:
        found = source.read(["Jet.a", "Track.x", "Track.y", "own->x", "own->y", "Jet.i"])
    assert found["Jet.a"].to_list() == [[1, 2], [], [3]]
    assert found["Jet.i"].to_list() == [[0, 1], [], [0]]
    assert found["Track.y"].to_list() == [[5, 6], [7], [8]]
    assert found["own->x"].to_list() == [[[0.5], [1.5]], [], [[3.5]]]
    assert found["own->y"].to_list() == [[[5], [6]], [], [[8]]]
