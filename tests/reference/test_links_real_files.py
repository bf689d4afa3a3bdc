"""Links of NanoAOD and PHYSLITE files, against plain loops and against coffea's NanoEvents."""

import warnings

import awkward as ak
import pytest

import simdprep as sp
from simdprep.errors import InputError
from simdprep.readers import Link, LinkedSource, open_source
from simdprep.readers.link_keys import container_names
from tests.reference.link_files import pfnano, tidy, write_nano

PHYSLITE, NANO = "PHYSLITE_example.root", "nano_tt_v12.root"

#: Parent, index, target, and one field of the target.
ELEMENT_LINKS = [
    ("AnalysisElectrons", "trackParticleLinks", "GSFTrackParticles", "d0"),
    ("AnalysisElectrons", "caloClusterLinks", "egammaClusters", "calE"),
    ("AnalysisJets", "btaggingLink", "BTagging_AntiKt4EMPFlow", "GN2v00_pb"),
    ("AnalysisMuons", "combinedTrackParticleLink", "CombinedMuonTrackParticles", "phi"),
    ("AnalysisMuons", "muonSpectrometerTrackParticleLink", "MuonSpectrometerTrackParticles", "phi"),
    ("AnalysisTauJets", "tauTrackLinks", "TauTracks", "pt"),
    ("TauTracks", "trackLinks", "InDetTrackParticles", "d0"),
    ("PrimaryVertices", "trackParticleLinks", "InDetTrackParticles", "z0"),
    ("AnalysisLargeRJets", "Parent", "AntiKt10UFOCSSKJets", "pt"),
]


def _value(source, container, field):
    """The branch of a field of a container, in static, dynamic or plain storage."""
    spellings = [f"{container}{kind}.{field}" for kind in ("AuxDyn", "Aux", "")]
    return next(name for name in spellings if name in source.branches)


@pytest.mark.parametrize(("parent", "index", "target", "field"), ELEMENT_LINKS)
def test_element_links_are_what_loops_make_of_them(data_dir, parent, index, target, field):
    with open_source(str(data_dir / PHYSLITE)) as source:
        position = _value(source, parent, f"{index}.m_persIndex")
        values = _value(source, target, field)
        key = position.replace("m_persIndex", "m_persKey")
        arrays = {name: array.to_list() for name, array in source.read([position, key, values]).items()}
        with LinkedSource(source, [Link("x", parent, (target,), index=(index,))]) as linked:
            found = linked.read([f"x->{field}"])[f"x->{field}"].to_list()
            lost = linked.lost_links.total()
    expected, null = [], 0
    for links, keys, own in zip(arrays[position], arrays[key], arrays[values], strict=True):
        expected.append([])
        for one, names in zip(links, keys, strict=True):
            pairs = [(one, names)] if isinstance(one, int) else list(zip(one, names, strict=True))
            null += sum(name == 0 for _, name in pairs)  # those of entries that were thinned away have index 0, too
            expected[-1].append([own[link] for link, name in pairs if name != 0])
    assert found == expected
    assert lost == null
    assert sum(len(one) for entry in expected for one in entry) > 0


def test_links_to_two_containers_are_an_error_that_names_them(data_dir):
    link = Link("tracks", "AnalysisMuons", ("InDetTrackParticles",), index=("inDetTrackParticleLink",))
    with LinkedSource(open_source(str(data_dir / PHYSLITE)), [link]) as source, pytest.raises(InputError) as caught:
        source.read(["tracks->d0"])
    assert "4 to InDetTrackParticles" in str(caught.value).replace("key 339503174 and ", "")
    assert "elsewhere: drop" in str(caught.value)
    assert "of: [InDetTrackParticles]" not in str(caught.value)  # what it has already


def test_links_elsewhere_may_be_dropped_or_named_by_their_key(data_dir):
    options = {"parent": "AnalysisMuons", "index": ("inDetTrackParticleLink",)}
    dropping = Link("tracks", of=("InDetTrackParticles",), elsewhere="drop", **options)
    with LinkedSource(open_source(str(data_dir / PHYSLITE)), [dropping]) as source:
        kept = source.read(["tracks->d0"])["tracks->d0"]
        assert source.lost_links == {"tracks: to another container": 1}
    both = Link("tracks", of=("InDetTrackParticles", "GSFTrackParticles"), keys=(490246363, 339503174), **options)
    with LinkedSource(open_source(str(data_dir / PHYSLITE)), [both]) as source:
        every = source.read(["tracks->d0"])["tracks->d0"]
        assert not source.lost_links["tracks: to another container"]
        assert ak.count(every, axis=None) + source.lost_links.total() == 5
    assert ak.count(kept, axis=None) == 4


def test_keys_follow_from_names_and_classes():
    keys = {490246363: "InDetTrackParticles", 956497600: "AnalysisElectrons", 779635413: "TruthBottom"}
    assert container_names([*keys, 5], [*keys.values(), "AnalysisMuons"]) == keys


