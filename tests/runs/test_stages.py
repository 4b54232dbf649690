"""Results lie under the configuration that they were made with, whenever a command is killed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.kills import killed_at
from workbench.errors import InputError
from workbench.runs.check import check_runs
from workbench.runs.manifest import read_stages
from workbench.runs.stages import Stages

FIRST = {"settings": {"phi": 0.1}}
SECOND = {"settings": {"phi": 0.9}}


def opened(folder: Path, config: str, recipes: dict[str, Any]) -> Stages:
    return Stages(folder, config=config, describe=lambda: {"made": config}, recipe=recipes.get)


def make(folder: Path, config: str, recipes: dict[str, Any], *names: str) -> None:
    """Carry out stages that leave `<name>.txt` with the configuration in it."""
    for name in names:
        stages = opened(folder, config, recipes)
        with stages.record(name, recipes[name]) as out:
            (out / f"{name}.txt").write_text(config)


def whose(folder: Path) -> dict[str, str]:
    """What is in the folder, by file: the configuration under which it was made."""
    return {
        path.name: path.read_text()
        for path in folder.iterdir()
        if path.suffix in {".txt", ".yaml"} and not path.name.startswith(".")
    }


def test_files_appear_when_the_stage_ends(tmp_path: Path) -> None:
    with opened(tmp_path, "one", {}).record("a", FIRST) as out:
        (out / "models" / "a").mkdir(parents=True)
        (out / "models" / "a" / "weights").write_text("w")
        assert not (tmp_path / "models").exists()
    assert (tmp_path / "models" / "a" / "weights").read_text() == "w"
    assert read_stages(tmp_path)["stages"]["a"]["files"].keys() == {"models/a/weights"}
    assert Stages(tmp_path).is_done("a", FIRST)
    assert not Stages(tmp_path).is_done("a", SECOND)


def test_a_stage_that_fails_leaves_what_an_earlier_one_made(tmp_path: Path) -> None:
    make(tmp_path, "one", {"a": FIRST}, "a")

    def fail() -> None:
        with opened(tmp_path, "two", {"a": SECOND}).record("a", SECOND) as out:
            (out / "a.txt").write_text("two")
            raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"):
        fail()
    assert whose(tmp_path) == {"config.yaml": "one", "a.txt": "one"}
    assert Stages(tmp_path).is_done("a", FIRST)
    assert not list(tmp_path.glob(".partial-*"))


def test_the_first_new_result_takes_the_stale_ones_away_and_keeps_the_others(tmp_path: Path) -> None:
    old = {"a": FIRST, "b": FIRST, "same": FIRST}
    make(tmp_path, "one", old, *old)
    (tmp_path / "models" / "b").mkdir(parents=True)
    (tmp_path / "models" / "b" / "README.md").write_text("phi 0.1")
    (tmp_path / "metrics.json").write_text("{}")
    (tmp_path / "params.yaml").write_text("phi: 0.1")
    make(tmp_path, "two", {"a": SECOND, "b": SECOND, "same": FIRST}, "a")
    assert whose(tmp_path) == {"config.yaml": "two", "a.txt": "two", "same.txt": "one"}
    assert not (tmp_path / "models" / "b" / "README.md").exists()
    assert not (tmp_path / "metrics.json").exists()
    assert check_runs_of(tmp_path) == []


@pytest.mark.parametrize("number", range(1, 73, 4))
def test_a_kill_anywhere_leaves_no_result_under_another_configuration(
    tmp_path: Path, number: int
) -> None:
    """Also where the kill is followed by a third configuration, and that is killed in turn."""
    make(tmp_path, "1", {"a": FIRST, "b": FIRST}, "a", "b")
    killed_at(number, tmp_path, lambda: make(tmp_path, "2", {"a": SECOND, "b": SECOND}, "a", "b"))
    held = whose(tmp_path)
    assert {*held.values()} == {held["config.yaml"]}
    assert check_runs_of(tmp_path) == []
    third = {"a": {"settings": {"phi": 3}}, "b": {"settings": {"phi": 3}}}
    killed_at(1 + number // 2, tmp_path, lambda: make(tmp_path, "3", third, "b"))
    held = whose(tmp_path)
    assert {*held.values()} == {held["config.yaml"]}
    make(tmp_path, "3", third, "a", "b")
    assert whose(tmp_path) == {"config.yaml": "3", "a.txt": "3", "b.txt": "3"}
    assert check_runs_of(tmp_path) == []


def check_runs_of(folder: Path) -> list[str]:
    """Which files hold something else than was recorded; the configurations here are none."""
    wrong = (line for line in check_runs(folder).wrong if "config.yaml" not in line)
    return [line for line in wrong if not line.endswith("is gone")]


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda path: path.unlink(), "a.txt is gone"),
        (lambda path: path.write_text("x"), "a.txt has changed"),
    ],
)
def test_a_stage_whose_file_is_gone_or_changed_is_not_done(
    tmp_path: Path, damage: Callable[[Path], object], why: str
) -> None:
    make(tmp_path, "one", {"a": FIRST}, "a")
    damage(tmp_path / "a.txt")
    stages = Stages(tmp_path)
    assert not stages.is_done("a", FIRST)
    assert stages.why("a", FIRST) == why


def test_what_changed_is_told(tmp_path: Path) -> None:
    recipe = {"settings": {"phi": 0.1}, "content": {"texts": {"dev": "x"}}, "stages": {"dense": "k"}}
    make(tmp_path, "one", {"a": recipe}, "a")
    changed = {"settings": {"phi": 0.2}, "content": {"texts": {"dev": "y"}}, "stages": {"dense": "l"}}
    assert Stages(tmp_path).why("a", changed) == (
        "phi was 0.1, is 0.2; texts.dev (content) has changed; dense (stages) has changed"
    )
    assert Stages(tmp_path).why("b", changed) == ""


def test_a_file_that_a_stage_no_longer_writes_goes(tmp_path: Path) -> None:
    make(tmp_path, "one", {"a": FIRST}, "a")
    with opened(tmp_path, "one", {"a": FIRST}).record("a", FIRST) as out:
        (out / "other.txt").write_text("one")
    assert whose(tmp_path) == {"config.yaml": "one", "other.txt": "one"}


def test_only_the_main_process_writes_the_stages(tmp_path: Path) -> None:
    with Stages(tmp_path, writes=False, config="one").record("work", FIRST):
        pass
    assert not list(tmp_path.iterdir())


def test_results_without_a_record_are_not_gone_on_with_under_another_configuration(
    tmp_path: Path,
) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "config.yaml").write_text("one")
    opened(tmp_path, "one", {}).refuse_unrecorded()
    with pytest.raises(
        InputError, match=r"holds metrics of another configuration.*choose another --out"
    ):
        opened(tmp_path, "two", {}).refuse_unrecorded()


def test_a_run_of_an_earlier_version_is_read_but_not_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "stages.json").write_text('{"dense": {"key": "x", "seconds": 1.0}}')
    stages = opened(tmp_path, "one", {})
    assert stages.done["dense"]["seconds"] == 1.0
    with pytest.raises(InputError, match=r"earlier version.*choose another --out"):
        stages.refuse_unrecorded()
