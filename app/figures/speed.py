"""What the speed page shows beside the report's figures."""

import pandas as pd

from workbench.reporting.figures.chart import Axis, Chart, Panel, Series
from workbench.reporting.figures.comparison import speed_axis
from workbench.reporting.figures.speed import TOKENS_TITLE, quality_series
from workbench.reporting.figures.style import GREY, Look, by_method, series_look
from workbench.reporting.tables.main import QUALITY_NAMES
from workbench.reporting.text.wording import method_name


def quality_chart(frame: pd.DataFrame, speedup: str, quality: str, x: str) -> Chart:
    """Return a point with its 95 % interval for each run and method that has both columns.

    Args:
        frame: Main tables with a column `run`; of several runs each has a marker.
        speedup: Column of the speed-up.
        quality: Column of the quality, a share; with `_low` and `_high` its interval.
        x: Name of the speed-up.
    """
    runs = list(dict.fromkeys(frame["run"]))
    series = []
    for number, row in enumerate(frame.dropna(subset=[speedup, quality]).to_dict("records")):
        name = method_name(row["method"]) + (f" ({row['run']})" if len(runs) > 1 else "")
        look = series_look(str(row["method"]), runs.index(row["run"]) if len(runs) > 1 else number)
        values = [row[quality], row[f"{quality}_low"], row[f"{quality}_high"]]
        hover = f"{row[speedup]:.2f}x, {100 * row[quality]:.1f}\n{row['n']} texts"
        series.append(quality_series(name, row[speedup], values, look, hover))
    return Chart([Panel(series, speed_axis(x), Axis(QUALITY_NAMES[quality]))], height=2.8)


def token_boxes_chart(frame: pd.DataFrame) -> Chart:
    """Return a box per method and layer: quartiles, whiskers from 5 % to 95 % of the texts, the mean."""
    columns = ["q05", "q25", "median", "q75", "q95", "mean"]
    boxes = [
        Series(name, rows["layer"], 100 * rows[columns].to_numpy().T, look, "boxes")
        for name, look, rows in by_method(frame)
    ]
    return Chart([Panel(boxes, Axis("layer", whole=True), Axis(TOKENS_TITLE, (0, 104)))])


def shares_chart(frame: pd.DataFrame) -> Chart:
    """Return a line per method of `share_frame` over the batch sizes, which stand at equal distances."""
    sizes = sorted(set(frame["batch_size"]))
    lines = []
    for name, look, rows in by_method(frame):
        places, shares = [sizes.index(size) for size in rows["batch_size"]], rows["realised_share"]
        hover = [f"batch {sizes[x]}: {share:.2f}" for x, share in zip(places, shares, strict=True)]
        lines.append(Series(name, places, shares, look, hover=hover))
    lines.append(Series(y=[1], look=Look(GREY, dash="dash", width=1.0), kind="level"))
    x = Axis("batch size (texts)", ticks={place: str(size) for place, size in enumerate(sizes)})
    return Chart([Panel(lines, x, Axis("realised share", (0, None)))], height=2.4, pixels=380)
