"""Inputs that are URLs: HTTP with byte ranges, ``file://`` and fsspec's memory; and servers that fail."""

import awkward as ak
import pytest

import simdprep as sp
from simdprep.convert.opening import Opening
from simdprep.errors import InputError, TransientError
from simdprep.testing import toy_events
from tests.reference.link_files import write_nano
from tests.unit.readers.range_server import serving

pytest.importorskip("aiohttp", reason="fsspec reads HTTP with aiohttp; pip install 'simdprep[http]'")

ENTRIES = 3000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("served")
    events = toy_events(ENTRIES)
    write_nano(path / "a.root", events, basket=500)
    plain = ak.zip({name: events[name] for name in ("event", "MET_pt")}, depth_limit=1)
    ak.to_parquet(plain, path / "a.parquet", row_group_size=500)
    ak.to_feather(plain, path / "a.feather")
    sp.convert(str(path / "a.root"), path / "a.h5")
    return path


@pytest.fixture
def server(folder):
    with serving(folder) as found:
        yield found


@pytest.mark.parametrize("file", ["a.root", "a.parquet", "a.feather"])
def test_over_http_as_from_disk(server, folder, file):
    names = ["event", "MET_pt"]
    with Opening().open(f"{server.url}/{file}") as remote, Opening().open(str(folder / file)) as local:
        assert list(remote.branches) == list(local.branches)
        assert remote.read(names, 100, 900)["MET_pt"].to_list() == local.read(names, 100, 900)["MET_pt"].to_list()
        assert {**remote.identity, "name": ""} == {**local.identity, "name": ""}
    assert server.ranges


def test_of_a_root_file_only_what_is_asked_for_is_fetched(server, folder):
    with Opening().open(f"{server.url}/a.root") as source:
        assert source.num_entries == ENTRIES
        source.read(["MET_pt"], 0, 10)
    assert sum(stop - start for start, stop in server.ranges) < (folder / "a.root").stat().st_size / 2


def test_conversion_from_a_server_and_from_file_urls(server, folder, tmp_path):
    sp.convert(f"{server.url}/a.root", tmp_path / "a.h5")
    sp.convert((folder / "a.root").as_uri(), tmp_path / "b.h5")
    sp.convert(str(folder / "a.root"), tmp_path / "c.h5")
    with sp.open(tmp_path / "a.h5") as a, sp.open(tmp_path / "b.h5") as b, sp.open(tmp_path / "c.h5") as c:
        for name in c:
            for field in c[name]:
                assert a[name][field][:].tobytes() == b[name][field][:].tobytes() == c[name][field][:].tobytes()
        assert a.provenance[0]["inputs"][0]["name"] == f"{server.url}/a.root"


def test_a_file_that_the_server_lacks(server):
    with pytest.raises(InputError) as caught:
        Opening().open(f"{server.url}/lost.root")
    assert not isinstance(caught.value, TransientError)
    assert f"{server.url}/lost.root" in str(caught.value)


def test_hdf5_is_read_from_local_disks_only(server):
    with pytest.raises(InputError, match="a copy on a local disk"):
        Opening().open(f"{server.url}/a.h5")


@pytest.mark.parametrize("fault", [503, "drop"])
@pytest.mark.parametrize("file", ["a.root", "a.parquet"])
def test_a_server_that_fails_may_be_asked_again(server, folder, file, fault):
    tries, values = 0, None
    server.faults = [fault] * 60  # clients ask again by themselves, too
    while values is None:
        try:
            with Opening().open(f"{server.url}/{file}") as source:
                values = source.read(["event"])["event"]
        except TransientError:
            tries += 1
            assert tries < 61
    assert tries > 0
    with Opening().open(str(folder / file)) as source:
        assert values.to_list() == source.read(["event"])["event"].to_list()


def test_a_server_that_fails_in_the_middle(server):
    with Opening().open(f"{server.url}/a.root") as source:
        whole = source.read(["event"])["event"].to_list()
    with Opening().open(f"{server.url}/a.root") as source:
        server.faults = [503] * 40
        with pytest.raises(TransientError) as caught:
            source.read(["event"])
        assert "Events" in str(caught.value)
        server.faults = []
        assert source.read(["event"])["event"].to_list() == whole


def test_no_server_at_all():
    with pytest.raises(TransientError):
        Opening().open("http://127.0.0.1:9/a.root")
