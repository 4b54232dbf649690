"""Histograms: values of texts, and the texts of a corpus by split."""

import numpy as np
import pandas as pd

from workbench.reporting.figures.chart import Axis, Chart, Panel, Series
from workbench.reporting.figures.style import BLUE, GREEN, GREY, ORANGE, SKY, Look

_COLOURS = {"train": BLUE, "dev": GREEN, "test": ORANGE}


def spread_frame(values: pd.Series, bins: int = 25) -> pd.DataFrame:
    """Return `low`, `high`, `texts`: how many of the texts' values lie in [low, high).

    The last end is included; bins have one width, from the lowest value to the highest.
    """
    counts, edges = np.histogram(values, bins)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "texts": counts})


def spread_chart(frame: pd.DataFrame, mean: float, x: str) -> Chart:
    """Return the bins of `spread_frame` with a line at the values' mean.

    Args:
        frame: Bins of `spread_frame`.
        mean: Mean of the values; NaN for no line.
        x: Name of the values.
    """
    series = [_steps(frame, Look(SKY, filled=True))]
    if mean == mean:
        look = Look(GREY, dash="dash", width=1.2)
        series.append(Series(f"mean {mean:.3f}", [mean], look=look, kind="upright"))
    return Chart([Panel(series, Axis(x), Axis("texts"))], height=1.8, pixels=220)


def histogram_chart(frame: pd.DataFrame, x: str) -> Chart:
    """Return steps per split over the bins of `data.corpus.histogram`; `x` names quantity and unit."""
    series = [
        _steps(rows, Look(_COLOURS.get(str(split), GREY)), str(split))
        for split, rows in frame.groupby("split", sort=False)
    ]
    return Chart([Panel(series, Axis(x), Axis("texts"))], height=2.2, pixels=320)


def _steps(frame: pd.DataFrame, look: Look, name: str = "") -> Series:
    hover = [
        f"{low:.3g} to {high:.3g}: {texts} texts"
        for low, high, texts in frame[["low", "high", "texts"]].itertuples(index=False)
    ]
    edges = [*frame["low"], frame["high"].iloc[-1]]
    return Series(name, edges, frame["texts"].to_numpy(), look, "steps", hover=hover)
