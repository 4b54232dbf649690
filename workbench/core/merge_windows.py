"""The windows of one text put together: as people read it, or as metrics judge it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np

from workbench.core.token_scores import TokenScores

_GAP = -1
"""Column of a nameless special token that keeps two stretches of text apart."""


def stitched(records: Sequence[TokenScores]) -> TokenScores:
    """Return one record for a text from those of its windows, by one scorer, to be shown.

    Special tokens between windows are left out, and a second text, which stands in every window, is
    taken from the last. Scores are as they were in their window: shares sum to 1 over each of them.
    Convergence errors are the windows' largest, seconds their sum. Raises ValueError for records of
    several texts or scorers.
    """
    if len({(record.text_id, record.scorer, record.method) for record in records}) != 1:
        raise ValueError("windows of one text and one scorer are needed")
    records = _in_order(records)
    errors = [record.error for record in records if record.error is not None]
    seconds = [record.seconds for record in records if record.seconds is not None]
    columns = [
        offset + _shown(record, records)
        for offset, record in zip(_offsets(records), records, strict=True)
    ]
    return replace(
        picked(_side_by_side(records), np.concatenate(columns)),
        error=np.max(errors, axis=0) if errors else None,
        seconds=sum(seconds) if seconds else None,
    )


def places(records: Sequence[TokenScores]) -> list[np.ndarray]:
    """Return where each window's tokens stand in the stitched record: one (n,) int array per window.

    -1 for those that `stitched` leaves out; a second text's tokens have one place in all windows.
    """
    records = _in_order(records)
    placed, start = [], 0
    for record in records:
        shown = _shown(record, records)
        place = np.full(len(record.tokens), -1)
        place[shown] = start + np.arange(len(shown))
        placed.append(place)
        start += len(shown)
    for record, place in zip(records[:-1], placed, strict=False):
        if record.second_start is not None:
            second = len(place) - record.second_start
            place[record.second_start :] = start - second + np.arange(second)
    return placed


def join_windows(records: Sequence[TokenScores]) -> TokenScores:
    """Return one record for a text from those of its windows, without special tokens, to be judged.

    The document as ERASER's scorer sees it: the first text's tokens follow in the order of the windows,
    which are taken to share none of them. A second text stands in every window and comes once: a token
    has its highest score, and is kept if any window kept it. A special token without a score stands
    before the second text and where a window is missing in between. Raises ValueError for records of
    several depths.
    """
    records = _in_order(records)
    first: list[int] = []
    second = []
    for number, (offset, record) in enumerate(zip(_offsets(records), records, strict=True)):
        if number and record.window != records[number - 1].window + 1:
            first.append(_GAP)
        inside = np.flatnonzero(record.word_index >= 0)
        start = len(record.tokens) if record.second_start is None else record.second_start
        first += (offset + inside[inside < start]).tolist()
        if start < len(record.tokens):
            second.append(offset + inside[inside >= start])
    depth = records[0].layers
    unscored = replace(
        records[0], tokens=("",), word_index=np.array([-1]), scores=np.full((depth, 1), np.nan),
        kept=np.zeros((depth, 1), dtype=bool), rationale=np.zeros(1, dtype=bool),
        error=None, seconds=None, shares=np.zeros(1, dtype=np.float32),
    )  # fmt: skip
    whole = _side_by_side([*records, unscored])
    if second:
        columns = np.array(second, dtype=np.int64)
        whole.scores[:, columns[0]] = np.fmax.reduce(whole.scores[:, columns], axis=1)
        if whole.kept is not None:
            whole.kept[:, columns[0]] = whole.kept[:, columns].any(axis=1)
        first += [_GAP, *columns[0]]
    return replace(picked(whole, np.array(first, dtype=np.int64)), error=None, seconds=None)


def _in_order(records: Sequence[TokenScores]) -> list[TokenScores]:
    return sorted(records, key=lambda record: record.window)


def _offsets(records: Sequence[TokenScores]) -> list[int]:
    """Where each window's tokens begin when all stand side by side."""
    return [0, *accumulate(len(record.tokens) for record in records)][:-1]


def _shown(record: TokenScores, records: Sequence[TokenScores]) -> np.ndarray:
    """The window's tokens that `stitched` keeps, (k,) int."""
    last = len(record.tokens) if record is records[-1] else record.first_end
    return np.arange(0 if record is records[0] else 1, last)


def _side_by_side(records: Sequence[TokenScores]) -> TokenScores:
    """One record of all tokens of all records; flags that one of them lacks are lacking."""

    def joined(parts: Sequence[np.ndarray | None]) -> np.ndarray | None:
        present = [part for part in parts if part is not None]
        return np.concatenate(present, axis=-1) if len(present) == len(parts) else None

    return replace(
        records[0],
        window=0,
        tokens=tuple(token for record in records for token in record.tokens),
        word_index=np.concatenate([record.word_index for record in records]),
        scores=np.concatenate([record.scores for record in records], axis=1),
        kept=joined([record.kept for record in records]),
        rationale=joined([record.rationale for record in records]),
        shares=joined([record.shares for record in records]),
    )


def picked(record: TokenScores, columns: np.ndarray) -> TokenScores:
    """Return the record of the tokens at `columns` (k,) alone."""
    return replace(
        record,
        tokens=tuple(record.tokens[column] for column in columns),
        word_index=record.word_index[columns],
        scores=record.scores[:, columns],
        kept=None if record.kept is None else record.kept[:, columns],
        rationale=None if record.rationale is None else record.rationale[columns],
        shares=None if record.shares is None else record.shares[columns],
    )
