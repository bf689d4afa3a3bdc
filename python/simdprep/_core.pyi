"""Types of the compiled core; its behaviour is documented where Python wraps it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__version__: str
format_version: str
deflate_backend: str

class Field:
    def __init__(
        self,
        *,
        name: str,
        dtype: str,
        fill: bool | int | float | None,
        unit: str,
        description: str,
        categories: list[str] | None,
    ) -> None: ...

class ObjectSpec:
    def __init__(
        self,
        *,
        name: str,
        level: str,
        parent: str | None,
        pad: int | None,
        order: str,
        embedded: bool,
        fields: list[Field],
    ) -> None: ...

class Schema:
    def __init__(
        self, *, objects: list[ObjectSpec], rows: str, layout: str, codec: str, level: int | None, counts: bool
    ) -> None: ...
    def to_json(self) -> str: ...
    def describe(self) -> Description: ...

class Attribute:
    owner: str
    name: str
    value: str | int

class Member:
    name: str
    dtype: str
    offset: int

class DatasetDescription:
    path: str
    object: int
    is_flat: bool
    compound: bool
    members: list[Member]
    slots: list[int]
    chunk_rows: int
    row_bytes: int
    shuffle: bool
    deflate_level: int
    fletcher: bool
    fill: bytes

class Description:
    groups: list[str]
    object_paths: list[str]
    datasets: Sequence[DatasetDescription]
    attributes: list[Attribute]
    chunk_rows: int

def root_attributes(schema: Schema, provenance: str) -> list[Attribute]: ...
def pad_lists(
    pool: ThreadPool, content: NDArray[Any], offsets: NDArray[np.int64], pad: int, fill: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.bool_], NDArray[np.uint32]]: ...
def to_half(values: NDArray[Any]) -> tuple[NDArray[np.uint16], int]: ...
def order_lists(
    offsets: NDArray[np.int64],
    keys: NDArray[Any],
    last: NDArray[np.bool_] | None = None,
    descending: bool = False,
    limit: int | None = None,
) -> NDArray[np.int64]: ...
def unpad_offsets(pool: ThreadPool, valid: NDArray[np.bool_]) -> NDArray[np.int64]: ...
def unpad(pool: ThreadPool, values: NDArray[Any], offsets: NDArray[np.int64]) -> NDArray[Any]: ...
def permute(
    entries: NDArray[np.int64], which: NDArray[np.int64], bits: int, sizes: NDArray[np.int64], keys: NDArray[np.uint32]
) -> NDArray[np.int64]: ...
def read_branches(
    pool: ThreadPool, file: int, asked: Sequence[tuple[Any, ...]]
) -> list[tuple[NDArray[np.int64] | None, NDArray[np.uint8]]]: ...
def find_runs(bounds: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.int64]: ...

part_bytes: int
file_part_bytes: int

class StoredDataset:
    length: int
    first_chunk: int
    num_chunks: int
    def chunk(self, index: int) -> memoryview: ...
    def filter_mask(self, index: int) -> int: ...
    def sizes_and_masks(self) -> list[tuple[int, int]]: ...

class Part:
    row_start: int
    num_rows: int
    event_start: int
    num_events: int
    num_items: list[int]
    num_truncated: list[int]
    is_complete: bool
    description: Description
    def dataset(self, index: int) -> StoredDataset: ...
    def attributes(self) -> list[Attribute]: ...

class Encoder:
    def __init__(
        self,
        schema: Schema,
        *,
        threads: int = 0,
        part_rows: int = 0,
        part_bytes: int = ...,
        first_event: int = 0,
        run_bytes: int = ...,
    ) -> None: ...
    def fill(
        self,
        num_rows: int,
        num_events: int,
        objects: Sequence[tuple[int, NDArray[np.int64] | None, list[NDArray[Any]]]],
        take: Callable[[Part], None],
    ) -> None: ...
    def finish(self, take: Callable[[Part], None]) -> None: ...
    num_rows: int
    num_events: int

class WriteQueue:
    def __init__(self, file: int, threaded: bool) -> None: ...
    failure: int
    def put(self, run: Part, addresses: NDArray[np.uint64]) -> None: ...
    def finish(self) -> int: ...

def isa() -> str: ...
def best_isa() -> str: ...
def force_isa(name: str) -> None: ...
def encode_chunk(raw: Any, *, shuffle_size: int, deflate_level: int, fletcher: bool) -> tuple[bytes, int]: ...
def encode_chunks(
    pool: ThreadPool, runs: Sequence[tuple[Any, int, int, int, bool]]
) -> list[list[tuple[bytes, int]]]: ...
def check_chunk(stored: Any, filter_mask: int, *, shuffle_size: int, compressor: str, fletcher: bool) -> None: ...
def built_in_compressors() -> list[str]: ...

class ThreadPool:
    def __init__(self, threads: int = 0) -> None: ...
    size: int

class Structure:
    @property
    def identity(self) -> tuple[int, int, int, int]: ...
    def texts(self) -> dict[bytes, bytes]: ...
    def has(self, name: str) -> bool | None: ...
    def look(
        self, datasets: list[str], groups: list[str], owners: list[str], number: str, with_chunks: bool
    ) -> (
        tuple[
            bytes,
            NDArray[np.uint64],
            NDArray[np.uint64],
            list[int | None],
            NDArray[np.uint64],
            NDArray[np.uint64],
            NDArray[np.uint64],
            NDArray[np.uint32],
        ]
        | None
    ): ...

def read_structure(path: str) -> Structure | None: ...
def write_chunk_indexes(
    path: str,
    file: int,
    paths: list[str],
    lengths: NDArray[np.uint64],
    counts: NDArray[np.uint64],
    addresses: NDArray[np.uint64],
    sizes: NDArray[np.uint64],
    masks: NDArray[np.uint32],
) -> int: ...
def write_end_of_file(path: str, file: int, end: int) -> int: ...

class RangeCopier:
    def __init__(self, target: int, threads: int) -> None: ...
    def copy(
        self, source: str, sources: NDArray[np.uint64], targets: NDArray[np.uint64], sizes: NDArray[np.uint64]
    ) -> None: ...
    def write(self, bytes: Any, target: int) -> None: ...
    def finish(self) -> tuple[int, str]: ...

class ChunkReader:
    def __init__(
        self,
        path: str,
        addresses: NDArray[np.uint64],
        sizes: NDArray[np.uint64],
        masks: NDArray[np.uint32],
        *,
        chunk_rows: int,
        row_bytes: int,
        row_fill: bytes,
        shuffle_size: int,
        compressor: str,
        fletcher: bool,
    ) -> None: ...
    num_chunks: int
    def read(self, pool: ThreadPool, start: int, stop: int, out: NDArray[Any]) -> None: ...
    def check_chunks(self, pool: ThreadPool) -> None: ...

def are_sound(
    path: str,
    pool: ThreadPool,
    datasets: list[tuple[int, int, int, str, bool]],
    addresses: NDArray[np.uint64],
    sizes: NDArray[np.uint64],
    masks: NDArray[np.uint32],
) -> bool: ...
def read_rows(pool: ThreadPool, reads: Sequence[tuple[ChunkReader, int, int, NDArray[Any]]]) -> None: ...

class ItemTransform:
    def __init__(
        self,
        *,
        log_offset: float | None = None,
        mean: float = 0.0,
        std: float = 1.0,
        low: float = ...,
        high: float = ...,
        nan: float | None = None,
        infinite: bool = False,
    ) -> None: ...

def pack_items(
    pool: ThreadPool, fields: Sequence[NDArray[Any]], dtype: str, transforms: Sequence[ItemTransform | None] = ...
) -> NDArray[Any]: ...
def pack_slots(
    pool: ThreadPool,
    fields: Sequence[NDArray[Any]],
    valid: NDArray[np.bool_],
    dtype: str,
    transforms: Sequence[ItemTransform | None] = ...,
) -> tuple[NDArray[Any], NDArray[np.int64]]: ...
def pad_items(
    pool: ThreadPool,
    fields: Sequence[NDArray[Any]],
    offsets: NDArray[np.int64],
    pad: int,
    transforms: Sequence[ItemTransform | None] = ...,
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.uint32]]: ...
def empty(shape: Sequence[int], dtype: np.dtype[Any]) -> NDArray[Any]: ...

class Slabs:
    def __init__(self, idle_bytes: int = ...) -> None: ...
    idle_bytes: int

def read_packed(
    slabs: Slabs,
    fields: Sequence[tuple[ChunkReader, int, str]],
    valid: tuple[ChunkReader, int, str],
    *,
    rows: tuple[int, int],
    slots: tuple[int, int],
    dtype: str,
    transforms: Sequence[ItemTransform | None] = ...,
) -> tuple[NDArray[Any], NDArray[np.int64]]: ...

class Gather:
    def __init__(
        self,
        blocks: Sequence[tuple[NDArray[Any], NDArray[np.int64] | None, NDArray[np.int64] | None]],
        *,
        outer: int,
        inner: int,
    ) -> None: ...
    num_rows: int
    def resized(self, outer: int, inner: int) -> Gather: ...
    def take(
        self, pool: ThreadPool, rows: NDArray[np.int64], values: NDArray[Any], valid: NDArray[np.bool_]
    ) -> None: ...

def ragged_bounds(
    gather: Gather, rows: NDArray[np.int64], outer: int, inner: int
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]: ...
def take_ragged(
    gather: Gather,
    pool: ThreadPool,
    rows: NDArray[np.int64],
    offsets: NDArray[np.int64],
    inner_offsets: NDArray[np.int64] | None,
    items: NDArray[Any],
) -> None: ...
def take_fields_first(
    gather: Gather, pool: ThreadPool, rows: NDArray[np.int64], values: NDArray[Any], valid: NDArray[np.bool_]
) -> None: ...
def commit_existing(temporary: str, final: str) -> None: ...
def sha256_file(path: str) -> str: ...
def sha256_bytes(data: Any) -> str: ...

class OutputLock:
    def __init__(self, output: str) -> None: ...
    taken_over: int | None
    def release(self) -> None: ...

class Manifest:
    def __init__(self, schema_json: str, config_sha256: str) -> None: ...
    def add_config(self, text: str) -> None: ...
    def add(
        self,
        *,
        name: str,
        num_rows: int,
        rows: list[tuple[str, int]],
        bytes: int,
        sha256: str,
        inputs_json: str,
        config_sha256: str = "",
        version: str = "",
    ) -> None: ...
    def to_json(self) -> str: ...
    def commit(self, folder: str) -> None: ...
