"""What convert stores is what awkward makes of the same events."""

import awkward as ak
import numpy as np
import pytest
import yaml

import simdprep as sp
from simdprep.errors import ConfigError, SchemaError
from simdprep.testing import assert_equal
from tests.reference.event_entries import entries_of
from tests.reference.format_oracle import expected_file
from tests.reference.stored_file import StoredFile, differing
from tests.unit.convert.event_files import events, write

FIRST, SECOND = events(150, 1), events(90, 2)
BOTH = ak.concatenate([FIRST, SECOND])


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    return [write(folder / "a.parquet", FIRST), write(folder / "b.parquet", SECOND)]


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out.h5"


def holds(path, wanted: ak.Array) -> StoredFile:
    """Raise unless a file holds these events; return it."""
    file = StoredFile(path)
    expected = expected_file(file.schema, entries_of(file.schema, wanted), len(wanted))
    assert differing(file, expected) == []
    return file


class TestWhatIsStored:
    @pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
    def test_everything(self, inputs, output, layout):
        summary = sp.convert(inputs, output, layout=layout, pad={"*": "max"})
        file = holds(output, BOTH)
        assert list(file.objects) == ["events", "Jet", "Muon", "Jet_tracks"]
        assert file.objects["Jet_tracks"]["parent"] == "Jet"
        assert (summary.num_rows, summary.num_events, summary.entries_in, summary.files) == (240, 240, 240, 2)
        assert summary.num_truncated == {}
        assert summary.exit_code == 0
        assert summary.bytes_in == sum(len(open(path, "rb").read()) for path in inputs)  # noqa: PTH123, SIM115
        assert summary.written.bytes == output.stat().st_size

    def test_inputs_are_sorted(self, inputs, output, tmp_path):
        sp.convert(inputs[::-1], output)
        sp.convert(inputs[0].replace("a.parquet", "*.parquet"), tmp_path / "glob.h5")
        holds(output, BOTH)
        assert output.read_bytes() == (tmp_path / "glob.h5").read_bytes()

    @pytest.mark.parametrize(
        ("entries", "start", "stop"), [(":0", 0, 0), ("10:20", 10, 20), ("140:160", 140, 160), ("200:", 200, 240)]
    )
    def test_entries_run_over_all_inputs(self, inputs, output, entries, start, stop):
        assert sp.convert(inputs, output, entries=entries).entries_in == stop - start
        holds(output, BOTH[start:stop])

    def test_objects(self, inputs, output):
        sp.convert(inputs, output, objects=["Muon"])
        assert list(holds(output, BOTH).objects) == ["Muon"]
        sp.convert(inputs, output, objects=["Jet_tracks", "events"], overwrite=True)  # its parent comes with it
        assert list(holds(output, BOTH).objects) == ["events", "Jet", "Jet_tracks"]
        config = {"objects": {"Jet": {}, "Muon": {}, "events": {}}}
        sp.convert(inputs, output, objects=["Muon"], config=config, overwrite=True)
        assert list(holds(output, BOTH).objects) == ["Muon"]

    @pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
    @pytest.mark.parametrize("config", [None, {"objects": {"events": {}, "Jet": {}, "Jet_tracks": {"parent": "Jet"}}}])
    def test_rows_of_jets(self, inputs, output, layout, config):
        summary = sp.convert(inputs, output, rows="Jet", layout=layout, config=config, pad={"*": "max"})
        file = holds(output, BOTH)
        assert set(file.objects) == {"events", "Jet", "Jet_tracks"}
        counts = ak.to_numpy(ak.num(BOTH.Jet))
        assert summary.num_rows == counts.sum()
        assert (summary.num_events, summary.written.events_without_rows) == (240, np.count_nonzero(counts == 0))
        assert summary.written.events_without_rows > 0
        if config is None:
            assert "left out, not part of a row of Jet: Muon" in summary.told

    def test_events_come_with_their_rows(self, inputs, output):
        sp.convert(inputs, output, rows="Jet", objects=["Jet_tracks"])
        file = holds(output, BOTH)
        assert list(file.objects) == ["events", "Jet", "Jet_tracks"]
        assert "/events/run" in file.datasets

    @pytest.mark.parametrize("layout", ["columns", "compound"])
    def test_part_of_the_objects_ragged(self, inputs, output, layout):
        config = {"objects": {"events": {}, "Jet": {"pad": 2}, "Muon": {"ragged": True}}}
        if layout == "compound":
            with pytest.raises(ConfigError, match="the compound layout has no ragged objects"):
                sp.convert(inputs, output, config=config, layout=layout)
            return
        sp.convert(inputs, output, config=config, layout=layout)
        file = holds(output, BOTH)
        assert {name: spec["level"] for name, spec in file.objects.items()} == {
            "events": "row", "Jet": "padded", "Muon": "ragged"
        }  # fmt: skip

    def test_names_dtypes_fills_and_units(self, inputs, output):
        fields = {
            "pt": {"unit": "GeV", "dtype": "float16", "name": "momentum", "fill": 0, "description": "transverse"},
            "flavour": {"dtype": "int32", "fill": -99},
        }
        config = {"objects": {"jets": {"from": "Jet_*", "pad": 3, "fields": fields}}, "output": {"dtype": "float64"}}
        summary = sp.convert(inputs, output, config=config)
        wanted = ak.zip(
            {
                "momentum": ak.values_astype(BOTH.Jet.pt, np.float16),
                "flavour": ak.values_astype(BOTH.Jet.flavour, np.int32),
            }
        )
        file = holds(output, ak.zip({"jets": wanted}, depth_limit=1))
        field = file.schema["objects"][0]["fields"][0]
        assert [field[key] for key in ("name", "dtype", "fill", "unit", "description")] == [
            "momentum", "float16", 0, "GeV", "transverse"
        ]  # fmt: skip
        assert file.fills["/jets/flavour"] == -99
        assert summary.told[-1].startswith("output.dtype float64: 0 fields are stored so")


