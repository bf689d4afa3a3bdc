"""sp.merge: datasets of one schema, or of schemas that differ, become a file or a folder; nothing of them is lost."""

import json
from dataclasses import replace

import awkward as ak
import h5py
import numpy as np
import pytest

import simdprep as sp
from simdprep.convert.provenance import Origin
from simdprep.errors import DatasetError, OutputError
from simdprep.storage import info, verify
from simdprep.testing.compare import assert_equal
from tests.small_dataset import VARIANTS, small_events, small_schema, write_small


def write(path, events, schema=None, **options):
    with sp.Writer(path, schema or small_schema(), **options) as writer:
        writer.fill(events, origin=Origin({"name": f"{path.stem}.root"}, 0, len(events)))
    return path


@pytest.fixture(params=["all.h5", "all"])
def output(request, tmp_path):
    return tmp_path / request.param


@pytest.fixture
def two(tmp_path):
    return [write(tmp_path / f"{n}.h5", small_events(size, seed=n)) for n, size in enumerate((300, 777))]


@pytest.mark.parametrize(("layout", "rows"), VARIANTS)
def test_files_and_folders_of_one_schema(layout, rows, output, tmp_path):
    sources = [tmp_path / "a.h5", tmp_path / "b", tmp_path / "c.h5"]
    for number, source in enumerate(sources):
        write_small(source, layout, rows, num_events=700, seed=number, part_rows=128)
    summary = sp.merge(sources, output)
    assert verify(output).problems == []
    with sp.open(output) as merged, sp.open(sources) as apart:
        assert merged.num_rows == apart.num_rows == summary.num_rows
        assert_equal(merged.events(), apart.events())
    assert summary.parts == (1 if output.suffix else summary.files)
    assert all(verify(source).ok for source in sources)


def test_parts_of_a_folder_stay_as_they_are(two, tmp_path):
    sp.merge(two, tmp_path / "all")
    parts = sorted((tmp_path / "all").glob("part-*.h5"))
    assert [part.read_bytes() for part in parts] == [path.read_bytes() for path in two]


def test_event_numbers_go_on(output, tmp_path):
    for name in "ab":
        write_small(tmp_path / f"{name}.h5", "compound", "Jet", num_events=400)
    sp.merge([tmp_path / "a.h5", tmp_path / "b.h5"], output)
    with sp.open(output) as merged:
        numbers = np.concatenate([h5py.File(path)["Jet"]["event_index"] for path in merged_files(output)])
        assert (np.diff(numbers) >= 0).all()
        assert len(np.unique(numbers)) == merged.num_events
        assert numbers[-1] >= 400


def merged_files(output):
    return [output] if output.is_file() else sorted(output.glob("part-*.h5"))


