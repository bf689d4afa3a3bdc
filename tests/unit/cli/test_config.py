"""simdprep config: one thing that other programs ask for."""

import json

import pytest

import simdprep as sp
from simdprep import _core
from simdprep.cli import library
from tests.unit.cli.command_line import assert_one_error, simdprep


def test_version():
    done = simdprep("config", "--version")
    assert done.code == 0
    lines = dict(line.split(maxsplit=1) for line in done.out.splitlines())
    assert lines["simdprep"] == sp.__version__
    assert lines["format"] == _core.format_version
    assert lines["deflate"] == _core.deflate_backend
    assert lines["build"].startswith("cpython-3")


def test_schema():
    done = simdprep("config", "--schema")
    schema = json.loads(done.out)
    assert schema == sp.Config.json_schema()
    assert schema["$schema"].startswith("https://json-schema.org/")


@pytest.mark.parametrize("options", [[], ["--schema", "--version"], ["--cmake", "--includedir", "--version"]])
def test_one_thing_at_a_time(options):
    done = simdprep("config", *options)
    assert_one_error(done, f"got {len(options)} options, expected one of --schema, --cmake, --includedir, --version")


@pytest.mark.parametrize("option", ["--cmake", "--includedir"])
def test_a_source_tree_has_no_library(option, tmp_path, monkeypatch):
    monkeypatch.setattr(library, "PACKAGE", tmp_path)
    assert_one_error(simdprep("config", option), "C++ library: got none", f"in {tmp_path}", "try pip install .")


def test_an_installed_package_says_where_the_library_lies(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "PACKAGE", tmp_path)
    for name in ("lib/cmake/simdprep/simdprepConfig.cmake", "include/simdprep/version.hpp"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    assert simdprep("config", "--cmake") == (0, f"-Dsimdprep_DIR={tmp_path}/lib/cmake/simdprep\n", "")
    assert simdprep("config", "--includedir") == (0, f"{tmp_path}/include\n", "")
