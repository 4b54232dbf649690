"""What was dropped in texts whose prediction flipped against the dense model.

No paper's table; AdapLeR (arXiv 2203.08991) and ToP (arXiv 2306.14393) show single examples. By
outcome (right in both, lost, gained, wrong in both): share of all tokens, of rationale tokens and
of words with a strong valence that do not reach the last layer. Valence: mean of VADER's ten
ratings, at least 1.0 in size, either sign; it means something for sentiment only. The texts
themselves: flipped_texts.py.

    python analyses/studies/error_analysis.py --runs runs/demo --out out
"""

import pandas as pd

from analyses.lib.drawing import draw_outcomes
from analyses.lib.flipped import GROUPS, compared, outcome_table, valence_rate
from analyses.lib.study import Analysis, by_run, over_runs, run_analysis, stacked
from workbench.data.rationales.valence import THRESHOLD
from workbench.metrics.outcomes import dropped_by_outcome, rated_words
from workbench.runs.many import RunFolder, Runs

NEEDED = "scores and predicted classes of a model that drops tokens, and of dense"


def build(runs: Runs) -> Analysis:
    """Build a table of all runs, and draw a figure per run."""
    rate, notes = valence_rate()

    def compute(scores: RunFolder) -> pd.DataFrame:
        parts = []
        for grid, texts in compared(scores):
            groups = {"all": grid.inside}
            if grid.marks is not None:
                groups["rationale"] = grid.marks & grid.inside
            if rate is not None:
                groups["valence"] = abs(rated_words(grid, rate)) >= THRESHOLD
            outcome = texts["outcome"].to_dict()
            parts.append(dropped_by_outcome(grid, outcome, scores.split, groups=groups))
        return stacked(parts)

    frame, without = over_runs(runs, compute, NEEDED)
    figures = {
        suffix: draw_outcomes(rows, GROUPS, "dropped before the last layer (%)")
        for suffix, rows in by_run(frame[frame["measure"] == "dropped"]).items()
    }
    return Analysis("error_analysis", frame, (outcome_table(frame),), figures, [*notes, *without])


if __name__ == "__main__":
    run_analysis(build, __doc__)
