"""Which files a user's words stand for."""

import os
from pathlib import Path

import pytest

from simdprep.errors import InputError
from simdprep.readers import expand_inputs


@pytest.fixture
def folder(tmp_path):
    for name in ("b.root", "a.root", "muons.parquet", "deep/c.root", "[1].root"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def names(folder, given):
    return [os.path.relpath(path, folder) for path in expand_inputs(given)]


def test_one_file_is_itself_as_given(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert expand_inputs("./a.root") == ("./a.root",)
    assert expand_inputs(Path("a.root")) == ("a.root",)


def test_several_are_sorted(folder):
    assert names(folder, [folder / "b.root", folder / "a.root"]) == ["a.root", "b.root"]


def test_globs_expand_and_sort(folder):
    assert names(folder, f"{folder}/*.root") == ["[1].root", "a.root", "b.root"]
    assert names(folder, f"{folder}/**/c.root") == ["deep/c.root"]
    assert names(folder, [f"{folder}/b*", f"{folder}/a*"]) == ["a.root", "b.root"]


def test_a_file_called_like_a_glob_stands_for_itself(folder):
    assert names(folder, f"{folder}/[1].root") == ["[1].root"]


def test_urls_are_kept(folder):
    assert expand_inputs(["root://server//b.root", "https://server/a.root"]) == (
        "https://server/a.root",
        "root://server//b.root",
    )


def test_url_globs_ask_the_server(folder):
    import fsspec

    system = fsspec.filesystem("memory")
    for name in ("/inputs/y.root", "/inputs/x.root"):
        system.pipe_file(name, b"")
    assert expand_inputs("memory://inputs/*.root") == ("memory:///inputs/x.root", "memory:///inputs/y.root")
    with pytest.raises(InputError, match="no file that matches"):
        expand_inputs("memory://inputs/*.parquet")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("c.root", "which does not exist"),
        ("a.rot", r"try .*a\.root"),
        ("nowhere/a.root", "whose folder does not exist"),
        ("*.feather", "no file that matches"),
        ("", "folder"),
    ],
)
def test_what_is_not_there_is_one_error(folder, given, message):
    with pytest.raises(InputError, match=message) as caught:
        expand_inputs(f"{folder}/{given}")
    assert len(str(caught.value).splitlines()) <= 3


def test_an_unmatched_glob_lists_what_is_there(folder):
    with pytest.raises(InputError, match=r"try .*a\.root, .*b\.root"):
        expand_inputs(f"{folder}/x*.root")


def test_a_folder_proposes_globs(folder):
    with pytest.raises(InputError) as caught:
        expand_inputs(str(folder))
    assert caught.value.hint == f"'{folder}/*.root' or '{folder}/*.parquet'"


@pytest.mark.parametrize("given", ["a.root", "./a.root", "link.root"])
def test_a_file_may_come_once_only(folder, monkeypatch, given):
    monkeypatch.chdir(folder)
    Path("link.root").symlink_to("a.root")
    with pytest.raises(InputError, match="each file once"):
        expand_inputs(["a.root", given])


@pytest.mark.parametrize("given", [[], [""]])
def test_nothing_is_an_error(given):
    with pytest.raises(InputError):
        expand_inputs(given)
