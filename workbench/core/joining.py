"""The windows of one text put together again: the document as ERASER's scorer sees it."""

from collections.abc import Sequence

import numpy as np

from workbench.core.token_scores import TokenScores

_GAP = -1
"""Column of a nameless special token that keeps two stretches of text apart."""


def join_windows(records: Sequence[TokenScores]) -> TokenScores:
    """One record of the windows of one text from one scorer, without their special tokens.

    The first text's tokens follow in the order of the windows, which are taken to share none of them. A
    second text stands in every window and comes once: a token has its highest score, and is kept if any
    window kept it. A special token without a score stands before the second text and where a window is
    missing in between. Raises ValueError for records with and without rationale or of several depths.
    """
    records = sorted(records, key=lambda record: record.window)
    words = np.concatenate([*(record.word_index for record in records), [-1]])
    scores = _beside([np.asarray(record.scores, dtype=np.float64) for record in records], np.nan)
    kept = None
    if all(record.kept is not None for record in records):
        kept = _beside([np.asarray(record.kept) for record in records], False)
    marks = _beside([np.asarray(record.rationale)[None] for record in records], False)[0]
    first, second = _columns(records)
    if len(second):
        scores[:, second[0]] = np.fmax.reduce(scores[:, second], axis=1)
        if kept is not None:
            kept[:, second[0]] = kept[:, second].any(axis=1)
        first += [_GAP, *second[0]]
    tokens = [*(token for record in records for token in record.tokens), ""]
    return TokenScores(
        scorer=records[0].scorer,
        method=records[0].method,
        text_id=records[0].text_id,
        window=0,
        tokens=tuple(tokens[column] for column in first),
        word_index=words[first],
        scores=scores[:, first],
        kept=None if kept is None else kept[:, first],
        rationale=marks[first],
        target=records[0].target,
    )


def _beside(parts: Sequence[np.ndarray], gap: float | bool) -> np.ndarray:
    """The parts (rows, n) next to each other, and a last column of `gap`."""
    return np.concatenate([*parts, np.full((len(parts[0]), 1), gap)], axis=1)


def _columns(records: Sequence[TokenScores]) -> tuple[list[int], np.ndarray]:
    """Columns of the first text, in order and with gaps; those of the second, (windows, its tokens)."""
    first: list[int] = []
    second = []
    offset = 0
    for number, record in enumerate(records):
        if number and record.window != records[number - 1].window + 1:
            first.append(_GAP)
        inside = np.flatnonzero(record.word_index >= 0)
        start = len(record.tokens) if record.second_start is None else record.second_start
        first += (offset + inside[inside < start]).tolist()
        if start < len(record.tokens):
            second.append(offset + inside[inside >= start])
        offset += len(record.tokens)
    return first, np.array(second, dtype=np.int64)
