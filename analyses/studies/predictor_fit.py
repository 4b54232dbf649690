"""How well AdapLeR's contribution predictors match the saliency that they are trained on, by layer.

AdapLeR (arXiv 2203.08991) reports no such table; it is the KL term of its loss, looked at on test
texts. Two targets: the saliency of the embeddings, which supervises every layer, and that of the
layer itself. What differs from training: the predicted class's logit instead of the gold label's,
one dense model instead of the mean of its three best checkpoints, tokens really gone instead of
softly masked. A predictor that gives every living token the same share has the divergence of the
line `equal shares`.

    python analyses/studies/predictor_fit.py --runs runs/demo --out out
"""

import pandas as pd

from analyses.lib.drawing import draw_by_layer
from analyses.lib.study import Analysis, by_run, over_runs, run_analysis, stacked
from analyses.lib.target_fit import target_fit
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


if __name__ == "__main__":
    run_analysis(build, __doc__)
