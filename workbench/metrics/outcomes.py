"""Texts whose prediction changed against a reference model, and what was dropped in them."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from workbench.core.score_grid import ScoreGrid
from workbench.core.sub_words import piece_text
from workbench.core.task_type import answer_text
from workbench.errors import InputError
from workbench.metrics import schemas
from workbench.metrics.stats.shares import share
from workbench.metrics.stats.text_means import text_means

OUTCOMES = ("right in both", "lost", "gained", "wrong in both")
"""lost: the reference is right and the method wrong; gained: the other way round."""
MEASURES = ("dropped", "layers")
Rate = Callable[[str], float]
"""A word's valence; 0 for a word that is not rated."""


def outcomes(predictions: pd.DataFrame, method: str, reference: str = "dense") -> pd.DataFrame:
    """Return by text id: label, both predictions, and the outcome (one of `OUTCOMES`).

    Args:
        predictions: One split with the columns method, text_id, label and predicted; texts that only one
            of the two predicted are left out.
        method: Whose predictions; InputError where they are not there.
        reference: What they are compared with; likewise.
    """
    parts = []
    for name in (reference, method):
        rows = predictions[predictions["method"].astype(str) == name]
        if rows.empty:
            raise InputError(f"no predictions of {name!r} to compare")
        parts.append(rows.set_index("text_id")[["label", "predicted"]].map(answer_text))
    both = parts[0].rename(columns={"predicted": "reference"}).join(parts[1]["predicted"], how="inner")
    before, after = both["reference"] == both["label"], both["predicted"] == both["label"]
    both["outcome"] = np.select(
        [before & after, before & ~after, ~before & after], OUTCOMES[:3], OUTCOMES[3]
    )
    return both


def dropped_by_outcome(
    grid: ScoreGrid,
    outcome: Mapping[str, str],
    split: str,
    *,
    groups: Mapping[str, np.ndarray],
) -> pd.DataFrame:
    """Return what a dropping model did to groups of tokens, by the texts' outcome: `schemas.OUTCOMES`.

    Measures: `dropped`, the share of a group's tokens that do not reach the last layer; `layers`, the
    mean share of the layers that a token takes part in. A window without a token of a group has no value
    for it; a text's value is the mean over its windows, intervals are 95 % over texts.

    Args:
        grid: The model's scores; InputError for a grid without a kept-mask.
        outcome: By text id one of `OUTCOMES`.
        split: Name for the column.
        groups: Named (W, n) bools.
    """
    if grid.kept is None:
        raise InputError(f"{grid.method}: {grid.scorer} has no kept tokens to look at")
    per_token = np.stack([~grid.kept[:, -1], grid.kept.mean(axis=1)], axis=-1)
    values = np.stack(
        [
            share((members[..., None] * per_token).sum(axis=1), members.sum(axis=1)[:, None])
            for members in groups.values()
        ],
        axis=1,
    )
    names = list(groups)
    rows: list[tuple[object, ...]] = []
    for name in OUTCOMES:
        chosen = [row for row, text_id in enumerate(grid.text_ids) if outcome.get(text_id) == name]
        texts = [grid.text_ids[row] for row in chosen]
        for (group, measure), value in text_means(values[chosen], texts) if chosen else ():
            rows.append((grid.method, name, names[group], MEASURES[measure], split, *value))
    return schemas.OUTCOMES.frame(rows)


def rated_words(grid: ScoreGrid, rate: Rate) -> np.ndarray:
    """Return (W, n) float: the rating of each token's word; 0 for special tokens and padding."""
    ratings = np.zeros(grid.tokens.shape)
    for row in range(len(grid.tokens)):
        for word, places in words_of(grid, row):
            ratings[row, places] = rate(word)
    return ratings


def words_of(grid: ScoreGrid, row: int) -> list[tuple[str, np.ndarray]]:
    """Return the words of one window put together from sub-words, each with its tokens' places."""
    numbers = grid.word_index[row]
    words = []
    for number in dict.fromkeys(numbers[numbers >= 0].tolist()):
        places = np.flatnonzero(numbers == number)
        words.append(("".join(piece_text(str(token)) for token in grid.tokens[row, places]), places))
    return words


def flipped_words(grid: ScoreGrid, results: pd.DataFrame, rate: Rate | None) -> pd.DataFrame:
    """Return every word of the texts that flipped (lost or gained), columns of `schemas.FLIPPED_WORDS`.

    `left_layer` is the layer at whose entry the last of the word's sub-words was dropped, NA if one of
    them reached the last layer; `rationale` is NA without annotation.

    Args:
        grid: The model's scores; InputError for a grid without a kept-mask.
        results: As `outcomes` gives them.
        rate: Gives a word's valence; None: NaN.
    """
    if grid.kept is None:
        raise InputError(f"{grid.method}: {grid.scorer} has no kept tokens to look at")
    flipped = results[results["outcome"].isin(OUTCOMES[1:3])].to_dict("index")
    rows: list[tuple[object, ...]] = []
    for row, text_id in enumerate(grid.text_ids):
        if text_id not in flipped:
            continue
        label, reference, predicted, outcome = flipped[text_id].values()
        for word, places in words_of(grid, row):
            alive = grid.kept[row][:, places].any(axis=1)
            left = pd.NA if alive.all() else int(np.flatnonzero(~alive)[0])
            marked = pd.NA if grid.marks is None else bool(grid.marks[row, places].any())
            rating = np.nan if rate is None else rate(word)
            rows.append(
                (grid.method, outcome, text_id, label, reference, predicted, word, left, marked, rating)
            )
    return schemas.FLIPPED_WORDS.frame(rows)
