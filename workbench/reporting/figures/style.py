"""How series are told apart and scores coloured, in print and on the screen."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from workbench.catalog.methods import METHODS, method_colour
from workbench.catalog.scorers import CONTROLS, SCORERS, scorer_colour
from workbench.reporting.text.wording import method_name

# Okabe and Ito 2008: told apart with any of the common colour-vision deficiencies.
ORANGE, SKY, GREEN, BLUE = "#E69F00", "#56B4E9", "#009E73", "#0072B2"
VERMILLION, PURPLE, BLACK, GREY = "#D55E00", "#CC79A7", "#000000", "#7F7F7F"
LIGHT_GREY = "#BBBBBB"
SCALES = {
    (False, False): ("#F2F5FA", "#4A90C8", "#08306B"),
    (False, True): ("#172636", "#3F8FD2", "#D6ECFF"),
    (True, False): ("#762A83", "#F7F7F7", "#1B7837"),
    (True, True): ("#D3A4DE", "#23252B", "#8FD694"),
}
"""Colours of scores by (signed, dark ground); negative to positive, told apart with any colour-vision
deficiency (PRGn)."""
STRONG = 0.6
"""Size of a value from which on its cell is so dark that letters on it are light."""
_SPARE = (SKY, ORANGE, PURPLE, GREEN)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
Dash = Literal["solid", "dash", "dot", "dashdot"]
_DASHES: dict[str, Dash] = {"random": "dash", "uniform": "dot", "oracle": "dashdot"}


@dataclass(frozen=True)
class Look:
    """How a series is drawn; sizes in points of print."""

    colour: str = BLACK
    marker: str = ""
    """One of `MARKERS`, `ring`, or none."""
    dash: Dash = "solid"
    width: float = 1.6
    size: float = 4.5
    """Of the marker."""
    filled: bool = False
    """Of steps: the area below them."""


def series_look(name: str, number: int = 0) -> Look:
    """Return the look of a method or scorer, of which this is the series of so high a number.

    Controls are grey and told apart by their dashes. Of "adapler phi=0.01" the first word counts:
    strengths of one method differ in their markers.
    """
    if name in CONTROLS:
        return Look(GREY, dash=_DASHES.get(name, "dash"), width=1.3)
    first = name.partition(" ")[0]
    spare = scorer_colour(first) if first in SCORERS else _SPARE[number % len(_SPARE)]
    colour = method_colour(first) if first in METHODS else spare
    return Look(colour, MARKERS[number % len(MARKERS)])


def by_method(frame: pd.DataFrame) -> Iterator[tuple[str, Look, pd.DataFrame]]:
    """Yield title, look and rows of each method of a frame, in its order."""
    for number, (method, rows) in enumerate(frame.groupby("method", sort=False)):
        yield method_name(method), series_look(str(method), number), rows


DENSE_LEVEL = Look(LIGHT_GREY, width=1.0)
"""The line at the dense model's quality."""
