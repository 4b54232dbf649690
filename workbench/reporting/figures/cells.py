"""Printed cells of one text: layers downward, tokens or words across."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.patches import Rectangle

from workbench.core.documents import run_bounds
from workbench.reporting.figures.all import LETTERS
from workbench.reporting.figures.style import VERMILLION, plain


def draw_cells(
    ax: Axes,
    values: np.ndarray,
    layers: Sequence[int],
    words: Sequence[str],
    rationale: np.ndarray | None,
    *,
    colours: Colormap,
    letters: float,
    low: float = 0.0,
) -> None:
    """(layers, n) `values` from `low` to 1 as colours, blank where NaN, the n words below them in
    letters of so many points; the runs of `rationale`, (n,) bool, are outlined."""
    deep, n = values.shape
    ax.pcolormesh(
        np.arange(n + 1) - 0.5, np.arange(deep + 1) - 0.5, np.ma.masked_invalid(values),
        cmap=colours.with_extremes(bad="white"), vmin=low, vmax=1, edgecolors="white", linewidth=0.8,
    )  # fmt: skip
    ax.set_ylim(deep - 0.5, -0.5)
    ax.set_yticks(range(deep), [str(layer) for layer in layers])
    ax.set_xticks(range(n), [plain(short(word)) for word in words], rotation=90, fontsize=letters)
    ax.tick_params(axis="y", labelsize=LETTERS - 2)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_ylabel("layer", fontsize=LETTERS - 1)
    for start, stop in stretches(rationale):
        outline = Rectangle((start - 0.5, -0.5), stop - start, deep, fill=False, clip_on=False)
        outline.set(edgecolor=VERMILLION, linewidth=1.2)
        ax.add_patch(outline)


def fitting(width: float, columns: int) -> float:
    """Points of letters that are no higher than a column of a figure of `width` inches is wide."""
    return min(LETTERS - 1.0, 72 * (width - 0.6) / columns)


def short(text: str, longest: int = 14) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def stretches(marks: np.ndarray | None) -> list[tuple[int, int]]:
    """Half-open runs of True."""
    if marks is None:
        return []
    return [(int(a), int(b)) for a, b in zip(*run_bounds(marks.astype(bool)), strict=True)]
