"""The LaTeX writer letter by letter: by hand, read back, and by a TeX engine where there is one."""

import shutil
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.helpers.latex_reader import compiled, printed
from workbench.reporting.tables.latex import CHARACTER, escape, latex_table

GOLDEN = (
    CHARACTER
    + r"""
\begin{table}
\centering
\caption{50 \% of \#1}
\label{tab:a-b}
\setlength{\tabcolsep}{4pt}
\small
\begin{tabular}{@{}lr@{}}
\toprule
method\_name & value \\
\midrule
A\&B & \textbf{1.0} \\
{}[CLS] & \underline{--} \\
\bottomrule
\end{tabular}
\end{table}
"""
)
HOSTILE = (
    "\\end{tabular}", "$x_1^2$ & 100 % # ~ ^ _ { }", "שלום עולם", "مرحبا", "😀 👩‍👩‍👧 🏳️‍🌈",
    "飯 ﷽ e\u0301 ñ Ł ß ð ı",
    "--- '' ?` !` `` ,, << >>", "a\u200bb\x00c\ud800d", "[x] *y*", "\u202eright to left",
    "–—…‘’“”×±−≤≥→·†‡§",
)  # fmt: skip
needs_pdflatex = pytest.mark.skipif(not shutil.which("pdflatex"), reason="no pdflatex on this machine")


def test_golden_table() -> None:
    rows = [[("A&B", ""), ("1.0", "best")], [("[CLS]", ""), ("–", "second")]]
    assert latex_table(["method_name", "value"], rows, "50 % of #1", "a-b", ["method_name"]) == GOLDEN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\\end{tabular}", r"\textbackslash{}end\{tabular\}"),
        ("$x_1^2$", r"\$x\_1\textasciicircum{}2\$"),
        ("a~b|<c>", r"a\textasciitilde{}b\textbar{}\textless{}c\textgreater{}"),
        ("two\nlines\x00", "two lines "),
        ("1 -- 2", "1 -{}- 2"),
        ("é", "é"),
        ("😀ש", r"\wbchar{1F600}\wbchar{05E9}"),
        (3, "3"),
    ],
)
def test_specials_are_escaped(text: object, expected: str) -> None:
    assert escape(text) == expected


def seen(text: str) -> str:
    """What of `text` can be printed: composed letters, everything invisible a space."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        " " if unicodedata.category(c)[0] in "CZ" and c != "\u00a0" else c for c in composed
    )  # fmt: skip


@given(st.text(max_size=40) | st.text("-'`?!,<>\"\\{}$&%#_~^|", max_size=12))
@example("''\"---–-—\"'")
def test_what_is_printed_is_what_was_given(text: str) -> None:
    assert printed(escape(text)) == seen(text)


def test_numbers_have_minus_signs_and_names_hyphens() -> None:
    latex = latex_table(["a-b", "x"], [[("c-1", ""), ("-1.0 [-2.0, +1.0]*", "")]], "", "t")
    assert r"c-1 & $-$1.0 [$-$2.0, +1.0]* \\" in latex
    assert "a-b & x" in latex


def test_wide_tables_span_both_columns_in_smaller_type() -> None:
    def made(width: int) -> str:
        return latex_table(["a"], [[("x" * width, "")]], "", "w")

    assert r"\begin{table}" in made(58)
    assert r"\begin{table*}" in made(59)
    assert r"\end{table*}" in made(59)
    assert r"\small" in made(59)
    assert r"\footnotesize" in made(100)
    assert "\\resizebox{\\textwidth}" in made(200)
    assert "\\end{tabular}}" in made(200)


@needs_pdflatex
def test_hostile_texts_compile(tmp_path: Path) -> None:
    latin = "".join(map(chr, range(0xA0, 0x180)))
    texts = [*HOSTILE, *(latin[start : start + 25] for start in range(0, len(latin), 25))]
    rows = [[(text, mark), ("1.0", "")] for text in texts for mark in ("", "best", "second")]
    _, log = compiled(latex_table(["a_b 😀", "ש"], rows, " ".join(HOSTILE), "x"), tmp_path)
    assert "Missing character" not in log


@pytest.mark.skipif(not shutil.which("xelatex"), reason="no xelatex on this machine")
def test_hostile_texts_compile_with_xelatex(tmp_path: Path) -> None:
    rows = [[(text, "")] for text in HOSTILE]
    compiled(latex_table(["a"], rows, "Caption", "x"), tmp_path, "xelatex")