SELECTION = {
    "select": "met > 20 & num(Jet) >= 1",
    "objects": {
        "events": {"fields": {"run": {}, "jets": {"expr": "num(Jet)"}, "hardest": {"expr": "max(Jet.pt)"}}},
        "Jet": {
            "pad": 2,
            "select": "pt > 15",
            "order": "-pt",
            "fields": {"pt": {}, "rel": {"expr": "pt / lead.pt"}, "flavour": {"name": "label"}},
        },
        "Jet_tracks": {"parent": "Jet", "pad": 2, "fields": ["d0"]},
    },
}


class TestSelection:
    @staticmethod
    def wanted():
        """The same by hand."""
        keep = BOTH.Jet.pt > 15
        jets, tracks = BOTH.Jet[keep], BOTH.Jet_tracks[keep]
        order = ak.argsort(jets.pt, ascending=False, stable=True)
        jets, tracks = jets[order], tracks[order]
        chosen = ak.to_numpy((BOTH.met > 20) & (ak.num(jets) >= 1))
        jets, tracks = jets[chosen], tracks[chosen]
        return chosen, ak.zip(
            {
                "run": BOTH.run[chosen],
                "jets": ak.num(jets),
                "hardest": ak.to_numpy(ak.max(jets.pt, axis=1)),
                "Jet": ak.zip({"pt": jets.pt, "rel": jets.pt / jets.pt[:, 0], "label": jets.flavour}),
                "Jet_tracks": tracks[["d0"]],
            },
            depth_limit=1,
        )

    @pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
    def test_select_order_and_derived_fields(self, inputs, output, layout):
        summary = sp.convert(inputs, output, config=SELECTION, layout=layout, overrides=_no_pads(layout))
        chosen, wanted = self.wanted()
        holds(output, wanted)
        assert summary.entries_in == 240
        assert summary.num_events == chosen.sum()
        assert summary.dropped == {"select": (~chosen).sum()}
        for name in ("Jet", "Jet_tracks"):  # by its own select, its parent's, or with the event
            kept = summary.written.num_items[name] + summary.written.num_truncated[name]
            total = ak.count(BOTH[name][BOTH[name].fields[0]], axis=None)
            assert summary.objects_dropped[name] == total - kept > 0
        assert summary.entries_in == summary.num_events + sum(summary.dropped.values())

    def test_percentiles_are_those_of_selected_objects(self, inputs, output):
        config = yaml.safe_load(yaml.safe_dump(SELECTION))
        config["objects"]["Jet"]["pad"] = "p90"
        summary = sp.convert(inputs, output, config=config)
        _, wanted = self.wanted()
        counts = ak.to_numpy(ak.num(wanted.Jet))
        assert summary.pads["Jet"] == np.percentile(counts, 90, method="inverted_cdf")

    def test_nothing_passes(self, inputs, output):
        summary = sp.convert(inputs, output, config={"select": "met < 0"})
        assert (summary.num_rows, summary.entries_in, summary.dropped["select"]) == (0, 240, 240)
        holds(output, BOTH[:0])

    def test_iterate_gives_what_convert_stores(self, inputs, output):
        chunks = list(sp.iterate(inputs, config=SELECTION))
        assert_equal(ak.concatenate(chunks).Jet_tracks, self.wanted()[1].Jet_tracks)
        sp.convert(inputs, output, config=SELECTION, layout="ragged", overrides=_no_pads("ragged"))
        holds(output, ak.concatenate(chunks))

    def test_iterate_without_a_config(self, inputs):
        assert_equal(ak.concatenate(list(sp.iterate(inputs))), BOTH[["run", "met", "Jet", "Muon", "Jet_tracks"]])
        assert_equal(
            ak.concatenate(list(sp.iterate(inputs, entries="100:200", objects=["Muon"]))).Muon, BOTH.Muon[100:200]
        )
        some = sp.iterate(inputs)
        next(some)
        some.close()  # ends the reading thread


