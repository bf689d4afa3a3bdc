"""Conversions in tasks: the same bytes however they are done, and nothing lost between the tasks."""

import base64
from concurrent.futures import ThreadPoolExecutor

import awkward as ak
import numpy as np
import pytest
import uproot

import simdprep as sp
from simdprep.convert.campaign import commit_plan, run_share
from simdprep.convert.cuts import Piece, cut
from simdprep.convert.planning import plan
from simdprep.errors import DatasetError, InputError, OutputError
from simdprep.readers import Header
from simdprep.storage import staged_output, verify
from simdprep.testing.compare import assert_equal
from tests.faults.error_text import check_text
from tests.unit.convert.campaign_files import CASES, TASK_SIZE, contents, write_inputs, write_texts


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return write_inputs(tmp_path_factory.mktemp("inputs"))


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


class TestSameBytes:
    @pytest.mark.parametrize("name", ["out.h5", "folder"])
    @pytest.mark.parametrize("case", CASES)
    def test_one_process_after_the_other_or_several(self, inputs, tmp_path, case, name, promise):
        """In this process, in threads in another order, by shares of a plan: the same; and the events of one task."""
        made = {}
        for way in ("serial", "threads", "shares"):
            (tmp_path / way).mkdir()
            output = tmp_path / way / name
            options = {**CASES[case], "task_size": TASK_SIZE}
            if way == "shares":
                staging, planned = plan(inputs, output, **options)
                assert len(planned.tasks) > 5
                for share in (3, 1, 2):
                    run_share(staging.folder, share, 3)
                summary = commit_plan(staging.folder / "plan.json")
            elif way == "threads":
                with ThreadPoolExecutor(3) as pool:
                    summary = sp.convert(inputs, output, executor=pool, **options)
            else:
                summary = sp.convert(inputs, output, jobs=1, **options)
            assert listing(tmp_path / way) == [name]
            made[way] = contents(output), summary.num_rows, summary.entries_in, dict(summary.dropped)
            assert verify(output).ok
        assert made["serial"] == made["threads"] == made["shares"]
        promise("R15", faults=2, rows=2 * made["serial"][1], equal=2 * len(made["serial"][0]))
        whole = sp.convert(inputs, tmp_path / "whole.h5", **CASES[case])
        assert (whole.num_rows, whole.entries_in, dict(whole.dropped)) == made["serial"][1:]
        with sp.open(output) as dataset, sp.open(tmp_path / "whole.h5") as expected:
            assert dataset.num_events == expected.num_events
            assert_equal(dataset.events(), expected.events())
            if case == "records of muons":
                np.testing.assert_array_equal(
                    ak.to_numpy(dataset["Muon"]["event_index"][:]) if "event_index" in dataset["Muon"] else 0,
                    ak.to_numpy(expected["Muon"]["event_index"][:]) if "event_index" in expected["Muon"] else 0,
                )

    def test_local_processes(self, inputs, tmp_path, promise):
        for jobs in (1, 2):
            sp.convert(inputs, tmp_path / f"{jobs}", jobs=jobs, task_size=TASK_SIZE)
        assert contents(tmp_path / "1") == contents(tmp_path / "2")
        promise(
            "R15", faults=1, rows=sum(1500 + 700 * number for number in range(4)), equal=len(contents(tmp_path / "2"))
        )
        assert len(contents(tmp_path / "1")) > 6

    def test_a_file_is_merged_while_parts_are_made(self, inputs, tmp_path, monkeypatch):
        options = {"task_size": TASK_SIZE, "objects": ["Muon"]}
        sp.convert(inputs, tmp_path / "1.h5", jobs=1, **options)
        monkeypatch.setattr(staged_output, "merge_parts", None)
        sp.convert(inputs, tmp_path / "2.h5", jobs=2, **options)
        assert (tmp_path / "1.h5").read_bytes() == (tmp_path / "2.h5").read_bytes()
        assert listing(tmp_path) == ["1.h5", "2.h5"]

    def test_the_last_tasks_are_small(self):
        """Whatever the number of processes, they end at about the same time; and no entry is lost."""
        pieces = [Piece(Header("a", "t", 10_000, 10_000_000, "", 1), 0, 10_000)]
        tasks = cut(pieces, {"a": range(100, 10_000, 100)}, scale=1.0, target=500_000.0, chunk_rows=None)
        ranges = [(piece.start, piece.stop) for (piece,) in tasks]
        sizes = [stop - start for start, stop in ranges]
        assert [start for start, _ in ranges] == [0, *(stop for _, stop in ranges[:-1])]
        assert ranges[-1][1] == 10_000
        assert sizes[0] == max(sizes) == 500
        assert sizes[-1] <= 200
        few = cut(pieces, {"a": range(100, 10_000, 100)}, scale=1.0, target=5_000_000.0, chunk_rows=None)
        assert [len(task) for task in few] == [1, 1]

    def test_a_single_task_is_what_one_writer_stores(self, inputs, tmp_path):
        sp.convert(inputs, tmp_path / "one")
        staging, planned = plan(inputs, tmp_path / "planned")
        assert len(planned.tasks) == 1
        run_share(staging.folder, 1, 1)
        commit_plan(staging.folder)
        assert contents(tmp_path / "one") == contents(tmp_path / "planned")

    @pytest.mark.parametrize("name", ["out.h5", "folder"])
    def test_texts_get_codes_in_the_order_of_the_inputs(self, tmp_path, name):
        paths = write_texts(tmp_path / "in")
        sp.convert(paths, tmp_path / "whole.h5")
        sp.convert(paths, tmp_path / name, jobs=1, task_size=500)
        with sp.open(tmp_path / name) as dataset, sp.open(tmp_path / "whole.h5") as expected:
            assert dataset.schema.to_json() == expected.schema.to_json()
            assert_equal(dataset.events(), expected.events())

    def test_tasks_have_their_names_for_ever(self, inputs, tmp_path):
        ids = []
        for number in range(2):
            _, planned = plan(inputs, tmp_path / f"{number}", task_size=TASK_SIZE)
            ids.append([task.id for task in planned.tasks])
        assert ids[0] == ids[1]
        _, other = plan(inputs, tmp_path / "other", task_size=TASK_SIZE, pad={"Muon": 7})
        assert not set(ids[0]) & {task.id for task in other.tasks}


