"""Files with cross references, made from toy events, and the loops that say what the references mean."""

from pathlib import Path

import awkward as ak
import numpy as np
import uproot

from simdprep.testing import toy_events

JETS = ("pt", "eta", "phi", "mass")
CANDIDATES = ("pt", "eta", "phi", "mass", "charge", "pdgId")


def pfnano(num_events: int, *, seed: int = 0) -> ak.Array:
    """Events with ``Jet``, ``PFCands`` and a table ``JetPFCands`` that lists pairs in random order.

    Of the pairs one in fifty is null on either side, and one in fifty leads beyond the end of its list.
    """
    events = toy_events(num_events, seed=seed)
    rng = np.random.default_rng(seed + 1)
    parents, targets, weights = [], [], []
    for jets, candidates in zip(ak.num(events.Jet).tolist(), events.PFCands.jetIdx.tolist(), strict=True):
        pairs = [(jet, position) for position, jet in enumerate(candidates)]
        pairs += [(int(rng.integers(-1, jets)), int(rng.integers(len(candidates)))) for _ in range(3) if candidates]
        pairs = [pairs[place] for place in rng.permutation(len(pairs))]
        for number, (jet, candidate) in enumerate(pairs):
            fate = rng.integers(100)
            if fate < 2:
                pairs[number] = (jet, -1)
            elif fate < 4:
                pairs[number] = (jets + int(fate), candidate) if fate == 2 else (jet, len(candidates))
        parents.append([jet for jet, _ in pairs])
        targets.append([candidate for _, candidate in pairs])
        weights.append(rng.random(len(pairs)).astype(np.float32))
    table = ak.zip({
        "jetIdx": ak.values_astype(ak.Array(parents), np.int32),
        "pFCandsIdx": ak.values_astype(ak.Array(targets), np.int32),
        "puppi": ak.Array(weights),
    })  # fmt: skip
    plain = ak.zip({name: events.PFCands[name] for name in CANDIDATES})
    scalars = {name: events[name] for name in ("run", "luminosityBlock", "event", "MET_pt")}
    return ak.zip({**scalars, "Jet": events.Jet, "PFCands": plain, "JetPFCands": table}, depth_limit=1)


def tidy(events: ak.Array) -> ak.Array:
    """Return events of :func:`pfnano` whose table has good pairs only, jet by jet, counted in ``Jet.nConstituents``."""
    table = events.JetPFCands
    good = (table.jetIdx >= 0) & (table.jetIdx < ak.num(events.Jet))
    good = good & (table.pFCandsIdx >= 0) & (table.pFCandsIdx < ak.num(events.PFCands))
    table = table[good]
    table = table[ak.argsort(table.jetIdx, axis=1, stable=True)]
    jets = ak.local_index(events.Jet.pt)
    counts = [
        [own.count(jet) for jet in every] for own, every in zip(table.jetIdx.to_list(), jets.to_list(), strict=True)
    ]
    constituents = ak.values_astype(ak.Array(counts), np.int32)
    jet = ak.zip({**{name: events.Jet[name] for name in events.Jet.fields}, "nConstituents": constituents})
    return ak.with_field(ak.with_field(events, jet, "Jet"), table, "JetPFCands")


def write_nano(path: Path, events: ak.Array, *, basket: int = 64) -> Path:
    """Write events as a TTree of NanoAOD's form, with one counter for each collection."""
    columns = {}
    for name in events.fields:
        values = events[name]
        columns[name] = ak.zip({field: values[field] for field in values.fields}) if values.fields else values
    with uproot.recreate(path) as file:
        types = {name: values.type.content for name, values in columns.items()}
        tree = file.mktree("Events", types, field_name=lambda outer, inner: f"{outer}_{inner}")
        for start in range(0, len(events), basket):
            tree.extend({name: values[start : start + basket] for name, values in columns.items()})
    return path


def followed_pairs(entry: dict, parent: str, table: str, target: str, up: str, down: str) -> tuple[list, int, int]:
    """Return for each parent of one entry its targets, with the pairs that led to them, and what is lost: by loops."""
    found: list[list] = [[] for _ in entry[parent]]
    null = outside = 0
    for pair in entry[table]:
        if pair[up] < 0 or pair[down] < 0:
            null += 1
        elif pair[up] >= len(found) or pair[down] >= len(entry[target]):
            outside += 1
        else:
            found[pair[up]].append((entry[target][pair[down]], pair))
    return found, null, outside
