"""Make examples/toy_nano.root: a NanoAOD-like tree of toy events.

    python examples/make_sample.py [OUT.root]

The values are always the same; the bytes are not, for a ROOT file carries the time it was made.
"""

import sys
from pathlib import Path

import awkward as ak
import uproot

from simdprep.testing import toy_events

NUM_EVENTS = 4000
SEED = 2026
SAMPLE = Path(__file__).with_name("toy_nano.root")


def sample_events() -> ak.Array:
    """Return the events of the sample."""
    return toy_events(NUM_EVENTS, seed=SEED)


def write(path: Path, events: ak.Array) -> None:
    """Write events as TTree ``Events``: scalars, and for every object a counter ``nJet`` and ``Jet_pt``, ..."""
    columns = {name: events[name] for name in events.fields}
    types = {name: column.type.content for name, column in columns.items()}
    with uproot.recreate(path, compression=uproot.ZLIB(9)) as file:
        file.mktree("Events", types, title="toy events").extend(columns)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE, sample_events())
