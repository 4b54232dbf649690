"""Where the sentences of a raw text are, by a rule of thumb and without a model."""

import regex

_CLOSERS = r"[\"'”’»)\]」』）》]*"
_END = regex.compile(
    # A capital, a digit or a sign goes on after a stop; a small letter says that it was none.
    rf"[.!?…]+{_CLOSERS}(?=\s+(?!\p{{Ll}}))|[。！？｡]+{_CLOSERS}|\n"
)
_ABBREVIATION = regex.compile(
    r"(?:^|[^\p{L}\p{N}])(?:(?:\p{L}\.)*\p{L}|Mrs?|Ms|Dr|Profs?|St|Mt|Jr|Sr|No|Nos|vs|cf|ca|approx|Gen|Col"
    r"|Lt|Capt|Sgt|Rev|Gov|Sen|Rep|Vol|Fig|pp|Inc|Ltd|Corp|Co)\.$"
)
"""A text up to a full stop that ends no sentence: initials, titles and the like."""


def sentence_bounds(text: str) -> list[tuple[int, int]]:
    """Return [start, end) of each sentence in characters, without the spaces around it.

    A sentence ends at `.`, `!`, `?` or `…`, with the quotes and brackets that close there, before a
    space and no small letter; at the same signs of Chinese and Japanese; and at a line break. A full
    stop after a single letter (`J.`, `U.S.`) or a common English abbreviation ends none, even where it
    does.
    """
    bounds, start = [], 0
    for match in _END.finditer(text):
        stop = match.group()
        if stop == "." and _ABBREVIATION.search(text, max(start, match.end() - 20), match.end()):
            continue
        bounds.append((start, match.end()))
        start = match.end()
    return [
        (left, left + len(sentence.strip()))
        for begin, end in [*bounds, (start, len(text))]
        if (sentence := text[begin:end]).strip()
        for left in [begin + len(sentence) - len(sentence.lstrip())]
    ]


def around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return [start, end) of the sentences that a stretch lies in; itself where it is spaces alone.

    Args:
        text: The whole text.
        start, end: The stretch, in characters.
    """
    met = [(a, b) for a, b in sentence_bounds(text) if a < end and start < b] or [(start, end)]
    return met[0][0], met[-1][1]
