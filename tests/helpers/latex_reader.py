"""A reader of the little LaTeX that the table writer makes, independent of it, and a TeX engine."""

import re
import subprocess
from pathlib import Path

COMMANDS = {
    "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textless": "<",
    "textgreater": ">", "textbar": "|", "textasciigrave": "`", "textquoteleft": "‘",
    "textquoteright": "’", "textquotedblleft": "“", "textquotedblright": "”", "dots": "…", "dag": "†",
    "ddag": "‡", "S": "§",
}  # fmt: skip
MATHS = {"times": "×", "pm": "±", "leq": "≤", "geq": "≥", "rightarrow": "→", "cdot": "·"}
TOKEN = re.compile(
    r"\\wbchar\{(?P<code>[0-9A-F]+)\}|\\(?P<command>[A-Za-z]+)\{\}|\\(?P<escaped>[{}$&%#_])"
    r"|\$\\(?P<maths>[a-z]+)\$|(?P<minus>\$-\$)|(?P<dash>---?)|(?P<quote>'')|(?P<nothing>\{\})|(?P<tie>~)"
    r"|(?P<plain>[^\\{}$&%#_^~<>|\"`])",
)  # fmt: skip


def printed(latex: str) -> str:
    """What stands on the page; AssertionError for a special character that is not escaped."""
    text, at = "", 0
    while at < len(latex):
        found = TOKEN.match(latex, at)
        assert found, f"unescaped at {at}: {latex[at : at + 20]!r}"
        kind, value = found.lastgroup, found[found.lastgroup]
        readings = {
            "code": lambda v: chr(int(v, 16)), "command": COMMANDS.__getitem__, "escaped": str,
            "maths": MATHS.__getitem__, "minus": lambda _: "−",
            "dash": lambda v: {"--": "–", "---": "—"}[v], "quote": lambda _: '"',
            "nothing": lambda _: "", "tie": lambda _: "\u00a0", "plain": str,
        }  # fmt: skip
        text += readings[kind](value)
        at = found.end()
    return text


def compiled(body: str, folder: Path, engine: str = "pdflatex") -> tuple[Path, str]:
    """The PDF and the log of a two-column document with this body; AssertionError with the log's end."""
    lines = [
        r"\documentclass[10pt,twocolumn]{article}", r"\usepackage[margin=0.75in]{geometry}",
        r"\usepackage{booktabs,graphicx}", r"\begin{document}", "Text.", body, r"\end{document}",
    ]  # fmt: skip
    (folder / "paper.tex").write_text("\n".join(lines), encoding="utf-8")
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120)
    log = (folder / "paper.log").read_text(encoding="latin-1")
    assert done.returncode == 0, log[-1500:]
    return folder / "paper.pdf", log
