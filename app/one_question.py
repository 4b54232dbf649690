"""One question, of those judged or typed: what systems answer, and the way of its tokens."""

from pathlib import Path
from typing import Any

import streamlit as st

from app.choices import choice, forget_on_change, typed
from app.data.asked import (
    answer_frame,
    gold,
    is_judged,
    judged_questions,
    question_rows,
    typed_question,
    verdict,
    window_name,
)
from app.data.downloads import View
from app.data.flows import live_flow
from app.data.systems import SystemsData
from app.live_systems import MOST, TYPED, drawn_flows, followed_systems, picked, said_by_each
from app.screen import show_table
from app.shared import cached, plain
from workbench.core.questions import Question
from workbench.inference.token_flow import QuestionFlow, question_flow
from workbench.metrics.question_answering import Rules
from workbench.runs.answers import AnswersFolder
from workbench.runs.systems import System

CAPTION = (
    "What the systems answer over all windows. Score: start logit plus end logit of the best span; no "
    "answer scores the least of [CLS] over the windows. FLOPs: of this question, without padding."
)


def question_views(data: SystemsData, opened: AnswersFolder) -> list[View]:
    """Let the reader choose systems and a question, and draw its way; returns what is shown.

    Args:
        data: What was read of the folder.
        opened: The folder.
    """
    systems = followed_systems(data)
    source = choice("Question", ["judged", "typed"], key="source", help="Of the judged ones, or yours.")
    found = _typed() if source == "typed" else _judged(opened, systems)
    if found is None or not systems:
        return []
    question, settings = found, opened.config.questions

    def run(model: Any, tokenizer: Any) -> QuestionFlow:
        return question_flow(model, tokenizer, question, model.asked or settings)

    flows = said_by_each(opened, systems, "answers", question, run)
    return _shown(question, flows, settings.rules) if flows else []


@cached(2, "Reading the questions …")
def _questions(folder: Path) -> dict[str, Question]:
    return judged_questions(AnswersFolder(folder))


def _judged(opened: AnswersFolder, systems: list[System]) -> Question | None:
    """Let the reader pick one of the judged questions; what is right is what the first system said."""
    questions = _questions(opened.folder)
    said = opened.said(systems[0].name) if systems else None
    rows = question_rows(questions, said or {}, opened.config.questions.rules)
    name = picked(rows, "question", "question", systems[0].title if systems else "")
    return None if name is None else questions[name]


def _typed() -> Question | None:
    question = typed("Your question", key="asked_question", most=2000, help=TYPED)
    context = typed("Passage", key="asked_context", lines=6, most=MOST, help=TYPED)
    if not question.strip() or not context.strip():
        st.info("Type a question and a passage of at least one word each.")
        return None
    return typed_question(question, context)


def _shown(question: Question, flows: dict[str, QuestionFlow], rules: Rules) -> list[View]:
    """Show the tokens of one window, and what is answered over all of them."""
    if is_judged(question):
        st.markdown(f"**Question:** {plain(question.text)}")
        st.markdown(f"**Gold answer:** {plain(gold(question))}")
    for title, flow in flows.items():
        for note in flow.notes:
            st.warning(plain(f"{title}: {note}"))
    number = _window(question, flows)
    drawn = drawn_flows(
        [
            live_flow(title, flow.windows[number : number + 1], verdict(flow, question, rules))
            for title, flow in flows.items()
            if number < len(flow.windows)
        ],
        "the gold answer",
    )
    view = View("question", CAPTION, answer_frame(flows, question, rules))
    show_table(view.formatted, "The answers of the chosen systems")
    st.caption(plain(CAPTION))
    return [drawn, view]


def _window(question: Question, flows: dict[str, QuestionFlow]) -> int:
    """Let the reader choose a window where there are several; first is the one with the best span."""
    about = (question.id, question.text, question.context)
    forget_on_change("window_of", about, ["window"])
    first = next(iter(flows.values()))
    if len(first.windows) == 1:
        return 0
    help = "The passage is longer than a window. At first the one with the first system's best span."
    return choice(
        "Window", range(len(first.windows)), key="window", default=first.best_window, help=help,
        format=lambda number: window_name(number, flows),
    )  # fmt: skip
