"""A window of three tokens that lose two of them, as a record."""

import numpy as np

from workbench.core.token_scores import TokenScores


def three_tokens(**more) -> TokenScores:
    """Return the record with some fields replaced."""
    scores = np.array([[0.2, 0.5, 0.3], [0.6, np.nan, 0.4]])
    kept = np.array([[True, False, True], [True, False, False]])
    fields = {
        "scorer": "cp", "method": "adapler", "text_id": "t", "window": 0,
        "tokens": ("[CLS]", "good", "film"), "word_index": np.array([-1, 0, 1]),
        "scores": scores, "kept": kept,
        "rationale": np.array([False, True, False]),
    }  # fmt: skip
    return TokenScores(**(fields | more))
