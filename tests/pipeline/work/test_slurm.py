"""Units as submitit's jobs: what is asked of Slurm, and a preempted job that goes on."""

import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from tests.helpers.tiny_runs import ROOT
from tests.helpers.units import noted, unit, wait_until
from workbench.errors import InputError
from workbench.pipeline.work.engine import open_engine
from workbench.pipeline.work.unit import Outcome, Resources, outcome
from workbench.pipeline.work.workers import Workers

pytest.importorskip("submitit", reason="the extra slurm is not installed")


@pytest.fixture(autouse=True)
def _shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def test_a_preempted_job_is_submitted_again_and_goes_on(tmp_path):
    one = unit(tmp_path, "long", "stay_once", resources=Resources(cpus=3))
    one.prepare()
    with closing(open_engine(Workers(engine="slurm", local=True), tmp_path / "jobs")) as engine:
        running = engine.submit(one)
        told = one.folder / "process"
        wait_until(lambda: told.exists() and told.read_text())
        # As Slurm does before a job's time is over.
        os.kill(int(told.read_text()), signal.SIGUSR2)
        wait_until(running.ended)
    assert outcome(one.folder) == Outcome(None)
    second = noted(tmp_path, "long")
    assert second["threads"] == "3"
    assert second["process"] != int(told.read_text())


def test_a_job_that_is_killed_leaves_no_result_and_tells_its_state(tmp_path):
    one = unit(tmp_path, "dead", "die")
    one.prepare()
    with closing(open_engine(Workers(engine="slurm", local=True), tmp_path / "jobs")) as engine:
        running = engine.submit(one)
        wait_until(running.ended)
    assert outcome(one.folder) is None
    assert running.why().startswith(f"its job {running.job.job_id} ended without a result")


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def test_slurm_is_asked_for_what_a_unit_needs(tmp_path, monkeypatch):
    programs = tmp_path / "bin"
    programs.mkdir()
    program(programs, "srun", "exit 1")
    program(
        programs, "sbatch", f'cp "$1" {tmp_path}/$(ls {tmp_path} | wc -l).sh; echo Submitted batch job 7'
    )
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    workers = Workers(engine="slurm", partition="gpu", gpus=2, cpus=4, memory_gb=32, minutes=90)
    engine = open_engine(workers, tmp_path / "jobs")
    one = unit(tmp_path, "part", resources=workers.resources)
    alone = unit(tmp_path, "timed", resources=Resources(cpus=4, minutes=90, alone=True))
    asked = []
    for each in (one, alone):
        each.prepare()
        before = {*tmp_path.glob("*.sh")}
        engine.submit(each)
        (script,) = {*tmp_path.glob("*.sh")} - before
        asked.append({line for line in script.read_text().splitlines() if line.startswith("#SBATCH")})
    wanted = {
        "#SBATCH --partition=gpu", "#SBATCH --gpus-per-node=2", "#SBATCH --cpus-per-task=4",
        "#SBATCH --mem=32GB", "#SBATCH --time=90",
    }  # fmt: skip
    assert wanted <= asked[0]
    assert "#SBATCH --exclusive" not in asked[0]
    assert {"#SBATCH --exclusive", "#SBATCH --partition=gpu", "#SBATCH --time=90"} <= asked[1]


def test_a_machine_without_slurm_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="there is no Slurm here"):
        open_engine(Workers(engine="slurm"), tmp_path / "jobs")
    assert not (tmp_path / "jobs").exists()
