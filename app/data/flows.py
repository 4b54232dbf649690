"""Tokens through the layers as numbers: which are left, which go, and by how much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from workbench.core.merge_windows import stitched
from workbench.core.token_scores import TokenScores
from workbench.inference.token_flow import WindowFlow
from workbench.reporting.text.wording import scorer_name

GONE, DROPPED, ALIVE = 0, 1, 2
"""Dropped in an earlier layer, dropped at this one, passed on into it."""
_WORDS = np.array(["gone", "dropped", "alive"])


@dataclass(frozen=True)
class Flow:
    """One text's way through one model, ready to be drawn."""

    name: str
    """What stands above it, in words: the method, and whether something was changed."""
    record: TokenScores
    """The whole text in one record (`stitching.stitched`)."""
    verdict: str = ""
    """The prediction at the end, in words."""
    thresholds: np.ndarray | None = None
    """(layers, n): the score a token needed; NaN: none. None where nothing is known of them."""
    forced: Mapping[int, str] = field(default_factory=dict)
    """Token -> "kept" or "dropped", where a reader decided."""


def states(record: TokenScores) -> np.ndarray:
    """Return (layers, n) int: `GONE`, `DROPPED` or `ALIVE`; all alive where nothing is ever dropped."""
    if record.kept is None:
        return np.full(record.scores.shape, ALIVE)
    kept = np.asarray(record.kept, dtype=bool)
    entered = np.vstack([np.ones((1, kept.shape[1]), dtype=bool), kept[:-1]])
    return np.where(kept, ALIVE, np.where(entered, DROPPED, GONE))


def ranks(record: TokenScores) -> np.ndarray:
    """Return (layers, n) float: place of each token's score among those that came into the layer.

    1 is the highest, ties share the better place; NaN without a score.
    """
    frame = pd.DataFrame(np.where(states(record) == GONE, np.nan, record.scores))
    return frame.rank(axis=1, method="min", ascending=False).to_numpy()


def flow_frame(flows: Sequence[Flow]) -> pd.DataFrame:
    """Return what the picture shows, one row per flow, layer and token: the table behind it."""
    parts = []
    for flow in flows:
        record = flow.record
        layers, n = record.scores.shape
        marks = np.full(n, None) if record.rationale is None else record.rationale
        limits = np.full((layers, n), np.nan) if flow.thresholds is None else flow.thresholds
        parts.append(
            pd.DataFrame(
                {
                    "flow": flow.name,
                    "text_id": record.text_id,
                    "scorer": record.scorer,
                    "layer": np.repeat(np.arange(layers), n),
                    "token_index": np.tile(np.arange(n), layers),
                    "token": list(record.tokens) * layers,
                    "state": _WORDS[states(record)].reshape(-1),
                    "score": np.asarray(record.scores, dtype=float).reshape(-1),
                    "threshold": np.asarray(limits, dtype=float).reshape(-1),
                    "rank": ranks(record).reshape(-1),
                    "rationale": pd.array(np.tile(marks, layers), dtype="boolean"),
                    "forced": [flow.forced.get(index, "") for index in range(n)] * layers,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def live_flow(title: str, windows: Sequence[WindowFlow], verdict: str) -> Flow:
    """Return the flow of a text, or of one of its windows, as a model gave it.

    Args:
        title: Of what ran.
        windows: Those that are shown, at least one.
        verdict: The prediction at the end, in words.
    """
    record = stitched([window.record for window in windows])
    scored = not np.isnan(record.scores).all()
    name = f"{title} · {scorer_name(record.scorer)}" if scored else title
    return Flow(name, record, verdict, stitched([window.thresholds for window in windows]).scores)
