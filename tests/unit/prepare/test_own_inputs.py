"""Datasets of simdprep as inputs: files and folders of parts."""

import pytest

import simdprep as sp
from simdprep.convert import dataset_source
from simdprep.prepare import shares
from tests.unit.prepare.jet_events import bytes_of, config_of, write_jets

pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The same jets as a file and as a folder of parts."""
    folder = tmp_path_factory.mktemp("stored")
    events = write_jets(folder, 3000)
    events = events[["eventNumber", "jets", "tracks"]]
    schema = sp.Schema.from_awkward(events, pad={"tracks": 40})
    with sp.Writer(folder / "one.h5", schema) as one, sp.Writer(folder / "parts", schema, part_rows=512) as parts:
        one.fill(events)
        parts.fill(events)
    return folder


def test_every_input_is_hashed_once(stored, tmp_path, monkeypatch):
    asked = []
    identify = dataset_source.identify
    monkeypatch.setattr(dataset_source, "identify", lambda path, **more: asked.append(path) or identify(path, **more))
    monkeypatch.setattr(shares, "SHARE_BYTES", 1 << 18)
    config = config_of(stored / "one.h5", split={"train": 0.6, "val": 0.2, "test": 0.2})  # by file and entry
    summary = sp.prepare(config, tmp_path / "out", jobs=2)
    assert asked == [str(stored / "one.h5")]
    assert len(list((tmp_path / "out/train").glob("part-*.h5"))) > 4
    assert summary.balance.read == 3000


def test_a_folder_of_parts_gives_the_rows_of_the_file(stored, tmp_path):
    rows = {}
    for name in ("one.h5", "parts"):
        sp.prepare(config_of(stored / name), tmp_path / name.removesuffix(".h5"))
        rows[name] = sp.open(tmp_path / name.removesuffix(".h5") / "train")["tracks"]["pt"][:].tobytes()
    assert rows["one.h5"] == rows["parts"]
    again = tmp_path / "again"
    sp.prepare(config_of(stored / "parts"), again, jobs=1)
    assert bytes_of(again) == bytes_of(tmp_path / "parts")
