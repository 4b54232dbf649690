"""What stands beside the code says the same as the code: version, licence, linters, changes."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from pre_commit.clientlib import load_config

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def recipe(target: str) -> list[str]:
    """The commands of a target of the Makefile."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    (body,) = re.findall(rf"^{target}:.*\n((?:\t.+\n)+)", text, re.MULTILINE)
    return [line.strip().replace("$(BIN)", ".venv/bin") for line in body.splitlines()]


def test_the_citation_has_what_the_format_asks_for():
    assert {"cff-version", "message", "title", "authors", "version", "license"} <= CITATION.keys()
    assert CITATION["cff-version"] == "1.2.0"
    assert all(author.get("name") or author.get("family-names") for author in CITATION["authors"])


def test_citation_and_project_agree():
    assert CITATION["version"] == PROJECT["version"]
    assert CITATION["license"] == PROJECT["license"]
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith(f"{PROJECT['license']} License")


def test_the_changelog_has_the_version_and_known_sections():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    assert PROJECT["version"] == next(name for name in versions if name != "Unreleased")
    kinds = re.findall(r"^### (.+)$", text, re.MULTILINE)
    assert kinds
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_hooks_are_the_commands_of_the_makefile():
    (repository,) = load_config(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    hooks = repository["hooks"]
    assert [hook["entry"] for hook in hooks] == [*recipe("lint"), *recipe("types")]
    # Nothing is fetched, and the whole project is looked at.
    assert {hook["language"] for hook in hooks} <= {"system", "unsupported"}
    assert not any(hook["pass_filenames"] for hook in hooks)


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_to_files_and_headings(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for place in re.findall(r"\]\(((?!https?:)[^)]+)\)", text):
        path, _, heading = place.partition("#")
        page = (ROOT / path).read_text(encoding="utf-8")
        titles = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
        slugs = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
        assert not heading or heading in slugs, place