class TestDifferences:
    def test_all_of_them_are_named(self, two, tmp_path):
        schema = small_schema()
        jet = schema.object("Jet")
        fields = [replace(entry, dtype="float64") if entry.name == "eta" else entry for entry in jet.fields[1:]]
        jet = replace(jet, fields=tuple(fields), pad=5)
        other = replace(schema, objects=tuple(jet if spec.name == "Jet" else spec for spec in schema.objects))
        write(tmp_path / "other.h5", small_events(), other)
        with pytest.raises(DatasetError) as caught:
            sp.merge([two[0], tmp_path / "other.h5"], tmp_path / "all.h5")
        text = str(caught.value)
        for said in (
            "pad of Jet 5, not 3",
            "no field Jet.pt",
            "dtype of Jet.eta float64, not float32",
            "--fill",
            "other.h5",
        ):
            assert said in text
        assert not (tmp_path / "all.h5").exists()

    @pytest.mark.parametrize("layout", ["columns", "compound"])
    def test_fill_makes_up_for_them(self, layout, output, tmp_path):
        events = small_events(300)
        events["Jet"] = events.Jet[:, :2]
        events["hits"] = events.hits[:, :2, :1]
        small, large = (
            sp.Schema.from_awkward(events, layout=layout, pad=pads, parents={"hits": "Jet"})
            for pads in ({"Jet": 2, "hits": 1}, {"Jet": 4, "hits": 3})
        )
        jet = large.object("Jet")
        wide = tuple(replace(entry, dtype="int32") if entry.name == "index" else entry for entry in jet.fields[1:])
        large = replace(
            large, objects=tuple(replace(jet, fields=wide) if spec.name == "Jet" else spec for spec in large.objects)
        )
        write(tmp_path / "a.h5", events, small)
        without = ak.with_field(events, events.Jet[[name for name in events.Jet.fields if name != "pt"]], "Jet")
        write(tmp_path / "b.h5", without, large)
        sp.merge([tmp_path / "a.h5", tmp_path / "b.h5"], output, fill=True)
        assert verify(output).problems == []
        with sp.open(output) as merged:
            assert merged.schema.object("Jet").pad == 4
            assert merged["Jet"]["index"].dtype == np.int32
            assert np.isnan(merged["Jet"]["pt"][300:]).all()
            assert merged.events(0, 300).to_list() == sp.open(tmp_path / "a.h5").events().to_list()
            found, given = merged.events(300, 600), sp.open(tmp_path / "b.h5").events()
            assert ak.all(found.Jet.eta == given.Jet.eta)
            assert ak.all(found.hits.charge == given.hits.charge)

    def test_what_was_truncated_gets_no_slot(self, two, tmp_path):
        wide = sp.Schema.from_awkward(small_events(), pad={"Jet": 9, "hits": 9}, parents={"hits": "Jet"})
        write(tmp_path / "wide.h5", small_events(), wide)
        with pytest.raises(
            DatasetError, match=r"pads of Jet: got 3 slots, in which \d+ entries found no room.*\n.*0\.h5"
        ):
            sp.merge([two[0], tmp_path / "wide.h5"], tmp_path / "all.h5", fill=True)

    def test_units_are_never_mixed(self, tmp_path):
        schema = small_schema()
        events = schema.object("events")
        for name, unit in (("a", "GeV"), ("b", "MeV")):
            fields = tuple(replace(entry, unit=unit) if entry.name == "MET" else entry for entry in events.fields)
            objects = tuple(
                replace(events, fields=fields) if spec.name == "events" else spec for spec in schema.objects
            )
            write(tmp_path / f"{name}.h5", small_events(5), replace(schema, objects=objects))
        with pytest.raises(DatasetError, match=r"unit of events\.MET MeV, not GeV"):
            sp.merge([tmp_path / "a.h5", tmp_path / "b.h5"], tmp_path / "all.h5", fill=True)

    def test_another_codec_is_no_difference_of_a_file(self, two, tmp_path):
        write(tmp_path / "plain.h5", small_events(40), small_schema(codec="none"))
        sp.merge([two[0], tmp_path / "plain.h5"], tmp_path / "all.h5")
        with sp.open(tmp_path / "all.h5") as merged:
            assert_equal(merged.events(300, 340), small_stored(tmp_path / "plain.h5"))
        assert info(tmp_path / "all.h5").codec == "gzip"


def small_stored(path):
    return sp.open(path).events()


