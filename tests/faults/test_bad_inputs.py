"""Every bad input gives one error in the grammar of all errors, and leaves nothing half done."""

import os
from pathlib import Path

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
import uproot

import simdprep as sp
from simdprep.errors import ConfigError, ExpressionError, InputError, SchemaError, SimdprepError
from tests.faults.error_text import check_text
from tests.faults.small_files import write_root, write_unequal
from tests.reference.stored_file import StoredFile


@pytest.fixture(autouse=True)
def _counted(promise):
    promise("R6", faults=1)


@pytest.fixture
def root(tmp_path):
    return write_root(tmp_path / "muons.root", 50)


@pytest.fixture
def output(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "out.h5"


def refused(kind: type[SimdprepError], output: Path, inputs, **options) -> list[str]:
    """Convert, expecting an error; return the lines of its text."""
    before = sorted(output.parent.iterdir()) if output.parent.is_dir() else None
    with pytest.raises(SimdprepError) as raised:
        sp.convert(inputs, output, **options)
    assert type(raised.value) is kind, raised.value
    assert raised.value.exit_code == 1
    after = sorted(output.parent.iterdir()) if output.parent.is_dir() else None
    assert after == before
    return check_text(str(raised.value)).splitlines()


class Nothing(dict):
    """No branches, which uproot would refuse to write."""

    def __len__(self):
        return 1


class TestFiles:
    def test_missing_file(self, root, output):
        lines = refused(InputError, output, str(root.with_name("muon.root")))
        assert (
            lines[0]
            == f"input file: got {root.with_name('muon.root')}, which does not exist, expected a file, glob or URL"
        )
        assert lines[-1] == f"  try {root}"

    def test_missing_folder(self, output, tmp_path):
        lines = refused(InputError, output, str(tmp_path / "nowhere" / "a.root"))
        assert "whose folder does not exist" in lines[0]

    def test_glob_without_files(self, root, output):
        lines = refused(InputError, output, str(root.with_name("*.rot")))
        assert lines[0].startswith("input files: got no file that matches ")
        assert str(root) in lines[-1]

    def test_a_folder(self, root, output):
        lines = refused(InputError, output, str(root.parent))
        assert lines[0].startswith("input file: got the folder ")
        assert lines[-1] == f"  try '{root.parent}/*.root'"

    def test_no_files(self, output):
        assert refused(ConfigError, output, None)[0] == "input files: got none, expected at least one"
        assert refused(InputError, output, [])[0].startswith("input files: got none")

    def test_the_same_file_twice(self, root, output):
        assert "twice, expected each file once" in refused(InputError, output, [str(root), str(root)])[0]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "got 0 bytes"),
            (b"not a ROOT file\n" * 100, "got a file that starts with b'not a RO'"),
            (b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5 input"),
            (b"version https://git-lfs.github.com/spec/v1\n", "got a Git LFS pointer"),
            (b"roo", "got a file that starts with b'roo'"),
            (b"root", "truncated ROOT file: got 4 bytes"),
            (bytes(1000), "got a file that starts with b'\\x00"),
        ],
    )
    def test_not_a_root_file(self, output, tmp_path, content, said):
        path = tmp_path / "bad.root"
        path.write_bytes(content)
        lines = refused(InputError, output, str(path))
        assert said in lines[0]
        assert str(path) in lines[1]

    def test_a_name_that_is_no_text(self, root, output):
        path = root.rename(root.with_name(os.fsdecode(b"caf\xe9.root")))
        lines = refused(InputError, output, str(path))
        assert lines[0].endswith("caf\\udce9.root', expected a name in UTF-8")

    def test_unreadable_file(self, root, output):
        root.chmod(0)
        if os.access(root, os.R_OK):
            pytest.skip("this user reads everything")
        assert str(root) in "\n".join(refused(InputError, output, str(root)))

    def test_truncated_parquet_and_feather(self, output, tmp_path):
        table = pa.table({"x": range(1000), "v": [[1.5, 2.5]] * 1000})
        pq.write_table(table, tmp_path / "whole.parquet")
        pyarrow.feather.write_feather(table, str(tmp_path / "whole.feather"), compression="uncompressed")
        for name in ("whole.parquet", "whole.feather"):
            whole = (tmp_path / name).read_bytes()
            path = tmp_path / f"cut-{name}"
            for size in (4, 8, 20, len(whole) // 2, len(whole) - 12, len(whole) - 1):
                path.write_bytes(whole[:size])
                lines = refused(InputError, output, str(path))
                assert str(path) in "\n".join(lines)

    def test_feather_garbage(self, output, tmp_path):
        path = tmp_path / "bad.feather"
        for seed in range(5):
            path.write_bytes(b"ARROW1\0\0" + np.random.default_rng(seed).bytes(2000) + b"ARROW1")
            assert str(path) in "\n".join(refused(InputError, output, str(path)))


class TestTrees:
    def test_no_tree(self, output, tmp_path):
        with uproot.recreate(tmp_path / "empty.root"):
            pass
        lines = refused(InputError, output, str(tmp_path / "empty.root"))
        assert lines[0] == "tree: got none, expected a TTree, TNtuple or RNTuple"

    def test_histograms_only(self, output, tmp_path):
        with uproot.recreate(tmp_path / "hist.root") as file:
            file["h"] = np.histogram([1.0, 2.0])
        assert "tree: got none" in refused(InputError, output, str(tmp_path / "hist.root"))[0]

    def test_several_trees(self, output, tmp_path):
        with uproot.recreate(tmp_path / "two.root") as file:
            for name in ("one", "two"):
                file.mktree(name, {"x": "int32"}).extend({"x": np.arange(5)})
        lines = refused(InputError, output, str(tmp_path / "two.root"))
        assert lines[0] == "tree: got one (5 entries), two (5 entries), expected one, or --tree"
        assert sp.convert(str(tmp_path / "two.root"), output, tree="two").num_rows == 5

    def test_missing_tree(self, root, output):
        lines = refused(InputError, output, str(root), tree="Event")
        assert lines[0] == "tree: got 'Event', expected a tree of the file"
        assert lines[-1] == "  try Events"

    def test_a_tree_of_a_table(self, output, tmp_path):
        pq.write_table(pa.table({"x": [1]}), tmp_path / "a.parquet")
        assert "only ROOT files have trees" in refused(InputError, output, str(tmp_path / "a.parquet"), tree="t")[0]

    def test_no_branches(self, output, tmp_path):
        with uproot.recreate(tmp_path / "bare.root") as file:
            file.mktree("t", Nothing())
        assert refused(InputError, output, str(tmp_path / "bare.root"))[0].startswith("tree: got 0 branches")
        pq.write_table(pa.table({}), tmp_path / "bare.parquet")
        assert refused(InputError, output, str(tmp_path / "bare.parquet"))[0].startswith("table: got 0 columns")

    @pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
    def test_an_empty_tree_is_a_dataset_without_rows(self, output, tmp_path, layout):
        path = write_root(tmp_path / "none.root", 0, baskets=1)
        summary = sp.convert(str(path), output, layout=layout)
        assert (summary.num_rows, summary.exit_code) == (0, 0)
        file = StoredFile(output)
        assert {"events", "Muon"} == set(file.objects)
        assert all(len(values) == path.endswith("offsets") for path, values in file.datasets.items())
        with sp.open(output) as dataset:
            assert dataset.num_rows == 0

    def test_several_trees_of_one_name(self, output, data_dir, tmp_path):
        path = str(data_dir / "uproot-nesteddirs.root")
        for tree in (None, "tree"):
            lines = refused(InputError, output, path, tree=tree)
            listed = "one/two/tree (100 entries), one/tree (4 entries), three/tree (100 entries)"
            assert listed in lines[0]
        for tree, rows in (("one/tree", 4), ("three/tree", 100), ("one/two/tree", 100)):
            assert sp.convert(path, output, tree=tree, overwrite=True).num_rows == rows


class TestBranches:
    def test_missing_branch(self, root, output):
        lines = refused(ConfigError, output, str(root), config={"objects": {"Muon": {"fields": ["pt", "charg"]}}})
        assert lines == [
            "field: got 'charg', expected a field of Muon",
            "  in objects.Muon.fields.charg",
            "  try charge",
        ]

    def test_missing_object(self, root, output):
        lines = refused(ConfigError, output, str(root), config={"objects": {"Muons": {}}})
        assert lines[0].startswith("object: got 'Muons', for which there is no branch")
        assert lines[-1].startswith("  try Muon or ")
        lines = refused(InputError, output, str(root), objects=["Moun"])
        assert lines[0] == "object: got 'Moun', expected an object of the input"
        assert lines[-1].startswith("  try Muon")
        lines = refused(ConfigError, output, str(root), objects=["Jet"], config={"objects": {"Muon": {}}})
        assert lines[0] == "--objects: got 'Jet', expected an object of the config"

    def test_refused_branches(self, output, data_dir):
        config = {"objects": {"events": {"fields": ["variant_int32_string"]}}}
        path = str(data_dir / "test_stl_containers_rntuple_v1-0-0-0.root")
        assert "a variant of several types" in refused(InputError, output, path, config=config)[0]

    def test_unequal_counts_within_a_configured_object(self, output, tmp_path):
        path = write_unequal(tmp_path / "unequal.root")
        lines = refused(InputError, output, str(path), config={"objects": {"Jet": {"pad": 4}}})
        assert lines[0] == "counts within Jet: got 2 of Jet_pt and 1 of Jet_eta in entry 7, expected as many of each"
        assert lines[1] == f"  in {path} : Events/Jet"
        summary = sp.convert(str(path), output)  # with no config they are two objects, told
        assert {"Jet_pt", "Jet_eta"} <= set(StoredFile(output).objects)
        assert summary.num_rows == 10

    def test_unknown_names_in_expressions(self, root, output):
        lines = refused_expression(output, root, {"select": "MET_pt > 1 & num(Muons) > 0", "objects": {"Muon": {}}})
        assert "Muons" in lines[0]
        assert "Muon" in lines[-1]
        lines = refused_expression(output, root, {"objects": {"Muon": {"select": "Pt > 3"}}})
        assert "'Pt'" in lines[0]
        assert lines[1].startswith("  in ")
        assert "objects.Muon.select" in lines[1]

    def test_inputs_that_differ(self, root, output, tmp_path):
        with uproot.recreate(tmp_path / "other.root") as file:
            tree = file.mktree("Events", {"MET_pt": "float64", "Muon": "var * {pt: float32, charge: int32}"})
            tree.extend({"MET_pt": np.ones(2), "Muon": ak.Array([[{"pt": np.float32(1), "charge": 1}], []])})
        lines = refused(InputError, output, [str(root), str(tmp_path / "other.root")])
        assert lines[0] == f"type of a branch: got float64, expected float32, as in {root}"
        with uproot.recreate(tmp_path / "lacking.root") as file:
            file.mktree("Events", {"MET_pt": "float32"}).extend({"MET_pt": np.ones(2, np.float32)})
        # The first in order of names, lacking.root, decides: what only the other has is named.
        summary = sp.convert([str(root), str(tmp_path / "lacking.root")], output)
        assert (
            f"left out, not in the first input {tmp_path / 'lacking.root'}: nMuon, Muon_pt, Muon_charge" in summary.told
        )
        output.unlink()
        asked = {"objects": {"events": {}, "Muon": {}}}
        lines = refused(ConfigError, output, [str(root), str(tmp_path / "lacking.root")], config=asked)
        assert "Muon" in lines[0]
        # And where the first has more than another, nothing is made up.
        lines = refused(InputError, output, [str(root), str((tmp_path / "lacking.root").rename(tmp_path / "z.root"))])
        assert lines[0].startswith("branch: got ")
        assert "z.root" in lines[1]


def refused_expression(output, root, config):
    return refused(ExpressionError, output, str(root), config=config)


class TestOptions:
    @pytest.mark.parametrize("pad", [0, -1, 2.5, "p0", "p101", "most", True, None, "", [1]])
    def test_pads_that_are_none(self, root, output, pad):
        lines = refused(SchemaError, output, str(root), pad={"Muon": pad})
        assert lines[0] == f"pad: got {pad!r}, expected a number of slots of at least 1, p99 or max"

    def test_pads_beyond_a_chunk(self, root, output):
        lines = refused(SchemaError, output, str(root), pad={"Muon": 1 << 40})
        assert lines[0].startswith("pad: got 1099511627776, expected 1 to ")

    def test_a_pad_for_nothing(self, root, output):
        lines = refused(SchemaError, output, str(root), pad={"Moun": 3})
        assert lines == ["--pad: got 'Moun', expected an object that has slots", "  try Muon"]

    @pytest.mark.parametrize("pad", [0, -3, 1.5, "p0", "many", False])
    def test_pads_of_the_config(self, root, output, pad):
        lines = refused(ConfigError, output, str(root), config={"objects": {"Muon": {"pad": pad}}})
        assert lines[0].startswith("pad: got ")
        assert "objects.Muon.pad" in lines[1]

    @pytest.mark.parametrize("name", ["valid", "count", "offsets"])
    def test_reserved_names(self, root, output, name, tmp_path):
        config = {"objects": {"Muon": {"fields": {"pt": {"name": name}}}}}
        lines = refused(ConfigError, output, str(root), config=config)
        assert lines[0].startswith(f"reserved field name: got '{name}'")
        assert lines[-1] == f"  try pt: {{name: {name}_}}"
        # With no config such a branch gets another name, told.
        with uproot.recreate(tmp_path / "reserved.root") as file:
            file.mktree("t", {f"Jet_{name}": "var * int32"}).extend({f"Jet_{name}": ak.Array([[1], [2, 3]])})
        summary = sp.convert(str(tmp_path / "reserved.root"), output)
        assert summary.num_rows == 2
        fields = {field["name"] for spec in StoredFile(output).objects.values() for field in spec["fields"]}
        assert not fields & {"valid", "count", "offsets"}

    @pytest.mark.parametrize("layout", ["column", "COMPOUND", "", "npy"])
    def test_unknown_layout(self, root, output, layout):
        lines = refused(ConfigError, output, str(root), layout=layout)
        assert lines[0].startswith(f"layout: got '{layout}'")
        assert "columns, compound, ragged" in lines[0]

    @pytest.mark.parametrize("compression", ["lz4", "gzip:0", "gzip:10", "gzip:", ""])
    def test_unknown_compression(self, root, output, compression):
        assert refused(ConfigError, output, str(root), compression=compression)[0].startswith("compression: got ")

    @pytest.mark.parametrize(
        ("entries", "said"),
        [("5:3", "START not after STOP"), ("-1:3", "whole"), ("5", "START:STOP"), ("a:b", "whole"), ("1:2:3", "whole")],
    )
    def test_entry_ranges(self, root, output, entries, said):
        lines = refused(InputError, output, str(root), entries=entries)
        assert lines[0].startswith(f"--entries: got '{entries}'")
        assert said in lines[0]

    @pytest.mark.parametrize(
        ("entries", "rows"), [("10:", 40), (":7", 7), ("40:1000", 10), ("1000:2000", 0), ("3:3", 0)]
    )
    def test_entry_ranges_beyond_the_end_are_cut(self, root, output, entries, rows):
        assert sp.convert(str(root), output, entries=entries).num_rows == rows

    def test_unknown_row_object(self, root, output):
        lines = refused(InputError, output, str(root), rows="Moun")
        assert lines[0] == "object: got 'Moun', expected an object of the input"
        assert lines[-1].startswith("  try Muon")

    @pytest.mark.parametrize(
        "text",
        [
            b"\xff\xfe\x00objects: {}",
            b"objects: \xc3\x28",
            "größe: [".encode("latin-1"),
            b"a: [1, 2",
            b"",
            b"- 1",
            b"a: b: c",
            b"\x00",
        ],
    )
    def test_bad_yaml(self, root, output, tmp_path, text):
        path = tmp_path / "config.yaml"
        path.write_bytes(text)
        lines = refused(ConfigError, output, str(root), config=path)
        assert "config.yaml" in "\n".join(lines)

    def test_missing_config(self, root, output, tmp_path):
        assert "nowhere.yaml" in "\n".join(refused(ConfigError, output, str(root), config=tmp_path / "nowhere.yaml"))

    def test_unknown_keys(self, root, output):
        lines = refused(ConfigError, output, str(root), config={"object": {}})
        assert lines[0].startswith("unknown key: got 'object', expected one of ")
        assert lines[-1].startswith("  try objects")
