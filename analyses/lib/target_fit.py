"""How well contribution predictors match the saliency that they are trained on."""

import numpy as np
import pandas as pd

from workbench.core.score_grid import ScoreGrid, common_windows
from workbench.errors import InputError
from workbench.metrics.stats.correlations import masked_spearman
from workbench.metrics.stats.shares import share
from workbench.metrics.stats.text_means import text_means

COLUMNS = (
    "scorer", "method", "layer", "target", "target_method", "target_layer", "split", "metric", "value",
    "ci_low", "ci_high", "n",
)  # fmt: skip
METRICS = ("kl", "kl_uniform", "spearman")
_SMALLEST = 1e-12
"""Predicted shares below this count as this: float32 rounds small ones to 0."""


def target_fit(
    predictor: ScoreGrid,
    saliency: ScoreGrid,
    split: str,
    *,
    target_layer: int | None = 0,
    bootstrap: int = 1000,
) -> pd.DataFrame:
    """Compare each layer of `predictor` with saliency, columns of `COLUMNS`.

    Both are divided by their sum over the tokens that still enter the layer, special ones included, as
    in training. Metrics: `kl`, the divergence KL(target || predictor) in nats; `kl_uniform`, that of
    equal shares, which a predictor that learnt nothing has; `spearman`, the rank correlation. A layer
    that one token enters has no value. A text's value is the mean over its windows, intervals are 95 %.

    Args:
        predictor: Scores of the contribution predictors.
        saliency: The target.
        split: Name of the texts' split.
        target_layer: Layer of the target (0: the embeddings, which supervise every layer in AdapLeR);
            None: the layer itself.
        bootstrap: Resamples of the intervals; 0: none.

    Raises:
        InputError: Negative scores, or the two share no window, saw different tokens or, with
            `target_layer` None, differ in depth.
    """
    ours, theirs = common_windows(predictor, saliency)
    if target_layer is None and ours.scores.shape[1] != theirs.scores.shape[1]:
        raise InputError(f"{predictor.scorer} and {saliency.scorer} have different numbers of layers")
    target = theirs.scores if target_layer is None else theirs.scores[:, [target_layer]]
    target = np.broadcast_to(target, ours.scores.shape)
    alive = ~np.isnan(ours.scores) & ~np.isnan(target)
    for name, scores in ((predictor.scorer, ours.scores), (saliency.scorer, target)):
        if (scores < 0).any():
            raise InputError(f"{name}: negative scores are no shares")
    alive &= (alive.sum(axis=2) > 1)[..., None]
    shares, aim = shares_of(ours.scores, alive), shares_of(target, alive)
    equal = shares_of(np.ones(alive.shape), alive)
    measures = (divergence(aim, shares), divergence(aim, equal), masked_spearman(aim, shares, alive))
    values = np.stack(measures, axis=-1)
    rows = [
        (predictor.scorer, predictor.method, layer, saliency.scorer, saliency.method,
         layer if target_layer is None else target_layer, split, METRICS[metric], *value)
        for (layer, metric), value in text_means(values, ours.text_ids, bootstrap, seed=0)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def shares_of(scores: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """Divide `scores` (..., n) by their sum over `alive`; 0 elsewhere, NaN where that sum is 0."""
    part = np.where(alive, scores, 0.0)
    return share(part, part.sum(axis=-1, keepdims=True))


def divergence(target: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return KL(target || shares) in nats along the last axis; both sum to 1, and 0 log 0 is 0."""
    ratio = np.where(target > 0, target, 1.0) / np.maximum(shares, _SMALLEST)
    return (target * np.log(ratio)).sum(axis=-1)
