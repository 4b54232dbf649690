"""Scratch folders go when their process is gone, and only then."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.storage import scratch
from workbench.storage.atomic import write_text
from workbench.storage.scratch import OTHER_HOSTS, discard, scratch_folder, sweep


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_only_those_of_processes_that_are_gone_are_removed(tmp_path: Path) -> None:
    alive = scratch_folder(tmp_path)
    left = alive.with_name(alive.name.replace(f"-{os.getpid()}-", f"-{dead_process()}-"))
    foreign = tmp_path / "inner" / ".partial-000000-1-abc"
    unrelated = tmp_path / ".partial-notes"
    for folder in (left, foreign, unrelated):
        folder.mkdir(parents=True)
        (folder / "file").write_text("x")
    sweep(tmp_path)
    assert [path.exists() for path in (alive, left, foreign, unrelated)] == [True, False, True, True]


def test_another_machines_is_removed_after_a_week(tmp_path: Path) -> None:
    foreign = tmp_path / ".partial-000000-1-abc"
    foreign.mkdir()
    modified = foreign.stat().st_mtime
    os.utime(foreign, (modified, modified - OTHER_HOSTS - 10))
    sweep(tmp_path)
    assert not foreign.exists()


def test_a_name_of_any_length_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    write_text(path, "whole")
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_kill_while_a_folder_is_discarded_leaves_scratch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    (folder / "state").write_text("x")
    monkeypatch.setattr(scratch.shutil, "rmtree", lambda *_, **__: None)
    discard(folder)
    assert not folder.exists()
    (left,) = tmp_path.iterdir()
    assert scratch.is_scratch(left)
