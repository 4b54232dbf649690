"""Rationale agreement in chromium: a click on a point of a curve lists the texts behind that point."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("playwright", reason="playwright is not installed (extra dev)")

from playwright.sync_api import Page

from app.data.plausibility import layer_values, texts_behind
from tests.helpers.browsing import check_no_error, chromium, new_page, served, settled
from workbench.reporting.text.wording import scorer_on_model
from workbench.runs.scores import ScoreTable
from workbench.runs.tables import read_run_data

pytestmark = pytest.mark.browser
PLACE = """(gd, [scorer, method, layer]) => {
    const at = trace => (trace.customdata || []).findIndex(
        row => row[0] === scorer && row[1] === method && row[2] === layer);
    const trace = gd._fullData.find(one => at(one) >= 0);
    const {xaxis, yaxis} = gd._fullLayout, box = gd.getBoundingClientRect(), k = at(trace);
    return [box.left + xaxis._offset + xaxis.l2p(trace.x[k]),
            box.top + yaxis._offset + yaxis.l2p(trace.y[k])];
}"""
"""Where a point of the figure lies in the window, in pixels."""
CELLS = "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"


@pytest.fixture(scope="module", name="page")
def opened(runs_folder: Path) -> Iterator[Page]:
    with served(runs_folder) as address, chromium() as browser:
        page = new_page(browser, width=1600)
        page.goto(f"{address}/agreement?run=invented&unit=word&universe=all&metric=roc_auc")
        page.get_by_role("heading", name="Rationale agreement", level=1).wait_for()
        settled(page)
        yield page
        page.close()


def behind(folder: Path, scorer: str, method: str, layer: int) -> pd.DataFrame:
    """The texts of a point, worst first."""
    run = read_run_data(folder)
    values = layer_values(ScoreTable(folder / "scores" / f"{scorer}.parquet"), method, layer)
    rows = run.predicted
    assert rows is not None
    return texts_behind(values["word", "all"], "none", "roc_auc", rows[rows["method"] == method])


def click(page: Page, scorer: str, method: str, layer: int) -> None:
    chart = page.locator(".js-plotly-plot").first
    chart.scroll_into_view_if_needed()
    page.mouse.move(*chart.evaluate(PLACE, [scorer, method, layer]))
    page.locator(".hoverlayer .hovertext").first.wait_for()
    page.mouse.down()
    page.mouse.up()
    name = f"Texts behind {scorer_on_model(scorer, method)}, layer {layer}"
    page.get_by_role("heading", name=name, exact=True).wait_for()
    settled(page)


def shown(page: Page) -> pd.DataFrame:
    """The rows of the table of texts that are in sight."""
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    (head,) = table.locator("canvas thead tr").evaluate_all(CELLS)
    return pd.DataFrame(table.locator("canvas tbody tr").evaluate_all(CELLS), columns=head)


def downloaded(page: Page) -> pd.DataFrame:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="texts-behind.csv").click()
    return pd.read_csv(waiting.value.path())


def test_a_click_lists_the_texts_of_its_scorer_and_layer(page: Page, runs_folder: Path) -> None:
    before = None
    for point in (("saliency", "dense", 2), ("cp", "adapler", 2), ("cp", "adapler", 4)):
        click(page, *point)
        check_no_error(page)
        wanted = behind(runs_folder / "invented", *point)
        # What another point would show is something else.
        assert before is None or not wanted.equals(before)
        pd.testing.assert_frame_equal(downloaded(page), wanted)
        rows = shown(page)
        top = wanted.head(len(rows))
        assert len(rows) > 3
        for heading, column in (("ROC-AUC", "value"), ("ap", "ap")):
            assert rows[heading].astype(float).tolist() == pytest.approx(top[column].tolist())
        assert rows[["label", "predicted"]].equals(top[["label", "predicted"]])
        assert wanted["value"].is_monotonic_increasing
        before = wanted
