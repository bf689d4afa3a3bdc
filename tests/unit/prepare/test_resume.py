"""Interrupted runs go on, constants come from elsewhere, and what is staged never has the final name."""

import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import ConfigError, SimdprepError
from simdprep.prepare import part_task, run, shares
from simdprep.transforms import State
from tests.unit.prepare.jet_events import bytes_of, config_of, write_jets

pytest.importorskip("pyarrow")


@pytest.fixture
def jets(tmp_path, monkeypatch):
    monkeypatch.setattr(shares, "SHARE_BYTES", 1 << 18)  # a few tasks
    write_jets(tmp_path, 3000)
    return tmp_path / "jets.parquet"


class Interrupted(BaseException):
    """Not an error: what a signal does."""


@pytest.mark.parametrize("sealed", [False, True])
def test_what_was_done_is_not_done_again(jets, tmp_path, monkeypatch, sealed):
    config = config_of(jets, sum_of_weights=100)
    sp.prepare(config, tmp_path / "whole")
    done = []

    def interrupted(task):
        if len(done) == 2 and not sealed:
            raise Interrupted
        done.append(task.id)
        return part_task.write_part(task)

    def stopped(*_, **__):
        raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr(run, "write_part", interrupted)
        if sealed:
            from simdprep.prepare import publish

            patch.setattr(publish, "seal", stopped)
        with pytest.raises(Interrupted):
            sp.prepare(config, tmp_path / "out", jobs=1)
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "out.staged").is_dir()

    again = []
    monkeypatch.setattr(run, "write_part", lambda task: again.append(task.id) or part_task.write_part(task))
    summary = sp.prepare(config, tmp_path / "out", resume=True, jobs=1)
    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "whole")
    assert not (tmp_path / "out.staged").exists()
    if sealed:
        assert set(again) == set(done)  # the parts had been touched
        assert "left by an interrupted run" in summary.told[0]
    else:
        assert len(set(again) & set(done)) < len(done)  # the last one may not have been written down yet
        assert summary.told[0].startswith("going on with ")


def test_another_job_does_not_go_on(jets, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(run, "publish", lambda *_: (_ for _ in ()).throw(Interrupted()))
        with pytest.raises(Interrupted):
            sp.prepare(config_of(jets), tmp_path / "out")
    summary = sp.prepare(config_of(jets, seed=2), tmp_path / "out", resume=True)
    assert summary.told[0].startswith("removed ")
    sp.prepare(config_of(jets, seed=2), tmp_path / "other")
    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "other")


def test_an_output_is_replaced_whole(jets, tmp_path):
    sp.prepare(config_of(jets), tmp_path / "out")
    before = bytes_of(tmp_path / "out")
    with pytest.raises(SimdprepError, match="unknown name"):
        sp.prepare(config_of(jets, weight="wieght"), tmp_path / "out", overwrite=True)
    assert bytes_of(tmp_path / "out") == before
    sp.prepare(config_of(jets, seed=3), tmp_path / "out", overwrite=True)
    assert bytes_of(tmp_path / "out") != before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["jets.parquet", "out"]


def test_constants_of_another_state(jets, tmp_path):
    sp.prepare(config_of(jets), tmp_path / "first")
    config = config_of(jets, normalise={"jets": ["pt"]}, normalise_from=str(tmp_path / "first/state.json"), seed=5)
    sp.prepare(config, tmp_path / "second")
    first, second = (State.load(tmp_path / name / "state.json") for name in ("first", "second"))
    assert second.transform("tracks").centre == pytest.approx(first.transform("tracks").centre, abs=0)
    assert second.transform("jets", ["mass"]).scale == first.transform("jets", ["mass"]).scale
    train = np.asarray(sp.open(tmp_path / "second/train")["jets"]["pt"][:], np.float64)
    assert second.transform("jets", ["pt"]).centre[0] == pytest.approx(train.mean())  # its own rule
    config["objects"] = {"events": {"fields": ["eventNumber"]}, "jets": {"fields": ["eta"]}}
    config["prepare"]["normalise"] = {}
    with pytest.raises(ConfigError, match=r"normalise_from: got .*jets.pt.*expected constants of stored fields"):
        sp.prepare(config, tmp_path / "third")
