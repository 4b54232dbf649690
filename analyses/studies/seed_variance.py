"""How much of each result is the seed: runs that differ in nothing else.

No paper's table: AdapLeR and ToP report one number per task. Standard deviation over seeds stands
beside the standard error from the choice of texts, and beside the share of texts on which two seeds
disagree. Runs with the same data and settings (seed and name aside) form a group; others stand
apart.

    python analyses/studies/seed_variance.py --runs runs/seed0 runs/seed1 runs/seed2 --out out
"""

import pandas as pd

from analyses.lib.drawing import draw_seeds
from analyses.lib.study import Analysis, run_analysis
from workbench.reporting.tables.main import QUALITY_NAMES, SPEEDS
from workbench.reporting.tables.over_seeds import (
    primary_metric,
    qualities,
    results,
    seeds_line,
    seeds_note,
)
from workbench.reporting.tables.table import Table
from workbench.reporting.text.wording import decimals, method_name, percent
from workbench.runs.many import Runs

QUANTITIES = {name: (heading, percent) for name, heading in QUALITY_NAMES.items()} | SPEEDS
DIFFERENCES = {"accuracy": ("disagree %", percent), "pearson": ("apart", decimals)}
CAPTION = (
    "Spread over seeds: mean ± standard deviation (n - 1). Texts: standard error, in points, of the "
    "accuracy (of a regression: of Pearson's correlation, by the bootstrap) from the choice of texts "
    "alone. Disagree: percent of the texts that two seeds classify differently. Apart: mean absolute "
    "difference of two seeds' predicted values. A dash: one seed, not measured, or not defined here."
)
SEARCHED = "The comparison searched strengths seed by seed, so its seeds differ in strength, too."


def build(runs: Runs) -> Analysis:
    """Build a row per data set, method and settings."""
    runs.need("predictions")
    frame = results(runs)
    known = {name: how for name, how in QUANTITIES.items() if name in frame}
    quality = qualities(runs, frame).set_index(["data", "variant"])
    rows = []
    for key, cells in frame.groupby(["data", "variant"], sort=False):
        row = {"data": key[0], "method": method_name(key[1])} | seeds_line(cells, known)[1]
        if key in quality.index:
            facts = quality.loc[key]
            heading, write = DIFFERENCES[primary_metric(frame, key[0])]
            row |= {"texts, points": percent(facts["se_texts"]), heading: write(facts["disagreement"])}
            row |= {"seeds": str(facts["seeds"]), "n": str(facts["n"])}
        rows.append(row)
    shown = pd.DataFrame(rows).fillna("–")
    table = Table("seed_variance", CAPTION, shown, shown, ("data", "method"))
    joined = frame.merge(quality.reset_index(), on=["data", "variant", "method"], how="left")
    joined["metric"] = [primary_metric(frame, data) for data in joined["data"]]
    joined["quality"] = [row[row["metric"]] for _, row in joined.iterrows()]
    joined = joined.rename(columns={"n_x": "n", "n_y": "n_over_seeds"})
    notes = [seeds_note(frame, known), *([SEARCHED] if any(run.matched for run in runs.runs) else [])]
    return Analysis("seed_variance", joined, (table,), {"": draw_seeds(joined)}, notes)


if __name__ == "__main__":
    run_analysis(build, __doc__)
