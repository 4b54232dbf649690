"""Write tables as LaTeX: booktabs rules, every cell and name escaped, any engine."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from workbench.reporting.text.render import render

_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#",
    "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", '"': "{}''{}", "`": r"\textasciigrave{}",
    "–": "--", "—": "---", "‘": r"\textquoteleft{}", "’": r"\textquoteright{}",
    "“": r"\textquotedblleft{}", "”": r"\textquotedblright{}", "…": r"\dots{}", "\u00a0": "~",
    "×": r"$\times$", "±": r"$\pm$", "−": r"$-$", "≤": r"$\leq$", "≥": r"$\geq$",
    "→": r"$\rightarrow$", "·": r"$\cdot$", "†": r"\dag{}", "‡": r"\ddag{}", "§": r"\S{}",
}  # fmt: skip
_DASHES = "-–—"
_LIGATURES = frozenset([*(a + b for a in _DASHES for b in _DASHES), "''", ",,"])
_ACCENTS = frozenset("\u0300\u0301\u0302\u0303\u0308\u030a\u030c\u0327")
_LATIN = frozenset("ÆæØøßŒœŁł")
_LAST_LATIN = 0x17F
_NUMBERS = re.compile(r"[-+\d.,%±–\[\] *†]+")
_EMPHASIS = {"best": r"\textbf{%s}", "second": r"\underline{%s}"}
CHARACTER = r"\providecommand{\wbchar}[1]{\texttt{U+#1}}"
"""How a character outside Latin script is printed: by its number, so that pdflatex compiles it. With
xelatex or lualatex and a font that has it, define `\\wbchar` before as `\\symbol{"#1}`."""

_SIZES = ((60, "", r"\small"), (95, "*", r"\small"), (125, "*", r"\footnotesize"))
_SHRUNK = r"\resizebox{\textwidth}{!}{%"


def escape(text: object) -> str:
    """Return `text` as LaTeX prints it letter by letter.

    Line breaks and control characters become spaces. Latin letters pass through (inputenc's utf8, the
    default), others become `\\wbchar{<number>}`.
    """
    whole, last = "", ""
    for character in unicodedata.normalize("NFC", str(text)):
        # Two plain characters must not join to a third one: -- is no dash, '' is no quotation mark.
        whole += "{}" if last + character in _LIGATURES else ""
        whole += _escaped(character)
        last = character
    return whole


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if unicodedata.category(character)[0] in "CZ":
        return " "
    parts = unicodedata.normalize("NFD", character)
    base, accents = parts[0], parts[1:]
    letter = base.isascii() and _ACCENTS.issuperset(accents) and ord(character) <= _LAST_LATIN
    if character in _LATIN or letter:
        return character
    return rf"\wbchar{{{ord(character):04X}}}"


def latex_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[tuple[str, str]]],
    caption: str,
    label: str,
    text_columns: Iterable[str] = (),
) -> str:
    """Return a floating table with booktabs rules and a caption above.

    It needs the packages booktabs and, for the widest tables, graphicx. A wide table spans both columns
    of a page (`table*`), in smaller type or shrunk to the page where it must be.

    Args:
        headings: Names of the columns.
        rows: Cells: text, and "", "best" (bold) or "second" (underlined).
        caption: Text above the table.
        label: Name for references, `tab:` before it.
        text_columns: Columns that are left-aligned; all others are right-aligned.
    """
    left = set(text_columns)
    star, before, after = _size([[*headings], *([text for text, _ in row] for row in rows)])
    return render(
        "table.tex.j2",
        character=CHARACTER,
        star=star,
        caption=escape(caption),
        label="".join(c for c in label if c.isascii() and (c.isalnum() or c in "-:")),
        before=before,
        alignment="".join("l" if name in left else "r" for name in headings),
        headings=_row((name, "") for name in headings),
        rows=[_row(row) for row in rows],
        after=after,
    )


def _size(cells: list[list[str]]) -> tuple[str, str, str]:
    """Return star or none, and what comes before and after, by the characters of the widest line."""
    width = sum(max(map(len, column)) + 2 for column in zip(*cells, strict=True))
    fitting = ((star, size, "") for limit, star, size in _SIZES if width <= limit)
    return next(fitting, ("*", _SHRUNK, "}"))


def _row(cells: Iterable[tuple[str, str]]) -> str:
    # A hyphen in a cell of numbers is a minus sign.
    signed = (
        (text.replace("-", "−") if _NUMBERS.fullmatch(text) else text, mark) for text, mark in cells
    )
    row = " & ".join(_EMPHASIS.get(mark, "%s") % escape(text) for text, mark in signed)
    # After the \\ of the row before, a bracket or star would be taken for its argument.
    return ("{}" if row.startswith(("[", "*")) else "") + row + r" \\"
