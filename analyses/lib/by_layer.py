"""Values by layer, a panel per metric: the figures of the analyses."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from workbench.catalog.scorers import CONTROLS
from workbench.reporting.figures.chart import Axis, Chart, Panel, Series
from workbench.reporting.figures.printing import draw
from workbench.reporting.figures.style import GREY, Look, series_look


def draw_by_layer(
    frame: pd.DataFrame,
    panels: Sequence[tuple[object, str]],
    *,
    by: str = "metric",
    y: str = "",
    limits: tuple[float, float] | None = (0.0, 1.0),
    from_zero: bool = False,
    columns: int = 2,
) -> Figure:
    """Draw values by layer: a panel per kind of value, a line with its interval per series.

    Args:
        frame: Columns layer, value, ci_low, ci_high, `series` (what `series_look` knows), `label`, and
            that of `by`; optionally `chance`, drawn in grey, and `dashed` (bool).
        panels: Value of `by` and title of each panel.
        by: Column that tells the panels apart.
        y: Name of the values.
        limits: Of all panels; None: each panel has its own.
        from_zero: Whether panels without `limits` start at 0.
        columns: Panels in a row of a whole page.
    """
    order = {label: number for number, label in enumerate(frame["label"].drop_duplicates())}
    axis = Axis(y, (0.0, None) if from_zero else (None, None))
    if limits is not None:
        margin = 0.03 * (limits[1] - limits[0])
        axis = Axis(y, (limits[0] - margin, limits[1] + margin))
    drawn = [
        Panel(_lines(frame[frame[by] == value], order), Axis("layer", whole=True), axis, title)
        for value, title in panels
    ]
    return draw(Chart(drawn, height=2.05, columns=columns, share_y=limits is not None))


def _lines(frame: pd.DataFrame, order: dict[str, int]) -> list[Series]:
    lines = []
    for label, rows in frame.groupby("label", sort=False):
        name = str(rows["series"].iloc[0])
        look = series_look(name, order[str(label)])
        dash = "dash" if "dashed" in rows and rows["dashed"].iloc[0] else look.dash
        look = Look(look.colour, look.marker, dash, 1.2, 3.2)
        interval = (None, None) if name in CONTROLS else (rows["ci_low"], rows["ci_high"])
        lines.append(
            Series(str(label), rows["layer"], rows["value"], look, low=interval[0], high=interval[1])
        )
    if "chance" in frame and len(frame):
        level = frame.groupby("layer")["chance"].mean()
        lines.append(Series("random order", level.index, level, Look(GREY, dash="dash", width=1.0)))
    return lines
