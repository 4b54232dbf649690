"""What lies under the folder of runs, and what is wrong with it."""

import json
import os
from pathlib import Path

import pytest

from app.data.run_list import Entry, default_run, entry, folders, inside, stamp
from tests.helpers.tiny_runs import accept_changes
from workbench.errors import InputError

EMPTY = ("no run", "other")


def test_a_finished_run_and_its_numbers(runs_folder: Path) -> None:
    found = entry(runs_folder, "tiny")
    assert (found.state, found.kind, found.reason) == ("finished", "run", "")
    assert found.methods == "dense, AdapLeR, ToP"
    assert found.quality == "accuracy %: dense 40.0, AdapLeR 50.0, ToP 50.0"
    assert found.speed.startswith("dense 1.00, AdapLeR ")
    assert (found.data, found.seeds) == ("eraser", "0")
    assert found.date[:2] == "20"
    assert len(found.date) == len("2026-01-01 00:00")


def test_folders_below_folders_and_hidden_ones(tmp_path: Path) -> None:
    for name in ("a/b/run", ".hidden", "plain"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "a" / "b" / "run" / "config.yaml").write_text("name: x\n")
    (tmp_path / "file").write_text("")
    assert folders(tmp_path) == [("a/b/run", ""), ("plain", "")]
    found = entry(tmp_path, "plain")
    assert (found.state, found.kind, found.opens) == (*EMPTY, False)


def test_cells_know_their_comparison(tmp_path: Path) -> None:
    cell = tmp_path / "both" / "cells" / "top" / "0.5-seed0"
    cell.mkdir(parents=True)
    (cell / "config.yaml").write_text("name: x\n")
    cells = [{"name": "cells/top/0.5-seed0", "error": "diverged"}]
    about = {"cells": cells, "finished": True, "methods": ["top"], "seeds": [0, 1], "data": "imdb"}
    (tmp_path / "both" / "compare.json").write_text(json.dumps(about))
    assert folders(tmp_path) == [("both", ""), ("both/cells/top/0.5-seed0", "both")]
    found = entry(tmp_path, "both")
    assert (found.kind, found.state, found.seeds) == ("comparison", "unfinished", "0, 1")
    assert "cells/top/0.5-seed0: diverged." in found.reason
    assert "It has no tables yet" in found.reason
    (tmp_path / "both" / "compare.json").write_text("{")
    assert entry(tmp_path, "both").state == "damaged"


def test_links_are_not_followed_and_nothing_outside_opens(tmp_path: Path) -> None:
    root, outside = tmp_path / "runs", tmp_path / "secret"
    for folder in (root / "own", outside):
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_text("name: x\n")
    (root / "link").symlink_to(outside)
    (root / "round").symlink_to(root)
    assert folders(root) == [("own", "")]
    assert inside(root, "own") == (root / "own").resolve()
    for name in ("link", "../secret", str(outside), "own/../../secret"):
        with pytest.raises(InputError, match="is not under"):
            inside(root, name)
    with pytest.raises(InputError, match="no such folder"):
        inside(root, "gone")
    with pytest.raises(InputError, match="no such folder of runs"):
        folders(root / "gone")


def test_a_truncated_table_is_damaged_with_its_path(own_folder: Path) -> None:
    path = own_folder / "tiny" / "metrics" / "classification.parquet"
    path.write_bytes(path.read_bytes()[:100])
    found = entry(own_folder, "tiny")
    assert (found.state, found.opens) == ("damaged", False)
    assert "classification.parquet" in found.reason


def test_a_run_that_is_not_finished_says_what_is_missing(own_folder: Path) -> None:
    (own_folder / "tiny" / "predictions.parquet").unlink()
    (own_folder / "tiny" / "metrics" / "efficiency.parquet").unlink()
    (own_folder / "tiny" / "metrics" / "efficiency.csv").unlink()
    found = entry(own_folder, "tiny")
    assert (found.state, found.opens) == ("unfinished", True)
    assert "predictions.parquet is not there" in found.reason
    assert "metrics/efficiency.parquet is not there" in found.reason
    assert found.quality
    assert not found.speed


def test_a_run_of_a_later_version_opens_and_says_so(own_folder: Path) -> None:
    with (own_folder / "tiny" / "config.yaml").open("a") as file:
        file.write("new_section: {shiny: 1}\n")
    environment = own_folder / "tiny" / "environment.json"
    environment.write_text(json.dumps(json.loads(environment.read_text()) | {"workbench": "9.1"}))
    accept_changes(own_folder / "tiny")
    found = entry(own_folder, "tiny")
    assert found.opens
    assert "Written by workbench 9.1" in found.reason
    assert "new_section" in found.reason


def test_the_stamp_changes_with_the_run(own_folder: Path) -> None:
    run = own_folder / "tiny"
    before = stamp(run)
    assert before == stamp(run)
    os.utime(run / "predictions.parquet", ns=(1, 1))
    assert stamp(run) != before
    (run / "scores" / "cp.parquet").unlink()
    assert len(stamp(run)) == len(before) - 1


def test_the_run_shown_by_default_is_the_last_finished_one() -> None:
    def run(name: str, state: str, date: str) -> Entry:
        return Entry(name, "run", state, "", date=date)

    early, late = run("a", "finished", "2026-01-01 10:00"), run("b", "finished", "2026-02-01 10:00")
    broken, begun = run("c", "damaged", "2026-03-01 10:00"), run("d", "unfinished", "2026-03-01 10:00")
    assert default_run([early, late, broken, begun]) == "b"
    assert default_run([broken, begun]) == "d"
    assert default_run([broken]) is None
