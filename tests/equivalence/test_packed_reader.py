"""Slots that the core packs straight from stored chunks, against columns that are decoded first."""

import numpy as np
import pytest

import simdprep as sp
from simdprep import _core
from simdprep.errors import DatasetError
from simdprep.loader import packing
from simdprep.loader.block import BlockReader
from simdprep.transforms import Standardise
from tests.small_dataset import small_schema, write_small

FIELDS = {"Jet": ["pt", "index", "tight", "mass"], "hits": ["charge", "layer"]}


def both(dataset, name, start, stop, dtype, transforms=()):
    """Items and offsets by the core alone, and by way of padded columns."""
    view = dataset[name]
    stored = view.stored_slots(FIELDS[name]).rows(start, stop)
    assert stored is not None
    columns = view.read(FIELDS[name], start, stop, valid=True)
    lists = {key: values.reshape(-1, values.shape[-1]) for key, values in columns.items()}
    return (
        packing.read_packed(_core.Slabs(), stored, dtype, transforms),
        packing.pack_slots([lists[field] for field in FIELDS[name]], lists["valid"], dtype, transforms),
    )


@pytest.mark.parametrize("codec", ["gzip", "none"])
@pytest.mark.parametrize("layout", ["columns", "compound"])
def test_equal_to_columns_that_are_decoded_first(layout, codec, tmp_path):
    write_small(tmp_path / "small.h5", layout, num_events=5000, codec=codec)
    with sp.open(tmp_path / "small.h5") as dataset:
        for name, fields in FIELDS.items():
            transform = Standardise(fields)
            transform.fit(np.random.default_rng(1).normal(3, 2, (50, len(fields))).astype(np.float32))
            for start, stop in ((0, 5000), (0, 2048), (100, 4700), (2048, 4096), (4999, 5000)):
                for dtype in ("float16", "float32", "float64"):
                    for transforms in ((), (transform,)):
                        (items, offsets), (other, bounds) = both(dataset, name, start, stop, dtype, transforms)
                        assert (items.dtype, items.shape, items.tobytes()) == (
                            other.dtype,
                            other.shape,
                            other.tobytes(),
                        )
                        np.testing.assert_array_equal(offsets, bounds)


def test_rows_that_the_core_alone_cannot_read(tmp_path):
    for part in range(2):
        write_small(tmp_path / f"{part}.h5", num_events=50, seed=part)
    paths = [tmp_path / "0.h5", tmp_path / "1.h5"]
    with sp.open(paths) as dataset, sp.open(paths, engine="h5py") as by_hdf5:
        stored = dataset["Jet"].stored_slots(["pt"])
        assert stored.rows(0, 50) is not None
        assert stored.rows(40, 60) is None
        assert stored.rows(50, 50) is None
        assert by_hdf5["Jet"].stored_slots(["pt"]).rows(0, 50) is None


def test_a_loader_gives_the_same_batches_whatever_reads(tmp_path):
    write_small(tmp_path / "small.h5", num_events=3000)
    batches = []
    for engine in ("core", "h5py"):
        with sp.open(tmp_path / "small.h5", engine=engine) as dataset:
            batches.append(list(sp.Loader(dataset, inputs=FIELDS, batch_size=300, memory=100_000)))
    for one, other in zip(*batches, strict=True):
        for name in FIELDS:
            assert one[name].tobytes() == other[name].tobytes()


def test_damage_is_told_as_ever(tmp_path):
    write_small(tmp_path / "small.h5", num_events=3000)
    with sp.open(tmp_path / "small.h5") as dataset:
        reader = dataset._parts.reader(0)
        place = dataset._parts.placement.field(small_schema().object("Jet"), "mass")
        table = reader.table(place.dataset)
    with (tmp_path / "small.h5").open("r+b") as file:
        file.seek(int(table.addresses[1]) + 10)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))
    loader = sp.Loader(sp.open(tmp_path / "small.h5"), inputs={"Jet": ["pt", "mass"]}, batch_size=300)
    with pytest.raises(DatasetError, match=r"checksum[\s\S]*/Jet/mass, chunk 1"):
        list(loader)


@pytest.mark.parametrize("rows", ["events", "Jet"])
@pytest.mark.parametrize("layout", ["columns", "ragged"])
def test_rows_of_a_block_are_those_read_alone(layout, rows, tmp_path):
    write_small(tmp_path / "small.h5", layout, rows, num_events=500)
    with sp.open(tmp_path / "small.h5") as dataset:
        lists = {"hits": ["charge", "layer"]} | ({"Jet": ["pt"]} if rows == "events" else {})
        plan = sp.Loader(
            dataset, inputs={"events": ["MET"], **lists}, labels="events.number", form="varlen", batch_size=8
        )._plan
        reader = BlockReader(dataset, plan)
        whole = reader.read(100, 400)
        for start, stop in ((100, 400), (100, 250), (250, 250), (399, 400)):
            part, alone = whole.rows(start, stop), reader.read(start, stop)
            for name in plan.inputs:
                for one, other in zip(part.packed[name], alone.packed[name], strict=True):
                    np.testing.assert_array_equal(one, other)
            for scalar in plan.scalars:
                np.testing.assert_array_equal(part.scalars[scalar], alone.scalars[scalar])
