"""A regression on every page: Pearson's correlation, values beside labels, no right and wrong."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.data.corpus import read_run_corpus
from tests.helpers.app_pages import OpenPage, check_clean, figures, said, values_of
from tests.helpers.tiny_runs import accept_changes
from workbench.core.token_scores import from_frame, to_frame
from workbench.metrics.plausibility.table import plausibility
from workbench.runs.tables import RunData, read_run_data

PAGES = ("runs", "token_flow", "scorers", "agreement", "speed", "data", "export")


@pytest.fixture(name="run")
def run_tables(values_folder: Path) -> RunData:
    return read_run_data(values_folder / "stsb")


def quality(run: RunData, metric: str) -> pd.Series:
    """In hundredths, by method."""
    rows = run.rows("classification")
    assert rows is not None
    return 100 * rows[rows["metric"] == metric].set_index("method")["value"]


def predicted(run: RunData, method: str) -> pd.DataFrame:
    rows = run.predicted
    assert rows is not None
    return rows[rows["method"] == method].set_index("text_id")


def verdict(page: AppTest) -> str:
    traces = {trace["name"]: trace for trace in figures(page)[0]["data"]}
    return traces["prediction"]["text"][0].strip()


@pytest.mark.parametrize("page", PAGES)
def test_no_page_fails(values_folder: Path, open_page: OpenPage, page: str) -> None:
    check_clean(open_page(values_folder, page, run="stsb", runs=["stsb"]))


def test_runs_name_the_metric(values_folder: Path, open_page: OpenPage, run: RunData) -> None:
    page = check_clean(open_page(values_folder, "runs", runs=["stsb", "tiny"]))
    pearson = quality(run, "pearson")
    told = ", ".join(
        f"{name} {pearson[method]:.1f}"
        for method, name in (("dense", "dense"), ("adapler", "AdapLeR"), ("top", "ToP"))
    )
    listed = page.dataframe[0].value.set_index("run")["quality"]
    assert listed["stsb"] == f"Pearson × 100: {told}"
    assert listed["tiny"].startswith("accuracy %: dense ")
    shown = page.dataframe[1].value
    here, other = shown[shown["run"] == "stsb"], shown[shown["run"] == "tiny"]
    for metric, heading in (("pearson", "Pearson × 100"), ("spearman", "Spearman × 100")):
        numbers = here[heading].str.partition(" ")[0].tolist()
        assert numbers == [f"{value:.1f}" for value in quality(run, metric)]
    assert set(other["Pearson × 100"]) == set(here["accuracy %"]) == {"–"}
    assert "stsb, dense: has no accuracy %, so it is not in the figure." in said(page)
    page.multiselect(key="runs").set_value(["stsb"]).run()
    assert [trace["y"][0] for trace in figures(check_clean(page))[0]["data"]] == pytest.approx(
        pearson.tolist()
    )


def test_speed_offers_the_correlations(values_folder: Path, open_page: OpenPage, run: RunData) -> None:
    page = check_clean(open_page(values_folder, "speed", runs=["stsb"]))
    assert page.selectbox(key="quality").options == ["Pearson × 100", "Spearman × 100"]
    for metric in ("pearson", "spearman"):
        page.selectbox(key="quality").set_value(metric).run()
        drawn = [trace["y"][0] for trace in figures(check_clean(page))[0]["data"]]
        assert drawn == pytest.approx(quality(run, metric).tolist())
    page.multiselect(key="runs").set_value(["stsb", "tiny"]).run()
    page.selectbox(key="quality").set_value("pearson").run()
    assert len(figures(check_clean(page))[0]["data"]) == 3
    assert "tiny, dense: has no Pearson × 100, so it is not in the figure." in said(page)
    for view in ("time", "tokens"):
        page = check_clean(open_page(values_folder, "speed", runs=["stsb"], speed=view))
        assert figures(page)


def test_token_flow_shows_values_and_labels(
    values_folder: Path, open_page: OpenPage, run: RunData
) -> None:
    rows = predicted(run, "top")
    page = open_page(values_folder, "token_flow", run="stsb", methods=["top"])
    for text_id, row in rows.head(3).iterrows():
        page.query_params["text"] = text_id
        page.selectbox(key="text").set_value(text_id).run()
        assert verdict(check_clean(page)) == f"{row['predicted']:.4g}, label {row['label']:.4g}"
    text_id = page.selectbox(key="text").value
    option = next(o for o in page.selectbox(key="text").options if o.endswith(f"({text_id})"))
    row = rows.loc[text_id]
    assert option.startswith(f"{row['label']:.4g}, predicted {row['predicted']:.4g}, ")


def test_labels_of_a_regression_are_a_range(
    values_folder: Path, open_page: OpenPage, run: RunData
) -> None:
    rows = predicted(run, "top")
    page = open_page(values_folder, "token_flow", run="stsb", methods=["top"])
    assert [box.key for box in page.selectbox if box.key in ("label", "outcome")] == []
    assert page.slider(key="value").value == (0.0, 5.0)
    page.slider(key="value").set_value((4.0, 5.0)).run()
    inside = rows.index[rows["label"].between(4, 5)]
    assert len(check_clean(page).selectbox(key="text").options) == len(inside) > 0
    page.slider(key="value").set_value((0.0, 5.0)).run()
    page.selectbox(key="order").set_value("largest error").run()
    errors = (rows["predicted"] - rows["label"]).abs().sort_values(ascending=False, kind="stable")
    listed = [option.rpartition("(")[2].rstrip(")") for option in page.selectbox(key="text").options]
    assert listed == errors.index.tolist()


def test_what_if_changes_a_value(values_folder: Path, open_page: OpenPage, run: RunData) -> None:
    page = open_page(values_folder, "token_flow", run="stsb", methods=["top"], whatif="1")
    row = predicted(run, "top").loc[check_clean(page).selectbox(key="text").value]
    table = page.dataframe[-1].value.set_index("what")
    assert table.loc["similarity", "before"] == f"{row['predicted']:.4g}"
    assert "prediction" not in table.index
    metric = next(metric for metric in page.metric if metric.label == "similarity")
    assert metric.value == f"{row['predicted']:.3f}"
    page.selectbox(key="what").set_value("token budget").run()
    page.slider(key="budget").set_value(0.3).run()
    after = check_clean(page).dataframe[-1].value.set_index("what")
    assert after.loc["similarity", "after"] != after.loc["similarity", "before"]
    assert not page.warning


def test_typed_pairs_get_a_value(values_folder: Path, open_page: OpenPage) -> None:
    page = open_page(values_folder, "token_flow", run="stsb", methods=["adapler"], source="typed")
    page.text_input(key="second").set_value("the wedding").run()
    page.text_area(key="typed").set_value("a good film").run()
    name, value = verdict(check_clean(page)).split()
    assert name == "similarity"
    assert np.isfinite(float(value))


def test_scorers_tell_the_values(values_folder: Path, open_page: OpenPage, run: RunData) -> None:
    page = check_clean(open_page(values_folder, "scorers", run="stsb"))
    text_id = page.selectbox(key="text").value
    label = predicted(run, "dense").loc[text_id, "label"]
    told = said(page)
    assert f"Split test, label {label:.4g}; dense predicts " in told
    assert f"ToP predicts {predicted(run, 'top').loc[text_id, 'predicted']:.4g}." in told


def test_data_filters_by_value(values_folder: Path, open_page: OpenPage, run: RunData) -> None:
    page = check_clean(open_page(values_folder, "data", run="stsb"))
    texts = read_run_corpus(run).texts
    card = page.dataframe[0].value.set_index("split")
    assert card["label mean"].tolist() == pytest.approx(
        texts.groupby("split", sort=False)["label"].mean().reindex(card.index).tolist()
    )
    page.slider(key="value").set_value((4.5, 5.0)).run()
    shown = check_clean(page).dataframe[2].value
    wanted = texts[texts["label"].between(4.5, 5)]
    assert shown["id"].tolist() == wanted["id"].tolist()
    assert f"Label: {wanted['label'].iloc[0]:g}. " in said(page)


def test_texts_of_a_regression_without_its_source(values_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(values_folder / "stsb", tmp_path / "stsb"))
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace("path: ", "path: /gone"))
    accept_changes(folder)
    run = read_run_data(folder)
    shelf = read_run_corpus(run)
    label = predicted(run, "dense")["label"]
    found = shelf.texts.set_index("id")["label"]
    assert found.tolist() == label[found.index].tolist()
    assert shelf.card.classes.loc["test", "mean"] == pytest.approx(label.mean())


def test_agreement_has_numbers_beside_each_text(
    values_folder: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    """No regression at hand comes with rationales: marks are put into one's score tables."""
    folder = Path(shutil.copytree(values_folder / "stsb", tmp_path / "marked"))
    path = folder / "scores" / "saliency.parquet"
    records = from_frame(pd.read_parquet(path))
    records = [
        type(r)(**{**vars(r), "rationale": (np.arange(len(r.tokens)) % 3 == 1) & (r.word_index >= 0)})
        for r in records
    ]
    to_frame(records).to_parquet(path)
    table = plausibility(records, "test", bootstrap=0).frame
    table.to_parquet(folder / "metrics" / "plausibility.parquet")
    accept_changes(folder)
    page = check_clean(open_page(tmp_path, "agreement", run="marked", layer="1"))
    shown = page.dataframe[0].value
    own = predicted(read_run_data(folder), "dense").loc[shown["text_id"]]
    for column in ("label", "predicted"):
        assert shown[column].tolist() == own[column].tolist()
    curve = next(trace for trace in figures(page)[0]["data"] if "customdata" in trace)
    assert shown["average precision"].mean() == pytest.approx(values_of(curve["y"])[1], rel=1e-6)
