"""The questions that a folder of answers is judged by, and what models answer to one of them."""

from collections.abc import Mapping

import pandas as pd

from workbench.core.questions import Question
from workbench.data.questions import configured_questions
from workbench.inference.token_flow import QuestionFlow
from workbench.metrics.question_answering import Rules, exact_match_and_f1
from workbench.runs.answers import AnswersFolder


def judged_questions(opened: AnswersFolder) -> dict[str, Question]:
    """Return the judged questions by id, read from their source; InputError where that cannot be."""
    return {one.id: one for one in configured_questions(opened.config).splits["dev"]}


def question_rows(
    questions: Mapping[str, Question], said: Mapping[str, str], rules: Rules
) -> pd.DataFrame:
    """Return a row per question: id, text, and right (boolean: exact match; missing without an answer).

    Args:
        questions: By id.
        said: A system's answers by id.
        rules: How answers are compared.
    """
    right = [
        bool(worth(said[name], question, rules)[0]) if name in said else pd.NA
        for name, question in questions.items()
    ]
    return pd.DataFrame(
        {
            "id": list(questions),
            "text": [one.text for one in questions.values()],
            "right": pd.array(right, dtype="boolean"),
        }
    )


def worth(said: str, question: Question, rules: Rules) -> tuple[float, float]:
    """Return exact match and F1 of an answer.

    Args:
        said: The answer; empty: none.
        question: With what people answered.
        rules: As of `exact_match_and_f1`.
    """
    return exact_match_and_f1(said, [answer.text for answer in question.answers], rules)


def is_judged(question: Question) -> bool:
    """Return whether it is known what the answer is, or that there is none."""
    return bool(question.answers) or question.impossible


def gold(question: Question) -> str:
    """Return what people answered, in words; empty where nobody did."""
    answers = dict.fromkeys(answer.text for answer in question.answers)
    return " | ".join(answers) or ("no answer" if question.impossible else "")


def verdict(flow: QuestionFlow, question: Question, rules: Rules) -> str:
    """Return the answer and whether it is right: `“Ada Lovelace”, right`.

    Args:
        flow: What a model answers.
        question: With what people answered, if anybody did.
        rules: How answers are compared.
    """
    said = f"“{flow.found.text}”" if flow.found.text else "no answer"
    if not is_judged(question):
        return said
    exact, f1 = worth(flow.found.text, question, rules)
    return f"{said}, right" if exact else f"{said}, wrong (F1 {f1:.2f})"


def answer_frame(flows: Mapping[str, QuestionFlow], question: Question, rules: Rules) -> pd.DataFrame:
    """Return a row per system: its answer, what that is worth, its logits, and FLOPs.

    Args:
        flows: By the systems' titles.
        question: With what people answered; `exact match` and `F1` are missing where nobody did.
        rules: How answers are compared.

    Returns:
        Columns system, answer, exact match, F1, FLOPs, dense / own, best span, score (start plus end
        logit), score of no answer, window (of the best span, from 1), windows.
    """
    rows = []
    for title, flow in flows.items():
        best = flow.found.spans[0] if flow.found.spans else None
        exact, f1 = worth(flow.found.text, question, rules) if is_judged(question) else (None, None)
        own, dense = (
            sum(getattr(one, name) for one in flow.windows) for name in ("flops", "flops_dense")
        )
        rows.append(
            {
                "system": title, "answer": flow.found.text or "no answer", "exact match": exact,
                "F1": f1, "FLOPs, dense / own": dense / own, "best span": flow.found.best_text,
                "score": None if best is None else best.score,
                "score of no answer": flow.found.null_score,
                "window": None if best is None else best.window + 1, "windows": len(flow.windows),
            }
        )  # fmt: skip
    frame = pd.DataFrame(rows)
    numbers = ["exact match", "F1", "score"]
    return frame.astype(dict.fromkeys(numbers, "float64") | {"window": "Int64"})


def window_name(number: int, flows: Mapping[str, QuestionFlow]) -> str:
    """Return what a window is called in a list: `2 of 5: gold answer, best span of ToP 0.3`.

    Args:
        number: From 0.
        flows: Of one question, by the systems' titles, at least one.
    """
    facts = next(iter(flows.values())).facts
    held = ["gold answer"] if facts[number].holds_answer else []
    held += [f"best span of {title}" for title, flow in flows.items() if flow.best_window == number]
    about = f": {', '.join(held)}" if held else ""
    return f"{number + 1} of {len(facts)}{about}"


def typed_question(question: str, context: str) -> Question:
    """Return what somebody typed as a question to which no answer is known."""
    return Question("typed", question.strip(), context)
