"""From a record of token scores to the units that are judged: tokens or words, specials left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.core.sub_words import joined
from workbench.core.token_scores import TokenScores
from workbench.errors import InputError

UNITS = ("token", "word")


@dataclass(frozen=True)
class Units:
    """One window's m scored units."""

    scores: np.ndarray
    """(layers, m) float64; NaN: dropped, or not scored."""
    kept: np.ndarray | None
    """(layers, m) bool."""
    marks: np.ndarray
    """(m,) bool."""
    follows: np.ndarray
    """(m,) bool: False where the unit does not come directly after the one before."""
    has_score: np.ndarray
    """(layers,) bool: False where the scorer says nothing about the layer."""
    shares: np.ndarray | None = None
    """(m,) float64: the share of annotators that marked each unit; None where one person decided."""


@dataclass(frozen=True)
class Batch:
    """Several windows of one scorer, padded to the longest."""

    scores: np.ndarray
    """(windows, layers, m) float64, NaN on padding."""
    kept: np.ndarray
    """(windows, layers, m) bool, False on padding."""
    has_kept: np.ndarray
    """(windows,) bool: False where the record has no kept-mask."""
    marks: np.ndarray
    """(windows, m) bool, False on padding."""
    follows: np.ndarray
    """(windows, m) bool, as in `Units`."""
    valid: np.ndarray
    """(windows, m) bool, False on padding."""
    has_score: np.ndarray
    """(windows, layers) bool."""
    shares: np.ndarray | None = None
    """(windows, m) float64, 0 on padding, NaN on windows without; None where no window has any."""


def scored_units(record: TokenScores, unit: str) -> Units:
    """Return the units of `record`: `token` as they are, `word` by the words' best sub-token.

    A word's score is the maximum over its sub-tokens that have one, and so is its share; it is kept, and
    it is rationale, if any sub-token is. Special tokens (word_index -1) are left out; no span goes on
    across one. Raises ValueError for an unknown unit and a record without rationale; InputError, naming
    the text, for negative and infinite scores, and for NaN on part of a layer where the record does not
    say that tokens were dropped.
    """
    index = unit_index(record.word_index, unit)
    if record.rationale is None:
        raise ValueError(f"{record.text_id}: no rationale to compare with")
    inside = index >= 0
    _check(record, record.scores[:, inside])
    kept = None if record.kept is None else _pooled(record.kept, index, np.logical_or)
    has_score = ~np.isnan(record.scores).all(axis=1)
    if kept is not None:
        # Without a survivor there is nothing left to score: dropped, not unscored.
        has_score |= ~kept.any(axis=1)
    follows = np.diff(np.flatnonzero(inside), prepend=-2) == 1
    return Units(
        scores=unit_scores(record.scores, index),
        kept=kept,
        marks=_pooled(record.rationale, index, np.logical_or),
        follows=follows[np.unique(index[inside], return_index=True)[1]],
        has_score=has_score,
        shares=None if record.shares is None else unit_scores(record.shares, index),
    )


def _check(record: TokenScores, scores: np.ndarray) -> None:
    if (scores < 0).any() or np.isinf(scores).any():
        raise InputError(
            f"{record.text_id}: {record.scorer} scores must be finite and not negative; "
            "take absolute values first and say so"
        )
    missing = np.isnan(scores)
    in_part = np.flatnonzero(missing.any(axis=1) & ~missing.all(axis=1))
    if record.kept is None and len(in_part):
        layer = int(in_part[0])
        raise InputError(
            f"{record.text_id}: {record.scorer} scores of layer {layer} are NaN in part, and the model "
            "dropped nothing: give every token a score, or none of the layer's"
        )


def _pooled(values: np.ndarray, index: np.ndarray, combine: np.ufunc) -> np.ndarray:
    """(..., n) tokens -> (..., m) units; `index` as `unit_index` gives it."""
    inside = np.flatnonzero(index >= 0)
    order = inside[np.argsort(index[inside], kind="stable")]
    starts = np.flatnonzero(np.diff(index[order], prepend=-1))
    return np.asarray(combine.reduceat(values[..., order], starts, axis=-1))


def unit_index(word_index: np.ndarray, unit: str) -> np.ndarray:
    """Return the unit each token belongs to, counted from 0 in order of appearance: (n,) int64.

    `word_index` is (n,) int, -1 for special tokens, which belong to no unit and get -1. A `word` is all
    tokens with one word index, a `token` stands alone. Raises ValueError for any other unit.
    """
    if unit not in UNITS:
        raise ValueError(f"unknown unit {unit!r}; known: {', '.join(UNITS)}")
    index = np.full(len(word_index), -1, dtype=np.int64)
    inside = np.asarray(word_index) >= 0
    if unit == "token":
        index[inside] = np.arange(inside.sum())
    else:
        # Words are numbered in their order, so the rank of a word index is its place.
        index[inside] = np.unique(word_index[inside], return_inverse=True)[1]
    return index


def unit_names(tokens: Iterable[str], index: np.ndarray) -> list[str]:
    """Return the m units as text: sub-word tokens put together, without the ## that continues a word."""
    pieces: list[list[str]] = [[] for _ in range(int(index.max(initial=-1)) + 1)]
    for token, unit in zip(tokens, index.tolist(), strict=True):
        if unit >= 0:
            pieces[unit].append(token)
    return [joined(names) for names in pieces]


def unit_scores(scores: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Return each unit's highest token score: (..., n) and (n,) -> (..., m) float64.

    NaN (a dropped token) counts only where all of a unit's tokens have it.
    """
    return _pooled(np.asarray(scores, dtype=np.float64), index, np.fmax)


def pad(windows: Sequence[Units]) -> Batch:
    """Stack windows with equal numbers of layers; ValueError if these differ."""
    layers = {window.scores.shape[0] for window in windows}
    if len(layers) != 1:
        raise ValueError(f"records of one scorer differ in their number of layers: {sorted(layers)}")
    size = (len(windows), layers.pop(), max(len(window.marks) for window in windows))
    scores, kept = np.full(size, np.nan), np.zeros(size, dtype=bool)
    marks, follows, valid = (np.zeros((size[0], size[2]), dtype=bool) for _ in range(3))
    for row, window in enumerate(windows):
        n = len(window.marks)
        scores[row, :, :n] = window.scores
        marks[row, :n] = window.marks
        follows[row, :n] = window.follows
        valid[row, :n] = True
        if window.kept is not None:
            kept[row, :, :n] = window.kept
    has_kept = np.array([window.kept is not None for window in windows])
    has_score = np.stack([window.has_score for window in windows])
    return Batch(
        scores, kept, has_kept, marks, follows, valid, has_score, _padded_shares(windows, valid)
    )


def _padded_shares(windows: Sequence[Units], valid: np.ndarray) -> np.ndarray | None:
    if all(window.shares is None for window in windows):
        return None
    shares = np.where(valid, np.nan, 0.0)
    for row, window in enumerate(windows):
        if window.shares is not None:
            shares[row, : len(window.shares)] = window.shares
    return shares
