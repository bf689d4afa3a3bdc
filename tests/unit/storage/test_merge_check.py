"""What a merge compares before the file gets its name: every stored byte, and the indexes as HDF5 reads them."""

import random

import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import DatasetError
from simdprep.storage.chunk_table import ChunkTable, ChunkTables
from simdprep.storage.merge import check_indexes
from simdprep.storage.part_reader import PartReader
from tests.small_dataset import VARIANTS, small_events, small_schema, write_small


@pytest.fixture(params=VARIANTS, ids=["-".join(variant) for variant in VARIANTS])
def merged(request, tmp_path):
    """A merged file of several parts."""
    layout, rows = request.param
    with sp.Writer(tmp_path / "parts", small_schema(layout, rows), part_rows=2048) as writer:
        writer.fill(small_events(6000))
    sp.merge([tmp_path / "parts"], tmp_path / "merged.h5")
    return tmp_path / "merged.h5"


def test_hdf5_finds_what_we_find(merged):
    check_indexes(PartReader(merged, with_tables=True))


@pytest.mark.parametrize("column", ["sizes", "count"])
def test_indexes_that_hdf5_reads_otherwise_are_refused(merged, column):
    reader = PartReader(merged, with_tables=True)
    tables = [reader.table(index) for index in range(len(reader.lengths))]
    last = tables[-1]
    if column == "sizes":
        tables[-1] = ChunkTable(last.addresses, last.sizes + np.uint64(1), last.masks)
    else:
        tables[-1] = ChunkTable(last.addresses[:-1], last.sizes[:-1], last.masks[:-1])
    reader._all_tables = ChunkTables.of(tables)
    with pytest.raises(DatasetError, match="entries, chunks and bytes"):
        check_indexes(reader)


def test_every_flipped_bit_of_a_chunk_is_found_and_named(merged):
    rng = random.Random(1)
    chunks = PartReader(merged, with_tables=True).tables.chunks
    for chunk in rng.sample(range(len(chunks)), min(len(chunks), 12)):
        place = int(chunks.addresses[chunk]) + rng.randrange(int(chunks.sizes[chunk]))
        with merged.open("r+b") as file:
            file.seek(place)
            sound = file.read(1)
            file.seek(place)
            file.write(bytes([sound[0] ^ 1 << rng.randrange(8)]))
        with pytest.raises(DatasetError, match="chunk"):
            PartReader(merged, with_tables=True).check_chunks()
        with merged.open("r+b") as file:
            file.seek(place)
            file.write(sound)
        PartReader(merged, with_tables=True).check_chunks()


def test_a_file_that_shrank_is_found(tmp_path):
    path = tmp_path / "a.h5"
    write_small(path, "columns", "events", num_events=50)
    reader = PartReader(path, with_tables=True)
    with path.open("r+b") as file:
        file.truncate(int(reader.tables.chunks.addresses[-1]) + 1)
    with pytest.raises(DatasetError):
        reader.check_chunks()
