"""A score table as arrays: all windows of one scorer on one model, padded to the longest."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.errors import InputError


@dataclass(frozen=True)
class ScoreGrid:
    """W windows of L layers and at most n tokens."""

    scorer: str
    method: str
    text_ids: tuple[str, ...]
    """The text of each window."""
    windows: np.ndarray
    """(W,) int: the window's number within its text."""
    tokens: np.ndarray
    """(W, n) str, "" on padding."""
    word_index: np.ndarray
    """(W, n) int: -1 for special tokens and padding."""
    valid: np.ndarray
    """(W, n) bool: False on padding."""
    scores: np.ndarray
    """(W, L, n) float64: NaN for what was dropped before, for padding and where the scorer is silent."""
    kept: np.ndarray | None
    """(W, L, n) bool: what the model passes on into layer l; None where it never drops."""
    marks: np.ndarray | None
    """(W, n) bool: rationale; None where a text has no annotation."""

    @property
    def inside(self) -> np.ndarray:
        """(W, n) bool: tokens of the text, special ones left out."""
        return self.word_index >= 0

    @property
    def entering(self) -> np.ndarray:
        """(W, L, n) bool: tokens alive at a layer's entry, before it drops any."""
        layers = self.scores.shape[1]
        everyone = np.repeat(self.valid[:, None], layers, axis=1)
        if self.kept is None:
            return everyone
        return np.concatenate([everyone[:, :1], self.kept[:, :-1]], axis=1)

    @property
    def has_score(self) -> np.ndarray:
        """(L,) bool: layers with a score of any token."""
        return ~np.isnan(self.scores).all(axis=(0, 2))

    def take(self, rows: np.ndarray) -> "ScoreGrid":
        """The windows `rows` (ints or bools), padded to the longest of them."""
        width = int(self.valid[rows].sum(axis=1).max(initial=0))
        return replace(
            self,
            text_ids=tuple(np.array(self.text_ids, dtype=object)[rows]),
            windows=self.windows[rows],
            tokens=self.tokens[rows, :width],
            word_index=self.word_index[rows, :width],
            valid=self.valid[rows, :width],
            scores=self.scores[rows, :, :width],
            kept=None if self.kept is None else self.kept[rows, :, :width],
            marks=None if self.marks is None else self.marks[rows, :width],
        )


def score_grids(frame: pd.DataFrame) -> list[ScoreGrid]:
    """One grid per scorer and method of a score table (`records.COLUMNS`), in order of appearance.

    Raises InputError for an infinite score and for a token that has two rows in one layer.
    """
    keyed = frame.groupby(["scorer", "method"], sort=False, observed=True)
    return [_grid(str(scorer), str(method), rows) for (scorer, method), rows in keyed]


def _grid(scorer: str, method: str, rows: pd.DataFrame) -> ScoreGrid:
    scores = rows["score"].to_numpy(dtype=np.float64)
    if np.isinf(scores).any():
        raise InputError(f"{scorer} on {method}: scores must be finite or NaN")
    # Windows are counted from 0 in order of appearance; `first` has the first row of each.
    window = rows.groupby(["text_id", "window"], sort=False, observed=True).ngroup().to_numpy()
    first = np.unique(window, return_index=True)[1]
    layer, token = rows["layer"].to_numpy(), rows["token_index"].to_numpy()
    size = (len(first), int(layer.max()) + 1, int(token.max()) + 1)
    seen = np.zeros(size, dtype=np.int64)
    np.add.at(seen, (window, layer, token), 1)
    if (seen > 1).any():
        text_id = rows["text_id"].iloc[first[int(np.argwhere(seen > 1)[0][0])]]
        raise InputError(f"{text_id}: {scorer} on {method} scores a token twice in one layer")
    flat = (window[layer == 0], token[layer == 0])
    top = rows[layer == 0]

    def spread(column: str, empty: object, kind: type) -> np.ndarray:
        made: np.ndarray = np.full((size[0], size[2]), empty, dtype=kind)
        made[flat] = top[column].to_numpy(dtype=kind)
        return made

    grid = np.full(size, np.nan)
    grid[window, layer, token] = scores
    kept = None
    if rows["kept"].notna().all():
        kept = np.zeros(size, dtype=bool)
        kept[window, layer, token] = rows["kept"].to_numpy(dtype=bool)
    return ScoreGrid(
        scorer, method,
        text_ids=tuple(rows["text_id"].astype(str).iloc[first]),
        windows=rows["window"].to_numpy()[first],
        tokens=spread("token", "", object),
        word_index=spread("word_index", -1, np.int64),
        valid=seen[:, 0] > 0,
        scores=grid,
        kept=kept,
        marks=spread("rationale", False, bool) if top["rationale"].notna().all() else None,
    )  # fmt: skip


def common_windows(a: ScoreGrid, b: ScoreGrid) -> tuple[ScoreGrid, ScoreGrid]:
    """Both on the windows that both have, in the order of `a`.

    Raises InputError where they share none or saw different tokens in one.
    """
    place = {key: row for row, key in enumerate(zip(b.text_ids, b.windows.tolist(), strict=True))}
    keys = list(zip(a.text_ids, a.windows.tolist(), strict=True))
    shared = [row for row, key in enumerate(keys) if key in place]
    if not shared:
        raise InputError(f"{a.scorer} on {a.method} and {b.scorer} on {b.method} have no text in common")
    ours = a.take(np.array(shared))
    theirs = b.take(np.array([place[keys[row]] for row in shared]))
    if ours.tokens.shape != theirs.tokens.shape or (ours.tokens != theirs.tokens).any():
        raise InputError(f"{a.scorer} and {b.scorer} saw different tokens of the same texts")
    return ours, theirs
