"""Answers and tags: stored numbers, and flows that are the model's own."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.data.downloads import View
from tests.helpers.app_pages import OpenPage, check_clean, figures, said, values_of
from workbench.pipeline.questions.job import QuestionsJob
from workbench.pipeline.tagging.job import TaggingJob
from workbench.runs.systems import System

PAGE = "answers_and_tags"
HOSTILE = "<b>x</b> **a**"


def views(page: AppTest) -> dict[str, View]:
    """What the page shows, as the Export page has it."""
    return {view.name: view for view in page.session_state["screen"].views}


def drawn(page: AppTest) -> pd.DataFrame:
    """The numbers behind the flow."""
    return views(page)["token-flow"].frame


def kept(frame: pd.DataFrame, name: str) -> np.ndarray:
    """(layers, n): what the flow of this name shows as passed on."""
    rows = frame[frame["flow"].str.startswith(name)]
    alive = rows.pivot(index="layer", columns="token_index", values="state")
    return (alive == "alive").to_numpy()


def test_runs_lists_the_folders(systems_root: Path, open_page: OpenPage) -> None:
    page = open_page(systems_root, "runs")
    assert not page.exception
    listed = page.dataframe[0].value.set_index("run")
    assert listed["kind"].to_dict() == {"asked": "answers", "tagged": "tags"}
    assert listed["state"].tolist() == ["finished"] * 2
    assert "Answers and tags" in said(page)


@pytest.mark.parametrize(("name", "kind"), [("asked", "answers"), ("tagged", "tags")])
def test_the_tables_are_the_stored_frames(
    systems_root: Path, open_page: OpenPage, name: str, kind: str
) -> None:
    page = check_clean(open_page(systems_root, PAGE, folder=name))
    # Streamlit would show a string that stands alone as text.
    assert len(page.markdown) == (2 if name == "asked" else 0)
    frame = pd.read_parquet(systems_root / name / "metrics" / f"{kind}.parquet")
    f1 = frame[frame["metric"] == "f1"]
    shown = page.dataframe[0].value
    assert shown["model"].tolist() == f1["system"].tolist() == ["dense", "ToP 0.3"]
    assert [cell.rstrip("*") for cell in shown["F1 %"]] == [
        f"{100 * value:.1f} [{100 * low:.1f}, {100 * high:.1f}]"
        for value, low, high in f1[["value", "ci_low", "ci_high"]].itertuples(index=False)
    ]
    shown_views = views(page)
    layers = pd.read_parquet(systems_root / name / "metrics" / f"{kind}_by_layer.parquet")
    pd.testing.assert_frame_equal(shown_views[f"{kind}_by_layer"].frame, layers)
    usual = {"asked": ["answer", "sentence", "passage"], "tagged": ["entities", "other words"]}[name]
    assert page.multiselect(key="quantities").value == usual
    lines = {trace["name"]: trace for trace in figures(page)[0]["data"]}
    assert list(lines) == [f"ToP 0.3: {quantity}" for quantity in usual]
    for quantity in usual:
        values = layers[layers["quantity"] == quantity].sort_values("layer")["value"]
        np.testing.assert_allclose(values_of(lines[f"ToP 0.3: {quantity}"]["y"]), 100 * values)
    assert ("answers_plausibility_answer" in shown_views) == (name == "asked")
    assert len(page.get("download_button")) == len(shown_views)


def test_plausibility_by_what_scorers_are_compared_with(systems_root: Path, open_page: OpenPage) -> None:
    page = check_clean(open_page(systems_root, PAGE, folder="asked"))
    stored = pd.read_parquet(systems_root / "asked" / "metrics" / "answers_plausibility.parquet")
    keys = ["marks", "scorer", "method", "metric", "layer"]
    saliency = stored.set_index(keys)["value"]["answer", "saliency", "dense", "ap", 0]
    (shown,) = [part.value for part in page.dataframe if "scorer" in part.value]
    row = shown[(shown["scorer"] == "saliency") & (shown["model"] == "dense")].iloc[0]
    assert row["L0"].startswith(f"{saliency:.3f}")
    page.selectbox(key="marks").set_value("sentence").run()
    name = "answers_plausibility_sentence"
    assert "the tokens of the sentence" in views(check_clean(page))[name].caption


def test_a_question_flows_as_through_the_model(
    systems_root: Path, open_page: OpenPage, asked_job: QuestionsJob
) -> None:
    question, encoding = asked_job.questions.splits["dev"][0], asked_job.encodings["dev"]
    answers = json.loads((systems_root / "asked" / "answers" / "top-0.3.json").read_text())
    model, systems = asked_job.model(System("top", 0.3)), ["top-0.3", "dense"]
    page = open_page(systems_root, PAGE, folder="asked", question=question.id, systems=systems)
    row = views(check_clean(page))["question"].frame.set_index("system").loc["ToP 0.3"]
    assert row["answer"] == answers[question.id]
    assert page.selectbox(key="window").value == row["window"] - 1
    own = [n for n, facts in enumerate(encoding.facts) if facts.question_id == question.id]
    assert len(own) == 2
    for number, at in enumerate(own):
        page.selectbox(key="window").set_value(number).run()
        frame = drawn(check_clean(page))
        traces = model([encoding.windows[at]], execution="masked").traces
        alive = np.stack([trace.passed.alive[0].numpy() for trace in traces])
        np.testing.assert_array_equal(kept(frame, "ToP 0.3"), alive)
        assert kept(frame, "dense").all()
        first = frame[(frame["flow"] == "dense") & (frame["layer"] == 0)]
        np.testing.assert_array_equal(
            first["rationale"].to_numpy(dtype=bool), encoding.windows[at].rationale
        )
        assert page.query_params["window"] == str(number)


def test_another_question_starts_with_its_best_window(systems_root: Path, open_page: OpenPage) -> None:
    page = check_clean(open_page(systems_root, PAGE, folder="asked", window="1", systems=["top-0.3"]))
    assert page.selectbox(key="window").value == 1
    for option in page.selectbox(key="question").options[1:3]:
        page.selectbox(key="question").set_value(option.rpartition("(")[2].rstrip(")")).run()
        best = views(check_clean(page))["question"].frame["window"].iloc[0]
        assert page.selectbox(key="window").value == best - 1


def test_questions_are_found_by_words_and_outcome(
    systems_root: Path, open_page: OpenPage, asked_job: QuestionsJob
) -> None:
    page = open_page(systems_root, PAGE, folder="asked", systems=["dense"])
    dev = asked_job.questions.splits["dev"]
    word = dev[3].text.partition(" ")[0]
    page.text_input(key="find").set_value(f"{word} Q").run()
    ids = [option.rpartition("(")[2].rstrip(")") for option in page.selectbox(key="question").options]
    assert ids == [one.id for one in dev if one.text.startswith(word)]
    page.text_input(key="find").set_value("no question has this").run()
    assert "No question fits" in said(check_clean(page))
    assert len(page.dataframe) >= 2
    page.text_input(key="find").set_value("").run()
    answers = json.loads((systems_root / "asked" / "answers" / "dense.json").read_text())
    wrong = [one.id for one in dev if answers[one.id] not in {gold.text for gold in one.answers}]
    page.selectbox(key="outcome").set_value("wrong").run()
    options = page.selectbox(key="question").options
    assert [option.rpartition("(")[2].rstrip(")") for option in options] == wrong


def test_a_typed_question_is_answered_live(
    systems_root: Path, open_page: OpenPage, asked_job: QuestionsJob
) -> None:
    page = open_page(systems_root, PAGE, folder="asked", source="typed", systems=["dense"])
    assert "Type a question and a passage" in said(check_clean(page))
    page.text_input(key="asked_question").set_value("  ").run()
    page.text_area(key="asked_context").set_value("a b c <b>d</b> e").run()
    assert "Type a question and a passage" in said(check_clean(page))
    page.text_input(key="asked_question").set_value(HOSTILE).run()
    shown = check_clean(page).dataframe[-1].value
    said_at_the_end = [t["text"] for t in figures(page)[-1]["data"] if t["name"] == "prediction"]
    assert said_at_the_end == [[f"  “{shown['answer'].item()}”"]]
    assert shown["exact match"].tolist() == ["–"]
    frame = drawn(page)
    assert {"[CLS]", "x", "a", "b"} <= set(frame["token"])
    assert frame["rationale"].isna().all()
    for part in (*page.markdown, *page.caption):
        assert not part.proto.allow_html
        assert "<b>" not in part.value.replace("\\<", "")
    known = asked_job.questions.splits["dev"][0]
    page.text_input(key="asked_question").set_value(known.text).run()
    page.text_area(key="asked_context").set_value(known.context).run()
    answers = json.loads((systems_root / "asked" / "answers" / "dense.json").read_text())
    assert check_clean(page).dataframe[-1].value["answer"].tolist() == [answers[known.id]]


@pytest.mark.parametrize(
    ("question", "context", "told"),
    [
        ("a q", "ab " * 66_000, "and at most 400 are run"),
        ("a " * 30, "b c d", "leaves 0 of 24 tokens to its passage"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence(
    systems_root: Path, open_page: OpenPage, question: str, context: str, told: str
) -> None:
    page = open_page(systems_root, PAGE, folder="asked", source="typed", systems=["dense"])
    page.session_state["asked_question"], page.session_state["asked_context"] = question, context
    page.run()
    assert not page.exception
    assert told in page.error[0].value.replace("\\", "")
    assert page.dataframe[0].value["model"].tolist() == ["dense", "ToP 0.3"]


def test_a_tagged_text_flows_as_through_the_model(
    systems_root: Path, open_page: OpenPage, tagged_job: TaggingJob
) -> None:
    answers = json.loads((systems_root / "tagged" / "tags" / "top-0.3.json").read_text())
    model = tagged_job.model(System("top", 0.3))
    text = next(one for one in tagged_job.texts.splits["test"] if "B-V" in one.tags)
    page = check_clean(open_page(systems_root, PAGE, folder="tagged", tagged=text.document.id))
    shown = page.dataframe[-1].value
    assert shown["word"].tolist() == list(text.document.words)
    assert shown["gold"].tolist() == list(text.tags)
    assert shown["tag by ToP 0.3"].tolist() == answers[text.document.id]
    windows = [one for one in tagged_job.windows("test") if one.text_id == text.document.id]
    alive = []
    for number, window in enumerate(windows):
        traces = model([window], execution="masked").traces
        # Special tokens between windows are left out.
        alive.append(
            np.stack([trace.passed.alive[0].numpy() for trace in traces])[
                :, (1 if number else 0) : (None if window is windows[-1] else -1)
            ]
        )
    frame = drawn(page)
    both = np.concatenate(alive, axis=1)
    assert kept(frame, "ToP 0.3").shape[0] == both.shape[0]
    first = frame[(frame["flow"].str.startswith("ToP")) & (frame["layer"] == 0)]
    marked = [t for t, m in zip(first["token"], first["rationale"], strict=True) if m]
    assert marked == [word for word, tag in zip(text.document.words, text.tags, strict=True)
                      if tag != "O"]  # fmt: skip
    page = check_clean(open_page(systems_root, PAGE, folder="tagged", source="typed"))
    assert "Type a text of at least one word" in said(page)
    page.text_area(key="typed").set_value("x a e <b>").run()
    shown = check_clean(page).dataframe[-1].value
    assert "gold" not in shown
    assert shown["word"].tolist() == ["x", "a", "e", "<", "b", ">"]