def _no_pads(layout):
    return ["objects.Jet.pad=", "objects.Jet_tracks.pad="] if layout == "ragged" else []


class TestSettings:
    def test_overrides_replace_the_config(self, inputs, output):
        config = {"objects": {"Muon": {"pad": 7}}, "output": {"layout": "compound"}}
        summary = sp.convert(inputs, output, config=config, overrides=["objects.Muon.pad=2", "output.layout=columns"])
        assert summary.pads == {"Muon": 2}
        assert StoredFile(output).schema["layout"] == "columns"

    def test_options_replace_the_config(self, inputs, output):
        config = {"objects": {"Muon": {"pad": 7}}, "output": {"layout": "compound", "compression": "gzip"}}
        sp.convert(inputs, output, config=config, pad={"Muon": 3}, layout="columns", compression="none")
        schema = StoredFile(output).schema
        assert (schema["objects"][0]["pad"], schema["layout"], schema["codec"]) == (3, "columns", "none")

    def test_inputs_of_the_config(self, inputs, output):
        assert sp.convert(None, output, config={"input": {"files": inputs}}).num_rows == 240
        assert sp.convert(inputs[:1], output, config={"input": {"files": inputs}}, overwrite=True).num_rows == 150

    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"rows": "Jet"},
            {"layout": "compound"},
            {"layout": "ragged", "pad": {"Jet": 4}},
            {"objects": ["Jet_tracks"], "pad": {"*": "p50", "Jet": "max"}},
            {"config": SELECTION},
            {"config": {"objects": {"Jet_tracks": {}}}},
            {"layout": "compound", "objects": ["Muon"]},
        ],
        ids=repr,
    )
    def test_the_resolved_config_says_all(self, inputs, output, tmp_path, options):
        sp.convert(inputs, output, **options)
        text = StoredFile(output).provenance["config"]
        (tmp_path / "resolved.yaml").write_text(text)
        objects = yaml.safe_load(text)["objects"]
        assert objects
        sp.convert(None, tmp_path / "again.h5", config=tmp_path / "resolved.yaml")
        assert output.read_bytes() == (tmp_path / "again.h5").read_bytes()

    def test_bytes_do_not_depend_on_threads(self, inputs, tmp_path, promise):
        for threads in (1, 2, 4):
            sp.convert(inputs, tmp_path / f"{threads}.h5", threads=threads)
        assert (tmp_path / "1.h5").read_bytes() == (tmp_path / "2.h5").read_bytes() == (tmp_path / "4.h5").read_bytes()
        promise("R15", faults=2, rows=2 * 240, equal=2)

    def test_progress_comes_after_every_step(self, inputs, output):
        seen = []
        sp.convert(inputs, output, progress=lambda done, total: seen.append((done, total)))
        assert seen[-1] == (240, 240)
        assert [done for done, _ in seen] == sorted(done for done, _ in seen)
        assert len(seen) >= 2

    def test_compound_beyond_an_object_header(self, output, tmp_path):
        wide = ak.Array({f"quite_a_long_name_of_a_field_{index}": [1.0] for index in range(1200)})
        ak.to_parquet(wide, tmp_path / "wide.parquet")
        with pytest.raises(SchemaError) as raised:
            sp.convert(str(tmp_path / "wide.parquet"), output, layout="compound")
        lines = str(raised.value).splitlines()
        assert lines[0].startswith("compound type of 1200 members: got ")
        assert "at most 64000" in lines[0]
        assert lines[1:] == ["  in object events", "  try a list of 'fields:' for it, or the layout columns"]
        assert not output.exists()
        fields = wide.fields[:900]
        sp.convert(
            str(tmp_path / "wide.parquet"),
            output,
            layout="compound",
            config={"objects": {"events": {"fields": fields}}},
        )
        assert list(StoredFile(output).datasets["/events"].dtype.names) == fields
