"""The windows of one text put back together."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from workbench.core.token_scores import TokenScores


def stitched(records: Sequence[TokenScores]) -> TokenScores:
    """One record for a text from those of its windows, in their order, by one scorer.

    Special tokens between windows are left out, and a second text, which stands in every window, is
    taken from the last. Scores are as they were in their window: shares sum to 1 over each of them.
    Convergence errors are the windows' largest, seconds their sum. Raises ValueError for records of
    several texts or scorers.
    """
    if len({(record.text_id, record.scorer, record.method) for record in records}) != 1:
        raise ValueError("windows of one text and one scorer are needed")
    records = sorted(records, key=lambda record: record.window)
    parts = [_columns(record, records) for record in records]
    pairs = list(zip(records, parts, strict=True))
    first = records[0]
    errors = [record.error for record in records if record.error is not None]
    seconds = [record.seconds for record in records if record.seconds is not None]
    return replace(
        first,
        window=0,
        tokens=tuple(record.tokens[index] for record, part in pairs for index in part),
        word_index=np.concatenate([record.word_index[part] for record, part in pairs]),
        scores=np.concatenate([record.scores[:, part] for record, part in pairs], axis=1),
        kept=_joined([None if r.kept is None else r.kept[:, part] for r, part in pairs]),
        rationale=_joined([None if r.rationale is None else r.rationale[part] for r, part in pairs]),
        error=np.max(errors, axis=0) if errors else None,
        seconds=sum(seconds) if seconds else None,
    )


def places(records: Sequence[TokenScores]) -> list[np.ndarray]:
    """Where each window's tokens stand in the stitched record: one (n,) int array per window.

    -1 for those that `stitched` leaves out; a second text's tokens have one place in all windows.
    """
    records = sorted(records, key=lambda record: record.window)
    found, start = [], 0
    for record in records:
        own = _columns(record, records)
        place = np.full(len(record.tokens), -1)
        place[own] = start + np.arange(len(own))
        found.append(place)
        start += len(own)
    for record, place in zip(records[:-1], found, strict=False):
        if record.second_start is not None:
            second = len(place) - record.second_start
            place[record.second_start :] = start - second + np.arange(second)
    return found


def _columns(record: TokenScores, records: Sequence[TokenScores]) -> np.ndarray:
    n = len(record.tokens)
    own_end = n - 1 if record.second_start is None else record.second_start - 1
    return np.arange(0 if record is records[0] else 1, n if record is records[-1] else own_end)


def _joined(parts: Sequence[np.ndarray | None]) -> np.ndarray | None:
    present = [part for part in parts if part is not None]
    return np.concatenate(present, axis=-1) if len(present) == len(parts) else None
