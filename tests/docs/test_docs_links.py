"""Links between the project's Markdown files lead somewhere, anchors included; nothing is fetched."""

import re
from pathlib import Path

import pytest

from tests.helpers.docs_blocks import ROOT, markdown_files, without_code

FILES = {str(path.relative_to(ROOT)): path for path in markdown_files()}
LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(text: str) -> set[str]:
    """The names GitHub and MkDocs give to headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def leads_somewhere(file: Path | None, anchor: str, text: str) -> bool:
    """Whether the file exists and has the anchor; without a file `text` is asked."""
    if file is not None and not file.exists():
        return False
    if file is not None and anchor:
        text = file.read_text(encoding="utf-8")
    return not anchor or anchor in anchors(text)


def broken(path: Path, text: str) -> list[str]:
    """The links of `text`, read as the file `path`, that lead nowhere."""
    wrong = []
    for link in LINK.findall(without_code(text)):
        if re.match(r"\w+:", link):
            continue
        target, _, anchor = link.partition("#")
        if not leads_somewhere(path.parent / target if target else None, anchor, text):
            wrong.append(link)
    return wrong


@pytest.mark.parametrize("name", FILES)
def test_links_lead_somewhere(name: str) -> None:
    assert broken(FILES[name], FILES[name].read_text(encoding="utf-8")) == []


def test_what_is_broken_is_found() -> None:
    path = ROOT / "docs" / "here.md"
    text = (
        "# Here\n[a](nowhere.md) [b](#here) [c](#there) [d](design.md#no) [e](http://x.y) `[f](no.md)`"
    )
    assert broken(path, text) == ["nowhere.md", "#there", "design.md#no"]


def test_anchors_are_githubs() -> None:
    assert anchors("# A run is a folder\n## What's `x`?\n```sh\n# no\n```") == {
        "a-run-is-a-folder",
        "whats-x",
    }
