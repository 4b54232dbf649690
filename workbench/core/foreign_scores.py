"""Scores of words that another program computed, as the one result type."""

import numpy as np

from workbench.core.documents import Document, mask
from workbench.core.token_scores import TokenScores

EXTERNAL = "external"
"""What a scorer or model is called that nobody names."""


def word_record(
    scorer: str,
    method: str,
    document: Document,
    scores: np.ndarray,
    kept: np.ndarray | None = None,
) -> TokenScores:
    """Return the record of a document whose words, the second text's too, are its tokens.

    Args:
        scorer, method, document: Who scored what.
        scores: (layers, words) float.
        kept: (layers, words) bool: hard predictions; None: there are none.
    """
    words = document.words + document.second
    return TokenScores(
        scorer=scorer,
        method=method,
        text_id=document.id,
        window=0,
        tokens=words,
        word_index=np.arange(len(words)),
        scores=scores,
        kept=kept,
        rationale=None if document.rationale is None else mask(document.rationale, len(words)),
        shares=None if document.shares is None else np.array(document.shares),
        target="as computed elsewhere",
    )
