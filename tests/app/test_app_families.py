"""The app with a run of another family: byte-level tokens, <s> instead of [CLS], pairs."""

import html
import shutil
from pathlib import Path

import pytest

from tests.helpers.app_pages import OpenPage, check_clean, figures
from tests.helpers.family_runs import METHODS, SECOND, finished_family_run

ENDS = {"roberta": ("<s>", "</s>"), "modernbert": ("[CLS]", "[SEP]"), "deberta-v2": ("[CLS]", "[SEP]")}


@pytest.fixture(scope="module", params=METHODS)
def family(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def runs(family: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("families") / "runs"
    shutil.copytree(finished_family_run(tmp_path_factory, family).folder, root / "own")
    return root


def tokens(page) -> list[str]:
    (shown,) = figures(page)
    return next(trace["text"] for trace in shown["data"] if trace["name"] == "tokens")


@pytest.mark.parametrize("whatif", ["", "1"])
def test_a_recorded_text_flows(runs: Path, open_page: OpenPage, family: str, whatif: str) -> None:
    page = open_page(runs, "token_flow", run="own", methods=["adapler", "top"], whatif=whatif)
    shown = [html.unescape(token) for token in tokens(check_clean(page))]
    first, last = ENDS[family]
    assert (shown[0], shown[-1]) == (first, last)


def test_a_typed_text_flows_and_loses_the_token_that_is_forced_out(
    runs: Path, open_page: OpenPage, family: str
) -> None:
    asked = {"run": "own", "source": "typed", "whatif": "1", "methods": ["dense"]}
    page = open_page(runs, "token_flow", **asked)
    page.text_area(key="typed").set_value("a naïve 👍🏽 film").run()
    if family == "modernbert":
        assert "was trained on pairs" in page.warning[0].value
        page.text_input(key="second").set_value(SECOND).run()
    assert not check_clean(page).warning
    shown = [html.unescape(token) for token in tokens(page)]
    assert (shown[0], shown[1]) == (ENDS[family][0], "a")
    page.multiselect(key="dropped").set_value([1]).run()
    table = check_clean(page).dataframe[-1].value
    rows = table[table["what"].str.startswith("tokens in layer")]
    lost = rows["before"].astype(float) - rows["after"].astype(float)
    assert lost.max() == 1


@pytest.mark.parametrize("name", ["scorers", "agreement", "speed", "data", "runs", "export"])
def test_every_page_opens(runs: Path, open_page: OpenPage, name: str) -> None:
    check_clean(open_page(runs, name, run="own", runs=["own"]))
