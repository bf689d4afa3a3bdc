"""Every branch of the real files that is described in facts.json: read with exactly these facts, or refused."""

import math
from typing import Any

import awkward as ak
import numpy as np
import pytest

from simdprep.readers import (
    Counts,
    Source,
    Wanted,
    expand_inputs,
    group,
    group_by_config,
    open_source,
    read_events,
)
from tests import real_data

RELATIVE = 1e-9  # the facts are sums in float64, in whatever order

FACTS = {file: entry for file, entry in real_data.facts().items() if "trees" in entry or "parquet" in entry}
TABLES = [(file, tree) for file, entry in FACTS.items() for tree in entry.get("trees", {"": None})]


def described(file: str, tree: str) -> dict[str, Any]:
    return FACTS[file]["trees"][tree] if tree else FACTS[file]["parquet"]


def branch_facts(table: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return table.get("branches", table.get("fields", {}))


@pytest.fixture
def source(data_dir, request):
    file, tree = request.param
    with open_source(str(data_dir / file), tree or None) as opened:
        yield opened


def measure(array: ak.Array) -> dict[str, Any]:
    """The facts of one branch, from nothing but awkward and numpy."""
    found: dict[str, Any] = {}
    if array.ndim > 1 and ak.parameters(array).get("__array__") != "string":
        counts = ak.to_numpy(ak.num(array, axis=1))
        found |= {
            "objects": int(counts.sum()),
            "per_entry_min": int(counts.min()) if len(counts) else 0,
            "per_entry_max": int(counts.max()) if len(counts) else 0,
            "entries_with_zero": int((counts == 0).sum()),
        }
    flat = ak.flatten(array, axis=None) if array.ndim > 1 else array
    missing = np.asarray(ak.is_none(flat))
    there = ak.drop_none(flat)
    found["n_missing"] = int(missing.sum())
    if "string" in str(ak.type(array)):
        texts = ak.to_list(there)
        return found | {"n_strings": len(flat), "total_chars": sum(map(len, texts))}
    values = ak.to_numpy(there)
    found |= {"n_values": len(values), "dtype": str(values.dtype)}
    if values.dtype == bool:
        return found | {"n_true": int(values.sum())}
    if values.dtype.kind == "f":
        finite = values[np.isfinite(values)].astype(np.float64)
        found |= {"n_nan": int(np.isnan(values).sum()), "n_inf": int(np.isinf(values).sum()), "sum": finite.sum()}
    else:
        finite = values
        found["sum"] = sum(values.tolist())  # beyond 64 bits for some
    if len(finite):
        found |= {"min": finite.min().item(), "max": finite.max().item()}
    return found


def strings_flattened(array: ak.Array) -> ak.Array:
    """Flatten lists of strings without breaking the strings."""
    while str(ak.type(array).content).startswith("var"):
        array = ak.flatten(array, axis=1)
    return array


def compare(name: str, facts: dict[str, Any], array: ak.Array) -> list[str]:
    if "string" in str(ak.type(array)):
        found = measure(strings_flattened(array))
    else:
        found = measure(array)
    wrong = []
    for key in ("n_nan", "n_inf", "n_missing"):
        if found.get(key, 0) != facts.get(key, 0) and facts.get("kind") != "string":
            wrong.append(f"{name}: {key} {found.get(key)}, facts have {facts.get(key, 0)}")
    for key, expected in facts.items():
        if key in ("type", "awkward_type", "kind", "fields", "string_err") or key not in found:
            continue
        got = found[key]
        same = math.isclose(got, expected, rel_tol=RELATIVE) if isinstance(expected, float) else got == expected
        if not same:
            wrong.append(f"{name}: {key} {got}, facts have {expected}")
    return wrong


def check(name: str, facts: dict[str, Any], source: Source) -> list[str]:
    if name in source.refused:
        return [] if source.refused[name] else [f"{name}: refused without a reason"]
    if name in source.branches:
        return compare(name, facts, source.read([name])[name])
    members = [entry for entry in source.branches if entry.startswith(f"{name}.")]
    if members:
        array = source.read(members[:1])[members[0]]
        counts = {key: facts[key] for key in ("objects", "per_entry_min", "per_entry_max") if key in facts}
        return compare(name, counts, array) if counts else []
    if any(entry.startswith(f"{name}.") for entry in source.refused):
        return []
    return [f"{name}: neither read nor refused"]


def test_files_are_there(data_dir):
    assert len(TABLES) > 25


@pytest.mark.parametrize("source", TABLES, indirect=True, ids=lambda table: f"{table[0]}-{table[1]}")
class TestTable:
    def test_every_branch_has_its_facts(self, source, request):
        table = described(*request.node.callspec.params["source"])
        assert source.num_entries == table["entries"]
        assert type(source.num_entries) is int
        wrong = [line for name, facts in branch_facts(table).items() for line in check(name, facts, source)]
        assert wrong == []

    def test_steps_give_what_one_read_gives(self, source):
        names = list(source.branches)[::7]
        steps = source.steps(names, target_bytes=1000)
        assert [first for first, _ in steps[1:]] == [last for _, last in steps[:-1]]
        whole = source.read(names)
        if source.num_entries > 20:  # many steps of single entries take minutes
            steps = [(0, 3), (3, source.num_entries // 2), (source.num_entries // 2, source.num_entries)]
        parts = [source.read(names, first, last) for first, last in steps]
        for name in names if parts else []:
            assert ak.array_equal(ak.concatenate([part[name] for part in parts]), whole[name], equal_nan=True), name

    def test_events_hold_every_branch(self, source):
        grouping = group(source.branches, Counts([source]))
        assert {*grouping.branch_names, *grouping.counters} == set(source.branches)
        events = read_events(source, grouping)
        assert len(events) == source.num_entries
        self.check_values(source, grouping, events)
        self.check_config(source, grouping)

    def check_config(self, source, grouping):
        wanted = {
            entry.name: Wanted(entry.pattern, [member.source for member in entry.members.values()], entry.parent)
            for entry in grouping.groups
        }
        again = group_by_config(source.branches, wanted, refused=source.refused)
        for entry in grouping.groups:
            one, other = entry.members.values(), again.group(entry.name).members.values()
            assert [(member.branch, member.slot) for member in one] == [(m.branch, m.slot) for m in other], entry.name
            assert again.group(entry.name).parent == entry.parent

    def check_values(self, source, grouping, events):
        arrays = source.read(grouping.branch_names)
        for entry in grouping.groups:
            for field, member in list(entry.members.items())[:5]:
                stored = events[field] if entry.name == "events" else events[entry.name][field]
                given = arrays[member.branch.name]
                if member.slot:
                    given = given[(..., *member.slot)]
                assert ak.array_equal(stored, given, equal_nan=True), f"{entry.name}.{field}"


def test_refused_are_few_and_have_reasons(data_dir):
    refused = {}
    for file, tree in TABLES:
        with open_source(str(data_dir / file), tree or None) as source:
            assert all(source.refused.values())
            refused[file] = len(source.refused) / max(1, len(source.refused) + len(source.branches))
    assert {file for file, share in refused.items() if share > 0.02} == {
        "PHYSLITE_example.root",  # classes without members, and such that hold no numbers
        "Run2012BC_DoubleMuParked_Muons_1000evts_rntuple_v1-0-0-0.root",  # each muon field is there twice
        "nullable-record-primitives.parquet",  # one column of bytes
        "test_stl_containers_rntuple_v1-0-0-0.root",  # variants
    }


def test_vectors_of_classes_equal_the_flat_ntuple(data_dir):
    names = {"jetp4.fP.fX": "Jet_Px", "muonp4.fE": "Muon_E", "muonq": "Muon_Charge", "photoniso": "Photon_Iso"}
    with (
        open_source(str(data_dir / "uproot-HZZ-objects.root")) as objects,
        open_source(str(data_dir / "uproot-HZZ.root")) as flat,
    ):
        one, other = objects.read(names), flat.read(names.values())
    for name, plain in names.items():
        assert ak.all(ak.values_astype(one[name], "float32") == ak.values_astype(other[plain], "float32"))


def test_parquet_equals_root(data_dir):
    with (
        open_source(str(data_dir / "nano_dy.root")) as root,
        open_source(str(data_dir / "nano_dy.parquet")) as parquet,
    ):
        assert list(root.branches) == list(parquet.branches)
        one, other = root.read(root.branches), parquet.read(root.branches)
        for name in root.branches:
            assert root.branches[name].dtype == parquet.branches[name].dtype
            assert ak.array_equal(one[name], other[name], equal_nan=True), name


def test_stale_member_by_member_streams_are_refused(data_dir):
    # uproot reads these as object by object, which gives numbers that are none
    with open_source(str(data_dir / "PHYSLITE_example.root")) as source:
        assert "member by member" in source.refused["METAssoc_AnalysisMETAux.jetLink"]


def test_two_files_make_one_input(data_dir):
    paths = expand_inputs(str(data_dir / "chain.flat.*.root"))
    assert [path.rpartition("/")[2] for path in paths] == ["chain.flat.1.root", "chain.flat.2.root"]
    sources = [open_source(path) for path in paths]
    counts = Counts(sources)
    assert counts.num_entries == 10
    assert counts("SliI32").tolist() == list(range(10))
    assert Counts(sources, limit=7)("SliI32").tolist() == list(range(7))
    for source in sources:
        source.close()