class TestProvenance:
    @pytest.mark.parametrize("case", ["plain", "selected", "rows of muons"])
    @pytest.mark.parametrize("name", ["out.h5", "folder"])
    def test_rows_lead_back_to_their_entries(self, inputs, tmp_path, case, name, promise):
        """R11: 100 random events of a dataset of many tasks are those that the provenance names."""
        sp.convert(inputs, tmp_path / name, jobs=1, task_size=TASK_SIZE, **CASES[case])
        with sp.open(tmp_path / name) as dataset:
            places = list(event_places(dataset))
            assert len(places) == dataset.num_events
            stored = ak.to_numpy(dataset.events().MET_pt)
        files = {path: uproot.open(path) for path in inputs}
        source = {path: file["Events"]["MET_pt"].array(library="np") for path, file in files.items()}
        for event in np.random.default_rng(11).choice(len(places), 100, replace=False):
            identity, entry = places[event]
            assert identity["uuid"] == str(files[identity["name"]].file.uuid)
            assert identity["tree"] == "Events"
            assert source[identity["name"]][entry] == stored[event]
        promise("R11", rows=100)
        for file in files.values():
            file.close()


def event_places(dataset):
    """Input and entry of every event, by the provenance."""
    for part in dataset.provenance:
        for entry in part["ranges"]:
            start, stop = entry["entries"]
            kept = np.ones(stop - start, bool)
            if entry["kept"] is not None:
                packed = np.frombuffer(base64.b64decode(entry["kept"]), np.uint8)
                kept = np.unpackbits(packed, count=stop - start, bitorder="little").astype(bool)
            for position in np.flatnonzero(kept):
                yield part["inputs"][entry["input"]], start + int(position)


