"""How figures look, without touching matplotlib's global state."""

from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font

from workbench.catalog.scorers import CONTROLS, SCORERS, scorer_colour

# Okabe and Ito 2008: told apart with any of the common colour-vision deficiencies.
ORANGE, SKY, GREEN, BLUE = "#E69F00", "#56B4E9", "#009E73", "#0072B2"
VERMILLION, PURPLE, BLACK, GREY = "#D55E00", "#CC79A7", "#000000", "#7F7F7F"

_COLOURS = {
    "adapler": VERMILLION, "top": BLUE, "dense": BLACK, "powerbert": ORANGE, "trbert": GREEN, "ltp": SKY,
    "transkimmer": PURPLE, "distilbert": GREY,
}  # fmt: skip
SCALES = {
    (False, False): ("#F2F5FA", "#08306B"),
    (False, True): ("#172636", "#9CD3FF"),
    (True, False): ("#762A83", "#F7F7F7", "#1B7837"),
    (True, True): ("#D3A4DE", "#23252B", "#8FD694"),
}
"""Colours of scores by (signed, dark ground); negative to positive, told apart with any colour-vision
deficiency (PRGn)."""
_SPARE = (SKY, ORANGE, PURPLE, GREEN)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DASHES = {"random": (0, (6, 2)), "uniform": (0, (1, 1.5)), "oracle": (0, (6, 2, 1, 2))}


def new_figure(
    width: float, height: float, rows: int = 1, columns: int = 1, *, sharey: bool = False
) -> tuple[Figure, np.ndarray]:
    """An empty figure of `width` x `height` inches and its (rows, columns) array of axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False, sharey=sharey)
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=9)
    return figure, axes


def score_colours(*, signed: bool) -> LinearSegmentedColormap:
    """The colours of `SCALES` on a light ground."""
    return LinearSegmentedColormap.from_list("scores", SCALES[signed, False])


def line_style(name: str, number: int = 0) -> dict[str, Any]:
    """Colour, dashes and marker of a series; controls are grey and dashed, told apart by dashes."""
    if name in CONTROLS:
        return {
            "color": GREY,
            "linestyle": _DASHES.get(name, (0, (2, 2))),
            "linewidth": 1.3,
            "zorder": 1,
        }
    # Of "adapler phi=0.01" the first word: strengths of one method differ in their markers.
    first = name.partition(" ")[0]
    spare = scorer_colour(first) if first in SCORERS else _SPARE[number % len(_SPARE)]
    colour = _COLOURS.get(first, spare)
    marker = _MARKERS[number % len(_MARKERS)]
    return {"color": colour, "marker": marker, "markersize": 4.5, "linewidth": 1.6, "zorder": 2}


def plain(text: str) -> str:
    """`text` as matplotlib will show it letter by letter: no mathematics, no absent glyphs."""
    shown = "".join(c if ord(c) in _glyphs() else "□" for c in " ".join(str(text).split()))
    # A leading underscore would hide a legend entry.
    return ("\u200b" if shown.startswith("_") else "") + shown.replace("$", r"\$")


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())
