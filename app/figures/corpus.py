"""Histograms of a corpus on screen."""

from typing import TYPE_CHECKING

import pandas as pd

from app.figures.theme import dress, shown
from workbench.reporting.figures.corpus import SPLIT_COLOURS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def histogram_figure(frame: pd.DataFrame, x: str, *, dark: bool = False) -> "Figure":
    """Bars per split over the bins of `viewing.corpus.histogram`; `x` names quantity and unit."""
    from plotly import graph_objects as go

    figure = go.Figure()
    for split, own in frame.groupby("split", sort=False):
        figure.add_bar(
            x=(own["low"] + own["high"]) / 2,
            y=own["texts"],
            name=shown(split),
            marker_color=SPLIT_COLOURS.get(str(split)),
            customdata=own[["low", "high"]],
            hovertemplate="%{y} texts from %{customdata[0]:.3g} to %{customdata[1]:.3g}",
        )
    return dress(figure, dark=dark, height=320, x=x, y="texts")
