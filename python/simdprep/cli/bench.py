"""``simdprep bench``: how fast do batches of a dataset come here, and what is the limit?"""

from __future__ import annotations

from typing import Annotated

import typer


def bench(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="A file, a folder of parts, or a glob.")],
    *,
    objects: Annotated[str, typer.Option("--objects", metavar="A,B", help="Only these objects.")] = "",
    batch_size: Annotated[int, typer.Option("--batch-size", metavar="N", help="Rows of a batch.")] = 1024,
    shuffle: Annotated[str, typer.Option("--shuffle", metavar="MODE", help="block, full or none.")] = "block",
    threads: Annotated[int, typer.Option("--threads", metavar="N", help="0: one per core.")] = 0,
    memory: Annotated[int, typer.Option("--memory", metavar="BYTES", help="Decoded rows to hold; 0: the default.")] = 0,
    seconds: Annotated[float, typer.Option("--seconds", metavar="S", help="Stop after the epoch they end in.")] = 3.0,
    json: Annotated[bool, typer.Option("--json", help="The same as JSON.")] = False,
) -> None:
    """Load batches with all fields; say rows/s, GB/s, and where the limit is."""
    from ..loader.argument import check_choice
    from ..loader.measurement import measure
    from ..loader.order import SHUFFLES
    from ..storage import open as open_dataset
    from .measurement import print_measurement

    check_choice("shuffle", shuffle, SHUFFLES, where="bench")
    with open_dataset(dataset, threads=threads or None) as opened:
        found = measure(
            opened,
            objects=[name.strip() for name in objects.split(",")] if objects else None,
            batch_size=batch_size,
            shuffle=shuffle,  # type: ignore[arg-type]
            threads=threads or None,
            memory=memory or None,
            seconds=seconds,
        )
        print_measurement(opened, found, as_json=json)
