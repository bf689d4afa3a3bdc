"""The examples for batch systems: their lines are run here one after the other, as the systems would elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import simdprep as sp
from tests.unit.convert.campaign_files import contents, write_inputs

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "cluster"
SHARES = 3


@pytest.fixture
def place(tmp_path):
    """A folder with inputs, and a program `simdprep` that is this one."""
    write_inputs(tmp_path / "data", count=3)
    program = tmp_path / "bin" / "simdprep"
    program.parent.mkdir()
    path = os.pathsep.join(filter(None, sys.path))
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{path}" exec {sys.executable} -m simdprep "$@"\n')
    program.chmod(0o755)
    return tmp_path


def shell(place, line, **variables):
    environment = {**os.environ, "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}", **variables}
    done = subprocess.run(["bash", "-c", line], cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{line}\n{done.stderr}"


def check(place):
    sp.convert(str(place / "data" / "*.root"), place / "expected.h5")
    with sp.open(place / "train.h5") as found, sp.open(place / "expected.h5") as expected:
        assert found.num_rows == expected.num_rows
    assert not (place / "train.h5.parts").exists()
    assert contents(place / "train.h5")


def planned(place):
    shell(place, "simdprep plan 'data/*.root' -o train.h5 --task-size 20kB")


def test_condor(place):
    planned(place)
    text = (FOLDER / "condor.sub").read_text()
    settings = dict(re.findall(r"^(\w+)\s*= (.*)$", text, re.MULTILINE))
    assert re.search(r"^queue \$\(N\)$", text, re.MULTILINE)
    assert (settings["executable"], settings["share"]) == ("run_task.sh", "$(Process) + 1")
    for process in range(SHARES):
        arguments = settings["arguments"].replace("$(PLAN)", "train.h5.parts").replace("$(N)", str(SHARES))
        shell(place, f"{FOLDER}/run_task.sh {arguments.replace('$INT(share)', str(process + 1))}")
    shell(place, "simdprep commit train.h5.parts")
    check(place)


def test_slurm(place):
    planned(place)
    for share in range(1, SHARES + 1):
        variables = {"SLURM_ARRAY_TASK_ID": str(share), "SLURM_ARRAY_TASK_COUNT": str(SHARES)}
        shell(place, f"{FOLDER}/slurm.sh train.h5.parts", **variables)
    shell(place, "simdprep commit train.h5.parts")
    check(place)


def test_snakemake(place):
    text = (FOLDER / "Snakefile").read_text()
    lines = dict(re.findall(r'rule (\w+):.*?shell:\s+"([^"]+)"', text, re.DOTALL))
    assert set(lines) == {"plan", "run_task", "commit"}
    shell(place, lines["plan"].replace("{params.inputs}", "data/*.root"))
    for share in range(1, SHARES + 1):
        shell(place, lines["run_task"].replace("{wildcards.share}", str(share)).replace("{SHARES}", str(SHARES)))
    shell(place, lines["commit"])
    check(place)


def test_yadage(place):
    """Stages in the order of their dependencies; a multistep one once for each share."""
    stages = yaml.safe_load((FOLDER / "workflow.yaml").read_text())["stages"]
    assert [stage["dependencies"] for stage in stages] == [["init"], ["plan"], ["run-task"]]
    published = {"inputs": "data/*.root", "shares": [f"{share}/{SHARES}" for share in range(1, SHARES + 1)]}
    for stage in stages:
        scheduler = stage["scheduler"]
        values = {
            name: published[value["output"]] if isinstance(value, dict) else value.format(workdir=place)
            for name, value in scheduler["parameters"].items()
        }
        for share in values["share"] if scheduler["scheduler_type"] == "multistep-stage" else [None]:
            own = {**values, "share": share}
            shell(place, scheduler["step"]["process"]["cmd"].format(**own))
            publish = scheduler["step"]["publisher"]["publish"]
            published |= {name: text.format(**own) for name, text in publish.items()}
    check(place)
