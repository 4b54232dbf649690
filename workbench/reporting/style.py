"""How figures look and how they reach the disk, without touching matplotlib's global state."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font

from workbench.files import replacing, write_text
from workbench.reporting.run_data import CONTROLS

# Okabe and Ito 2008: told apart with any of the common colour-vision deficiencies.
ORANGE, SKY, GREEN, BLUE = "#E69F00", "#56B4E9", "#009E73", "#0072B2"
VERMILLION, PURPLE, BLACK, GREY = "#D55E00", "#CC79A7", "#000000", "#7F7F7F"

_COLOURS = {
    "cp": VERMILLION, "adapler": VERMILLION, "top": BLUE, "saliency": GREEN, "attention": ORANGE,
    "rollout": PURPLE, "dense": BLACK, "powerbert": ORANGE, "trbert": GREEN, "ltp": SKY,
    "transkimmer": PURPLE,
}  # fmt: skip
_SPARE = (SKY, ORANGE, PURPLE, GREEN)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DASHES = {"random": (0, (6, 2)), "uniform": (0, (1, 1.5)), "oracle": (0, (6, 2, 1, 2))}


@dataclass(frozen=True)
class Written:
    """A figure on disk, and the frame it was drawn from."""

    name: str
    caption: str
    png: Path
    pdf: Path
    csv: Path


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


def line_style(name: str, number: int = 0) -> dict[str, Any]:
    """Colour, dashes and marker of a series; controls are grey and dashed, told apart by dashes."""
    if name in CONTROLS:
        return {"color": GREY, "linestyle": _DASHES[name], "linewidth": 1.3, "zorder": 1}
    # Of "adapler phi=0.01" the first word: strengths of one method differ in their markers.
    colour = _COLOURS.get(name.partition(" ")[0], _SPARE[number % len(_SPARE)])
    marker = _MARKERS[number % len(_MARKERS)]
    return {"color": colour, "marker": marker, "markersize": 4.5, "linewidth": 1.6, "zorder": 2}


def label_axes(ax: Axes, x: str, y: str, title: str = "") -> None:
    """Axis labels and a left-aligned title of plain text."""
    ax.set_xlabel(plain(x), fontsize=10)
    ax.set_ylabel(plain(y), fontsize=10)
    if title:
        ax.set_title(plain(title), fontsize=10, loc="left")


def plain(text: str) -> str:
    """`text` as matplotlib will show it letter by letter: no mathematics, no absent glyphs."""
    shown = "".join(c if ord(c) in _glyphs() else "□" for c in " ".join(str(text).split()))
    # A leading underscore would hide a legend entry.
    return ("\u200b" if shown.startswith("_") else "") + shown.replace("$", r"\$")


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


def save_images(figure: Figure, stem: Path) -> None:
    """Write `stem`.png (150 dpi) and `stem`.pdf (fonts embedded as TrueType), each whole or not there.

    The PDF carries no date, so equal figures are equal files. WorkbenchError when the disk refuses.
    """
    with matplotlib.rc_context({"pdf.fonttype": 42, "font.family": "DejaVu Sans"}):
        with replacing(stem.with_name(f"{stem.name}.png")) as beside:
            figure.savefig(beside, dpi=150)
        with replacing(stem.with_name(f"{stem.name}.pdf")) as beside:
            figure.savefig(beside, metadata={"CreationDate": None})


def save_figure(figure: Figure, run_dir: Path, name: str, frame: pd.DataFrame, caption: str) -> Written:
    """Write figures/`name`.png and .pdf, see `save_images`, and tables/`name`.csv."""
    written = Written(
        name,
        caption,
        run_dir / "figures" / f"{name}.png",
        run_dir / "figures" / f"{name}.pdf",
        run_dir / "tables" / f"{name}.csv",
    )
    save_images(figure, run_dir / "figures" / name)
    write_text(written.csv, frame.to_csv(index=False, lineterminator="\n"))
    return written
