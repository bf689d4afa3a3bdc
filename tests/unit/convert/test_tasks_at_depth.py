"""Links, friends and HDF5 inputs in tasks: the same rows, and the same bytes for any number of processes."""

import hashlib
import json

import awkward as ak
import numpy as np
import pytest
import uproot

import simdprep as sp
from simdprep.convert.campaign import run_share
from simdprep.convert.opening import Opening
from simdprep.convert.planning import plan
from simdprep.convert.restoration import repair
from simdprep.errors import InputError
from simdprep.readers import header_of
from simdprep.schema.config import load_config
from tests.reference.link_files import pfnano, write_nano

FRIEND = {"file": "{folder}/{stem}.parquet", "index": ["run", "event"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("campaign")
    for seed in range(2):
        events = pfnano(150, seed=seed)
        write_nano(path / f"f{seed}.root", events, basket=30)
        scores = {"run": events.run, "event": events.event, "score": np.arange(150.0)}
        ak.to_parquet(ak.zip(scores, depth_limit=1)[::-1], path / f"f{seed}.parquet")
    return path


def _hashes(folder):
    return [hashlib.sha256(part.read_bytes()).hexdigest() for part in sorted(folder.glob("part-*"))]


def _rows(path):
    with sp.open(path) as dataset:
        return ak.materialize(dataset.events()).to_list()


def _campaign(folder, output, **options):
    config = {"input": {"friends": [FRIEND]}}
    first = sp.convert(str(folder / "f*.root"), output / "a", config=config, pad={"*": "max"}, **options)
    second = sp.convert(str(output / "a"), output / "b", layout="ragged", **options)
    return first, second


def test_tasks_lose_nothing(folder, tmp_path):
    whole, pieces = tmp_path / "whole", tmp_path / "pieces"
    whole.mkdir(), pieces.mkdir()
    one, _ = _campaign(folder, whole, jobs=1)
    many, again = _campaign(folder, pieces, task_size=40_000, jobs=1)
    assert len(_hashes(pieces / "a")) > 2
    assert len(_hashes(pieces / "b")) > 2
    assert one.lost_links == many.lost_links
    assert one.lost_links.total() > 50
    assert one.num_rows == many.num_rows == again.num_rows == 300
    assert _rows(pieces / "a") == _rows(whole / "a") == _rows(pieces / "b")


@pytest.mark.long
def test_any_number_of_processes_gives_the_same_bytes(folder, tmp_path, promise):
    found = []
    for jobs in (1, 3):
        output = tmp_path / str(jobs)
        output.mkdir()
        _campaign(folder, output, task_size=40_000, jobs=jobs)
        found.append([*_hashes(output / "a"), _rows(output / "b")])
    assert found[0] == found[1]
    promise("R15", rows=300, equal=len(found[0]) - 1)


class TestFriends:
    @pytest.fixture
    def pair(self, tmp_path):
        """An input and its friend; the option that joins them."""
        self.write(tmp_path / "a.root", "Events", "met", 1)
        self.write(tmp_path / "scores.root", "Scores", "score", 2)
        friend = {"file": str(tmp_path / "scores.root"), "tree": "Scores"}
        return str(tmp_path / "a.root"), friend["file"], {"input": {"friends": [friend]}}

    @staticmethod
    def write(path, tree, field, seed):
        values = np.random.default_rng(seed).random(3000)
        with uproot.recreate(path) as file:
            made = file.mktree(tree, {field: "float64"})
            for piece in np.array_split(values, 10):
                made.extend({field: piece})

    def test_every_row_names_the_file_and_tree_of_its_friend(self, pair, tmp_path, promise):
        path, friend, config = pair
        sp.convert(path, tmp_path / "out", config=config, task_size=5_000, jobs=1)
        parts = json.loads((tmp_path / "out" / "manifest.json").read_text())["parts"]
        assert len(parts) > 2
        with uproot.open(friend) as file:
            scores, uuid = file["Scores"]["score"].array(library="np"), str(file.file.uuid)
        traced = 0
        for part in parts:
            stored = sp.open(tmp_path / "out" / part["name"])["events"]["score"][:]
            for run in part["inputs"]:
                assert [(one["name"], one["uuid"], one["tree"]) for one in run["friends"]] == [(friend, uuid, "Scores")]
                np.testing.assert_array_equal(stored[slice(*run["rows"])], scores[slice(*run["entries"])])
                traced += run["rows"][1] - run["rows"][0]
        assert traced == 3000
        promise("R11", rows=traced)

    def test_one_that_changed_since_it_was_planned(self, pair, tmp_path):
        path, friend, config = pair
        staging, _ = plan(path, tmp_path / "out", config=config, task_size=5_000)
        run_share(staging.folder, 1, 2)
        self.write(friend, "Scores", "score", 3)
        with pytest.raises(InputError, match="another than when it was planned"):
            run_share(staging.folder, 2, 2)

    def test_one_that_changed_is_not_what_is_resumed(self, pair, tmp_path):
        """Tasks that were done with another friend are done again."""
        path, friend, config = pair
        options = {"config": config, "task_size": 5_000, "jobs": 1}

        def stop(done, total):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            sp.convert(path, tmp_path / "out", progress=stop, **options)
        self.write(friend, "Scores", "score", 3)
        sp.convert(path, tmp_path / "out", resume=True, **options)
        sp.convert(path, tmp_path / "whole", **options)
        assert _hashes(tmp_path / "out") == _hashes(tmp_path / "whole")

    def test_repair_names_one_that_changed(self, pair, tmp_path):
        path, friend, config = pair
        sp.convert(path, tmp_path / "out", config=config, task_size=5_000, jobs=1)
        (tmp_path / "out" / "part-00001.h5").unlink()
        self.write(friend, "Scores", "score", 3)
        [error] = repair(tmp_path / "out").failed.values()
        assert "uuid of a friend of an input that rows are made again from: got" in str(error)
        assert friend in str(error)

    def test_many_inputs(self, pair, tmp_path):
        """Headers that are read for themselves say the same of friends as those of open files."""
        path, _, config = pair
        opening = Opening.from_config(load_config(config))
        with opening.open(path) as source:
            assert header_of(source).stamp == opening.header(path).stamp
