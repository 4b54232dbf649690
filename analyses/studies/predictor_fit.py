"""How well AdapLeR's contribution predictors match the saliency that they are trained on, by layer.

AdapLeR (arXiv 2203.08991) reports no such table; it is the KL term of its loss, looked at on test
texts. Two targets: the saliency of the embeddings, which supervises every layer, and that of the
layer itself. What differs from training: the predicted class's logit instead of the gold label's,
one dense model instead of the mean of its three best checkpoints, tokens really gone instead of
softly masked. A predictor that gives every living token the same share has the divergence of the
line `equal shares`.

    python analyses/studies/predictor_fit.py --runs runs/demo --out out
"""

import numpy as np
import pandas as pd

from analyses.lib.by_layer import draw_by_layer
from analyses.lib.study import Analysis, by_run, over_runs, run_analysis, stacked
from workbench.core.score_grid import ScoreGrid, common_windows
from workbench.errors import InputError
from workbench.metrics.stats.correlations import masked_spearman
from workbench.metrics.stats.shares import share
from workbench.metrics.stats.text_means import text_means
from workbench.reporting.tables.by_layer import layer_table
from workbench.runs.many import RunFolder, Runs

LABELS = {
    ("kl", 0): ("kl", "predictors, embedding saliency", "cp"),
    ("kl_uniform", 0): ("kl", "equal shares, embedding saliency", "uniform"),
    ("kl", 1): ("kl", "predictors, the layer's own saliency", "saliency"),
    ("kl_uniform", 1): ("kl", "equal shares, the layer's own saliency", "random"),
    ("spearman", 0): ("spearman", "predictors, embedding saliency", "cp"),
    ("spearman", 1): ("spearman", "predictors, the layer's own saliency", "saliency"),
}
"""(metric, own layer's target?) -> panel, label, style."""
PANELS = (("kl", "KL(saliency || predictor), nats"), ("spearman", "Spearman's rho with saliency"))
HEADINGS = {"run": "run", "panel": "metric", "label": "of, target"}
CAPTION = (
    "Contribution predictors against saliency, over the tokens alive at a layer's entry, special "
    "ones included: divergence (lower is better) and rank correlation. n: texts with at least two "
    "such tokens."
)


def build(runs: Runs) -> Analysis:
    """Draw two panels by layer per run, and put the same into a table."""
    frame, notes = over_runs(runs, compute, "scores of cp and saliency")
    figures = {
        suffix: draw_by_layer(rows, PANELS, by="panel", limits=None)
        for suffix, rows in by_run(frame).items()
    }
    table = layer_table("predictor_fit", CAPTION, frame, HEADINGS)
    return Analysis("predictor_fit", frame, (table,), figures, notes)


def compute(scores: RunFolder) -> pd.DataFrame:
    """Compare with both targets; empty where the run has not both scorers."""
    saliency = [grid for grid in scores.grids("saliency") if grid.method == "dense"]
    parts = []
    for predictor in scores.grids("cp") if saliency else ():
        for number, layer in enumerate((0, None)):
            part = target_fit(predictor, saliency[0], scores.split, target_layer=layer)
            names = [LABELS[metric, number] for metric in part["metric"]]
            parts.append(part.join(pd.DataFrame(names, columns=["panel", "label", "series"])))
    return stacked(parts)


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
    seed: int = 0,
) -> pd.DataFrame:
    """Compare each layer of `predictor` with saliency, columns of `COLUMNS`.

    Both are divided by their sum over the tokens that still enter the layer, special ones included, as
    in training. Metrics: `kl`, the
    divergence KL(target || predictor) in nats; `kl_uniform`, the same of equal shares, which a
    predictor that learnt nothing has; `spearman`, the rank correlation over the same tokens. A window's
    layer that one token enters has no value. A text's value is the mean over its windows, intervals are
    95 % over texts.

    Args:
        predictor: Scores of the contribution predictors.
        saliency: The target.
        split: Name of the texts' split.
        target_layer: Layer of the target (0: the embeddings, which supervise every layer in AdapLeR);
            None: the layer itself.
        bootstrap: Resamples of the intervals; 0: none.
        seed: Of the resamples.

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
    values = _values(shares_of(ours.scores, alive), shares_of(target, alive), alive)
    rows = [
        (predictor.scorer, predictor.method, layer, saliency.scorer, saliency.method,
         layer if target_layer is None else target_layer, split, METRICS[metric], *value)
        for (layer, metric), value in text_means(values, ours.text_ids, bootstrap, seed)
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


def _values(shares: np.ndarray, target: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """(windows, layers, len(METRICS))."""
    equal = shares_of(np.ones(alive.shape), alive)
    measures = (
        divergence(target, shares),
        divergence(target, equal),
        masked_spearman(target, shares, alive),
    )
    return np.stack(measures, axis=-1)


if __name__ == "__main__":
    run_analysis(build, __doc__)
