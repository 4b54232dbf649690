"""Small score tables written out by hand."""

import numpy as np
import pandas as pd

from workbench.core.score_grid import ScoreGrid, score_grids
from workbench.core.token_scores import TokenScores, to_frame

NAN = np.nan


def record(
    scores: list[list[float]],
    *,
    tokens: tuple[str, ...],
    words: list[int],
    text_id: str = "a",
    window: int = 0,
    scorer: str = "cp",
    method: str = "adapler",
    kept: list[list[bool]] | None = None,
    marks: list[bool] | None = None,
) -> TokenScores:
    return TokenScores(
        scorer, method, text_id, window, tokens, np.array(words), np.array(scores, dtype=float),
        None if kept is None else np.array(kept, dtype=bool),
        None if marks is None else np.array(marks, dtype=bool),
    )  # fmt: skip


def grid(*records: TokenScores) -> ScoreGrid:
    [made] = score_grids(to_frame(records))
    return made


def plain(scores: list[list[float]], text_id: str = "a", **more: object) -> TokenScores:
    """A window of words only between [CLS] and [SEP], which have the score 0.01."""
    n = len(scores[0])
    framed = [[0.01, *row, 0.01] for row in scores]
    tokens = ("[CLS]", *(f"w{i}" for i in range(n)), "[SEP]")
    return record(framed, tokens=tokens, words=[-1, *range(n), -1], text_id=text_id, **more)


def one(frame: pd.DataFrame, **wanted: object) -> pd.Series:
    """The only row with these values."""
    for name, value in wanted.items():
        frame = frame[frame[name] == value]
    assert len(frame) == 1
    return frame.iloc[0]
