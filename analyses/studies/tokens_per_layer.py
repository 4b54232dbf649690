"""How many tokens are left in each layer, as a distribution over texts.

AdapLeR's figure of sequence lengths by layer (arXiv 2203.08991) and ToP's of remaining tokens
(arXiv 2306.14393). What differs: both papers show means; here boxes show the quartiles and whiskers
the 5th and 95th percentile over texts, of the share of the text and in the frame also of the number
of tokens. Counts are those in self-attention, special tokens included.

    python analyses/studies/tokens_per_layer.py --runs runs/demo --out out
"""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analyses.lib.study import Analysis, by_run, over_runs, run_analysis
from workbench.reporting.figures.chart import Axis, Chart, Panel, Series
from workbench.reporting.figures.printing import draw
from workbench.reporting.figures.speed import tokens_by_method
from workbench.reporting.figures.style import series_look
from workbench.reporting.tables.by_layer import layer_table
from workbench.reporting.text.wording import method_name
from workbench.runs.many import Runs

HEADINGS = {"run": "run", "method": "method", "quantity": "tokens left, % of the text"}
CAPTION = "Tokens left by layer over texts (percent of the text's own tokens). n: texts."
SHOWN = {"q5": "5th percentile", "median": "median", "mean": "mean", "q95": "95th percentile"}


def build(runs: Runs) -> Analysis:
    """Draw boxes per layer, a panel per method, and put the quantiles into a table."""
    runs.need("predictions")
    frame, notes = over_runs(runs, lambda run: token_quantiles(run.predictions), "predictions")
    share = frame[frame["measure"] == "share"]
    long = share.melt(["run", "method", "layer", "n"], list(SHOWN), var_name="quantity")
    long = long.assign(
        value=100 * long["value"],
        method=long["method"].map(method_name),
        quantity=long["quantity"].map(SHOWN),
    )
    table = layer_table("tokens_per_layer", CAPTION, long, HEADINGS, digits=1)
    figures = {suffix: draw_token_boxes(rows) for suffix, rows in by_run(share).items()}
    return Analysis("tokens_per_layer", frame, (table,), figures, notes)


QUANTILES = (5, 25, 50, 75, 95)
COLUMNS = (
    "method", "split", "measure", "layer", "q5", "q25", "median", "q75", "q95", "mean", "n",
)  # fmt: skip


def token_quantiles(predictions: pd.DataFrame) -> pd.DataFrame:
    """Compute quantiles (`QUANTILES`) and mean over texts of the tokens in each layer: `COLUMNS`.

    Measure `count` is the number of tokens in a layer's self-attention, `share` that of the text's full
    length (`figures_speed.tokens_by_method`). `predictions` has columns method, split, text_id, tokens.
    """
    rows: list[tuple[object, ...]] = []
    for method, split, counts, full in tokens_by_method(predictions):
        for measure, values in (("count", counts), ("share", counts / full[:, None])):
            quantiles = np.percentile(values, QUANTILES, axis=0)
            for layer in range(values.shape[1]):
                spread = (*quantiles[:, layer], values[:, layer].mean())
                rows.append((method, split, measure, layer, *spread, len(values)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def draw_token_boxes(frame: pd.DataFrame) -> Figure:
    """Draw a panel per method of one measure: boxes are quartiles, whiskers 5th and 95th percentile,
    diamonds means; shares are shown in percent."""
    share = (frame["measure"] == "share").all()
    scale, unit, top = (100, "tokens left, % of the text", 104) if share else (1, "tokens left", None)
    panels = []
    for number, (method, part) in enumerate(frame.groupby("method", sort=False)):
        boxes = scale * part[["q5", "q25", "median", "q75", "q95", "mean"]].to_numpy(dtype=float).T
        series = Series("", part["layer"], boxes, series_look(str(method), number), "boxes")
        layers = Axis("layer", whole=True)
        panels.append(Panel([series], layers, Axis(unit, (0, top)), method_name(method)))
    return draw(Chart(panels, height=2.0, columns=min(3, len(panels)), share_y=True))


if __name__ == "__main__":
    run_analysis(build, __doc__)
