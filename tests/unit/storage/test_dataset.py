"""Dataset: a mapping of objects that many threads and processes may share."""

import gc
import multiprocessing
import pickle
import threading
from contextlib import suppress
from pathlib import Path

import awkward as ak
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import DatasetError, SchemaError, SimdprepError
from simdprep.testing.compare import assert_equal
from tests.small_dataset import LAYOUTS, VARIANTS, small_events, small_schema, write_small


@pytest.fixture(params=VARIANTS, ids="-".join)
def stored(request, tmp_path):
    """A dataset of several parts, and the number of its rows."""
    events = write_small(tmp_path / "out", *request.param, num_events=4500, part_rows=128)
    rows = len(events) if request.param[1] == "events" else int(ak.sum(ak.num(events.Jet)))
    return sp.open(tmp_path / "out"), rows


class TestMapping:
    def test_objects_by_name(self, stored):
        ds, rows = stored
        assert list(ds) == ["events", "Jet", "hits"]
        assert len(ds) == 3
        assert "Jet" in ds
        assert "jet" not in ds
        assert ds.get("nothing") is None
        assert ds.num_rows == rows
        assert list(ds["Jet"]) == ["pt", "eta", "phi", "mass", "index", "tight"]

    def test_an_unknown_object_names_the_nearest(self, stored):
        with pytest.raises(SchemaError, match=r"no such object: got 'jet'.*\n.*\n  try Jet"):
            stored[0]["jet"]
        with pytest.raises(KeyError):
            stored[0]["jet"]

    def test_an_unknown_field_names_the_nearest(self, stored):
        with pytest.raises(SchemaError, match=r"no such field: got 'PT'.*\n  in object Jet\n  try pt"):
            stored[0]["Jet"]["PT"]

    def test_it_says_what_it_is(self, stored):
        text = repr(stored[0])
        assert str(stored[0].num_rows) in text
        assert stored[0].schema.layout in text
        assert "Jet" in text


class TestFingerprint:
    def test_it_does_not_depend_on_the_path(self, tmp_path):
        write_small(tmp_path / "a.h5")
        (tmp_path / "b.h5").write_bytes((tmp_path / "a.h5").read_bytes())
        assert sp.open(tmp_path / "a.h5").fingerprint == sp.open(tmp_path / "b.h5").fingerprint

    @pytest.mark.parametrize("codec", ["gzip", "none"])
    def test_other_values_have_another(self, tmp_path, codec):
        write_small(tmp_path / "a.h5", seed=1, codec=codec)
        write_small(tmp_path / "b.h5", seed=2, codec=codec)
        assert sp.open(tmp_path / "a.h5").fingerprint != sp.open(tmp_path / "b.h5").fingerprint

    def test_another_order_of_parts_has_another(self, tmp_path):
        write_small(tmp_path / "a.h5", seed=1)
        write_small(tmp_path / "b.h5", seed=2)
        files = [tmp_path / "a.h5", tmp_path / "b.h5"]
        assert sp.open(files).fingerprint != sp.open(files[::-1]).fingerprint

    def test_a_folder_and_its_parts_have_the_same(self, tmp_path):
        write_small(tmp_path / "out", num_events=4500, part_rows=128)
        assert sp.open(tmp_path / "out").fingerprint == sp.open(f"{tmp_path}/out/*.h5").fingerprint


class TestClose:
    def test_a_closed_dataset_reads_no_more(self, stored):
        ds, _ = stored
        events = ds.events()
        met = ak.to_numpy(events.MET)
        ds.close()
        assert len(met) == len(events)
        with pytest.raises(DatasetError, match=r"after close\(\)"):
            ds["Jet"]["eta"][0:1]
        with pytest.raises(DatasetError, match=r"after close\(\)"):
            ak.materialize(events.Jet.eta)

    def test_a_with_block_closes(self, tmp_path):
        write_small(tmp_path / "a.h5")
        with sp.open(tmp_path / "a.h5") as ds:
            pass
        with pytest.raises(DatasetError):
            ds.events().MET.to_list()

    def test_no_file_stays_open(self, tmp_path):
        write_small(tmp_path / "a.h5")
        with sp.open(tmp_path / "a.h5") as ds:
            ds.events().to_list()
            assert open_files(tmp_path)
        assert open_files(tmp_path) == []

    def test_a_dataset_that_is_gone_holds_no_file(self, tmp_path):
        write_small(tmp_path / "a.h5")
        sp.open(tmp_path / "a.h5").events().to_list()
        gc.collect()
        assert open_files(tmp_path) == []

    def test_many_fields_of_many_parts_need_few_open_files(self, tmp_path):
        events = sp.testing.toy_jets(2)
        for number in range(60):
            events[f"f{number}"] = np.float32([1, 2])
        with sp.Writer(tmp_path / "a.h5", sp.Schema.from_awkward(events)) as writer:
            writer.fill(events)
        paths = []
        for number in range(8):
            paths.append(tmp_path / f"copy-{number}.h5")
            paths[-1].write_bytes((tmp_path / "a.h5").read_bytes())
        ds = sp.open(paths)
        assert len(ds.events().to_list()) == 16
        assert len(open_files(tmp_path)) < 400


