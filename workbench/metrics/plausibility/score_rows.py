"""From rows of a score table to units, all windows at once: no object is made per window."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.core.token_scores import TokenScores, from_frame
from workbench.metrics.plausibility.units import Batch, scored_units

JUDGED = (
    "scorer", "method", "text_id", "window", "token_index", "word_index", "score", "kept", "rationale",
    "share",
)  # fmt: skip
"""What of a score table agreement depends on; what the tokens are plays no part."""


@dataclass(frozen=True)
class ScoreRows:
    """W windows of one scorer on one model in one layer, one after the other: T tokens in all."""

    frame: pd.DataFrame
    """(T,) rows by window and token."""
    text_ids: tuple[str, ...]
    """(W,): the text of each window; windows in order of first appearance."""
    starts: np.ndarray
    """(W + 1,) int: where each window's rows begin, and the end of the last."""
    scores: np.ndarray
    """(T,) float64."""
    word_index: np.ndarray
    """(T,) int."""
    kept: np.ndarray
    """(T,) bool; False in windows without a kept-mask."""
    has_kept: np.ndarray
    """(W,) bool."""
    marks: np.ndarray
    """(T,) bool."""
    shares: np.ndarray | None
    """(T,) float64, NaN in windows without; None where no window has any."""
    usable: np.ndarray
    """(W,) bool: annotated, and with a token that belongs to a word."""

    def records(self, windows: Sequence[int]) -> list[TokenScores]:
        """Return the records of some windows, in the order given."""
        places = [np.arange(self.starts[one], self.starts[one + 1]) for one in windows]
        return from_frame(self.frame.iloc[np.concatenate(places)].assign(layer=0, token=""))


@dataclass(frozen=True)
class FlatUnits:
    """The scored units of V windows, one window after the other: U units in all."""

    starts: np.ndarray
    """(V + 1,) int: where each window's units begin, and the end of the last."""
    scores: np.ndarray
    """(U,) float64; NaN: dropped, or not scored."""
    kept: np.ndarray
    """(U,) bool."""
    marks: np.ndarray
    """(U,) bool."""
    follows: np.ndarray
    """(U,) bool, as in `Units`."""
    shares: np.ndarray | None
    """(U,) float64."""
    has_kept: np.ndarray
    """(V,) bool."""
    has_score: np.ndarray
    """(V,) bool."""

    @property
    def lengths(self) -> np.ndarray:
        """(V,) int: units of each window."""
        return np.diff(self.starts)

    def pad(self, rows: np.ndarray) -> Batch:
        """Return some windows as `units.pad` stacks them, of one layer."""
        lengths = self.lengths[rows]
        valid = np.arange(lengths.max()) < lengths[:, None]
        places = np.where(valid, self.starts[rows][:, None] + np.arange(lengths.max()), 0)
        shares = None
        if self.shares is not None:
            shares = np.where(valid, self.shares[places], 0.0)
            shares = None if np.isnan(self.shares[self.starts[rows]]).all() else shares
        return Batch(
            scores=np.where(valid, self.scores[places], np.nan)[:, None],
            kept=(valid & self.kept[places])[:, None],
            has_kept=self.has_kept[rows],
            marks=valid & self.marks[places],
            follows=valid & self.follows[places],
            valid=valid,
            has_score=self.has_score[rows][:, None],
            shares=shares,
        )


