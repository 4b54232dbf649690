"""A small LaTeX table writer: booktabs rules, every cell and name escaped."""

import unicodedata
from collections.abc import Iterable

import pandas as pd

_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#",
    "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", '"': "''", "–": "--", "×": r"$\times$",
    "±": r"$\pm$",
}  # fmt: skip


def escape(text: object) -> str:
    """`text` as LaTeX prints it letter by letter; line breaks and control characters become spaces."""
    return "".join(
        _ESCAPES.get(c, " " if unicodedata.category(c).startswith("C") else c) for c in str(text)
    )


def latex_table(frame: pd.DataFrame, caption: str, label: str, text_columns: Iterable[str] = ()) -> str:
    """`frame`, formatted already, as a floating table with booktabs rules and a caption above.

    `text_columns` are left-aligned, all others right-aligned. Needs `\\usepackage{booktabs}`.
    """
    left = set(text_columns)
    alignment = "".join("l" if name in left else "r" for name in frame.columns)
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escape(caption)}}}",
        rf"\label{{tab:{''.join(c for c in label if c.isalnum() or c in '-:')}}}",
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        _row(frame.columns),
        r"\midrule",
        *(_row(row) for row in frame.itertuples(index=False, name=None)),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[object]) -> str:
    row = " & ".join(escape(cell) for cell in cells)
    # After the \\ of the row before, a bracket or star would be taken for its argument.
    return ("{}" if row.startswith(("[", "*")) else "") + row + r" \\"
