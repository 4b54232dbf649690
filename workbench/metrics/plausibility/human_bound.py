"""How well one annotator agrees with the others: what people reach, to read scorers against."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.core.annotators import combine
from workbench.core.documents import Document, mask
from workbench.core.token_scores import TokenScores
from workbench.metrics.plausibility.measures import MEASURED
from workbench.metrics.plausibility.table import summarise
from workbench.metrics.plausibility.text_values import TextValues, text_values
from workbench.metrics.schemas import HUMAN_BOUND
from workbench.metrics.stats.text_means import ByText

HUMAN, ANNOTATORS = "human", "annotators"
"""Scorer and method of an annotator's marks."""


def human_bound(
    records: Iterable[TokenScores],
    documents: Iterable[Document],
    split: str,
    rule: str = "majority",
    bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return what annotators reach against one another, columns of `schemas.HUMAN_BOUND`.

    Empty where no text has two annotations. Intervals are over texts.

    Args:
        records, documents, rule: As of `human_values`.
        split: Name for the column.
        bootstrap, seed: As of `mean_interval`.
    """
    folds = _folds(records, documents, rule)
    counts = {(part.unit, part.window_set): len(part.text_ids) for part in folds}
    frame = summarise(map(_averaged, folds), split, bootstrap, seed)
    places = zip(frame["unit"], frame["universe"], strict=True)
    frame = frame.assign(annotators=[counts[place] for place in places])
    return HUMAN_BOUND.frame(frame[list(HUMAN_BOUND.columns)].itertuples(index=False, name=None))


def human_values(
    records: Iterable[TokenScores], documents: Iterable[Document], rule: str = "majority"
) -> list[TextValues]:
    """Compute every measure of each annotator against the others, leaving one out in turn.

    The left-out annotator's marks are the scores (0 or 1) and the selection, named `kept`. The truth is
    what the others marked by the rule, and the shares of soft measures are theirs; whoever is not listed
    with the text, having marked nothing, is none of them. A text's value is the mean over its
    annotators. The result has one layer, scorer `HUMAN` and method `ANNOTATORS`, and goes wherever a
    scorer's values go.

    With two others a majority is both of them: stricter than the majority of three that scorers are
    compared with; `union` is laxer.

    Args:
        records: Give the texts and windows; whatever scored them is ignored.
        documents: Have the annotations; texts of fewer than two are left out.
        rule: `majority` or `union` of the others.
    """
    return [_averaged(part) for part in _folds(records, documents, rule)]


def _folds(records: Iterable[TokenScores], documents: Iterable[Document], rule: str) -> list[TextValues]:
    """As `human_values`, with a row per text and annotator: its text id is `number:text`."""
    several = {one.id: _left_out(one, rule) for one in documents if len(one.annotations) > 1}
    windows: dict[tuple[str, int], TokenScores] = {}
    for record in records:
        if record.text_id in several:
            windows.setdefault((record.text_id, record.window), record)
    return text_values(
        one for window in windows.values() for one in _judged(window, several[window.text_id])
    )


def _left_out(document: Document, rule: str) -> np.ndarray:
    """(annotators, 3, words + 1): an annotator's marks, what is rationale to the others, their shares.

    The word added at the end, which special tokens read, is nobody's.
    """
    n = len(document.words) + len(document.second)
    marks = np.array([mask(one.spans, n + 1) for one in document.annotations])
    others = len(marks) - 1
    rest = [np.delete(marks, number, axis=0) for number in range(len(marks))]
    return np.array(
        [
            (own, combine(theirs, others, rule), theirs.sum(axis=0) / others)
            for own, theirs in zip(marks, rest, strict=True)
        ]
    )


def _judged(window: TokenScores, folds: np.ndarray) -> Iterator[TokenScores]:
    """The window as each annotator scores it."""
    for number, (own, truth, shares) in enumerate(folds[..., window.word_index]):
        yield replace(
            window, scorer=HUMAN, method=ANNOTATORS, text_id=f"{number}:{window.text_id}",
            scores=own[None], kept=own[None] > 0, rationale=truth > 0, shares=shares, error=None,
        )  # fmt: skip


def _averaged(part: TextValues) -> TextValues:
    """Each text's mean over its annotators."""
    texts = ByText(text_id.partition(":")[2] for text_id in part.text_ids)
    values = texts.mean(part.values)
    # Zeros and ones know one selection.
    values[..., [column for column, key in enumerate(MEASURED) if key[0] == "uniform"]] = np.nan
    return replace(part, text_ids=texts.text_ids, values=values, counts={})
