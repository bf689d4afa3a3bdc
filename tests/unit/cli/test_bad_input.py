"""Bad input: one error each in the grammar of the house, nothing written, no traceback."""

import pytest

from tests.unit.cli.command_line import assert_one_error, simdprep


def convert(*arguments):
    return simdprep("convert", *arguments)


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (["--tree", "Evnts"], ["tree: got 'Evnts'", "toy_nano.root", "try Events"]),
        (["--objects", "Jett"], ["object: got 'Jett'", "try Jet"]),
        (["--objects", "Jet,"], ["--objects: got 'Jet,'"]),
        (["--rows", "Jat"], ["object: got 'Jat'", "try Jet"]),
        (["--pad", "Jet"], ["--pad: got 'Jet'", "OBJECT=N"]),
        (["--pad", "=3"], ["--pad: got '=3'"]),
        (["--pad", "Jet="], ["--pad: got 'Jet='"]),
        (["--pad", "Jet=0"], ["pad: got 0", "at least 1", "object Jet"]),
        (["--pad", "Jet=-3"], ["pad: got -3", "at least 1"]),
        (["--pad", "Jet=p0"], ["pad: got 'p0'"]),
        (["--pad", "Jet=p101"], ["pad: got 'p101'"]),
        (["--pad", "Jet=many"], ["pad: got 'many'"]),
        (["--pad", "Jet=2.5"], ["pad: got '2.5'"]),
        (["--pad", "Jett=3"], ["--pad: got 'Jett'", "try Jet"]),
        (["--set", "objects.Jet.pad=0"], ["pad: got 0", "objects.Jet.pad"]),
        (["--set", "objects.Jet.fields=[ptt]"], ["field: got 'ptt'", "objects.Jet.fields.ptt", "try pt"]),
        (["--set", "objects.Jet.fields.pt.name=valid"], ["reserved field name: got 'valid'"]),
        (["--set", "objects.Jet.select=pt >"], ["objects.Jet.select"]),
        (["--set", "objects.Jet.select=ptt > 3"], ["ptt", "try pt"]),
        (["--set", "outpt.layout=ragged"], ["unknown key: got 'outpt'", "try output"]),
        (["--set", "rows"], ["override: got 'rows', expected KEY=VALUE", "in --set"]),
        (["--layout", "colums"], ["layout: got 'colums', expected one of columns, compound, ragged", "try columns"]),
        (["--compression", "gzip:12"], ["compression: got 'gzip:12'"]),
        (["--compression", "zip"], ["compression: got 'zip'"]),
        (["--entries", "5"], ["--entries: got '5', expected START:STOP"]),
        (["--entries", "9:5"], ["--entries: got '9:5'", "START not after STOP"]),
        (["--entries", "-4:5"], ["--entries: got '-4:5'"]),
        (["--config", "no.yaml"], ["config", "'no.yaml'"]),
    ],
    ids=lambda entry: " ".join(entry) if entry and entry[0].startswith("-") else "",
)
def test_options(options, parts, sample, folder):
    assert_one_error(convert(sample, "-o", "out.h5", *options), *parts)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["got 0 bytes", "in bad.root"]),
        (b"hello world", ["got a file that starts with b'hello wo'", "ROOT, Parquet, feather or HDF5"]),
        (b"root" + bytes(8), ["truncated ROOT file", "in bad.root"]),
        (b"root" + bytes(60), ["tree: got none", "in bad.root"]),
        (b"PAR1" + bytes(60), ["in bad.root"]),
        (b"\x89HDF\r\n\x1a\n" + bytes(60), ["HDF5 input", "expected one that HDF5 can read"]),
    ],
    ids=lambda entry: "" if isinstance(entry, list) else entry[:4].decode("latin-1"),
)
def test_files_that_are_none(content, parts, folder):
    (folder / "bad.root").write_bytes(content)
    assert_one_error(convert("bad.root", "-o", "out.h5"), *parts)
    assert_one_error(simdprep("inspect", "bad.root"), *parts)
    assert [entry.name for entry in folder.iterdir()] == ["bad.root"]


def test_a_truncated_file(truncated):
    assert_one_error(convert(truncated, "-o", "out.h5"), "truncated ROOT file: got 300000 bytes", "in ", "cut.root")


