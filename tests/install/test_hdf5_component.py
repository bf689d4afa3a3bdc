"""The component hdf5 of the CMake package: which HDF5 it takes, and what it says without one."""

import subprocess
from pathlib import Path

import pytest

from tests.cmake_build import build, configure
from tests.install.installed_library import QUICK, compiler, has_hdf5
from tests.install.test_cmake_install import CONSUMER

needs_hdf5 = pytest.mark.skipif(not has_hdf5(), reason="needs pkg-config and libhdf5-dev")


def consume(prefix: Path, folder: Path, *definitions: str) -> subprocess.CompletedProcess[str]:
    found = [f"CMAKE_PREFIX_PATH={prefix}", "COMPONENTS=core;hdf5"]
    return configure(CONSUMER, folder, QUICK, *found, *definitions, check=False)


@needs_hdf5
@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_every_header_stands_alone(prefix, tmp_path, name):
    """Those of HDF5 too, with all warnings as errors."""
    done = consume(prefix, tmp_path, f"CMAKE_CXX_COMPILER={compiler(name)}")
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "simdprep_hdf5_hpp.cpp").is_file()
    assert (tmp_path / "simdprep_hdf5utils_hpp.cpp").is_file()
    build(tmp_path)


def root_of_version(folder: Path, version: str) -> str:
    """Make what looks like the prefix of an HDF5."""
    (folder / "include").mkdir(parents=True)
    (folder / "lib").mkdir()
    (folder / "lib" / "libhdf5.so").touch()
    (folder / "include" / "hdf5.h").touch()
    names = zip(("MAJOR", "MINOR", "RELEASE"), version.split("."), strict=True)
    lines = [f"#define H5_VERS_{name}\t{number}" for name, number in names]
    (folder / "include" / "H5public.h").write_text("\n".join([*lines, '#define H5_VERS_SUBRELEASE ""', ""]))
    return f"HDF5_ROOT={folder}"


def test_an_old_hdf5_is_refused(prefix, tmp_path):
    done = consume(prefix, tmp_path / "build", root_of_version(tmp_path / "old", "1.8.23"))
    assert done.returncode != 0
    assert "HDF5 (C library): got 1.8.23, expected 1.10.3 or later" in done.stdout
    assert f"in {tmp_path / 'old'}" in done.stdout


@pytest.mark.parametrize("version", ["1.10.3", "1.14.6", "2.0.0"])
def test_the_root_that_is_given_is_taken(prefix, tmp_path, version):
    done = consume(prefix, tmp_path / "build", root_of_version(tmp_path / "new", version))
    assert done.returncode == 0, done.stdout
    cache = (tmp_path / "build" / "CMakeCache.txt").read_text()
    assert f"SIMDPREP_HDF5_LIBRARY:FILEPATH={tmp_path / 'new' / 'lib'}" in cache


def test_without_hdf5_one_error_names_the_package(prefix, tmp_path):
    (tmp_path / "root").mkdir()
    nothing = [f"CMAKE_FIND_ROOT_PATH_MODE_{kind}=ONLY" for kind in ("INCLUDE", "LIBRARY")]
    others = [f"SIMDPREP_{name}_{kind}=/any" for name in ("LZ4", "ZSTD") for kind in ("INCLUDE_DIR", "LIBRARY")]
    deflate = ["SIMDPREP_LIBDEFLATE_INCLUDE_DIR=/any", "SIMDPREP_LIBDEFLATE_LIBRARY=/any", "ZLIB_LIBRARY=/any"]
    root = f"CMAKE_FIND_ROOT_PATH={tmp_path / 'root'}"
    done = consume(prefix, tmp_path / "build", root, *nothing, *deflate, *others, "ZLIB_INCLUDE_DIR=/any")
    assert done.returncode != 0
    assert "HDF5 (C library): got none, expected 1.10.3 or later" in done.stdout
    assert "apt-get install libhdf5-dev" in done.stdout


@needs_hdf5
def test_a_project_may_have_found_its_own(prefix, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.24)\nproject(own LANGUAGES C CXX)\n"
        "find_package(HDF5 REQUIRED COMPONENTS C)\nfind_package(simdprep REQUIRED COMPONENTS hdf5)\n"
        'get_target_property(linked simdprep::hdf5 INTERFACE_LINK_LIBRARIES)\nmessage(STATUS "linked: ${linked}")\n'
    )
    done = configure(tmp_path, tmp_path / "build", f"CMAKE_PREFIX_PATH={prefix}", check=False)
    assert done.returncode == 0, done.stdout
    assert "linked: simdprep::simdprep;hdf5::hdf5" in done.stdout


def test_an_optional_component_may_be_missing(prefix, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.24)\nproject(optional LANGUAGES CXX)\n"
        "find_package(simdprep REQUIRED COMPONENTS core OPTIONAL_COMPONENTS hdf5)\n"
        'message(STATUS "hdf5: ${simdprep_hdf5_FOUND}")\n'
    )
    old = root_of_version(tmp_path / "old", "1.8.23")
    done = configure(tmp_path, tmp_path / "build", f"CMAKE_PREFIX_PATH={prefix}", old, check=False)
    assert done.returncode == 0, done.stdout
    assert "hdf5: \n" in done.stdout
