"""Description: what a dataset holds, as it is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import quantity
from .console import SHOWN, note, say, table

if TYPE_CHECKING:
    from ..storage import DatasetInfo
    from ..storage.dataset_info import FieldInfo, ObjectInfo

#: Objects shown unless all are asked for.
ROWS = 40

_HEAD = ("object", "level", "hangs on", "shape", "fields", "entries", "truncated", "empty", "stored", "unpacked")


def print_dataset(info: DatasetInfo, *, verbose: bool = False) -> None:
    """Print objects with their shapes, sizes and losses, their fields, and where the rows come from.

    Args:
        info: Of the dataset.
        verbose: Long lists in full.
    """
    names = None if verbose else SHOWN
    rows = ROWS if not verbose and len(info.objects) > ROWS + 1 else None
    raw = sum(dataset.raw_bytes for dataset in info.datasets)
    one = "event" if info.rows == "events" else f"entry of {info.rows}"
    say(
        f"{info.path}: {quantity.counted(info.num_rows, 'row')}, one for each {one}; "
        f"{quantity.counted(info.num_events, 'event')}",
        style="bold",
    )
    say(
        f"layout {info.layout}, {info.codec}, chunks of {quantity.counted(info.chunk_rows, 'row')}; "
        f"{quantity.size(info.file_bytes)} in {quantity.counted(len(info.files), 'part')}, "
        f"{quantity.size(raw)} unpacked"
    )
    if info.incomplete:
        note(info.incomplete, style="bold yellow")
    if len(info.parts) > 1:
        say()
        _print_parts(info, verbose)
    say()
    table([_HEAD, *(_row(info, entry) for entry in info.objects[:rows])], texts=4)
    say()
    for entry in info.objects[:rows]:
        fields = [_field(field, verbose) for field in entry.fields]
        say(f"{entry.name}: {quantity.several(fields, names) or 'no fields'}")
    if rows is not None:
        say(f"and {quantity.number(len(info.objects) - rows)} more objects; --verbose lists them")
    say()
    _print_origin(info, names)


def _print_parts(info: DatasetInfo, verbose: bool) -> None:
    shown = info.parts if verbose or len(info.parts) <= SHOWN + 1 else info.parts[:SHOWN]
    rows = [(part.path, quantity.number(part.num_rows), quantity.size(part.num_bytes)) for part in shown]
    table([("part", "rows", "stored"), *rows])
    if len(shown) < len(info.parts):
        say(f"and {quantity.number(len(info.parts) - len(shown))} more parts; --verbose lists them")


def _row(info: DatasetInfo, entry: ObjectInfo) -> tuple[str, ...]:
    own = (f"/{entry.name}", f"/{entry.name}/")
    datasets = [found for found in info.datasets if found.path == own[0] or found.path.startswith(own[1])]
    lost = ""
    if entry.num_truncated:
        whole = entry.num_items + entry.num_truncated
        lost = f"{quantity.number(entry.num_truncated)} ({quantity.share(entry.num_truncated, whole)})"
    return (
        entry.name,
        entry.level,
        entry.parent or "",
        _shape(entry),
        quantity.number(len(entry.fields)),
        quantity.number(entry.num_items),
        lost,
        f"{entry.padding_share:.0%}".replace("%", " %") if entry.slots else "",
        quantity.size(sum(dataset.stored_bytes for dataset in datasets)),
        quantity.size(sum(dataset.raw_bytes for dataset in datasets)),
    )


def _shape(entry: ObjectInfo) -> str:
    shape = entry.fields[0].shape if entry.fields else ()
    sizes = [str(size) if size is not None else "var" for size in shape]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})" if sizes else ""


def _field(field: FieldInfo, verbose: bool) -> str:
    text = f"{field.name} {field.dtype}{f' {field.unit}' if field.unit else ''}"
    return f"{text} ({field.description})" if verbose and field.description else text


def _print_origin(info: DatasetInfo, names: int | None) -> None:
    inputs = []
    for entry in info.inputs:
        tree = f" : {entry['tree']}" if entry.get("tree") else ""
        inputs.append(f"{entry.get('name', '?')}{tree} ({quantity.size(int(entry.get('size', 0)))})")
    if inputs:
        say(f"from {quantity.several(inputs, names)}")
    written = [f"{name} {' and '.join(found)}" for name, found in info.versions.items()]
    if written:
        say(f"written by {', '.join(written)}; format {info.format_version}")
    for digest in info.config_sha256:
        say(f"config {digest}")
    say(f"fingerprint {info.fingerprint}")
