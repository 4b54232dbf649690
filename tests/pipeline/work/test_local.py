"""Units carried out by processes of this machine: order, failures, deaths, and nothing left behind."""

import os
import signal
import subprocess
import sys
from contextlib import closing

import psutil
import pytest

from tests.helpers.units import noted, unit, wait_until
from workbench.errors import InputError
from workbench.pipeline.work.engine import check_workers, engine_names, open_engine, parts_at_once
from workbench.pipeline.work.schedule import carry_out_all
from workbench.pipeline.work.unit import LOG, Resources
from workbench.pipeline.work.workers import Workers


def carried_out(units, folder, processes=2, retries=1) -> tuple[dict[str, str | None], list[str]]:
    """By name why a unit failed, and what was begun, in order."""
    errors, begun = {}, []
    workers = Workers(engine="local", processes=processes, retries=retries)
    with closing(open_engine(workers, folder)) as engine:
        carry_out_all(
            units, engine, retries,
            lambda one: begun.append(one.name), lambda one, how: errors.update({one.name: how.error}),
        )  # fmt: skip
        processes = list(engine.processes)
    assert all(process.poll() is not None for process in processes)
    return errors, begun


def test_units_wait_for_each_other_and_two_run_at_a_time(tmp_path):
    units = [
        unit(tmp_path, "last", after=("left", "right")),
        unit(tmp_path, "first"),
        unit(tmp_path, "left", "meet", after=("first",)),
        unit(tmp_path, "right", "meet", after=("first",)),
        unit(tmp_path, "timed", resources=Resources(alone=True)),
    ]
    errors, begun = carried_out(units, tmp_path)
    assert errors == dict.fromkeys(["first", "left", "right", "last", "timed"])
    assert begun[0] == "first"
    times = {name: noted(tmp_path, name) for name in errors}
    assert times["first"]["ended"] < min(times[name]["began"] for name in ("left", "right"))
    assert times["left"]["process"] != times["right"]["process"]
    assert max(times[name]["ended"] for name in ("left", "right")) < times["last"]["began"]
    alone = times.pop("timed")
    assert all(one["ended"] < alone["began"] or alone["ended"] < one["began"] for one in times.values())
    assert times["left"]["threads"] == "1"
    assert (tmp_path / "left" / LOG).read_text() == "noted left\n"


def test_what_fails_is_named_and_the_others_go_on(tmp_path):
    units = [
        unit(tmp_path, "full", "fail"),
        unit(tmp_path, "wrong", "refuse"),
        unit(tmp_path, "broken", "break_down"),
        unit(tmp_path, "after", after=("full",)),
        unit(tmp_path, "beyond", after=("after",)),
        unit(tmp_path, "well"),
    ]
    errors, begun = carried_out(units, tmp_path)
    assert errors == {
        "full": "the disk is full", "wrong": "reviews.csv: no such file",
        "broken": "ZeroDivisionError: by nothing", "after": "not begun, since full failed",
        "beyond": "not begun, since after failed", "well": None,
    }  # fmt: skip
    assert sorted(begun) == ["broken", "full", "well", "wrong"]
    assert "ZeroDivisionError" in (tmp_path / "broken" / LOG).read_text()


def test_a_worker_that_is_killed_is_replaced_and_one_that_always_dies_is_named(tmp_path):
    units = [unit(tmp_path, "once", "die_once"), unit(tmp_path, "always", "die"), unit(tmp_path, "well")]
    errors, begun = carried_out(units, tmp_path)
    assert errors.pop("always") == "its process was ended by SIGKILL (begun 2 times)"
    assert errors == {"once": None, "well": None}
    assert [begun.count(name) for name in ("once", "always", "well")] == [2, 2, 1]


def test_an_earlier_result_does_not_count(tmp_path):
    carried_out([unit(tmp_path, "one", "fail")], tmp_path)
    assert carried_out([unit(tmp_path, "one")], tmp_path)[0] == {"one": None}


PROGRAM = """
from pathlib import Path
from contextlib import closing
from tests.helpers.units import unit
from workbench.pipeline.work.engine import open_engine
from workbench.pipeline.work.schedule import carry_out_all
from workbench.pipeline.work.workers import Workers
root = Path({root!r})
with closing(open_engine(Workers(engine="local", processes=1), root)) as engine:
    carry_out_all([unit(root, "long", "stay")], engine, 2, lambda one: None, lambda one, how: None)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_whoever_started_them(tmp_path, number):
    command = [sys.executable, "-c", PROGRAM.format(root=str(tmp_path))]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        told = tmp_path / "long" / "process"
        wait_until(lambda: told.exists() and told.read_text())
        worker = int(told.read_text())
        assert psutil.pid_exists(worker)
        os.kill(process.pid, number)
        process.wait(300)
    wait_until(lambda: not is_running(worker))


def is_running(process: int) -> bool:
    """Whether it does anything; one that nobody has waited for yet does not."""
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_engines_are_found_by_their_files_and_refuse_what_is_not_theirs():
    assert engine_names() == ["local", "ray", "slurm"]
    assert parts_at_once(Workers(engine="local", processes=3)) == 3
    assert parts_at_once(Workers(engine="local", cpus=10_000)) == 1
    for workers, told in (
        (Workers(engine="lokal"), "--engine 'lokal': no such engine (did you mean local?)"),
        (Workers(processes=2), "--processes needs --engine"),
        (Workers(engine="local", gpus=1), "--gpus: not an option of --engine local"),
    ):
        with pytest.raises(InputError) as error:
            check_workers(workers)
        assert told in str(error.value)
