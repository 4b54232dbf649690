"""How well the order of tokens in early layers matches that of the last layer.

What ToP's ranking distillation is for (arXiv 2306.14393, section on ranking-distilled token pruning
and its ablation): attention of early layers ranks tokens badly, the last layer's well. Two
references: the scorer's own last layer, and for ToP's importance the last layer of the dense
model's attention, which is its teacher. What differs: rank correlations and precision at k on test
texts instead of the NDCG-like training loss; special tokens are left out, not [CLS] alone; a
dropped token ranks last. ToP's importance in row l is the attention received in layer l - 1, so its
row l compares with attention's row l - 1.

    python analyses/studies/ranking_quality.py --runs runs/demo --out out
"""

import pandas as pd

from analyses.lib.drawing import draw_by_layer
from analyses.lib.ranking_quality import ranking_quality
from analyses.lib.study import Analysis, by_run, over_runs, run_analysis, stacked
from workbench.reporting.tables.by_layer import layer_table
from workbench.reporting.text.wording import scorers_with_models
from workbench.runs.many import RunFolder, Runs

PANELS = (
    ("spearman", "Spearman's rho with the last layer"),
    ("precision_at_5", "Share of the last layer's first 5 tokens"),
)
HEADINGS = {"run": "run", "metric": "metric", "label": "scorer and reference"}
CAPTION = (
    "Each layer's order of tokens against a last layer's: rank correlations, and the share of the "
    "first k tokens that are among the reference's first k. Special tokens left out, dropped ones "
    "last; n: texts."
)


def build(runs: Runs) -> Analysis:
    """Draw two panels by layer per run, and put all metrics into a table."""
    frame, notes = over_runs(runs, compute, "scores of any scorer")
    figures = {suffix: draw_by_layer(rows, PANELS) for suffix, rows in by_run(frame).items()}
    levels = frame[frame["metric"].str.startswith("precision")].groupby("metric")["chance"]
    for name, chance in levels:
        reach = f"{name.replace('_', ' ')}: {chance.min():.2f} to {chance.max():.2f}"
        notes.append(f"A random order has {reach}, depending on the texts that have a value.")
    if frame["dashed"].any():
        notes.append(
            "ToP's row l is the attention received in layer l - 1: compare attention's row l - 1."
        )
    table = layer_table("ranking_quality", CAPTION, frame, HEADINGS)
    return Analysis("ranking_quality", frame, (table,), figures, notes)


def compute(scores: RunFolder) -> pd.DataFrame:
    """Compare every scorer with its own last layer, and ToP with its teacher."""
    grids = scores.all_grids()
    pairs = [(grid, grid) for grid in grids if grid.has_score.any()]
    teachers = [g for g in grids if (g.scorer, g.method) == ("attention", "dense")]
    pairs += [(grid, teacher) for grid in grids if grid.scorer == "top" for teacher in teachers]
    frame = stacked(ranking_quality(grid, reference, scores.split) for grid, reference in pairs)
    if frame.empty:
        return frame
    other = frame["against"] != frame["scorer"]
    teacher = other.map({True: ", against dense attention", False: ""})
    label = pd.Series(scorers_with_models(frame)) + teacher
    return frame.assign(series=frame["scorer"], label=label, dashed=other)


if __name__ == "__main__":
    run_analysis(build, __doc__)
