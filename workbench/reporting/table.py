"""A table of a report: numbers for CSV, the same numbers in words for LaTeX, Markdown and HTML."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from workbench.files import write_text
from workbench.reporting.latex import latex_table


@dataclass(frozen=True)
class Table:
    """One table: `frame` with full numbers, `shown` with the same rows as formatted text."""

    name: str
    caption: str
    frame: pd.DataFrame
    shown: pd.DataFrame
    text_columns: tuple[str, ...]
    """Columns of `shown` that hold words; the others hold numbers."""

    def write(self, run_dir: Path) -> tuple[Path, Path]:
        """Write tables/`name`.csv and .tex, each whole or not at all; returns both paths."""
        csv, tex = (run_dir / "tables" / f"{self.name}.{kind}" for kind in ("csv", "tex"))
        write_text(csv, self.frame.to_csv(index=False, lineterminator="\n"))
        write_text(tex, self.latex())
        return csv, tex

    def latex(self) -> str:
        """A floating table with booktabs rules."""
        return latex_table(self.shown, self.caption, self.name, self.text_columns)