class TestKept:
    def test_configs_of_all(self, output, tmp_path):
        files = [tmp_path / f"{number}.h5" for number in range(3)]
        for number, path in enumerate(files):
            write(path, small_events(10, seed=number), config_text=f"select: x > {min(number, 1)}")
        summary = sp.merge(files, output)
        assert summary.num_configs == 2
        assert verify(output).problems == []
        assert len(info(output).config_sha256) == 2
        if output.suffix:
            [provenance] = sp.open(output).provenance
            assert [entry["config"] for entry in provenance["configs"]] == ["select: x > 0", "select: x > 1"]
            assert [entry["rows"] for entry in provenance["configs"]] == [[0, 10], [10, 30]]
            assert provenance["config"] == ""

    def test_counters_metadata_and_cut_bookkeeper(self, output, tmp_path):
        files = [tmp_path / f"{number}.h5" for number in range(3)]
        for number, path in enumerate(files):
            write_small(path, "compound", num_events=20, seed=number)
            add_to_provenance(
                path,
                metadata={"run": number, "tool": "dumper"},
                counters={"nominal": {"events": 10 + number, "sum_of_weights": 0.5, "sum_of_weights_squared": 0.25}},
            )
            counts = np.array(
                (10 + number, 0.5, 0.25),
                [("nEventsProcessed", "i8"), ("sumOfWeights", "f8"), ("sumOfWeightsSquared", "f8")],
            )
            with h5py.File(path, "r+") as file:
                file["cutBookkeeper/nominal/counts"] = counts
                file["Jet"].attrs["flavour_label"] = np.array([b"b", b"c", b"u"])
                file.attrs["made_by"] = "somebody"
        sp.merge(files, output)
        assert verify(output).problems == []
        stored = [sp.open(output).provenance, [h5py.File(path) for path in merged_files(output)]]
        assert sum(entry["counters"]["nominal"]["events"] for entry in stored[0]) == 33
        counts = [file["cutBookkeeper/nominal/counts"][()] for file in stored[1]]
        assert sum(int(entry["nEventsProcessed"]) for entry in counts) == 33
        assert sum(float(entry["sumOfWeights"]) for entry in counts) == 1.5
        assert list(stored[1][0]["Jet"].attrs["flavour_label"]) == [b"b", b"c", b"u"]
        assert stored[1][0].attrs["made_by"] == "somebody"
        if output.suffix:
            [provenance] = stored[0]
            assert provenance["metadata"] == {"run": 2, "tool": "dumper"}
            assert [entry["metadata"]["run"] for entry in provenance["metadata_by_rows"]] == [0, 1, 2]
            assert [entry["rows"] for entry in provenance["metadata_by_rows"]] == [[0, 20], [20, 40], [40, 60]]
            again = tmp_path / "again.h5"  # a merge of merged files says the same as one of all
            sp.merge([*files[:1], sp.merge(files[1:], tmp_path / "rest.h5").path], again)
            assert sp.open(again).provenance == sp.open(output).provenance


def add_to_provenance(path, **facts):
    """What a C++ event loop would have said."""
    from simdprep._core import sha256_bytes

    with h5py.File(path, "r+") as file:
        text = json.dumps({**json.loads(file.attrs["simdprep_provenance"]), **facts})
        for name, value in (("", text), ("_sha256", sha256_bytes(text.encode()))):
            del file.attrs[f"simdprep_provenance{name}"]
            file.attrs[f"simdprep_provenance{name}"] = np.bytes_(value.encode())


class TestRefused:
    def test_a_part_twice(self, two, tmp_path):
        with pytest.raises(DatasetError, match=r"part: got .*0\.h5 twice, expected each once"):
            sp.merge([two[0], two[1], two[0]], tmp_path / "all.h5")

    def test_an_output_that_exists(self, two, output):
        sp.merge(two[:1], output)
        with pytest.raises(OutputError, match="output exists, kept as it is"):
            sp.merge(two, output)
        sp.merge(two, output, overwrite=True)
        assert sp.open(output).num_rows == 1077

    def test_an_output_that_holds_the_parts(self, two, tmp_path):
        sp.merge(two, tmp_path / "all")
        with pytest.raises(OutputError, match="which is to be merged"):
            sp.merge([tmp_path / "all"], tmp_path / "all", overwrite=True)
        (tmp_path / "all").rename(tmp_path / "out.h5.parts")
        (tmp_path / "out.h5.parts" / "manifest.json").unlink()
        with pytest.raises(OutputError, match="which is to be merged"):
            sp.merge([str(tmp_path / "out.h5.parts" / "*.h5")], tmp_path / "out.h5")
        assert sp.open(str(tmp_path / "out.h5.parts" / "*.h5")).num_rows == 1077

    def test_a_file_may_replace_one_of_its_parts(self, two):
        sp.merge(two, two[0], overwrite=True)
        assert sp.open(two[0]).num_rows == 1077

    def test_another_kind_of_file(self, two, tmp_path):
        with h5py.File(tmp_path / "other.h5", "w") as file:
            file["x"] = [1]
        with pytest.raises(DatasetError, match="no simdprep file"):
            sp.merge([*two, tmp_path / "other.h5"], tmp_path / "all.h5")
