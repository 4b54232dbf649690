"""Tokens, words and sentences of a window as groups of tokens."""

import numpy as np
from transformers import PreTrainedTokenizerBase

from workbench.attribution.options import Granularity
from workbench.core.documents import Window
from workbench.core.sub_words import piece_text
from workbench.data.windows.token_texts import token_texts

STOPS = frozenset(".!?")
"""A word of these characters ends a sentence."""


def groups(window: Window, tokenizer: PreTrainedTokenizerBase, granularity: Granularity) -> np.ndarray:
    """Return each token's group (n,) int64, from 0 in order of appearance; -1 for special tokens.

    Args:
        window: The text.
        tokenizer: The model's, which tells where sentences end.
        granularity: What a group is. A sentence ends after a word that is one of . ! ? or several of
            them, and where the second text begins.
    """
    words = window.word_index
    inside = words >= 0
    first = np.append(True, words[1:] != words[:-1])
    starts = inside if granularity == "token" else inside & first
    if granularity == "sentence":
        starts = starts & _begins_sentence(window, tokenizer)
    return np.where(inside, np.cumsum(starts) - 1, -1)


def pool(
    scores: np.ndarray, window: Window, tokenizer: PreTrainedTokenizerBase, granularity: Granularity
) -> np.ndarray:
    """Give every remaining token the sum over its group's scores; special tokens keep their own.

    Args:
        scores: (layers, n), NaN where a token has no score.
        window, tokenizer, granularity: As in `groups`.
    """
    group = groups(window, tokenizer, granularity)
    inside = group >= 0
    together = group[inside][:, None] == group[inside]
    by_token = scores[:, inside].astype(np.float64)
    pooled = scores.copy()
    pooled[:, inside] = np.where(np.isnan(by_token), np.nan, np.nan_to_num(by_token, nan=0.0) @ together)
    return pooled


def _begins_sentence(window: Window, tokenizer: PreTrainedTokenizerBase) -> np.ndarray:
    """(n,) bool: the first token, and those whose predecessor closes a sentence or is special."""
    texts = [piece_text(token) for token in token_texts(window, tokenizer)]
    closes = np.array([text != "" and set(text) <= STOPS for text in texts])
    after = closes[:-1] | (window.word_index[:-1] < 0)
    # A stop right after a stop begins no sentence: of several the last one ends it.
    follows_stop = np.append(False, closes[:-1])
    return np.append(True, after) & ~(closes & follows_stop)