class TestUpdate:
    @pytest.mark.parametrize("name", ["out.h5", "folder"])
    @pytest.mark.parametrize("case", CASES)
    def test_new_inputs_are_added(self, inputs, tmp_path, case, name):
        output = tmp_path / name
        pad = {} if case == "rows of muons" or "config" in CASES[case] or case == "ragged" else {"pad": {"Muon": 4}}
        sp.convert(inputs[:2], output, jobs=1, **CASES[case], **pad)
        summary = sp.convert(inputs, output, update=True, jobs=1, task_size=TASK_SIZE, **CASES[case], **pad)
        assert any("added to" in line for line in summary.told)
        sp.convert(inputs, tmp_path / "whole.h5", **CASES[case], **pad)
        assert verify(output).ok
        with sp.open(output) as dataset, sp.open(tmp_path / "whole.h5") as expected:
            assert_equal(dataset.events(), expected.events())
        before = contents(output)
        again = sp.convert(inputs, output, update=True, **CASES[case], **pad)
        assert again.num_rows == 0
        assert contents(output) == before
        assert listing(tmp_path) == sorted([name, "whole.h5"])

    def test_what_would_be_stored_in_another_way_is_told(self, inputs, tmp_path):
        sp.convert(inputs[:2], tmp_path / "out", objects=["Muon"])
        before = contents(tmp_path / "out")
        with pytest.raises(DatasetError) as raised:
            sp.convert(inputs, tmp_path / "out", update=True)
        check_text(str(raised.value))
        assert contents(tmp_path / "out") == before

    def test_an_input_that_was_changed(self, inputs, tmp_path):
        paths = write_inputs(tmp_path / "in", count=2)
        sp.convert(paths, tmp_path / "out")
        write_inputs(tmp_path / "in", count=1, events=2000)
        with pytest.raises(InputError) as raised:
            sp.convert(paths, tmp_path / "out", update=True)
        assert "as it had then" in check_text(str(raised.value))

    def test_of_nothing_is_a_conversion(self, inputs, tmp_path):
        assert sp.convert(inputs, tmp_path / "out", update=True).num_rows == sum(1500 + 700 * n for n in range(4))


class TestPlan:
    def test_a_plan_is_not_removed_by_the_way(self, inputs, tmp_path):
        plan(inputs, tmp_path / "out", task_size=TASK_SIZE)
        with pytest.raises(OutputError) as raised:
            sp.convert(inputs, tmp_path / "out")
        assert "simdprep commit" in check_text(str(raised.value))
        sp.convert(inputs, tmp_path / "out", overwrite=True)
        assert listing(tmp_path) == ["out"]

    def test_missing_tasks_are_named(self, inputs, tmp_path):
        staging, planned = plan(inputs, tmp_path / "out", task_size=TASK_SIZE)
        run_share(staging.folder, 1, 2)
        with pytest.raises(InputError) as raised:
            commit_plan(staging.folder)
        text = check_text(str(raised.value))
        assert f"{len(planned.tasks) // 2} of {len(planned.tasks)}: 2, 4" in text
        assert f"simdprep run-task {staging.folder} 2/{len(planned.tasks)}" in text
        run_share(staging.folder, 2, 2)
        next(staging.folder.glob("part-*.h5")).write_bytes(b"damaged")
        with pytest.raises(InputError, match="tasks that are not done: got 1 of"):
            commit_plan(staging.folder)
        run_share(staging.folder, 1, 1)  # does only what is damaged
        assert commit_plan(staging.folder).exit_code == 0

    def test_an_input_that_changes_meanwhile(self, tmp_path):
        paths = write_inputs(tmp_path / "in")
        staging, _ = plan(paths, tmp_path / "out", task_size=TASK_SIZE)
        write_inputs(tmp_path / "in", count=1)
        with pytest.raises(InputError, match="another than when it was planned"):
            run_share(staging.folder, 1, 1)

    @pytest.mark.parametrize("share", [(0, 3), (4, 3), (1, 0)])
    def test_shares_that_are_none(self, inputs, tmp_path, share):
        staging, _ = plan(inputs, tmp_path / "out")
        with pytest.raises(InputError):
            run_share(staging.folder, *share)

    def test_no_plan(self, tmp_path):
        for action in (lambda: run_share(tmp_path, 1, 1), lambda: commit_plan(tmp_path / "plan.json")):
            with pytest.raises(InputError) as raised:
                action()
            check_text(str(raised.value))
