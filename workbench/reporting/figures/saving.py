"""How figures reach the disk: as vectors and as pixels, at the widths of one and of two columns."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from workbench.reporting.figures.chart import CellMap, Chart
from workbench.reporting.figures.page import DOUBLE, SINGLE
from workbench.reporting.figures.printing import draw
from workbench.storage.atomic import replacing, write_text
from workbench.storage.spreadsheets import csv_text

_PIXELS = 220
"""Per inch, in PNG."""


@dataclass(frozen=True)
class Written:
    """A figure on disk, and the frame it was drawn from."""

    name: str
    caption: str
    png: Path
    pdf: Path
    csv: Path


def save_figure(
    figure: Chart | CellMap, run_dir: Path, name: str, frame: pd.DataFrame, caption: str
) -> Written:
    """Write figures/`name`.png and .pdf, `name`_single.png and .pdf, and tables/`name`.csv.

    Args:
        figure: What is drawn, at the width of two columns and at that of one.
        run_dir: The run folder.
        name: Stem of the files.
        frame: The numbers that the figure shows.
        caption: Stands below the figure on the report's pages.
    """
    stem = run_dir / "figures" / name
    written = Written(
        name, caption, Path(f"{stem}.png"), Path(f"{stem}.pdf"), run_dir / "tables" / f"{name}.csv"
    )
    save_images(draw(figure, DOUBLE), stem)
    save_images(draw(figure, SINGLE), Path(f"{stem}_single"))
    write_text(written.csv, csv_text(frame))
    return written


def save_images(figure: Figure, stem: Path) -> None:
    """Write `stem`.png and `stem`.pdf (fonts embedded as TrueType), each whole or not there.

    The PDF carries no date, so equal figures are equal files. WorkbenchError when the disk refuses.
    """
    with matplotlib.rc_context({"pdf.fonttype": 42, "font.family": "DejaVu Sans"}):
        with replacing(Path(f"{stem}.png")) as beside:
            figure.savefig(beside, dpi=_PIXELS)
        with replacing(Path(f"{stem}.pdf")) as beside:
            # By way of memory: on a full disk matplotlib fails with errors that say nothing of it.
            drawn = BytesIO()
            figure.savefig(drawn, format="pdf", metadata={"CreationDate": None})
            beside.write_bytes(drawn.getvalue())