def test_jets_of_physlite_with_their_tracks(data_dir, tmp_path):
    """The way from a YAML: electrons as rows, tracks on them."""
    config = {
        "rows": "AnalysisElectrons",
        "objects": {
            "AnalysisElectrons": {"fields": ["pt", "eta"]},
            "tracks": {
                "parent": "AnalysisElectrons",
                "link": {"index": "trackParticleLinks", "of": "GSFTrackParticles"},
                "pad": "max",
                "fields": ["d0", "z0", "phi"],
            },
        },
    }
    summary = sp.convert(str(data_dir / PHYSLITE), tmp_path / "a.h5", config=config)
    assert summary.lost_links == {"tracks: null": 54}
    with open_source(str(data_dir / PHYSLITE)) as source:
        ways = [("AnalysisElectrons", "trackParticleLinks.m_persIndex"), ("GSFTrackParticles", "d0")]
        names = [_value(source, *way) for way in [*ways, ("AnalysisElectrons", "trackParticleLinks.m_persKey")]]
        arrays = source.read(names)
    links, d0 = arrays[names[0]][arrays[names[2]] != 0], arrays[names[1]].to_list()
    expected = [[own[link] for link in one] for every, own in zip(links.to_list(), d0, strict=True) for one in every]
    with sp.open(tmp_path / "a.h5") as dataset:
        rows = dataset["tracks"].read_ragged(["d0"], 0, dataset.num_rows)
        assert ak.unflatten(rows.contents["d0"], rows.offsets[1:] - rows.offsets[:-1]).to_list() == expected


# --- coffea's NanoEvents


@pytest.fixture(scope="module")
def nano_events():
    pytest.importorskip("coffea", reason="coffea's NanoEvents are the oracle; pip install coffea")
    from coffea.nanoevents import NanoEventsFactory, schemas

    def events(path, tree, schema):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            factory = NanoEventsFactory.from_root({str(path): tree}, schemaclass=getattr(schemas, schema), mode="eager")
            return factory.events()

    return events


@pytest.mark.long
@pytest.mark.parametrize(
    ("parent", "index", "target", "way", "field"),
    [
        ("Jet", ("muonIdx1", "muonIdx2"), "Muon", "matched_muons", "pt"),
        ("Jet", ("electronIdx1", "electronIdx2"), "Electron", "matched_electrons", "eta"),
        ("Jet", ("genJetIdx",), "GenJet", "matched_gen", "pt"),
        ("Muon", ("jetIdx",), "Jet", "matched_jet", "pt"),
        ("Electron", ("jetIdx",), "Jet", "matched_jet", "eta"),
    ],
)
def test_nanoaod_as_coffea_follows_it(data_dir, nano_events, parent, index, target, way, field):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        events = nano_events(data_dir / NANO, "Events", "NanoAODSchema")
        theirs = events[parent][way][field] if way in events[parent].fields else getattr(events[parent], way)[field]
    if theirs.ndim == 2:
        theirs = ak.singletons(theirs, axis=1)
    with LinkedSource(open_source(str(data_dir / NANO)), [Link("x", parent, (target,), index=index)]) as source:
        ours = source.read([f"x->{field}"])[f"x->{field}"]
    assert ours.to_list() == ak.drop_none(theirs, axis=2).to_list()
    print(f"{parent}.{way}.{field}: {ak.count(ours, axis=None)} links as coffea follows them")
    assert ak.count(ours, axis=None) > 0


@pytest.mark.long
def test_pfnano_as_coffea_follows_it(tmp_path, nano_events):
    path = write_nano(tmp_path / "pf.root", tidy(pfnano(2000)))
    events = nano_events(path, "Events", "PFNanoAODSchema")
    sp.convert(str(path), tmp_path / "a.h5", pad={"*": "max"})
    with sp.open(tmp_path / "a.h5") as dataset:
        ours = dataset.events().JetPFCands
        for field in ("pt", "charge"):
            assert ak.materialize(ours[field]).to_list() == events.Jet.constituents.pf[field].to_list()
        assert ak.materialize(ours.puppi).to_list() == events.Jet.constituents.puppi.to_list()
        print(f"JetPFCands: {ak.count(ours.pt, axis=None)} constituents as coffea follows them")


@pytest.mark.long
@pytest.mark.parametrize(
    ("parent", "way", "index", "target", "field"),
    [
        ("Electrons", "trackParticles", "trackParticleLinks", "GSFTrackParticles", "d0"),
        ("Electrons", "caloClusters", "caloClusterLinks", "egammaClusters", "calEta"),
        ("Muons", "combinedTrackParticle", "combinedTrackParticleLink", "CombinedMuonTrackParticles", "phi"),
    ],
)
def test_physlite_as_coffea_follows_it(data_dir, nano_events, parent, way, index, target, field):
    events = nano_events(data_dir / PHYSLITE, "CollectionTree", "PHYSLITESchema")
    theirs = getattr(events[parent], way)[field]
    if theirs.ndim == 2:
        theirs = ak.singletons(theirs, axis=1)
    link = Link("x", f"Analysis{parent}", (target,), index=(index,))
    with LinkedSource(open_source(str(data_dir / PHYSLITE)), [link]) as source:
        ours = source.read([f"x->{field}"])[f"x->{field}"]
    assert ours.to_list() == ak.drop_none(theirs, axis=2).to_list()
    print(f"{parent}.{way}.{field}: {ak.count(ours, axis=None)} links as coffea follows them")
    assert ak.count(ours, axis=None) > 0
