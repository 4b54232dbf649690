"""What a figure shows, whatever draws it: charts of series, and maps of coloured cells.

A function per figure builds one of these from a frame. `printing.draw` makes a Matplotlib figure of it,
the app a Plotly one (`app.figures.draw`). Numbers are in the units of the axes; texts are as people
wrote them, each back end escapes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Union

import numpy as np

from workbench.reporting.figures.style import Look

if TYPE_CHECKING:
    import pandas as pd

Numbers: TypeAlias = Union[Sequence[Any], np.ndarray, "pd.Series[Any]"]


@dataclass(frozen=True)
class Series:
    """One name in the legend, and what is drawn for it."""

    name: str = ""
    """Stands in the legend; empty: nothing does. A name without numbers is in the legend only."""
    x: Numbers = ()
    y: Numbers = ()
    look: Look = field(default_factory=Look)
    kind: Literal["line", "points", "steps", "boxes", "level", "upright"] = "line"
    """Points joined or not; `steps`: a bin of height y between each two of x, which has one value more;
    `boxes`: y is (6, n), whisker, quartile, median, quartile, whisker and mean at each x; `level` and
    `upright`: a line across the panel at the only y, or the only x."""
    low: Numbers | None = None
    """Lower end of each point's interval, NaN for none; a line shows a band, points show bars."""
    high: Numbers | None = None
    hover: Sequence[str] = ()
    """What the screen says of each point, in lines."""
    data: Sequence[Sequence[Any]] = ()
    """What a click on each point on the screen gives."""


@dataclass(frozen=True)
class Axis:
    """One side of a panel."""

    title: str = ""
    limits: tuple[float | None, float | None] = (None, None)
    """None: the data decide."""
    ticks: Mapping[float, str] | None = None
    """Where the axis is labelled, and with what; None: the back end decides."""
    log: bool = False
    """Equal factors at equal distances."""
    whole: bool = False
    """Only whole numbers are labelled."""
    grid: bool = False


@dataclass(frozen=True)
class Panel:
    """One pair of axes."""

    series: Sequence[Series]
    x: Axis
    y: Axis
    title: str = ""
    note: str = ""
    """A sentence inside the axes."""


@dataclass(frozen=True)
class Chart:
    """Panels with one legend."""

    panels: Sequence[Panel]
    height: float = 2.5
    """Of a printed panel, in inches."""
    pixels: int = 440
    """Height on the screen."""
    columns: int = 0
    """Printed panels in a row of a whole page; 0: all."""
    share_y: bool = False
    square: bool = False
    """Both axes have one scale, and the legend stands beside them."""


@dataclass(frozen=True)
class Cells:
    """A panel of coloured cells, the rows downward."""

    values: np.ndarray
    """(rows, columns): 0 to 1, or -1 to 1 in a signed map; NaN: blank."""
    rows: Sequence[str]
    columns: Sequence[str]
    title: str = ""
    texts: Sequence[Sequence[str]] | None = None
    """(rows, columns): written in the cells."""
    hover: Sequence[Sequence[str]] | None = None
    """(rows, columns): what the screen says of a cell, in lines."""
    outlined: Sequence[bool] = ()
    """(columns,): runs of these columns have a frame; empty: none."""
    marks: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    """(row, column) of the cells marked with a `cross`, `small cross` or `bar`."""
    second: int | None = None
    """A dashed line stands before this column."""

    def lines(self, length: int) -> list["Cells"]:
        """Return the panel cut into panels of so many columns, the last one shorter; at least one."""
        return [
            self._part(start, start + length) for start in range(0, max(len(self.columns), 1), length)
        ]

    def _part(self, start: int, stop: int) -> "Cells":
        here = slice(start, stop)
        second = None if self.second is None else self.second - start
        return replace(
            self,
            values=self.values[:, here],
            columns=self.columns[here],
            texts=None if self.texts is None else [row[here] for row in self.texts],
            hover=None if self.hover is None else [row[here] for row in self.hover],
            outlined=self.outlined[here],
            marks={
                mark: [(row, column - start) for row, column in places if start <= column < stop]
                for mark, places in self.marks.items()
            },
            second=second if second is not None and 0 < second < stop - start else None,
        )


@dataclass(frozen=True)
class CellMap:
    """Panels of cells that share their colours; the panels stand below each other."""

    panels: Sequence[Cells]
    signed: bool = False
    bar: str = ""
    """What the colour bar says; empty: there is no bar."""
    row_title: str = ""
    width: int = 1
    """Columns for which a panel has room."""


def short(text: str, longest: int = 14) -> str:
    """`text`, or its beginning with an ellipsis."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
