"""Faithfulness of predictions of others: what their file says that a model said of altered texts."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import entropy

from workbench.eraser.class_scores import ALTERED, SCORE_KEYS, Scores
from workbench.eraser.matching import Group
from workbench.eraser.pairs import parts_of
from workbench.eraser.prediction import Prediction
from workbench.errors import InputError
from workbench.metrics.faithfulness.table import Columns, summarise
from workbench.metrics.faithfulness.values import aopc
from workbench.metrics.schemas import FAITHFULNESS

REMOVAL = "external"
"""How the tokens were taken away, nobody told."""


def faithfulness(group: Group, split: str, bootstrap: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Return what ERASER's scorer computes of class probabilities, columns of `schemas.FAITHFULNESS`.

    Selection `kept` is the hard rationale, `top-5%` a threshold of `thresholded_scores`, `bins` their
    mean (AOPC), `curve` `tokens_to_flip`, as a share of the tokens of an instance's documents. Drops are
    of the class predicted. A value is an instance's. Raises InputError, naming the line, where only some
    lines have a key or a threshold, for probabilities below 0 and for more tokens than there are.

    Args:
        group: One scorer's predictions at one layer.
        split: Name for the column.
        bootstrap, seed: As of `mean_interval`.
    """
    columns: Columns = {}
    for field in ALTERED:
        if _all_have(group.members, field, SCORE_KEYS[field]):
            altered = [getattr(one, field) for one in group.members]
            columns["kept", field] = _drops(group.members, altered)
            columns |= _divergences(group.members, altered, field)
    if _all_have(group.members, "thresholded", "thresholded_scores"):
        columns |= _thresholded(group.members)
    if _all_have(group.members, "tokens_to_flip", "tokens_to_flip"):
        columns["curve", "flip_point"] = _flip_points(group)
    if not columns:
        return FAITHFULNESS.frame(())
    facts = {"scorer": group.scorer, "method": group.method, "split": split}
    facts |= {"unit": "word", "removal": REMOVAL}
    wide = {key: column[:, None] for key, column in columns.items()}
    # An infinite divergence has no interval.
    with np.errstate(invalid="ignore"):
        return summarise(wide, [group.layer], facts, bootstrap=bootstrap, seed=seed)


def _all_have(members: Sequence[Prediction], field: str, key: str) -> bool:
    have = [getattr(one, field) is not None for one in members]
    if any(have) and not all(have):
        raise InputError(f"{members[have.index(False)].where}: no {key}, which other lines have")
    return all(have)


def _drops(members: Sequence[Prediction], altered: Sequence[Scores]) -> np.ndarray:
    """How much the probability of the class predicted falls, (texts,)."""
    drops = []
    for one, scores in zip(members, altered, strict=True):
        whole, name = one.classification_scores, one.classification
        assert whole is not None  # A line with altered scores has a class and its scores.
        assert name is not None
        drops.append(whole[name] - scores[name])
    return np.array(drops)


def _divergences(members: Sequence[Prediction], altered: Sequence[Scores], field: str) -> Columns:
    """Entropy of the text minus that of the altered one, and KL divergence of the latter from the first.

    Scores count as shares of their sum. Source: ERASER's scorer.
    """
    lost, divergence = [], []
    for one, scores in zip(members, altered, strict=True):
        names = list(one.classification_scores or ())
        whole = np.array([(one.classification_scores or {})[name] for name in names])
        changed = np.array([scores[name] for name in names])
        for values, key in ((whole, "classification_scores"), (changed, SCORE_KEYS[field])):
            if (values < 0).any() or not values.any():
                raise InputError(f"{one.where}: {key} are no probabilities: below 0, or 0 throughout")
        lost.append(entropy(whole) - entropy(changed))
        divergence.append(entropy(changed, whole))
    return {
        ("kept", f"{field}_entropy"): np.array(lost),
        ("kept", f"{field}_kl"): np.array(divergence),
    }


def _thresholded(members: Sequence[Prediction]) -> Columns:
    """The drops at each threshold, and their mean."""
    thresholds = [tuple(at.threshold for at in one.thresholded or ()) for one in members]
    for one, own in zip(members, thresholds, strict=True):
        if own != thresholds[0]:
            raise InputError(
                f"{one.where}: thresholded_scores has other thresholds than the lines before"
            )
    columns: Columns = {}
    for field in ALTERED if thresholds[0] else ():
        points = []
        for place, threshold in enumerate(thresholds[0]):
            altered = [getattr((one.thresholded or ())[place], field) for one in members]
            points.append(_drops(members, altered))
            columns[selection_of(threshold), field] = points[-1]
        columns["bins", f"aopc_{field}"] = aopc(np.stack(points, axis=-1))
    return columns


def selection_of(threshold: float) -> str:
    """Return what the selection at a threshold is called, as in a run's own table."""
    return f"top-{100 * threshold:g}%"


def _flip_points(group: Group) -> np.ndarray:
    points = []
    for one, text in zip(group.members, group.texts, strict=True):
        tokens = sum(part.end - part.start for part in parts_of(text))
        flip = one.tokens_to_flip or 0
        if flip > tokens:
            raise InputError(f"{one.where}: tokens_to_flip is {flip:g}, and there are {tokens} tokens")
        points.append(flip / tokens)
    return np.array(points)
