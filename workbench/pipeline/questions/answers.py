"""What logits answer, and which tokens of a passage are followed through the layers."""

from collections.abc import Sequence

import numpy as np

from workbench.config.questions import QuestionSettings
from workbench.core.questions import Question
from workbench.data.windows.questions import QuestionEncoding
from workbench.metrics.answer_spans import FoundAnswer, find_answers, span_search
from workbench.pipeline.systems.by_layer import Followed

LAYER_QUANTITIES = "answer whole", "answer", "sentence", "passage", "question"
"""What is told of a layer, over the windows that hold an answer: of which share of them all of the
answer goes on, and which share goes on of the answer's tokens, of its sentence's, of the passage's other
tokens (the false positive rate) and of the question's."""


def found_answers(
    questions: Sequence[Question],
    encoding: QuestionEncoding,
    logits: Sequence[np.ndarray],
    settings: QuestionSettings,
) -> list[FoundAnswer]:
    """Return what the logits of all windows answer, in the questions' order.

    Args:
        questions, encoding: Those asked, and their windows.
        logits: (n, 2) of every window.
        settings: Which spans may be answers.
    """
    begins, ends = ([row[:, side] for row in logits] for side in (0, 1))
    return list(find_answers(questions, encoding.facts, begins, ends, span_search(settings)))


def followed_tokens(encoding: QuestionEncoding) -> tuple[list[int], list[Followed]]:
    """Return the numbers of the windows that hold a whole answer, and what is followed in them."""
    chosen = [number for number, facts in enumerate(encoding.facts) if facts.holds_answer]
    groups = []
    for number in chosen:
        facts, window = encoding.facts[number], encoding.windows[number]
        places = np.arange(len(window.input_ids))
        answer = (places >= facts.start) & (places <= facts.end)
        asked = (window.word_index >= 0) & ~facts.in_context
        groups.append((answer, answer, facts.sentence, facts.in_context & ~answer, asked))
    return chosen, [
        Followed(name, [group[column] for group in groups], whole=name == "answer whole")
        for column, name in enumerate(LAYER_QUANTITIES)
    ]
