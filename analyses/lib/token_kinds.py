"""How much of the scores lies on special tokens and punctuation, and when they are dropped."""

import unicodedata

import numpy as np
import pandas as pd

from workbench.core.score_grid import ScoreGrid
from workbench.core.sub_words import CONTINUES, piece_text
from workbench.errors import InputError
from workbench.metrics.stats.shares import share
from workbench.metrics.stats.text_means import text_means

COLUMNS = (
    "scorer", "method", "layer", "kind", "measure", "split", "value", "ci_low", "ci_high", "n",
)  # fmt: skip
KINDS = ("cls", "separator", "punctuation", "word")
MEASURES = ("mass", "tokens", "kept")


def is_punctuation(token: str) -> bool:
    """Tell whether a sub-word token holds punctuation and symbols only (Unicode categories P and S)."""
    letters = piece_text(token) if len(token) > 2 else token
    return bool(letters) and all(unicodedata.category(letter)[0] in "PS" for letter in letters)


def token_kinds(grid: ScoreGrid) -> np.ndarray:
    """Return each token's place in `KINDS`, (W, n) int, -1 on padding.

    The first token of a window is its [CLS]; other tokens without a word are separators. The rest of a
    character that was cut into bytes is of the kind of its first token, a space mark that stands alone
    of the kind of the token after it.
    """
    names, which = np.unique(grid.tokens.astype(str), return_inverse=True)
    marks = np.array([is_punctuation(name) for name in names.tolist()], dtype=bool)
    kinds = np.where(marks[which].reshape(grid.tokens.shape), KINDS.index("punctuation"), 3)
    rest = np.zeros(kinds.shape, dtype=bool)
    rest[:, 1:] = grid.word_index[:, 1:] == grid.word_index[:, :-1]
    rest &= grid.tokens.astype(str) == CONTINUES
    begun = np.maximum.accumulate(np.where(rest, 0, np.arange(kinds.shape[1])), axis=1)
    kinds = np.take_along_axis(kinds, begun, axis=1)
    marked = grid.tokens[:, :-1].astype(str) == ""
    marked &= grid.word_index[:, 1:] == grid.word_index[:, :-1]
    kinds[:, :-1] = np.where(marked, kinds[:, 1:], kinds[:, :-1])
    kinds[grid.word_index < 0] = KINDS.index("separator")
    if kinds.shape[1]:
        kinds[:, 0] = np.where(grid.word_index[:, 0] < 0, KINDS.index("cls"), kinds[:, 0])
    return np.where(grid.valid, kinds, -1)


def kind_shares(grid: ScoreGrid, split: str, *, bootstrap: int = 1000) -> pd.DataFrame:
    """Compute what falls to each of `KINDS` in every layer, columns of `COLUMNS`.

    Measures: `mass`, the share of the layer's scores; `tokens`, the share of the tokens that have one
    (what equal scores would give); `kept`, of the text's own tokens of the kind the share that goes on
    into the layer (only where the model drops tokens and the text has the kind). A text's value is the
    mean over its windows, intervals are 95 % over texts. Layers without scores have only `kept`.

    Args:
        grid: The scores; InputError for negative ones.
        split: Name of the texts' split.
        bootstrap: Resamples of the intervals; 0: none.
    """
    if (grid.scores < 0).any():
        raise InputError(f"{grid.scorer} on {grid.method}: negative scores have no shares")
    kinds = token_kinds(grid)
    alive = ~np.isnan(grid.scores)
    values = np.full((*grid.scores.shape[:2], len(KINDS), len(MEASURES)), np.nan)
    for number in range(len(KINDS)):
        of_kind = (kinds == number)[:, None]
        parts = [
            share(
                np.where(of_kind, np.nan_to_num(grid.scores), 0.0).sum(-1), np.nansum(grid.scores, -1)
            ),
            share((of_kind & alive).sum(-1), alive.sum(-1)),
        ]
        if grid.kept is not None:
            parts.append(share((of_kind & grid.kept).sum(-1), (kinds == number).sum(-1)[:, None]))
        values[:, :, number, : len(parts)] = np.stack(parts, axis=-1)
    rows = [
        (grid.scorer, grid.method, layer, KINDS[kind], MEASURES[measure], split, *value)
        for (layer, kind, measure), value in text_means(values, grid.text_ids, bootstrap, seed=0)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
