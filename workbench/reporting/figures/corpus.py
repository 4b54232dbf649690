"""How long the texts are and how much of them is rationale: histograms by split."""

import pandas as pd
from matplotlib.figure import Figure

from workbench.reporting.figures.all import LETTERS, SINGLE, name_axes, print_axes
from workbench.reporting.figures.style import BLUE, GREEN, ORANGE, plain

SPLIT_COLOURS = {"train": BLUE, "dev": GREEN, "test": ORANGE}


def draw_histogram(frame: pd.DataFrame, x: str) -> Figure:
    """Steps per split over the bins of `viewing.corpus.histogram`; `x` names quantity and unit."""
    figure, axes = print_axes(SINGLE, 2.2)
    ax = axes[0, 0]
    for split, own in frame.groupby("split", sort=False):
        edges = [*own["low"], own["high"].iloc[-1]]
        ax.stairs(own["texts"], edges, label=plain(str(split)), color=SPLIT_COLOURS.get(str(split)))
    name_axes(ax, x, "texts")
    if len(frame):
        ax.legend(frameon=False, fontsize=LETTERS - 1)
    return figure
