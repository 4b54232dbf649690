"""Token flow: recorded and live, every control, hostile and huge texts, sessions apart."""

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.helpers.app_pages import OpenPage, check_clean

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> [a](http://b) \u202edrow " + "x" * 10_000
)
TOKENS = "tokens in layer"


def figure(page: AppTest) -> dict:
    (chart,) = page.get("plotly_chart")
    return json.loads(chart.proto.spec)


def words(page: AppTest) -> list[str]:
    return next(trace["text"] for trace in figure(page)["data"] if trace["name"] == "tokens")


def names(page: AppTest) -> list[str]:
    return next(trace["text"] for trace in figure(page)["data"] if trace["name"] == "flows")


def counts(page: AppTest) -> np.ndarray:
    """(2, layers): tokens before and after, from the table."""
    table = page.dataframe[-1].value
    rows = table[table["what"].str.startswith(TOKENS)]
    return rows[["before", "after"]].to_numpy(dtype=float).T


@pytest.fixture(name="asking")
def what_if_page(runs_folder: Path, open_page: OpenPage) -> AppTest:
    return check_clean(open_page(runs_folder, "token_flow", run="tiny", whatif="1", methods=["adapler"]))


def test_recorded_flows_need_no_model(runs_folder: Path, open_page: OpenPage) -> None:
    page = check_clean(open_page(runs_folder, "token_flow", run="invented"))
    shown = figure(page)
    assert names(page)[:2] == ["<b>AdapLeR · contribution predictor</b>", "<b>ToP · ToP importance</b>"]
    assert "<script" not in json.dumps(shown)
    assert "&lt;script&gt;" in json.dumps(shown)
    page.toggle(key="whatif").set_value(True).run()
    assert not page.exception
    assert all("no model" in error.value for error in page.error)
    assert words(page)
    page.selectbox(key="source").set_value("typed").run()
    assert "needs a model" in page.info[0].value


def test_up_to_three_methods_and_none(runs_folder: Path, open_page: OpenPage) -> None:
    page = open_page(runs_folder, "token_flow", run="tiny", methods=["dense", "adapler", "top"])
    assert len(names(check_clean(page))) % 3 == 0
    page.selectbox(key="run_across").set_value("down").run()
    assert len([t for t in figure(check_clean(page))["data"] if t["type"] == "heatmap"]) == 3
    page.multiselect(key="methods").set_value([]).run()
    assert "pick one" in check_clean(page).info[0].value


def test_filters_narrow_the_texts(runs_folder: Path, open_page: OpenPage) -> None:
    page = open_page(runs_folder, "token_flow", run="tiny", methods=["top"])
    every = len(page.selectbox(key="text").options)
    page.selectbox(key="label").set_value("POS").run()
    some = check_clean(page).selectbox(key="text").options
    assert 0 < len(some) < every
    assert all(option.startswith("POS") for option in some)
    page.selectbox(key="label").set_value("any").run()
    for outcome in ("right", "wrong"):
        page.selectbox(key="outcome").set_value(outcome).run()
        if not page.info:
            options = check_clean(page).selectbox(key="text").options
            assert all(f", {outcome}, " in option for option in options)
    page.selectbox(key="outcome").set_value("any").run()
    for order in page.selectbox(key="order").options:
        page.selectbox(key="order").set_value(order).run()
        assert len(check_clean(page).selectbox(key="text").options) == every
    low, high = page.slider(key="tokens").value
    page.slider(key="tokens").set_value((high, high)).run()
    options = check_clean(page).selectbox(key="text").options
    assert options
    assert all(f"{high} tokens" in option for option in options)
    page.slider(key="tokens").set_value((low, high)).run()
    page.slider(key="ap").set_value((0.5, 1.0)).run()
    assert len(check_clean(page).selectbox(key="text").options) < every


def test_another_text_is_shown(runs_folder: Path, open_page: OpenPage) -> None:
    page = open_page(runs_folder, "token_flow", run="tiny", methods=["top"])
    before, text = words(page), page.selectbox(key="text")
    page.selectbox(key="text").set_value(text.options[-1]).run()
    assert words(check_clean(page)) != before
    again = check_clean(open_page(runs_folder, "token_flow", **page.query_params))
    assert words(again) == words(page)


def test_what_if_scale_changes_the_number_of_tokens(asking: AppTest) -> None:
    before, after = counts(asking)
    np.testing.assert_array_equal(before, after)
    asking.slider(key="scale").set_value(2.0).run()
    before, after = counts(check_clean(asking))
    assert after.sum() < before.sum()
    assert "<b>AdapLeR, what if</b>" in names(asking)
    metric = {metric.label: (metric.value, metric.delta) for metric in asking.metric}
    assert metric["Tokens"] == (f"{after.sum():.0f}", f"was {before.sum():.0f}")
    asking.slider(key="scale").set_value(0.05).run()
    assert counts(check_clean(asking))[1].sum() > before.sum()


