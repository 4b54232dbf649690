"""Scores and texts brought together: which belong to which, and a text's scores by word."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from workbench.catalog.options import Pooling
from workbench.config.data import DataSettings
from workbench.core.documents import Document
from workbench.data.corpus import load_corpus
from workbench.data.sources import data_settings
from workbench.errors import InputError
from workbench.external.frames import KEYS, Scores, score_frame
from workbench.external.words import pooled, touched

Texts = str | Path | DataSettings | Sequence[Document]
"""A corpus named in one word as for `workbench data check`, its settings, or its documents."""


class Scored(NamedTuple):
    """One text's scores by one scorer."""

    scorer: str
    method: str
    document: Document
    matrix: np.ndarray
    """(layers, words) float64, NaN where there is none."""

    @property
    def where(self) -> str:
        """Begin a sentence about it."""
        return f"text {self.document.id!r}, {self.scorer}"

    @property
    def uncovered(self) -> np.ndarray:
        """(layers, words) bool: no score, in a layer that has some."""
        none = np.isnan(self.matrix)
        return np.asarray(none & ~none.all(axis=1, keepdims=True))


class Matched(NamedTuple):
    """What some scores and some texts have in common."""

    frame: pd.DataFrame
    """The scores of texts that are there, see `score_frame`."""
    documents: dict[str, Document]
    unknown: tuple[str, ...]
    """Ids of scored texts that are not there."""
    missing: tuple[str, ...]
    """Ids of texts that a scorer says nothing of in a layer that it says something of elsewhere."""

    @property
    def of_tokens(self) -> bool:
        """Whether scores are of tokens at offsets."""
        return "start" in self.frame

    def refuse_partial(self) -> None:
        """Raise InputError for a text that is not there, or that some scorer or layer lacks."""
        if self.unknown:
            raise InputError(f"text {self.unknown[0]!r}: scored, and the texts have none of that id")
        if self.missing:
            raise InputError(
                f"text {self.missing[0]!r}: has no scores of some scorer or layer, nor have "
                f"{len(self.missing) - 1} others; --partial (partial=True) judges what there is"
            )

    def scored(self, pooling: Pooling, *, sizes: bool) -> Iterator[Scored]:
        """Yield every text's scores by every scorer, in order of first appearance.

        Args:
            pooling: What a word of several tokens gets.
            sizes: Take the tokens' sizes before.

        Raises:
            InputError: Names the text: a word or a character that it does not have, several scores of
                one word, offsets in a pair.
        """
        depths = self.frame.groupby(["scorer", "method"])["layer"].transform("max") + 1
        for key, rows in self.frame.assign(depth=depths).groupby(KEYS, sort=False):
            scorer, method, name = map(str, key)
            document = self.documents[name]
            matrix = _matrix(rows, document, f"text {name!r}, {scorer}", pooling, sizes)
            yield Scored(scorer, method, document, matrix)


def match(scores: Scores, data: Texts, split: str) -> Matched:
    """Read both and find which scores belong to which text.

    Args:
        scores: As of `evaluate_scores`.
        data: Texts.
        split: Which of them, unless documents are given.

    Raises:
        InputError: As `score_frame`, and for a split without texts or scores of other texts alone.
    """
    documents = _documents(data, split)
    frame = score_frame(scores, documents)
    by_id = {one.id: one for one in documents}
    there = frame["text_id"].isin(by_id)
    if not there.any():
        first = frame["text_id"].iloc[0] if len(frame) else ""
        raise InputError(f"text {first!r}: scored, and the texts have none of that id, nor of any other")
    said = frame[there].groupby(["scorer", "method", "layer"])["text_id"].agg(set)
    return Matched(
        frame[there],
        by_id,
        unknown=tuple(frame.loc[~there, "text_id"].unique()),
        missing=tuple(one.id for one in documents if not all(one.id in texts for texts in said)),
    )


def _documents(data: Texts, split: str) -> Sequence[Document]:
    if isinstance(data, str | Path):
        data = data_settings(str(data))
    if not isinstance(data, DataSettings):
        return data
    splits = load_corpus(data, training=False).splits
    if not splits.get(split):
        there = ", ".join(name for name, texts in splits.items() if texts)
        raise InputError(f"split {split!r}: has no texts (there: {there})")
    return splits[split]


def _matrix(
    rows: pd.DataFrame, document: Document, where: str, pooling: Pooling, sizes: bool
) -> np.ndarray:
    words = document.words + document.second
    if "start" in rows:
        rows = rows.sort_values("start", kind="stable")
    values, layers = rows["score"].to_numpy(), rows["layer"].to_numpy()
    if "word" in rows:
        places = rows["word"].to_numpy()
        if places.max() >= len(words):
            raise InputError(f"{where}: word {places.max()} of {len(words)}; words count from 0")
        if pd.MultiIndex.from_arrays([layers, places]).has_duplicates:
            raise InputError(f"{where}: several scores of one word in one layer")
    else:
        tokens, places = _by_offsets(rows, document, where)
        values, layers = values[tokens], layers[tokens]
    shape = int(rows["depth"].iloc[0]), len(words)
    return pooled(np.abs(values) if sizes else values, places, layers, shape, pooling)


def _by_offsets(rows: pd.DataFrame, document: Document, where: str) -> tuple[np.ndarray, np.ndarray]:
    if document.second:
        raise InputError(f"{where}: offsets in a pair of texts say nothing; give word instead")
    starts, ends = rows["start"].to_numpy(), rows["end"].to_numpy()
    length = len(" ".join(document.words))
    if ends.max() > length:
        raise InputError(
            f"{where}: a token ends at character {ends.max()} of {length}; offsets count in the words "
            "joined by one space"
        )
    if rows.duplicated(["layer", "start", "end"]).where(rows["end"] > rows["start"], False).any():
        raise InputError(
            f"{where}: a token comes twice in one layer; where windows overlap, keep one of them"
        )
    return touched(starts, ends, document.words)
