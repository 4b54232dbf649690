"""Texts of unknown origin, made fit to be looked at: no mark-up, no hidden or reordering signs."""

import html
import re
import unicodedata

LONGEST_WORD = 200
_ZERO_WIDTH = "\u2060"


def visible(text: object) -> str:
    """One line in which control and direction signs are named, such as `⟨U+202E⟩`; joiners inside words
    of Arabic or Indic scripts and emoji stay."""
    return "".join(f"⟨U+{ord(c):04X}⟩" if _hidden(c) else c for c in " ".join(str(text).split()))


def _hidden(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cf", "Cs") and sign not in "\u200c\u200d"


def shortened(word: str) -> str:
    """A word as it is, or the beginning of one that is longer than `LONGEST_WORD` characters."""
    if len(word) <= LONGEST_WORD:
        return word
    return f"{word[:LONGEST_WORD]}… ({len(word):,} characters)"


def for_markdown(text: object) -> str:
    """Markdown that shows `text` letter by letter, on one line.

    Every ASCII punctuation sign is escaped. Addresses and :short-codes: are found after that, in what is
    left, so an invisible word joiner parts them.
    """
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", visible(text))
    return re.sub(r"(?i)(:|@|www)(?=\S)", rf"\1{_ZERO_WIDTH}", escaped)


def for_plotly(text: object) -> str:
    """Text as Plotly shows it letter by letter: it reads some HTML in labels and hover texts."""
    return html.escape(visible(text), quote=False)
