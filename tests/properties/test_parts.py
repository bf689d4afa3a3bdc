"""Chunks, parts and the file they are merged to: cut where the format says, whatever way the events came in."""

import hashlib
import json
import zlib
from itertools import pairwise
from pathlib import Path

import awkward as ak
import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simdprep as sp
from tests.reference.event_entries import entries_of, with_categories
from tests.reference.format_oracle import expected_file
from tests.reference.stored_file import StoredFile, differing

#: Slots of 8 bytes that make a row of 8 KiB, so that chunks have as few rows as the format allows.
WIDE = 1024


def jets(num_events: int, seed: int, *, mean: float = 1.0) -> ak.Array:
    """Events with jets that have tracks; some events, and some jets, have none."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(mean, num_events)
    tracks = rng.poisson(1.0, counts.sum())
    return ak.Array(
        {
            "run": np.arange(num_events, dtype=np.int32),
            "kind": [("signal", "background", "data")[index % 3] for index in range(num_events)],
            "Jet": ak.unflatten(ak.Array({"pt": rng.normal(size=counts.sum()).astype(np.float32)}), counts),
            "tracks": ak.unflatten(
                ak.unflatten(ak.Array({"d0": rng.normal(size=tracks.sum())}), tracks), counts
            ),
        }
    )  # fmt: skip


def schema_of(layout: str, rows: str) -> sp.Schema:
    pad = {"Jet": 2, "tracks": WIDE // (2 if rows == "events" else 1)}
    return sp.Schema.from_awkward(jets(2, 0), rows=rows, layout=layout, pad=pad, parents={"tracks": "Jet"})


def write(path: Path, schema: sp.Schema, chunks: list[ak.Array], **options):
    with sp.Writer(path, schema, overwrite=True, **options) as writer:
        for chunk in chunks:
            writer.fill(chunk)
    return writer.summary


def split(events: ak.Array, cuts: list[int]) -> list[ak.Array]:
    edges = [0, *sorted(cuts), len(events)]
    return [events[start:stop] for start, stop in pairwise(edges)]


def expected_of(schema: sp.Schema, events: ak.Array):
    wanted = with_categories(json.loads(schema.to_json()), events)
    return expected_file(wanted, entries_of(wanted, events), len(events))


def joined(files: list[StoredFile], path: str) -> np.ndarray:
    """A dataset of all parts, one after the other; offsets go on where those before end."""
    arrays = [file.datasets[path] for file in files]
    if not path.endswith("/offsets"):
        return np.concatenate(arrays)
    whole = arrays[0]
    for array in arrays[1:]:
        assert array[0] == 0
        whole = np.concatenate([whole, array[1:] + whole[-1]])
    return whole


class TestChunks:
    @pytest.mark.parametrize(
        ("slots", "rows"),
        [(1, 2048), (64, 2048), (65, 1024), (128, 1024), (129, 512), (512, 256), (513, 128), (1024, 128), (5000, 128)],
    )
    @pytest.mark.parametrize("layout", ["columns", "compound"])
    def test_rows_are_the_largest_power_of_two_within_a_mebibyte(self, tmp_path, slots, rows, layout):
        events = ak.Array({"run": [1], "hits": [[1.5]]})
        pad = slots if layout == "columns" else max(slots * 8 // 9, 1)  # a slot has 8 bytes, and there one for valid
        write(tmp_path / "out.h5", sp.Schema.from_awkward(events, pad=pad, layout=layout), [events])
        assert {chunks[0] for chunks in StoredFile(tmp_path / "out.h5").chunks.values()} == {rows}

    def test_flat_datasets_have_their_own_chunks(self, tmp_path):
        events = ak.Array({"run": [1], "hits": [[1.5]]})
        write(tmp_path / "out.h5", sp.Schema.from_awkward(events, layout="ragged"), [events])
        chunks = StoredFile(tmp_path / "out.h5").chunks
        assert chunks == {"/events/run": (2048,), "/hits/value": (65_536,), "/hits/offsets": (65_536,)}

    @pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
    @pytest.mark.parametrize("num_events", [1, 127, 128, 129, 300])
    def test_the_last_chunk_is_whole_and_ends_in_fills(self, tmp_path, layout, num_events):
        events, schema = jets(num_events, 1), schema_of(layout, "events")
        write(tmp_path / "out.h5", schema, [events])
        expected = expected_of(schema, events)
        checked = 0
        with h5py.File(tmp_path / "out.h5") as file:
            for path, wanted in expected.datasets.items():
                dataset = file[path]
                rows = dataset.chunks[0]
                assert dataset.id.get_num_chunks() == -(-len(wanted) // rows)
                if len(wanted) == 0:
                    continue
                last = (len(wanted) - 1) // rows * rows
                chunk = raw_chunk(dataset, last)
                whole = np.full(dataset.chunks, expected.fills[path], wanted.dtype)
                whole[: len(wanted) - last] = wanted[last:]
                assert same_bytes(chunk, whole), path
                checked += 1
        assert checked >= 3


def raw_chunk(dataset: h5py.Dataset, row: int) -> np.ndarray:
    """One stored chunk, undone by hand: fletcher32 dropped, inflated, unshuffled."""
    mask, data = dataset.id.read_direct_chunk((row, *(0,) * (dataset.ndim - 1)))
    pipeline = dataset.id.get_create_plist()
    wide = dataset.dtype.itemsize > 1
    names = {1: "deflate", 2: "shuffle", 3: "fletcher32"}
    used = [names[pipeline.get_filter(index)[0]] for index in range(pipeline.get_nfilters())]
    assert used == (["shuffle", "deflate", "fletcher32"] if wide else ["deflate", "fletcher32"])
    skipped = {name for index, name in enumerate(used) if mask >> index & 1}
    data = data[:-4]
    if "deflate" not in skipped:
        data = zlib.decompress(data)
    size = int(np.prod(dataset.chunks)) * dataset.dtype.itemsize
    assert len(data) == size
    if wide and "shuffle" not in skipped:
        data = np.frombuffer(data, np.uint8).reshape(dataset.dtype.itemsize, -1).T.tobytes()
    return np.frombuffer(data, dataset.dtype).reshape(dataset.chunks)


def same_bytes(one: np.ndarray, other: np.ndarray) -> bool:
    """Equal bytes, any NaN as good as another."""
    if one.dtype.names:
        return all(same_bytes(one[name], other[name]) for name in one.dtype.names)
    return bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))


class TestParts:
    @given(
        seed=st.integers(0, 1000),
        rows=st.sampled_from(["events", "Jet"]),
        layout=st.sampled_from(["columns", "compound", "ragged"]),
        part_rows=st.sampled_from([1, 128, 200, 256, 10_000]),
        data=st.data(),
    )
    @settings(max_examples=25)
    def test_a_folder_of_parts_holds_the_events(self, tmp_path_factory, seed, rows, layout, part_rows, data):
        folder = tmp_path_factory.mktemp("parts")
        # Without padded objects chunks have 2048 rows, and so have parts at least.
        most = 900 if layout != "ragged" else 7000
        events, schema = jets(data.draw(st.integers(0, most)), seed), schema_of(layout, rows)
        cuts = data.draw(st.lists(st.integers(0, len(events)), max_size=5))
        summary = write(folder / "one", schema, [events], part_rows=part_rows, threads=1)
        other = write(folder / "two", schema, split(events, cuts), part_rows=part_rows, threads=3)
        assert summary.parts == other.parts
        names = sorted(path.name for path in (folder / "one").iterdir())
        assert names == sorted(path.name for path in (folder / "two").iterdir())
        for name in names:
            assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes(), name

        manifest = json.loads((folder / "one" / "manifest.json").read_text())
        files = [StoredFile(folder / "one" / part["name"]) for part in manifest["parts"]]
        self._check_manifest(folder / "one", manifest)
        expected = expected_of(schema, events)
        for path, wanted in expected.datasets.items():
            assert same_bytes(joined(files, path), wanted), path
        self._check_borders(files, schema, part_rows, events)
        assert len(files) == summary.parts
        losses = {f"/{name}": lost for name, lost in expected.truncated.items() if lost}
        found = {path: sum(file.truncated.get(path, 0) for file in files) for path in files[0].truncated}
        assert {path: lost for path, lost in found.items() if lost} == losses

    @staticmethod
    def _check_manifest(folder, manifest):
        assert {part["name"] for part in manifest["parts"]} | {"manifest.json"} == {p.name for p in folder.iterdir()}
        for part in manifest["parts"]:
            content = (folder / part["name"]).read_bytes()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (part["bytes"], part["sha256"])

    @staticmethod
    def _check_borders(files, schema, part_rows, events):
        path = f"/{schema.rows}"
        if schema.layout != "compound":
            path += f"/{schema.object(schema.rows).field_names[0]}"
        rows = [len(file.datasets[path]) for file in files]
        chunk = files[0].chunks[path][0]
        least = -(-part_rows // chunk) * chunk
        if schema.rows == "events":
            assert all(count == least for count in rows[:-1])
        else:  # a part ends at the end of an event
            ends = np.cumsum(ak.num(events[schema.rows]))
            assert set(np.cumsum(rows)) <= {0, *ends.tolist()}
            assert all(least <= count < least + 20 for count in rows[:-1])
        assert rows[-1] <= least + 20

    @pytest.mark.parametrize("rows", ["events", "Jet"])
    @pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
    def test_one_file_of_several_parts_holds_the_events(self, tmp_path, rows, layout):
        events, schema = jets(1100 if layout != "ragged" else 5000, 5), schema_of(layout, rows)
        path = tmp_path / "merged.h5"
        summary = write(path, schema, split(events, [100, 700]), part_rows=200)
        assert summary.parts > 2
        assert [entry.name for entry in tmp_path.iterdir()] == ["merged.h5"]
        assert differing(StoredFile(path), expected_of(schema, events)) == []
        again = write(tmp_path / "again.h5", schema, [events], part_rows=200, threads=1)
        assert again.parts == summary.parts
        assert path.read_bytes() == (tmp_path / "again.h5").read_bytes()
