"""Quality against speed-up, a point per run and method, a curve per method.

The form of the speed-up-quality curves that AdapLeR (arXiv 2203.08991) and ToP (arXiv 2306.14393)
draw per data set. What differs: the counted axis is unpadded (ToP's is padded; its column is in the
frame); measured speed-up stands beside it; lines are means over seeds, over the speed-ups that all
seeds cover, and begin at the dense model; several data sets give several figures.

    python analyses/speed_quality.py --runs runs/demo --out out
    python analyses/speed_quality.py --runs runs/compared --out out
"""

import pandas as pd

from analyses.lib.study import Analysis, run_analysis
from workbench.errors import InputError
from workbench.reporting.figures.comparison import tradeoff_chart
from workbench.reporting.figures.printing import draw
from workbench.reporting.tables.comparison import area_table
from workbench.reporting.tables.over_seeds import timed_batches
from workbench.reporting.tables.results import primary_metric, results
from workbench.runs.many import Runs

COUNTED = "flops_speedup_unpadded"


def build(runs: Runs) -> Analysis:
    """Per data set: the points of every method, and the area under its curve."""
    frame = results(runs)
    tables, figures, notes = [], {}, []
    for data, own in frame.groupby("data", sort=False):
        points = curve_points(own, primary_metric(own, data))
        if points is None:
            notes.append(f"{data}: no method beside the dense model has a speed-up.")
            continue
        suffix = str(data).replace("/", "-") if frame["data"].nunique() > 1 else ""
        figures[suffix] = draw(tradeoff_chart(points))
        tables.append(area_table(points))
    if not figures:
        raise InputError(f"{' '.join(notes)} Give a run of a method with efficiency metrics.")
    if frame.groupby(["data", "variant"])["seed"].nunique().max() == 1:
        notes.append("One seed per setting: points carry no ±, and an area has no spread.")
    if frame.groupby(["data", "method"])["variant"].nunique().max() == 1:
        notes.append("One strength per method: a curve is the straight line from the dense model.")
    return Analysis("speed_quality", frame, tables, figures, notes)


def curve_points(frame: pd.DataFrame, metric: str) -> pd.DataFrame | None:
    """The columns of `comparison_tables.curve_points` from rows of `results` of one data set; None
    without a point."""
    axes = {"counted": (COUNTED, pd.NA)}
    batches = timed_batches(frame.dropna(axis="columns", how="all"))
    if batches:
        axes["measured"] = (f"speedup_vs_hf_b{batches[-1]}", batches[-1])
    dense = frame[frame["method"] == "dense"].assign(kind="dense")
    parts = []
    for method in frame.loc[frame["method"] != "dense", "method"].drop_duplicates():
        own = frame[frame["method"] == method].assign(kind="run")
        rows = pd.concat([dense[dense["seed"].isin(own["seed"])], own])
        for axis, (column, batch) in axes.items():
            points = rows[["seed", "kind"]].assign(metric=metric, quality=rows[metric])
            points = points.assign(method=method, axis=axis, batch_size=batch, speedup=rows[column])
            parts.append(points.dropna(subset=["speedup", "quality"]))
    points = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"kind": []})
    if not (points["kind"] == "run").any():
        return None
    return points.astype({"batch_size": "Int64"})


if __name__ == "__main__":
    run_analysis(build, __doc__)
