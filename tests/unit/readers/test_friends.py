"""Friends: branches of further trees, by entry or by index."""

import pickle

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot

import simdprep as sp
from simdprep.convert import inspect
from simdprep.convert.opening import Opening
from simdprep.errors import ConfigError, InputError
from simdprep.readers import Friend, Link
from simdprep.readers.friend import Keys
from simdprep.schema.config import load_config
from simdprep.storage import verify

ENTRIES = 300


def _main(entries=ENTRIES):
    rng = np.random.default_rng(1)
    number = np.arange(entries)
    jets = rng.integers(0, 5, entries)
    return ak.Array({
        "run": (number // 100 + 7).astype(np.uint32),
        "event": (number % 100).astype(np.uint64) + (1 << 60),
        "met": rng.random(entries).astype(np.float32),
        "Jet_pt": ak.unflatten(rng.random(jets.sum()).astype(np.float32), jets),
    })  # fmt: skip


def _scores(main, order):
    """Scores of jets and events, in another order than the events."""
    rng = np.random.default_rng(2)
    counts = ak.num(main.Jet_pt)
    scores = ak.Array({
        "run": main.run,
        "event": main.event,
        "score": rng.random(len(main)),
        "met": rng.random(len(main)),
        "tag": ak.unflatten(rng.random(int(ak.sum(counts))), counts),
    })  # fmt: skip
    return scores[order]


def _write(path, **trees):
    with uproot.recreate(path) as file:
        for name, events in trees.items():
            file[name] = {field: events[field] for field in events.fields}
    return str(path)


@pytest.fixture(scope="module")
def main():
    return _main()


@pytest.fixture(scope="module")
def scores(main):
    return _scores(main, np.random.default_rng(3).permutation(len(main)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, main, scores):
    path = tmp_path_factory.mktemp("friends")
    _write(path / "a.root", Events=main, Same=_scores(main, np.arange(len(main))))
    extra = _scores(_main(ENTRIES + 50), np.random.default_rng(4).permutation(ENTRIES + 50))
    _write(path / "a_scores.root", Scores=ak.concatenate([scores, extra[extra.run > 9]]))
    ak.to_parquet(scores, path / "a.parquet", row_group_size=40)
    return path


def _opened(folder, *friends, links=()):
    opening = Opening("Events", tuple(friends), tuple(links))
    return pickle.loads(pickle.dumps(opening)).open(str(folder / "a.root"))


def _expected(main, scores):
    """Scores in the order of the events, by a dictionary."""
    by_key = {(entry["run"], entry["event"]): entry for entry in scores.to_list()}
    return [by_key[entry["run"], entry["event"]] for entry in main.to_list()]


BY_INDEX = [
    Friend("{folder}/{stem}_scores.root", "Scores", ("run", "event")),
    Friend("{folder}/{stem}.parquet", None, ("run", "event")),
]


@pytest.mark.parametrize("friend", BY_INDEX, ids=["root", "parquet"])
@pytest.mark.parametrize(("start", "stop"), [(0, ENTRIES), (0, 0), (17, 18), (90, 230)])
def test_entries_are_found_by_index(folder, main, scores, friend, start, stop):
    expected = _expected(main, scores)[start:stop]
    with _opened(folder, friend) as source:
        found = source.read(["score", "tag", "met", "Jet_pt"], start, stop)
    assert found["score"].to_list() == [entry["score"] for entry in expected]
    assert found["tag"].to_list() == [entry["tag"] for entry in expected]
    assert found["met"].to_list() == main.met[start:stop].to_list()  # the input's own, not the friend's


def test_a_table_whose_index_might_have_gaps(folder, main, scores, tmp_path):
    """As pandas and pyarrow write it; one that has a gap is an error."""
    columns = {name: pa.array([entry[name] for entry in scores.to_list()]) for name in ("run", "event", "score")}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with _opened(folder, Friend(str(tmp_path / "a.parquet"), None, ("run", "event"))) as source:
        assert source.read(["score"])["score"].to_list() == [entry["score"] for entry in _expected(main, scores)]
    columns["event"] = pa.array([None, *columns["event"].to_pylist()[1:]])
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with (
        _opened(folder, Friend(str(tmp_path / "a.parquet"), None, ("run", "event"))) as source,
        pytest.raises(InputError, match="index event of a friend: got a missing value in entry 0, expected one for"),
    ):
        source.read(["score"])


def test_a_friend_may_be_read_in_small_steps(folder, main, scores, monkeypatch):
    monkeypatch.setattr("simdprep.readers.source.STEP_BYTES", 500)
    monkeypatch.setattr(
        "simdprep.readers.source.Source.steps.__kwdefaults__", {"target_bytes": 500, "start": 0, "stop": None}
    )
    with _opened(folder, BY_INDEX[1]) as source:
        assert len(source._friends[0].source.steps(["score"])) > 3
        found = source.read(["score", "tag"])
    expected = _expected(main, scores)
    assert found["score"].to_list() == [entry["score"] for entry in expected]
    assert found["tag"].to_list() == [entry["tag"] for entry in expected]


def test_entry_by_entry_without_an_index(folder, main):
    expected = _scores(main, np.arange(ENTRIES))
    with _opened(folder, Friend(tree="Same", prefix="s_")) as source:
        found = source.read(["s_met", "s_tag", "met"], 40, 60)
        assert source.num_entries == ENTRIES
    assert found["s_met"].to_list() == expected.met[40:60].to_list()
    assert found["s_tag"].to_list() == expected.tag[40:60].to_list()
    assert found["met"].to_list() == main.met[40:60].to_list()


def test_links_lead_into_friends(folder, tmp_path, main):
    index = ak.local_index(main.Jet_pt)[:, ::-1]
    _write(tmp_path / "f.root", T=ak.Array({"Jet_i": ak.values_astype(index, np.int32)}))
    link = Link("back", "Jet", ("Jet",), index=("i",))
    with _opened(folder, Friend(str(tmp_path / "f.root"), "T"), links=[link]) as source:
        found = source.read(["back->pt"], 10, 90)["back->pt"]
    assert ak.flatten(found, axis=2).to_list() == main.Jet_pt[10:90][:, ::-1].to_list()


def test_another_number_of_entries_is_an_error(folder, tmp_path, main):
    short = _write(tmp_path / "short.root", T=main[:-1])
    with pytest.raises(InputError, match=r"got 299, expected 300 .*entry 299 is in the input alone"):
        _opened(folder, Friend(short, "T", prefix="x_"))


def test_an_entry_without_friend_is_named(folder, tmp_path, main, scores):
    lacking = scores[(scores.run != 8) | (scores.event != (1 << 60) + 42)]
    path = _write(tmp_path / "lacking.root", T=lacking)
    with _opened(folder, Friend(path, "T", ("run", "event"))) as source:
        assert len(source.read(["score"], 0, 142)["score"]) == 142
        message = rf"no entry with run 8, event {(1 << 60) + 42}, expected one for each .*: entry 142 has none"
        with pytest.raises(InputError, match=message):
            source.read(["score"], 100, 200)


def test_two_entries_of_one_index_are_named(folder, tmp_path, scores):
    path = _write(tmp_path / "twice.root", T=ak.concatenate([scores, scores[5:6]]))
    with _opened(folder, Friend(path, "T", ("run", "event"))) as source, pytest.raises(InputError) as caught:
        source.read(["score"])
    assert "in the entries 5 and 300, expected one entry of each" in str(caught.value)


@pytest.mark.parametrize(
    ("friend", "message"),
    [
        (Friend("{stem}_nothing.root", "T"), "cannot|No such|not"),
        (Friend(tree="Lost"), "tree: got 'Lost'"),
        (Friend(tree="Same", index=("lost",)), "index lost of a friend: got none"),
        (Friend(tree="Same", index=("met",)), "index met of a friend: got float32"),
    ],
)
def test_friends_that_cannot_be(folder, friend, message):
    with pytest.raises(InputError, match=message):
        _opened(folder, friend)


def test_keys_find_what_a_dictionary_finds():
    rng = np.random.default_rng(5)
    for width in (1, 2, 3):
        columns = [rng.choice([-5, 0, 3, 1 << 62, -(1 << 62), *range(90, 120)], 400) for _ in range(width)]
        rows = np.unique(np.stack(columns), axis=1)
        rows = rows[:, rng.permutation(rows.shape[1])]
        known = {tuple(row): place for place, row in enumerate(rows.T.tolist())}
        wanted = [rng.choice([-5, 0, 3, 4, 1 << 62, *range(85, 125)], 1000) for _ in range(width)]
        keys = Keys(list(rows))
        assert keys.twice is None
        found = keys.find(wanted)
        assert found.tolist() == [known.get(tuple(row), -1) for row in np.stack(wanted).T.tolist()]
    assert Keys([np.array([4, 1, 4])]).twice == (0, 2)
    assert Keys([np.empty(0, np.int64)]).find([np.arange(3)]).tolist() == [-1, -1, -1]


# --- from a config


def _config(folder):
    friend = {"file": "{folder}/{stem}_scores.root", "tree": "Scores", "index": ["run", "event"]}
    return {"input": {"files": str(folder / "a.root"), "tree": "Events", "friends": [friend]}}


def test_a_dataset_of_input_and_friend(folder, main, scores, tmp_path):
    summary = sp.convert(None, tmp_path / "a.h5", config=_config(folder))
    expected = _expected(main, scores)
    with sp.open(tmp_path / "a.h5") as dataset:
        assert dataset["events"]["score"][:].tolist() == [entry["score"] for entry in expected]
        assert ak.materialize(dataset.events().tag).to_list() == [entry["tag"] for entry in expected]
        (source,) = dataset.provenance[0]["inputs"]
        text = dataset.provenance[0]["config"]
    assert [friend["tree"] for friend in source["friends"]] == ["Scores"]
    assert any(line.startswith("joined, friend Scores of") and "met" in line for line in summary.told)
    assert verify(tmp_path / "a.h5").ok
    (tmp_path / "resolved.yaml").write_text(text)
    sp.convert(None, tmp_path / "b.h5", config=tmp_path / "resolved.yaml")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_inspect_shows_friends(folder):
    found = inspect(str(folder / "a.root"), config=_config(folder))
    assert any("joined, friend Scores" in line for line in found.told)
    assert "score" in [field.name for field in found.objects[0].fields]


def test_scores_beside_a_dataset_of_our_own(folder, main, scores, tmp_path):
    sp.convert(str(folder / "a.root"), tmp_path / "a.h5", tree="Events", pad={"*": "max"})
    friend = {"file": str(folder / "a.parquet"), "index": ["events.run", "events.event"]}
    columns = {"run": "events.run", "event": "events.event"}
    ak.to_parquet(ak.zip({columns.get(k, k): scores[k] for k in scores.fields}, depth_limit=1), tmp_path / "s.parquet")
    friend["file"] = str(tmp_path / "s.parquet")
    sp.convert(str(tmp_path / "a.h5"), tmp_path / "b.h5", config={"input": {"friends": [friend]}}, pad={"*": "max"})
    with sp.open(tmp_path / "b.h5") as dataset:
        assert dataset["events"]["score"][:].tolist() == [entry["score"] for entry in _expected(main, scores)]
        assert dataset["events"]["run"][:].tolist() == main.run.to_list()


def test_friends_of_a_config_are_checked():
    with pytest.raises(ConfigError, match="a file, a tree, or both"):
        load_config({"input": {"friends": [{"index": "run"}]}})
    assert "friends" not in load_config({}).to_yaml()
    text = load_config({"input": {"friends": [{"tree": "T"}]}}).to_yaml()
    assert "index" not in text
