"""Every table of the real files, converted: value by value what uproot and awkward read of it."""

import awkward as ak
import numpy as np
import pytest

from simdprep.errors import SchemaError
from tests.reference.conversion import Conversion, left_out, plain_name
from tests.reference.format_oracle import expected_file
from tests.reference.real_tables import TABLES, described, facts_that_differ, smaller_compound
from tests.reference.stored_file import differing

MAX = {"*": "max"}


@pytest.fixture(scope="module", params=TABLES, ids=lambda table: f"{table[0]}-{table[1]}")
def table(request):
    """File and tree; all tests of a table follow one another, so that its arrays are read once."""
    return request.param


@pytest.fixture(scope="module")
def source(data_dir, table):
    return data_dir / table[0]


@pytest.fixture(scope="module")
def by_default(source, table, tmp_path_factory):
    """The table converted with no options."""
    return Conversion(source, table[1], tmp_path_factory.mktemp("default") / "out.h5")


def check(conversion: Conversion) -> None:
    """Compare every dataset, attribute and count of a file with the source."""
    expected = expected_file(conversion.file.schema, conversion.entries, conversion.truth.num_entries)
    assert differing(conversion.file, expected) == []
    assert conversion.summary.num_rows == conversion.truth.num_entries
    assert conversion.summary.num_truncated == {name: lost for name, lost in expected.truncated.items() if lost}


def check_pads(conversion: Conversion, rule) -> None:
    for name, spec in conversion.file.objects.items():
        if spec["level"] == "padded":
            counts = conversion.entries[name].counts
            assert spec["pad"] == max(1, rule(counts) if len(counts) else 0), name


@pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
def test_every_value_in_every_layout(source, table, layout, tmp_path, facts):
    chosen = None
    try:
        conversion = Conversion(source, table[1], tmp_path / "out.h5", layout=layout, pad=MAX)
    except SchemaError as error:
        assert layout == "compound"
        chosen = smaller_compound(source, table[1], error, tmp_path)
        conversion = Conversion(source, table[1], tmp_path / "out.h5", config=chosen)
    check(conversion)
    assert conversion.summary.num_truncated == {}
    check_pads(conversion, np.max)
    known = described(facts, table)
    found, compared = facts_that_differ(conversion, known)
    assert found == []
    others = known["branches"].keys() - compared
    if chosen is None:
        assert others <= conversion.recipe.grouping.counters.keys() | left_out(conversion.summary.told)
    else:
        assert len(compared) > len(others)


def test_every_branch_is_stored_or_counts_or_is_named_with_a_reason(by_default):
    grouping = by_default.recipe.grouping
    stored = {member.branch.name for entry in grouping.groups for member in entry.members.values()}
    named = left_out(by_default.summary.told)
    accounted = stored | named | set(grouping.counters)
    for name in by_default.truth.names:
        assert name in accounted or any(entry.startswith(f"{name}.") for entry in accounted), name
    assert not stored & named
    for counter in grouping.counters:
        assert by_default.truth.array(counter).ndim == 1


def test_counters_are_no_fields(by_default):
    truth, grouping = by_default.truth, by_default.recipe.grouping
    stored = {member.branch.name for entry in grouping.groups for member in entry.members.values()}
    for entry in grouping.groups:
        counted = {entry.name} | {member.branch.name for member in entry.members.values()}
        for name in counted if entry.depth == 1 and entry.members else ():
            for counter in {f"n{name}", f"N{name}"} & set(truth.names):
                values = truth.array(counter)
                counts = by_default.entries[entry.name].counts
                if values.ndim == 1 and np.array_equal(ak.to_numpy(values), counts):
                    assert counter not in stored
                    assert counter in grouping.counters


def test_every_field_is_called_as_its_branch(by_default):
    grouping = by_default.recipe.grouping
    fields = {(name, field["name"]) for name, spec in by_default.file.objects.items() for field in spec["fields"]}
    assert fields == {(entry.name, field) for entry in grouping.groups for field in entry.members}
    for entry in grouping.groups:
        for field, member in entry.members.items():
            slot = "".join(f"_{index}" for index in member.slot)
            assert field.rstrip("_").endswith(slot)
            bare = field.rstrip("_").removesuffix(slot)
            flat = plain_name(member.branch.name).rstrip("_")
            whole = bare if entry.name == "events" else f"{entry.name.rstrip('_')}_{bare}"
            alone = field == f"value{slot}" and flat == entry.name.rstrip("_")
            assert alone or flat == whole or flat.endswith(f"_{bare}"), member.branch.name


def test_stored_and_truncated_are_all_with_default_pads(by_default, table, facts):
    check(by_default)
    check_pads(by_default, lambda counts: int(np.percentile(counts, 99, method="inverted_cdf")))
    known = described(facts, table)["branches"]
    lists = 0
    for entry in by_default.recipe.grouping.groups:
        listed = {member.branch.name for member in entry.members.values()} & known.keys()
        for name in listed if entry.depth == 1 else ():
            total = known[name].get("objects", known[name].get("n_strings"))
            valid = int(by_default.file.column(entry.name, "valid").sum())
            assert valid + by_default.file.truncated[f"/{entry.name}"] == total, name
            lists += 1
    assert lists or not any(entry.depth == 1 and entry.members for entry in by_default.recipe.grouping.groups)


def test_the_resolved_config_gives_the_same_bytes(by_default, source, table, tmp_path):
    path = tmp_path / "resolved.yaml"
    path.write_text(by_default.file.provenance["config"])
    Conversion(source, table[1], tmp_path / "again.h5", config=path)
    assert (tmp_path / "again.h5").read_bytes() == by_default.file.path.read_bytes()