def test_what_if_by_layer_and_budget(asking: AppTest) -> None:
    asking.toggle(key="single").set_value(False).run()
    asking.slider(key="scale-1").set_value(4.0).run()
    before, after = counts(check_clean(asking))
    assert after[0] == before[0]
    assert after[1] < before[1]
    asking.selectbox(key="what").set_value("token budget").run()
    n = len(words(asking))
    asking.slider(key="budget-0").set_value(0.5).run()
    assert counts(check_clean(asking))[1][0] <= n / 2 + 2


def test_what_if_forces_tokens(asking: AppTest) -> None:
    asking.multiselect(key="dropped").set_value([1]).run()
    asking.multiselect(key="kept").set_value([2]).run()
    assert words(check_clean(asking))[1].startswith("▼")
    assert words(asking)[2].startswith("▲")
    crosses = next(t for t in figure(asking)["data"] if t["name"] == "dropped")
    assert crosses["x"]
    asking.selectbox(key="drop_layer").set_value(2).run()
    asking.selectbox(key="click").set_value("kept").run()
    check_clean(asking)
    text = asking.selectbox(key="text")
    asking.selectbox(key="text").set_value(text.options[-1]).run()
    assert check_clean(asking).multiselect(key="dropped").value == []


def test_a_model_that_drops_nothing(runs_folder: Path, open_page: OpenPage) -> None:
    page = check_clean(open_page(runs_folder, "token_flow", run="tiny", whatif="1", methods=["dense"]))
    assert any("scores no token" in caption.value for caption in page.caption)
    page.multiselect(key="dropped").set_value([1]).run()
    before, after = counts(check_clean(page))
    assert (after == before - 1).all()


@pytest.fixture(name="typing")
def typed_page(runs_folder: Path, open_page: OpenPage) -> AppTest:
    return open_page(runs_folder, "token_flow", run="tiny", source="typed", methods=["adapler"])


def test_typed_texts(typing: AppTest) -> None:
    for text in ("", "   \n\t "):
        typing.text_area(key="typed").set_value(text).run()
        assert "at least one word" in check_clean(typing).info[0].value
        assert not typing.get("plotly_chart")
    typing.text_area(key="typed").set_value("The film was good").run()
    assert words(check_clean(typing))[1:-1] == ["the", "film", "was", "good"]
    typing.toggle(key="whatif").set_value(True).run()
    typing.slider(key="scale").set_value(2.0).run()
    before, after = counts(check_clean(typing))
    assert after.sum() < before.sum()


def test_a_second_text_for_a_model_of_single_ones_is_told(typing: AppTest) -> None:
    typing.text_area(key="typed").set_value("The film was good").run()
    assert not check_clean(typing).warning
    typing.text_input(key="second").set_value("a film").run()
    (told,) = typing.warning
    assert told.value.replace("\\", "") == (
        "adapler was trained on single texts; the text has a second one."
    )


def test_hostile_texts_are_text(typing: AppTest) -> None:
    typing.text_area(key="typed").set_value(f"good {HOSTILE} film").run()
    told = json.dumps(figure(check_clean(typing)))
    assert "<script" not in told
    assert "<img" not in told


def test_five_thousand_words(typing: AppTest) -> None:
    typing.text_area(key="typed").set_value("good film " * 2500).run()
    assert len(words(check_clean(typing))) == 5002
    assert "typed" not in typing.query_params
    assert typing.selectbox(key="run_across").value == "down"


def test_sessions_do_not_see_each_others_texts(runs_folder: Path, open_page: OpenPage) -> None:
    secret = "the good film that nobody else may read"
    asked = {"run": "tiny", "source": "typed", "methods": ["adapler"]}
    first = open_page(runs_folder, "token_flow", **asked)
    first.text_area(key="typed").set_value(secret).run()
    assert "nobody" in words(check_clean(first)) or "[UNK]" in words(first)
    second = check_clean(open_page(runs_folder, "token_flow", **asked))
    assert second.text_area(key="typed").value == ""
    second.text_area(key="typed").set_value("good").run()
    assert words(check_clean(second)) == ["[CLS]", "good", "[SEP]"]
    assert secret not in json.dumps([str(part.value) for part in second.main if hasattr(part, "value")])


def test_what_is_missing_is_named_and_the_rest_shown(own_folder: Path, open_page: OpenPage) -> None:
    (own_folder / "tiny" / "scores" / "top.parquet").unlink()
    page = open_page(own_folder, "token_flow", run="tiny", methods=["adapler", "top"])
    assert not page.exception
    assert "ToP: this run has no token scores" in page.error[0].value.replace("\\", "")
    assert names(page)[0].startswith("<b>AdapLeR")
    path = own_folder / "tiny" / "scores" / "cp.parquet"
    path.write_bytes(path.read_bytes()[:-50])
    page.run()
    assert not page.exception
    assert "cannot be read as Parquet" in page.error[0].value


def test_the_table_behind_the_picture_is_offered(asking: AppTest) -> None:
    labels = [button.label for button in asking.get("download_button")]
    assert labels == ["token-flow.csv", "what-if.csv"]
