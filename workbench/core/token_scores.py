"""The one result type: whatever scores tokens returns a `TokenScores`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.core.documents import second_start

COLUMNS = (
    "scorer", "method", "text_id", "window", "layer", "token_index", "word_index", "token",
    "score", "kept", "rationale", "share", "target", "error", "seconds",
)  # fmt: skip

ERROR_LIMIT = 0.05
"""Convergence error from which on a record warns."""


@dataclass(frozen=True)
class TokenScores:
    """Scores of one window of one text, from one scorer, for every layer.

    Row l of `scores` and `kept` speaks of the *entry* of layer l. A token that is no longer alive
    there, or a layer the scorer says nothing about, has NaN: dropped is not the same as zero. PoWER-BERT
    cuts inside the layer: its row l scores the tokens in layer l's self-attention and keeps those that
    pass on into its feed-forward part.
    """

    scorer: str
    """Who scored: cp, top, saliency, attention, rollout, random, uniform, oracle, or another name."""
    method: str
    """The model the scores were computed on: dense, adapler, top, ..."""
    text_id: str
    window: int
    """0-based number of the window within its text."""
    tokens: tuple[str, ...]
    """The window's n sub-word tokens, special tokens included."""
    word_index: np.ndarray
    """(n,) int: each token's word in the document; -1 for special tokens."""
    scores: np.ndarray
    """(layers, n) float."""
    kept: np.ndarray | None = None
    """(layers, n) bool: what the model passed on into layer l; None where nothing is ever dropped."""
    rationale: np.ndarray | None = None
    """(n,) bool: human rationale; None where the text has no annotation."""
    target: str = ""
    """What was explained, e.g. "logit of the predicted class, L2"."""
    error: np.ndarray | None = None
    """(layers,) float: convergence error as a share of the difference that the scores should add up to;
    None where the scorer knows none."""
    seconds: float | None = None
    """What these scores took; scorers that shared a pass share its time."""
    shares: np.ndarray | None = None
    """(n,) float: the share of annotators that marked each token's word, 0 on special tokens; None where
    one person decided."""

    def __post_init__(self) -> None:
        n = len(self.tokens)
        if self.scores.ndim != 2 or self.scores.shape[1] != n or self.word_index.shape != (n,):
            raise ValueError(
                f"{self.text_id}: scores {self.scores.shape} and word_index {self.word_index.shape}"
                f" do not fit {n} tokens"
            )
        shapes = {
            "kept": self.scores.shape, "rationale": (n,), "error": (self.layers,), "shares": (n,),
        }  # fmt: skip
        for name, shape in shapes.items():
            given = getattr(self, name)
            if given is not None and given.shape != shape:
                raise ValueError(f"{self.text_id}: {name} {given.shape} is not {shape}")

    @property
    def layers(self) -> int:
        return int(self.scores.shape[0])

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence per layer whose convergence error is above `ERROR_LIMIT`."""
        errors = [] if self.error is None else self.error.tolist()
        return tuple(
            f"{self.scorer}, layer {layer}: the scores miss {error:.0%} of the difference they explain"
            for layer, error in enumerate(errors)
            if error > ERROR_LIMIT
        )

    @property
    def first_end(self) -> int:
        """Index after the first text's last token."""
        special = np.flatnonzero(self.word_index[1:] == -1)
        return int(special[0]) + 1 if len(special) else len(self.tokens)

    @property
    def second_start(self) -> int | None:
        """Index of the second text's first token; None for a single text."""
        return second_start(self.word_index)


