"""Which tokens of questions and passages are followed through the layers."""

import numpy as np

from workbench.data.windows.questions import QuestionEncoding
from workbench.pipeline.systems.by_layer import Followed

LAYER_QUANTITIES = "answer whole", "answer", "sentence", "passage", "question"
"""What is told of a layer, over the windows that hold an answer: of which share of them all of the
answer goes on, and which share goes on of the answer's tokens, of its sentence's, of the passage's other
tokens (the false positive rate) and of the question's."""


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
