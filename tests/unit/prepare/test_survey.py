"""A survey reads only what rows are judged by, and finds what reading everything finds."""

import pytest

import simdprep as sp
from simdprep.prepare import survey_task
from simdprep.prepare.job import Job
from tests.unit.prepare.jet_events import JETS, bytes_of, config_of, write_jets

pytest.importorskip("pyarrow")

LISTS = {
    "events": {"fields": ["eventNumber"]},
    "jets": {"select": "pt > 25", "order": "-pt", "fields": {"pt": {}, "eta": {}, "logpt": {"expr": "log(pt)"}}},
    "tracks": {"parent": "jets", "pad": 8, "select": "pt > 0.5", "fields": ["pt", "d0"]},
}
CASES = {
    "rows of entries": {"weight": "weight", "sum_of_weights": 10},
    "constituents that count": {
        "weight": "weight * (num(tracks) + 1)", "sum_of_weights": 10, "select": "num(tracks) > 2",
    },
    "rows of a list": {
        "rows": "jets", "objects": LISTS, "select": "num(jets) > 1", "sum_of_weights": 10,
        "balance": {"method": "countup", "target": "mean", "variables": {"logpt": [3, 4, 5, 9]}, "empty": "drop"},
        "normalise": {"jets": "standard"},
    },
    "nothing but labels of samples": {
        "rows": "jets", "objects": {name: {**own} for name, own in LISTS.items()}, "select": None, "weight": None,
        "labels": None, "sum_of_weights": 10, "normalise": {"tracks": "standard"},
    },
}  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_the_same_factors(tmp_path, monkeypatch, what):
    case = CASES[what]
    write_jets(tmp_path, 800, jets_per_event=2.0 if case.get("rows") == "jets" else None)
    changes = dict(case)
    if "labels" in changes and changes["labels"] is None:
        changes["input"] = {"samples": {"a": {"files": str(tmp_path / "jets.parquet"), "label": "one"}}}
    if changes.get("rows") == "jets":
        changes.setdefault("labels", {"classes": JETS["prepare"]["labels"]["classes"]})
    config = config_of(tmp_path / "jets.parquet", **{key: value for key, value in changes.items() if value is not None})
    for key in [key for key, value in changes.items() if value is None]:
        config.get("prepare").pop(key, None)
        config.pop(key, None)
    read = []
    blocks = Job.blocks

    def noted(self, reader, slices, **options):
        read.append(set(reader.setting.recipe.grouping.branch_names))
        return blocks(self, reader, slices, **options)

    monkeypatch.setattr(Job, "blocks", noted)
    sp.prepare(config, tmp_path / "out", jobs=1)
    assert all(names < read[-1] for names in read[:-1])
    assert len(read) >= 2
    monkeypatch.setattr(survey_task, "Job", Whole)
    sp.prepare(config, tmp_path / "whole", jobs=1)
    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "whole")


class Whole:
    """A job whose surveys read everything."""

    @staticmethod
    def read(folder, factors):
        job = Job.read(folder, factors)
        object.__setattr__(job, "__class__", type("AllOfIt", (Job,), {"survey": property(lambda self: self.setting)}))
        return job