def to_frame(records: Iterable[TokenScores]) -> pd.DataFrame:
    """One row per (text, window, layer, token), with the columns of `COLUMNS`."""
    parts = []
    for record in records:
        layers, n = record.scores.shape
        kept = np.full((layers, n), None) if record.kept is None else record.kept.astype(object)
        marks = np.full(n, None) if record.rationale is None else record.rationale.astype(object)
        shares = np.full(n, np.nan) if record.shares is None else record.shares
        errors = np.full(layers, np.nan) if record.error is None else record.error
        parts.append(
            pd.DataFrame(
                {
                    "scorer": record.scorer,
                    "method": record.method,
                    "text_id": record.text_id,
                    "window": np.int32(record.window),
                    "layer": np.repeat(np.arange(layers, dtype=np.int32), n),
                    "token_index": np.tile(np.arange(n, dtype=np.int32), layers),
                    "word_index": np.tile(record.word_index.astype(np.int32), layers),
                    "token": list(record.tokens) * layers,
                    "score": record.scores.reshape(-1).astype(np.float32),
                    "kept": pd.array(kept.reshape(-1), dtype="boolean"),
                    "rationale": pd.array(np.tile(marks, layers), dtype="boolean"),
                    "share": np.tile(shares.astype(np.float32), layers),
                    "target": record.target,
                    "error": np.repeat(errors.astype(np.float32), n),
                    "seconds": np.nan if record.seconds is None else record.seconds,
                }
            )
        )
    if not parts:
        return pd.DataFrame({name: [] for name in COLUMNS})
    frame = pd.concat(parts, ignore_index=True)
    for name in ("scorer", "method", "text_id", "token", "target"):
        frame[name] = frame[name].astype("category")
    return frame


def from_frame(frame: pd.DataFrame) -> list[TokenScores]:
    """The records behind a frame of `to_frame`, in order of first appearance.

    The columns share, target, error and seconds may be absent: then nothing is known of them.
    """
    unknown: dict[str, Any] = {"share": np.nan, "target": "", "error": np.nan, "seconds": np.nan}
    for name, value in unknown.items():
        if name not in frame:
            frame = frame.assign(**{name: value})
    number = frame.groupby(["scorer", "method", "text_id", "window"], sort=False, observed=True).ngroup()
    order = np.lexsort((frame["token_index"], frame["layer"], number))
    columns = {
        name: frame[name].to_numpy()[order] for name in COLUMNS if name not in ("kept", "rationale")
    }
    flags = {name: frame[name].astype("boolean") for name in ("kept", "rationale")}
    columns |= {name: flag.fillna(False).to_numpy(dtype=bool)[order] for name, flag in flags.items()}
    absent = {name: flag.isna().to_numpy()[order] for name, flag in flags.items()}
    borders = np.flatnonzero(np.diff(number.to_numpy()[order], prepend=-1, append=-1))
    return [
        _record(columns, absent, slice(start, stop))
        for start, stop in zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True)
    ]


def _record(columns: dict[str, np.ndarray], absent: dict[str, np.ndarray], rows: slice) -> TokenScores:
    """One record from its `rows`, in the order of layers and tokens; `absent` flags are not known."""
    part = {name: column[rows] for name, column in columns.items()}
    layers = int(part["layer"][-1]) + 1
    n = int(np.searchsorted(part["layer"], 0, side="right"))
    no_kept, no_marks = absent["kept"][rows].any(), absent["rationale"][rows][:n].any()
    errors = part["error"].astype(np.float32).reshape(layers, n)[:, 0]
    shares = part["share"][:n].astype(np.float32)
    seconds = float(part["seconds"][0])
    return TokenScores(
        scorer=str(part["scorer"][0]),
        method=str(part["method"][0]),
        text_id=str(part["text_id"][0]),
        window=int(part["window"][0]),
        tokens=tuple(map(str, part["token"][:n])),
        word_index=part["word_index"][:n],
        scores=part["score"].astype(np.float32).reshape(layers, n),
        kept=None if no_kept else part["kept"].reshape(layers, n),
        rationale=None if no_marks else part["rationale"][:n],
        target=str(part["target"][0]),
        error=None if np.isnan(errors).all() else errors,
        seconds=None if np.isnan(seconds) else seconds,
        shares=None if np.isnan(shares).any() else shares,
    )
