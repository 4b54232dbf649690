"""The texts whose prediction flipped against the dense model, word by word.

The counterpart of the examples in AdapLeR (arXiv 2203.08991) and ToP (arXiv 2306.14393) for the
cases that went wrong, which they do not show. The frame has every word of every flipped text with
the layer at whose entry it was dropped, whether it is rationale, and its valence; the table the
first texts of each kind with their rationale and valence words. Shares over all texts:
error_analysis.py.

    python analyses/studies/flipped_texts.py --runs runs/demo --out out
"""

import pandas as pd

from analyses.lib.flipped import compared, flipped_table, valence_rate
from analyses.lib.study import Analysis, over_runs, run_analysis, stacked
from workbench.metrics.outcomes import flipped_words
from workbench.runs.many import RunFolder, Runs

NEEDED = "predicted classes in which dense and a model that drops tokens differ, and scores"
SHOWN = 5


def build(runs: Runs) -> Analysis:
    """Return a row per word, and the table of texts."""
    rate, notes = valence_rate()

    def compute(scores: RunFolder) -> pd.DataFrame:
        return stacked(flipped_words(grid, texts, rate) for grid, texts in compared(scores))

    frame, without = over_runs(runs, compute, NEEDED)
    return Analysis("flipped_texts", frame, (flipped_table(frame, SHOWN),), notes=[*notes, *without])


if __name__ == "__main__":
    run_analysis(build, __doc__)
