"""The library as others find it: built, installed, moved elsewhere, linked."""

import subprocess
from pathlib import Path

from tests.cmake_build import ROOT, build, configure, run
from tests.install.installed_library import QUICK, installed

CONSUMER = Path(__file__).parent / "consumer"


def consume(prefix: Path, folder: Path, *definitions: str) -> subprocess.CompletedProcess[str]:
    return configure(CONSUMER, folder, QUICK, f"CMAKE_PREFIX_PATH={prefix}", *definitions, check=False)


def test_a_project_links_the_installed_library(prefix: Path, tmp_path: Path):
    done = consume(prefix, tmp_path / "build")
    assert done.returncode == 0, done.stdout
    build(tmp_path / "build")
    version = run(tmp_path / "build" / "consumer", tmp_path).stdout.strip()
    assert f"project(simdprep VERSION {version} " in (ROOT / "CMakeLists.txt").read_text()
    assert (tmp_path / "manifest.json").read_text().startswith('{\n  "simdprep_format": "1.0"')


def test_no_path_of_the_build_is_installed(prefix: Path):
    own = [str(ROOT), str(prefix.parent), "/usr/"]
    files = [*prefix.rglob("*.cmake"), *prefix.rglob("*.pc")]
    assert {file.name for file in files} >= {"simdprepConfig.cmake", "simdprepTargets.cmake", "simdprep.pc"}
    assert [file.name for file in files for path in own if path in file.read_text()] == []


def test_headers_are_installed_without_templates(prefix: Path):
    suffixes = {file.suffix for file in (prefix / "include").rglob("*") if file.is_file()}
    assert suffixes == {".hpp"}
    assert (prefix / "include" / "simdprep" / "version.hpp").is_file()


def test_an_unknown_component_is_not_found(prefix: Path, tmp_path: Path):
    done = consume(prefix, tmp_path, "COMPONENTS=nonsense")
    assert done.returncode != 0
    assert "got nonsense, expected core or hdf5" in done.stdout


def test_another_minor_version_is_not_found(prefix: Path, tmp_path: Path):
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.24)\nproject(old LANGUAGES CXX)\nfind_package(simdprep 0.0 REQUIRED)\n"
    )
    done = configure(tmp_path, tmp_path / "build", f"CMAKE_PREFIX_PATH={prefix}", check=False)
    assert done.returncode != 0
    assert "simdprep" in done.stdout


def test_the_library_of_a_wheel_lies_in_the_package(tmp_path: Path):
    """The library is a project of its own, too; in a wheel all of it is inside the Python package."""
    prefix = installed("cpp-wheel", tmp_path, ROOT / "cpp", "SIMDPREP_PYTHON=ON")
    assert [entry.name for entry in prefix.iterdir()] == ["simdprep"]
    done = consume(prefix, tmp_path / "consumer", f"simdprep_DIR={prefix / 'simdprep/lib/cmake/simdprep'}")
    assert done.returncode == 0, done.stdout


def test_without_any_deflate_library_one_error_names_the_packages(tmp_path: Path):
    (tmp_path / "root").mkdir()
    nothing = [f"CMAKE_FIND_ROOT_PATH_MODE_{kind}=ONLY" for kind in ("INCLUDE", "LIBRARY", "PACKAGE")]
    done = configure(ROOT, tmp_path / "build", f"CMAKE_FIND_ROOT_PATH={tmp_path / 'root'}", *nothing, check=False)
    assert done.returncode != 0
    assert done.stdout.count("CMake Error") == 1
    assert "libdeflate-dev" in done.stdout
    assert "zlib1g-dev" in done.stdout


def test_an_unknown_deflate_library_is_refused(tmp_path: Path):
    done = configure(ROOT, tmp_path, "SIMDPREP_DEFLATE=snappy", check=False)
    assert done.returncode != 0
    assert "got snappy, expected auto, libdeflate or zlib" in done.stdout
