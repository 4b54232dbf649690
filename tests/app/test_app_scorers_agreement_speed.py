"""Scorers, Rationale agreement, Speed without a browser: every control, the report's numbers, gaps."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.helpers.app_pages import OpenPage, check_clean, figures, said, values_of
from tests.helpers.fake_comparison import build_comparison
from tests.helpers.fake_run import SCRIPT
from workbench.core.token_scores import from_frame, to_frame


def use_options(page: AppTest, keys: list[str]) -> None:
    """Choose the last and the first option of each of these controls in turn."""
    for key in keys:
        options = page.selectbox(key=key).options
        for option in dict.fromkeys([options[-1], options[0]]):
            page.selectbox(key=key).select(option).run()
            check_clean(page)


# Rationale agreement


def test_agreement_shows_the_report_s_numbers(runs_folder: Path, open_page: OpenPage) -> None:
    page = check_clean(open_page(runs_folder, "agreement", run="invented"))
    table = pd.read_csv(runs_folder / "invented" / "tables" / "plausibility_table.csv")
    ap = table[table["metric"] == "ap"].set_index("scorer")
    figure = figures(page)[0]
    drawn = {trace["customdata"][0][0]: trace for trace in figure["data"] if "customdata" in trace}
    assert set(drawn) == set(ap.index)
    assert values_of(drawn["saliency"]["y"]) == pytest.approx(
        [ap.loc["saliency", f"layer_{k}"] for k in range(6)]
    )
    shown = page.dataframe[1].value
    assert len(shown) == len(table)
    assert "ToP importance: not measured in layer 0" in said(page)


def test_agreement_texts_behind_a_point_have_its_mean(runs_folder: Path, open_page: OpenPage) -> None:
    page = open_page(
        runs_folder,
        "agreement",
        run="invented",
        metric="fpr",
        selection="kept",
        point="top top",
        layer="3",
    )
    check_clean(page)
    texts = page.dataframe[0].value
    curve = next(t for t in figures(page)[0]["data"] if t.get("customdata", [[""]])[0][0] == "top")
    value = values_of(curve["y"])[values_of(curve["x"]).tolist().index(3)]
    name = "false positive rate"
    assert texts[name].mean() == pytest.approx(value, rel=1e-6)
    assert texts[name].is_monotonic_decreasing
    assert f"{value:.3f}" in said(page)
    assert set(texts["label"]) == {"negative", SCRIPT}
    link = texts["flow"].iloc[0]
    assert link.startswith("/token_flow?run=invented&split=test&text=text-")


def test_agreement_controls(runs_folder: Path, open_page: OpenPage) -> None:
    page = open_page(runs_folder, "agreement", run="invented")
    use_options(page, ["unit", "universe", "metric", "table"])
    page.selectbox(key="metric").set_value("fpr").run()
    use_options(page, ["selection", "point", "layer"])
    assert page.query_params["metric"] in ("fpr", ["fpr"])


def test_agreement_says_what_a_corpus_metric_and_an_absent_table_lack(
    runs_folder: Path, open_page: OpenPage
) -> None:
    page = open_page(runs_folder, "agreement", run="invented", metric="iou_f1", table="faithfulness")
    assert "no single text has one" in said(check_clean(page))
    assert "Not measured: faithfulness was not asked for" in said(page)


def test_agreement_without_scores_or_metrics(own_folder: Path, open_page: OpenPage) -> None:
    run = own_folder / "invented"
    (run / "scores" / "cp.parquet").unlink()
    page = check_clean(open_page(own_folder, "agreement", run="invented", point="cp adapler"))
    assert "Not measured text by text: scores/cp.parquet is not there" in said(page)
    (run / "metrics" / "plausibility.parquet").unlink()
    page = check_clean(open_page(own_folder, "agreement", run="invented"))
    assert "Not measured: this run has no metrics/plausibility" in said(page)


def test_agreement_counts_texts_of_one_class(own_folder: Path, open_page: OpenPage) -> None:
    path = own_folder / "invented" / "scores" / "saliency.parquet"
    records = from_frame(pd.read_parquet(path))
    records[0] = replace(records[0], rationale=np.zeros(len(records[0].tokens), dtype=bool))
    to_frame(records).to_parquet(path)
    page = open_page(
        own_folder, "agreement", run="invented", universe="all", point="saliency dense", layer="1"
    )
    assert "23 texts with a value" in said(check_clean(page))
    assert "Not measured for 1 more: of one class only" in said(page)


# Scorers


def test_scorers_heat_map_is_the_score_table(runs_folder: Path, open_page: OpenPage) -> None:
    page = check_clean(
        open_page(
            runs_folder, "scorers", run="invented", scorers=["saliency"], unit="token", text="text-7"
        )
    )
    scores = pd.read_parquet(runs_folder / "invented" / "scores" / "saliency.parquet")
    scores = scores[(scores["text_id"] == "text-7") & (scores["word_index"] >= 0)]
    table = scores.pivot(index="layer", columns="token_index", values="score")
    shares = table.div(table.max(axis=1), axis=0).to_numpy()
    (heat,) = [trace for trace in figures(page)[0]["data"] if trace["type"] == "heatmap"]
    np.testing.assert_allclose(values_of(heat["z"]), shares, rtol=1e-6)
    assert "Explains: logit of the predicted class, L2. Scores: never negative." in said(page)
    assert not any("<script" in label for label in heat["text"][0])


def test_scorers_controls(runs_folder: Path, open_page: OpenPage) -> None:
    page = open_page(runs_folder, "scorers", run="tiny")
    check_clean(page)
    page.multiselect(key="scorers").set_value(page.multiselect(key="scorers").value[:2]).run()
    page.multiselect(key="layers").set_value([0]).run()
    page.slider(key="line").set_value(10).run()
    use_options(page, ["unit", "colours", "layer", "correlation"])
    page.multiselect(key="layers").set_value([]).run()
    assert "No layer is chosen" in said(check_clean(page))
    page.multiselect(key="scorers").set_value([]).run()
    assert "Choose a scorer" in said(check_clean(page))


def test_scorers_of_attribute_are_found_and_signed(own_folder: Path, open_page: OpenPage) -> None:
    run = own_folder / "invented"
    records = from_frame(pd.read_parquet(run / "scores" / "saliency.parquet"))
    signed = [
        replace(r, scorer="saliency-sum", scores=r.scores - 0.5, target="sum over H") for r in records
    ]
    # The third text of these is another one than the run's of this id.
    other = replace(signed[2], tokens=(*signed[2].tokens[:-1], "other"))
    name = "attribute/reviews/saliency-sum"
    folder = run / "attribute" / "reviews" / "scores"
    folder.mkdir(parents=True)
    to_frame([*signed[:2], other, *signed[3:5]]).to_parquet(folder / "saliency-sum.parquet")
    page = check_clean(open_page(own_folder, "scorers", run="invented", scorers=["saliency", name]))
    assert "Explains: sum over H. Scores: signed." in said(page)
    assert any("signed" in note["text"] for note in figures(page)[1]["layout"]["annotations"])
    page.selectbox(key="texts").set_value("attribute/reviews").run()
    assert page.selectbox(key="text").options == [f"text-{number}" for number in range(5)]
    assert "predicts" in said(page)
    page.selectbox(key="text").set_value("text-2").run()
    assert "saliency: not shown, its text of this id is another one" in said(check_clean(page))
    assert "Label and predictions: not measured" in said(page)
    page.selectbox(key="texts").set_value("the run").run()
    page.selectbox(key="text").set_value("text-2").run()
    assert f"{name}: not shown, its text of this id is another one" in said(check_clean(page))
    page.selectbox(key="text").set_value("text-9").run()
    assert f"{name}: not measured" in said(check_clean(page))


def test_scorers_without_tables_says_so(own_folder: Path, open_page: OpenPage) -> None:
    shutil.rmtree(own_folder / "invented" / "scores")
    page = open_page(own_folder, "scorers", run="invented")
    assert "this run has no score tables" in said(check_clean(page))


def test_scorers_without_annotation(own_folder: Path, open_page: OpenPage) -> None:
    for path in (own_folder / "invented" / "scores").glob("*.parquet"):
        records = [replace(record, rationale=None) for record in from_frame(pd.read_parquet(path))]
        to_frame(records).to_parquet(path)
    page = open_page(own_folder, "scorers", run="invented")
    assert "Not measured: nobody annotated this text." in said(check_clean(page))


# Speed


def test_speed_controls_and_the_main_table(runs_folder: Path, open_page: OpenPage) -> None:
    page = check_clean(open_page(runs_folder, "speed", runs=["invented"]))
    main = pd.read_csv(runs_folder / "invented" / "tables" / "main.csv")
    (figure,) = figures(page)
    assert [trace["y"][0] for trace in figure["data"]] == pytest.approx(100 * main["accuracy"])
    use_options(page, ["speedup", "quality"])
    page.selectbox(key="speedup").set_value("flops_speedup_padded").run()
    page.multiselect(key="runs").set_value(["invented", "tiny"]).run()
    assert len(figures(check_clean(page))[0]["data"]) == 6
    page.selectbox(key="speedup").set_value("speedup_vs_hf_b32").run()
    assert len(figures(check_clean(page))[0]["data"]) == 3
    assert "tiny, dense: has no such speed-up, so it is not in the figure." in said(page)


@pytest.mark.parametrize("view", ["time", "tokens"])
def test_speed_of_two_runs(runs_folder: Path, open_page: OpenPage, view: str) -> None:
    page = check_clean(open_page(runs_folder, "speed", runs=["invented", "tiny"], speed=view))
    assert figures(page)
    names = [button.proto.label for button in page.get("download_button")]
    assert f"{view}-invented.csv" in names


def test_speed_table_is_the_report_s(runs_folder: Path, open_page: OpenPage) -> None:
    page = check_clean(open_page(runs_folder, "speed", runs=["invented"], speed="time"))
    report = pd.read_csv(runs_folder / "invented" / "tables" / "efficiency.csv")
    report = report[report["method"] != "hf"]
    for column in ("seconds_median", "speedup_vs_hf", "realised_share"):
        assert page.dataframe[0].value[column].tolist() == pytest.approx(report[column].tolist())
    page = check_clean(open_page(runs_folder, "speed", runs=["invented"], speed="tokens"))
    assert {trace["name"] for trace in figures(page)[0]["data"]} == {"dense", "AdapLeR", "ToP"}


def test_speed_without_a_stopwatch_or_efficiency(own_folder: Path, open_page: OpenPage) -> None:
    path = own_folder / "invented" / "metrics" / "efficiency.parquet"
    frame = pd.read_parquet(path)
    frame[frame["batch_size"].isna()].to_parquet(path)
    page = open_page(own_folder, "speed", runs=["invented"], speed="time")
    assert "no stopwatch data" in said(check_clean(page))
    path.unlink()
    page = open_page(own_folder, "speed", runs=["invented"], speed="time")
    assert "metrics/efficiency is not there" in said(check_clean(page))
    page = open_page(own_folder, "speed", runs=["invented"], speed="runs")
    assert "none of the runs has metrics/efficiency" in said(check_clean(page))


def test_speed_of_a_comparison(tmp_path: Path, open_page: OpenPage) -> None:
    build_comparison(tmp_path / "compared")
    page = check_clean(open_page(tmp_path, "speed", speed="comparison"))
    use_options(page, ["comparison", "axis"])
    page = open_page(tmp_path, "speed", speed="comparison", axis="counted")
    markers = [trace for trace in figures(page)[0]["data"] if trace["mode"] == "markers"]
    assert sorted(np.concatenate([values_of(t["x"]) for t in markers])) == [1.8, 2.0, 2.2, 3.0, 4.0]


def test_speed_without_a_comparison(runs_folder: Path, open_page: OpenPage) -> None:
    page = open_page(runs_folder, "speed", speed="comparison")
    assert "There is no comparison yet" in said(check_clean(page))
