"""How the screen's Plotly figures look: the printed ones' palette, light or dark."""

from typing import Any

from workbench.core.display_text import for_plotly as escaped
from workbench.reporting.figures.style import BLACK, SCALES, Look

_SYMBOLS = {
    "": "circle", "o": "circle", "s": "square", "^": "triangle-up", "D": "diamond",
    "v": "triangle-down", "P": "cross", "X": "x", "ring": "circle-open",
}  # fmt: skip


def ink(dark: bool) -> str:
    """Return the colour of letters."""
    return "#E6E6E6" if dark else "#1C1C1E"


def series_style(look: Look, *, dark: bool) -> dict[str, Any]:
    """Return `line` and `marker` of a Plotly series; black is light on a dark page."""
    colour = ink(dark) if dark and look.colour == BLACK else look.colour
    # A curve without markers has small ones all the same, for the hover.
    size = 1.8 * look.size if look.marker else 4
    marker = {"color": colour, "size": size, "symbol": _SYMBOLS[look.marker]}
    if look.marker == "ring":
        marker["line"] = {"width": 3}
    return {"line": {"color": colour, "width": 1.3 * look.width, "dash": look.dash}, "marker": marker}


def scale(*, signed: bool, dark: bool) -> list[list[object]]:
    """Return a Plotly colour scale whose middle (signed) or low end is close to the page's ground."""
    colours = SCALES[signed, dark]
    return [[number / (len(colours) - 1), colour] for number, colour in enumerate(colours)]


def ground(*, dark: bool, height: int) -> dict[str, Any]:
    """Return the layout of a figure of `height` pixels, without its axes."""
    return {
        "height": height, "template": "none", "margin": {"l": 60, "r": 20, "t": 30, "b": 50},
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": ink(dark), "size": 14},
        "legend": {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"},
        "hoverlabel": {"font": {"size": 14}},
    }  # fmt: skip


def axis(title: str, *, dark: bool) -> dict[str, Any]:
    """Return the layout of an axis with its title and a light grid."""
    return {
        "title": {"text": escaped(title), "font": {"size": 14}, "standoff": 8}, "automargin": True,
        "gridcolor": "#3A3B40" if dark else "#DCDCE0", "zeroline": False,
    }  # fmt: skip


def lines(text: str) -> str:
    """Return lines of text as Plotly shows them letter by letter."""
    return "<br>".join(map(escaped, text.split("\n")))