def test_a_damaged_file_names_branch_and_entries(damaged, folder):
    assert_one_error(convert(damaged, "-o", "out.h5"), "damaged.root", "Jet_pt", "entries ")
    assert not (folder / "out.h5").exists()


def test_no_input(folder):
    assert_one_error(convert("-o", "out.h5"), "input files: got none", "input.files")
    assert_one_error(convert("no.root", "-o", "out.h5"), "no.root, which does not exist")
    assert_one_error(convert("*.root", "-o", "out.h5"), "no file that matches *.root")
    assert_one_error(convert(folder, "-o", "out.h5"), "the folder")


def test_the_same_file_twice(sample, folder):
    assert_one_error(convert(sample, sample, "-o", "out.h5"), "twice", "each file once")


def test_several_trees_are_listed(data_dir, folder):
    done = convert(data_dir / "uproot-nesteddirs.root", "-o", "out.h5")
    assert_one_error(done, "one/two/tree (100 entries), one/tree (4 entries)", "--tree")
    assert_one_error(simdprep("inspect", data_dir / "uproot-nesteddirs.root"), "one/two/tree (100 entries)")


def test_a_file_without_trees(folder):
    import uproot

    with uproot.recreate(folder / "empty.root") as file:
        file["note"] = "no tree here"
    assert_one_error(convert("empty.root", "-o", "out.h5"), "tree: got none", "in empty.root")


def test_unequal_counters_in_a_configured_object(write_tree):
    path = write_tree("uneven.root", {"Jet_pt": [[1.0], [2.0, 3.0]], "Jet_eta": [[1.0], [2.0]]})
    done = convert(path, "-o", "out.h5", "--set", "objects.Jet.fields=[pt, eta]")
    assert_one_error(done, "Jet_pt", "Jet_eta", "uneven.root", "entry 1")


def test_an_output_that_exists_is_kept(sample, folder):
    (folder / "out.h5").write_text("precious")
    assert_one_error(convert(sample, "-o", "out.h5"), "output exists", "out.h5", "try --overwrite")
    assert (folder / "out.h5").read_text() == "precious"
    (folder / "parts").mkdir()
    (folder / "parts" / "notes.txt").write_text("precious")
    assert_one_error(convert(sample, "-o", "parts"), "parts")
    assert_one_error(convert(sample, "-o", "parts", "--overwrite"), "parts")
    assert (folder / "parts" / "notes.txt").read_text() == "precious"


def test_folders_that_cannot_be_written_to(sample, folder):
    assert_one_error(convert(sample, "-o", "nowhere/out.h5"), "folder of the output: got nowhere", "mkdir -p nowhere")
    assert_one_error(convert(sample, "-o", "/proc/out.h5"), "/proc/out.h5")


def test_a_config_that_is_none(sample, folder):
    (folder / "bad.yaml").write_text("objects: [1, 2\n")
    assert_one_error(convert(sample, "-c", "bad.yaml", "-o", "out.h5"), "not YAML", "bad.yaml, line 2")
    (folder / "bad.yaml").write_text("objets: {}\n")
    assert_one_error(
        convert(sample, "-c", "bad.yaml", "-o", "out.h5"), "unknown key: got 'objets'", "line 1", "objects"
    )


def test_a_branch_that_cannot_be_converted_is_an_error_only_by_name(data_dir, folder):
    path = data_dir / "uproot-mc10events.root"
    asked = convert(path, "-o", "out.h5", "--set", "objects.events.fields=[triggerBits]")
    assert_one_error(asked, "triggerBits", "std::bitset")
    left = convert(path, "-o", "out.h5", "--objects", "events,Muon")
    assert left.code == 0
    assert "left out, a std::bitset<256>: triggerBits" in left.out


def test_names_from_files_cannot_steer_the_terminal(write_tree):
    path = write_tree("steer.root", {"x\x1b[31mred": [1.0, 2.0]})
    for done in (convert(path, "-o", "out.h5"), simdprep("inspect", path), simdprep("info", "out.h5")):
        assert done.code == 0, done.err
        assert "\x1b" not in done.out + done.err


def test_an_empty_tree_is_a_dataset_without_rows(data_dir, folder):
    done = convert(data_dir / "uproot-empty.root", "-o", "out.h5")
    assert done.code == 0
    assert "0 entries in = 0 rows written + 0 dropped" in done.out
    assert simdprep("verify", "out.h5").code == 0
