"""How the screen's Plotly figures look: the printed ones' palette, light or dark, texts escaped."""

from typing import TYPE_CHECKING, Any

from workbench.core.display_text import for_plotly as shown
from workbench.reporting.figures.style import BLACK, SCALES, line_style

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_DASHES = {"random": "dash", "uniform": "dot", "oracle": "dashdot"}
_SYMBOLS = {
    "o": "circle", "s": "square", "^": "triangle-up", "D": "diamond", "v": "triangle-down", "P": "cross",
    "X": "x",
}  # fmt: skip


def series_style(name: str, number: int = 0, dark: bool = False) -> dict[str, Any]:
    """`line` and `marker` of a Plotly series, as `style.line_style` has them for print; black is light
    on a dark page."""
    style = line_style(name, number)
    colour = "#E6E6E6" if dark and style["color"] == BLACK else style["color"]
    line = {"color": colour, "width": style["linewidth"] * 1.3, "dash": _DASHES.get(name, "solid")}
    marker = {"color": colour, "size": 8, "symbol": _SYMBOLS.get(style.get("marker", "o"), "circle")}
    return {"line": line, "marker": marker}


def scale(*, signed: bool, dark: bool) -> list[list[object]]:
    """A Plotly colour scale whose middle (signed) or low end is close to the page's ground."""
    colours = SCALES[signed, dark]
    return [[number / (len(colours) - 1), colour] for number, colour in enumerate(colours)]


def ground(*, dark: bool, height: int) -> dict[str, Any]:
    """The layout of a figure of `height` pixels, without its axes."""
    ink = "#E6E6E6" if dark else "#1C1C1E"
    return {
        "height": height, "template": "none", "margin": {"l": 60, "r": 20, "t": 30, "b": 50},
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": ink, "size": 14},
        "legend": {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"},
        "hoverlabel": {"font": {"size": 14}},
    }  # fmt: skip


def dress(figure: "Figure", *, dark: bool, height: int, x: str = "", y: str = "") -> "Figure":
    """Ground, grid, axis titles and fonts of a figure of `height` pixels; returns it."""
    figure.update_layout(**ground(dark=dark, height=height))
    axis = {
        "gridcolor": "#3A3B40" if dark else "#DCDCE0",
        "zeroline": False,
        "automargin": True,
        "title_standoff": 8,
    }
    figure.update_xaxes(title={"text": shown(x), "font": {"size": 14}}, **axis)
    figure.update_yaxes(title={"text": shown(y), "font": {"size": 14}}, **axis)
    return figure
