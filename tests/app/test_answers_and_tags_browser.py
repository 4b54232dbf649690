"""Answers and tags in chromium: both kinds of folders, and a typed question that stays text."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed (extra dev)")

from playwright.sync_api import Page

from tests.helpers.browsing import check_no_error, chromium, new_page, served, settled

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", name="address")
def server(systems_root: Path) -> Iterator[str]:
    with served(systems_root) as found:
        yield found


@pytest.fixture(scope="module", name="page")
def opened() -> Iterator[Page]:
    with chromium() as browser:
        yield new_page(browser, 800)


def look(page: Page, address: str, query: str) -> None:
    page.goto(f"{address}/answers_and_tags?{query}")
    page.get_by_role("heading", name="Answers and tags", level=1).wait_for()
    settled(page)


@pytest.mark.parametrize("folder", ["asked", "tagged"])
def test_tables_figure_and_flow_fit_into_a_narrow_page(page: Page, address: str, folder: str) -> None:
    look(page, address, f"folder={folder}")
    check_no_error(page)
    words = page.locator(".js-plotly-plot .textpoint text")
    words.filter(has_text="[CLS]").first.wait_for()
    assert page.locator(".js-plotly-plot").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.foreign == []  # type: ignore[attr-defined]


def test_a_typed_question_is_shown_as_text(page: Page, address: str) -> None:
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    look(page, address, "folder=asked&source=typed&systems=top-0.3")
    page.get_by_role("textbox", name="Passage").fill("b c <img src=x onerror=alert(1)> d")
    page.get_by_role("textbox", name="Passage").press("Control+Enter")
    field = page.get_by_role("textbox", name="Your question")
    field.fill("a <script>alert(2)</script>")
    field.press("Enter")
    page.locator(".js-plotly-plot .textpoint text").filter(has_text="[CLS]").first.wait_for()
    settled(page)
    check_no_error(page)
    assert page.locator("[data-testid=stMain] img[src=x]").count() == 0
    assert said == []
