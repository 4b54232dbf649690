"""Quality against speed-up, a point per run and method, a curve per method.

The form of the speed-up-quality curves that AdapLeR (arXiv 2203.08991) and ToP (arXiv 2306.14393)
draw per data set. What differs: the counted axis is unpadded (ToP's is padded; its column is in the
frame); measured speed-up stands beside it; lines are means over seeds, over the speed-ups that all
seeds cover, and begin at the dense model; several data sets give several figures.

    python analyses/studies/speed_quality.py --runs runs/demo --out out
    python analyses/studies/speed_quality.py --runs runs/compared --out out
"""

from analyses.lib.study import Analysis, run_analysis
from workbench.errors import InputError
from workbench.reporting.figures.comparison import tradeoff_chart
from workbench.reporting.figures.printing import draw
from workbench.reporting.tables.comparison import area_table, speed_points
from workbench.reporting.tables.main import MEASURED_SPEED
from workbench.reporting.tables.over_seeds import primary_metric, results
from workbench.runs.many import Runs


def build(runs: Runs) -> Analysis:
    """Draw the points of every method per data set, and compute the area under its curve."""
    frame = results(runs)
    tables, figures, notes = [], {}, []
    for data, rows in frame.groupby("data", sort=False):
        kinds = rows["method"].eq("dense").map({True: "dense", False: "run"})
        untimed = [n for n in map(str, rows) if n.startswith(MEASURED_SPEED) and rows[n].isna().all()]
        cells = rows.drop(columns=untimed).assign(kind=kinds)
        points = speed_points(cells, primary_metric(rows, data), rows["method"].unique())
        if not (points["kind"] == "run").any():
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


if __name__ == "__main__":
    run_analysis(build, __doc__)
