"""How long the texts are and how much of them is rationale: histograms by split."""

import pandas as pd
from matplotlib.figure import Figure

from workbench.reporting.style import BLUE, GREEN, ORANGE, label_axes, new_figure, plain

SPLIT_COLOURS = {"train": BLUE, "dev": GREEN, "test": ORANGE}


def draw_histogram(frame: pd.DataFrame, x: str) -> Figure:
    """Steps per split over the bins of `viewing.corpus.histogram`; `x` names quantity and unit."""
    figure, axes = new_figure(5.5, 3.2)
    ax = axes[0, 0]
    for split, own in frame.groupby("split", sort=False):
        edges = [*own["low"], own["high"].iloc[-1]]
        ax.stairs(own["texts"], edges, label=plain(str(split)), color=SPLIT_COLOURS.get(str(split)))
    label_axes(ax, x, "texts")
    if len(frame):
        ax.legend(frameon=False, fontsize=9)
    return figure
