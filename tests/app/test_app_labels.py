"""Any number of labels per text on the app's pages."""

import shutil
from pathlib import Path

import pytest

from app.data.corpus import read_run_corpus, with_label
from app.data.texts import run_texts
from tests.helpers.app_pages import OpenPage, check_clean, said
from tests.helpers.own_labels import LABELS, finished_tiny_labels
from tests.helpers.tiny_runs import accept_changes
from workbench.core.task_type import NO_LABEL
from workbench.runs.tables import read_run_data

PAGES = ("runs", "token_flow", "scorers", "agreement", "speed", "data", "export")


@pytest.fixture(scope="module")
def labels_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("labels") / "runs"
    shutil.copytree(finished_tiny_labels(tmp_path_factory).folder, root / "feelings")
    return root


@pytest.mark.parametrize("page", PAGES)
def test_no_page_fails(labels_folder: Path, open_page: OpenPage, page: str) -> None:
    chosen = {"run": "feelings", "runs": ["feelings"], "methods": ["dense", "top"]}
    shown = said(check_clean(open_page(labels_folder, page, **chosen)))
    assert "('" not in shown


def test_a_text_is_right_where_all_its_labels_are(labels_folder: Path) -> None:
    predictions = read_run_data(labels_folder / "feelings").predictions
    assert predictions is not None
    rows = predictions.query("split == 'test' and method == 'top'")
    texts = run_texts(predictions, "top", "test")
    assert texts["right"].tolist() == (rows["label"] == rows["predicted"]).tolist()
    assert texts["label"].tolist() == ["|".join(one) or NO_LABEL for one in rows["label"]]
    assert texts["error"].isna().all()


def test_data_lists_texts_that_have_a_label_among_others(
    labels_folder: Path, open_page: OpenPage
) -> None:
    page = check_clean(open_page(labels_folder, "data", run="feelings"))
    assert page.selectbox(key="label").options[1:] == [*LABELS, NO_LABEL]
    page.selectbox(key="label").set_value("joy").run()
    shown = check_clean(page).dataframe[2].value["label"]
    assert set(shown) == {"joy", "anger|joy", "joy|surprise", "anger|joy|surprise"}
    texts = read_run_corpus(read_run_data(labels_folder / "feelings")).texts
    assert len(shown) == len(with_label(texts, "joy")) == 42


def test_texts_without_their_source_keep_their_labels(labels_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(labels_folder / "feelings", tmp_path / "feelings"))
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace("path: ", "path: /gone"))
    accept_changes(folder)
    corpus = read_run_corpus(read_run_data(folder)).corpus
    assert (corpus.task, corpus.labels) == ("multi-label", LABELS)


def test_what_if_compares_the_likeliest_label(labels_folder: Path, open_page: OpenPage) -> None:
    page = open_page(labels_folder, "token_flow", run="feelings", methods=["top"], whatif="1")
    table = check_clean(page).dataframe[-1].value.set_index("what")
    shares = {name: float(table.loc[f"probability of {name}", "before"]) for name in LABELS}
    likeliest = max(shares, key=shares.get)
    metric = next(one for one in page.metric if likeliest in one.label)
    assert float(metric.value) == pytest.approx(shares[likeliest], abs=1e-3)
    there = "|".join(name for name in LABELS if shares[name] >= 0.5) or NO_LABEL
    assert table.loc["prediction", "before"] == there
