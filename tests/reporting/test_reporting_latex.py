"""The LaTeX writer on a tiny frame, letter by letter."""

import pandas as pd
import pytest

from workbench.reporting.latex import escape, latex_table

GOLDEN = r"""\begin{table}
\centering
\caption{50 \% of \#1}
\label{tab:a-b}
\begin{tabular}{lr}
\toprule
method\_name & value \\
\midrule
A\&B & 1.0 \\
{}[CLS] & -- \\
\bottomrule
\end{tabular}
\end{table}
"""


def test_golden_table() -> None:
    frame = pd.DataFrame({"method_name": ["A&B", "[CLS]"], "value": ["1.0", "–"]})
    assert latex_table(frame, "50 % of #1", "a-b", ["method_name"]) == GOLDEN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\\end{tabular}", r"\textbackslash{}end\{tabular\}"),
        ("$x_1^2$", r"\$x\_1\textasciicircum{}2\$"),
        ("a~b|<c>", r"a\textasciitilde{}b\textbar{}\textless{}c\textgreater{}"),
        ("two\nlines\x00", "two lines "),
        (3, "3"),
    ],
)
def test_specials_are_escaped(text: object, expected: str) -> None:
    assert escape(text) == expected