def open_files(folder):
    """Paths below a folder that this process has open."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(str(entry.readlink()))
    return [target for target in found if target.startswith(str(folder))]


class TestSharing:
    def test_threads(self, stored):
        ds, _ = stored
        wanted = ak.materialize(ds.events())
        failures = []

        def work(seed):
            generator = np.random.default_rng(seed)
            try:
                for _ in range(12):
                    start = int(generator.integers(0, ds.num_events))
                    stop = min(start + 100, ds.num_events)
                    assert_equal(ds.events(start, stop), wanted[start:stop])
            except Exception as error:  # noqa: BLE001 -- told by the main thread
                failures.append(error)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []

    @pytest.mark.parametrize("method", ["fork", "spawn"])
    def test_processes(self, tmp_path, method):
        events = write_small(tmp_path / "a.h5", num_events=3000)
        ds = sp.open(tmp_path / "a.h5")
        ds["Jet"]["pt"][:]  # threads and files are in use before the fork
        context = multiprocessing.get_context(method)
        queue = context.SimpleQueue()
        workers = [context.Process(target=read_sum, args=(ds, queue)) for _ in range(2)]
        for worker in workers:
            worker.start()
        found = [queue.get() for _ in workers]
        for worker in workers:
            worker.join(60)
            assert worker.exitcode == 0
        wanted = float(np.sum(ak.to_numpy(events.MET), dtype=np.float64))
        assert found == [wanted] * 2
        assert ds["events"]["MET"][:].sum(dtype=np.float64) == wanted

    def test_pickle(self, stored):
        ds, rows = stored
        again = pickle.loads(pickle.dumps(ds))
        assert again.num_rows == rows
        assert again.fingerprint == ds.fingerprint
        assert_equal(again.events(5, 9), ds.events(5, 9))

    def test_pickle_holds_in_another_folder(self, tmp_path, monkeypatch):
        write_small(tmp_path / "a.h5")
        monkeypatch.chdir(tmp_path)
        data = pickle.dumps(sp.open("a.h5", engine="h5py"))
        monkeypatch.chdir("/")
        assert pickle.loads(data).num_rows == 60

    def test_a_file_that_was_replaced_is_not_mixed_with_the_old(self, tmp_path):
        write_small(tmp_path / "a.h5")
        ds = sp.open(tmp_path / "a.h5")
        ds["Jet"]["pt"][:]
        write_small(tmp_path / "a.h5", seed=2, overwrite=True)
        with pytest.raises(DatasetError, match="changed since it was opened"):
            ds["Jet"]["eta"][:]


def read_sum(ds, queue):
    queue.put(float(ds["events"]["MET"][:].sum(dtype=np.float64)))


class TestEventsAndRows:
    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_rows_of_events(self, layout, tmp_path):
        events = write_small(tmp_path / "out", layout, "Jet", num_events=4500, part_rows=128)
        counts = ak.to_numpy(ak.num(events.Jet))
        counts = counts[counts > 0] if layout == "compound" else counts
        offsets = np.concatenate([[0], np.cumsum(counts)])
        ds = sp.open(tmp_path / "out")
        np.testing.assert_array_equal(ds.rows_of_events(), offsets)
        np.testing.assert_array_equal(ds.rows_of_events(1000, 3001), offsets[1000:3002])
        np.testing.assert_array_equal(ds.rows_of_events(ds.num_events), offsets[-1:])
        np.testing.assert_array_equal(ds["events"].offsets[:], offsets)
        np.testing.assert_array_equal(ds["events"].offsets[1999:4000], offsets[1999:4000])
        assert ds["events"].offsets[-1] == ds.num_rows

    def test_rows_that_are_events(self, tmp_path):
        write_small(tmp_path / "a.h5")
        ds = sp.open(tmp_path / "a.h5")
        np.testing.assert_array_equal(ds.rows_of_events(3, 7), [3, 4, 5, 6, 7])
        assert ds.num_events == ds.num_rows == 60

    def test_a_dataset_without_events(self, tmp_path):
        for layout, rows in VARIANTS:
            path = tmp_path / f"{layout}-{rows}.h5"
            with sp.Writer(path, small_schema(layout, rows)) as writer:
                writer.fill(small_events()[:0])
            ds = sp.open(path)
            assert (ds.num_rows, ds.num_events) == (0, 0)
            assert len(ds.events()) == 0
            assert list(ds.iterate()) == []
            assert ds["events"]["MET"][:].shape == (0,)
            assert ds.rows_of_events().tolist() == [0]

    def test_a_step_must_be_positive(self, tmp_path):
        write_small(tmp_path / "a.h5")
        with pytest.raises(SimdprepError, match="step: got 0"):
            sp.open(tmp_path / "a.h5").iterate(step=0)

    def test_provenance_is_one_per_part(self, tmp_path):
        write_small(tmp_path / "out", num_events=4500, part_rows=128)
        ds = sp.open(tmp_path / "out")
        assert [sorted(entry) for entry in ds.provenance] == [
            ["config", "config_sha256", "inputs", "ranges", "versions"]
        ] * len(ds.paths)
