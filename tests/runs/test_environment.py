"""The commit that a run remembers is the workbench's own, or none."""

import subprocess
from pathlib import Path

import pytest

from workbench.runs import environment
from workbench.runs.environment import commit_of


def git(folder: Path, *command: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    answer = subprocess.run(
        ["git", "-C", str(folder), *identity, *command], capture_output=True, text=True, check=True
    )
    return answer.stdout.strip()


def package_in(folder: Path) -> Path:
    """A package's folder with this module, and pyproject.toml beside it; the module."""
    file = folder / "workbench" / "runs" / "environment.py"
    file.parent.mkdir(parents=True)
    file.write_text(Path(environment.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "pyproject.toml").write_text("", encoding="utf-8")
    return file


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one file and one commit."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "thesis.tex").write_text("words", encoding="utf-8")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "my thesis")
    return tmp_path


def test_a_checkout_has_its_commit_and_says_when_it_was_changed(repository: Path) -> None:
    file = package_in(repository)
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "source")
    commit = git(repository, "rev-parse", "--short=12", "HEAD")
    assert commit_of(file) == commit
    file.write_text("changed", encoding="utf-8")
    assert commit_of(file) == f"{commit}-dirty"


@pytest.mark.parametrize("place", ["", ".venv/lib/python3/site-packages", "copies/workbench"])
@pytest.mark.parametrize("tracked", [False, True])
def test_the_repository_of_something_else_is_not_ours(
    repository: Path, place: str, tracked: bool
) -> None:
    file = package_in(repository / place)
    if tracked and place:
        git(repository, "add", "--all")
        git(repository, "commit", "--quiet", "--message", "with a copy")
    assert commit_of(file) is None


def test_a_hooks_repository_is_not_ours(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(repository))
    assert commit_of(package_in(repository / "installed")) is None


def test_outside_a_repository_there_is_none(tmp_path: Path) -> None:
    assert commit_of(package_in(tmp_path)) is None