def layer_rows(frame: pd.DataFrame) -> ScoreRows:
    """Read the rows of one layer; what is not known of a token stands as in `token_scores.from_frame`.

    Args:
        frame: Rows of one scorer, model and layer with the columns `JUDGED`; share may be absent.
    """
    texts, _ = pd.factorize(frame["text_id"])
    window = frame["window"].to_numpy()
    number = pd.factorize(texts.astype(np.int64) * (int(window.max(initial=0)) + 1) + window)[0]
    token = frame["token_index"].to_numpy()
    step = np.diff(number)
    if not ((step > 0) | ((step == 0) & (np.diff(token) >= 0))).all():
        order = np.lexsort((token, number))
        frame, number = frame.iloc[order], number[order]
    first = np.flatnonzero(np.diff(number, prepend=-1))
    starts = np.append(first, len(frame))
    kept, no_kept = _flag(frame["kept"])
    marks, no_marks = _flag(frame["rationale"])
    word_index = frame["word_index"].to_numpy()
    shares = None
    if "share" in frame and not frame["share"].isna().all():
        shares = frame["share"].to_numpy(dtype=np.float32).astype(np.float64)
        unknown = _any(np.isnan(shares), starts)
        shares = np.where(np.repeat(unknown, np.diff(starts)), np.nan, shares)
    has_kept = ~_any(no_kept, starts)
    return ScoreRows(
        frame, tuple(frame["text_id"].iloc[first].astype(str)), starts,
        scores=frame["score"].to_numpy(dtype=np.float32).astype(np.float64),
        word_index=word_index,
        kept=kept & np.repeat(has_kept, np.diff(starts)),
        has_kept=has_kept,
        marks=marks,
        shares=shares,
        usable=~_any(no_marks, starts) & _any(word_index >= 0, starts),
    )  # fmt: skip


def flat_units(rows: ScoreRows, unit: str) -> FlatUnits:
    """Return the units of the usable windows, as `units.scored_units` makes them of each by itself.

    Args:
        rows: Of one layer.
        unit: `token` or `word`.

    Raises:
        InputError: As `scored_units`, for the first window that it refuses.
    """
    window = np.repeat(np.arange(len(rows.usable)), np.diff(rows.starts))
    inside = np.flatnonzero(rows.usable[window] & (rows.word_index >= 0))
    _refuse(rows, window, inside, unit)
    place = np.cumsum(rows.usable) - 1
    owner, words = place[window[inside]], rows.word_index[inside]
    follows = np.diff(inside, prepend=-2) == 1
    follows[np.flatnonzero(np.diff(owner, prepend=-1))] = False
    order = np.arange(len(inside))
    if unit == "word":
        if not ((np.diff(owner) > 0) | (np.diff(words) >= 0)).all():
            order = np.lexsort((words, owner))
        changes = (np.diff(owner[order], prepend=-1) != 0) | (np.diff(words[order], prepend=-1) != 0)
        units = np.flatnonzero(changes)
    else:
        units = order
    taken = inside[order]

    def pooled(values: np.ndarray, combine: np.ufunc) -> np.ndarray:
        return (
            values[taken]
            if unit == "token" or not len(taken)
            else combine.reduceat(values[taken], units)
        )

    starts = np.searchsorted(owner[order][units], np.arange(rows.usable.sum() + 1))
    kept, has_kept = pooled(rows.kept, np.logical_or), rows.has_kept[rows.usable]
    has_score = _any(~np.isnan(rows.scores), rows.starts)[rows.usable]
    has_score |= has_kept & ~_any(kept, starts)
    return FlatUnits(
        starts, pooled(rows.scores, np.fmax), kept, pooled(rows.marks, np.logical_or),
        follows=follows[order][units],
        shares=None if rows.shares is None else pooled(rows.shares, np.fmax),
        has_kept=has_kept,
        has_score=has_score,
    )  # fmt: skip


def _refuse(rows: ScoreRows, window: np.ndarray, inside: np.ndarray, unit: str) -> None:
    """Let `scored_units` say what is wrong with the first window that has scores it may refuse."""
    scores, of = rows.scores[inside], window[inside]
    suspect = set(of[(scores < 0) | np.isinf(scores)].tolist())
    missing = np.bincount(of[np.isnan(scores)], minlength=len(rows.usable))
    there = np.bincount(of, minlength=len(rows.usable))
    suspect |= set(np.flatnonzero(~rows.has_kept & (missing > 0) & (missing < there)).tolist())
    for one in sorted(suspect):
        scored_units(rows.records([one])[0], unit)


def _flag(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """(T,) bool: the values, False where there is none; and where there is none."""
    flag = column.astype("boolean")
    return flag.fillna(False).to_numpy(dtype=bool), flag.isna().to_numpy()


def _any(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """(W,) bool: whether any value of each stretch is true; False for an empty one."""
    sums = np.concatenate([[0], np.cumsum(values)])
    return sums[starts[1:]] > sums[starts[:-1]]
