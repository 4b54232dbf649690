"""Two kinds of speed that are never mixed: counted operations, and seconds on a stopwatch."""

import statistics
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from workbench.metrics.efficiency.flops import Shape, padded_flops, speedup_unpadded
from workbench.metrics.schemas import EFFICIENCY

MASKED = "-masked"
"""Ending of a contestant that computes dropped tokens and masks them out."""
COUNTED = ("flops_speedup_unpadded", "flops_speedup_padded", "tokens_kept_share")
"""The quantities that are counted, not timed."""
BFLOAT16 = "-bfloat16"
"""Ending of a contestant with weights and activations in bfloat16 instead of float32."""


def counted_efficiency(
    predictions: pd.DataFrame,
    windows: Mapping[str, Sequence[tuple[str, int]]],
    shape: Shape,
    batch_size: int,
) -> pd.DataFrame:
    """FLOPs speed-ups and the share of tokens kept, as rows with the columns of `schemas.EFFICIENCY`.

    `predictions` has one row per method, split and text with `tokens` (a list over layers: tokens
    alive in each, summed over the text's windows), `flops` and `flops_dense`. `windows` gives per
    split the (text id, length in tokens) of every window in the order they are batched; `shape` is
    the dense model's and `batch_size` that of the padded dense run (`flops.padded_flops`).
    `batch_size` in the result is null throughout. The share of tokens kept is over the layers that a
    method has: a student of half the layers that drops nothing keeps all. Raises ValueError when a
    split or text has no window.
    """
    rows: list[tuple[object, ...]] = []
    for (method, split), part in predictions.groupby(["method", "split"], sort=False, observed=True):
        full = _lengths(part, windows, str(split))
        lengths = np.array([length for _, length in windows[str(split)]])
        flops = part["flops"].to_numpy(dtype=np.float64)
        dense = part["flops_dense"].to_numpy(dtype=np.float64)
        tokens = np.stack([np.asarray(row, dtype=np.float64) for row in part["tokens"]])
        # A text of several windows is one prediction but several encoder inputs.
        padded = float(padded_flops(lengths, batch_size, shape).sum() / flops.sum())
        kept = float(tokens.sum() / (tokens.shape[1] * full.sum()))
        values = (speedup_unpadded(dense, flops), padded, kept)
        rows += [(method, split, *pair) for pair in zip(COUNTED, (pd.NA,) * 3, values, strict=True)]
    return EFFICIENCY.frame(rows)


def _lengths(
    part: pd.DataFrame, windows: Mapping[str, Sequence[tuple[str, int]]], split: str
) -> np.ndarray:
    if split not in windows:
        raise ValueError(f"no window lengths for split {split!r}")
    full: dict[str, int] = {}
    for text_id, length in windows[split]:
        full[text_id] = full.get(text_id, 0) + length
    ids = [str(text_id) for text_id in part["text_id"]]
    lost = [text_id for text_id in ids if text_id not in full] or sorted(set(full) - set(ids))
    if lost:
        raise ValueError(f"{split}: text {lost[0]!r} is not in both predictions and windows")
    return np.array([full[text_id] for text_id in ids])


def measured_efficiency(
    seconds: Mapping[str, Sequence[float]],
    split: str,
    batch_size: int,
    flops_speedups: Mapping[str, float],
    *,
    work: tuple[int, int] | None = None,
    memory: Mapping[str, float | None] | None = None,
    padded_speedups: Mapping[str, float] | None = None,
    stock: str = "hf",
    dense: str = "dense",
) -> pd.DataFrame:
    """What one batch size's `seconds` (from `stopwatch`) amount to, as rows of the same columns.

    For each contestant seconds_median; speedup_vs_hf = median over rounds of stock / contestant
    (`stock` being the padded Hugging Face model); realised_share = median over rounds of dense /
    contestant, divided by its unpadded FLOPs speed-up from `flops_speedups` (`dense` being our
    unpadded run that drops nothing): 1 means that every saved operation saved its time. With `work`,
    the (texts, tokens) there were before any dropping, also seconds_q25 and seconds_q75 (over
    rounds), texts_per_second, tokens_per_second, flops_speedup_timed (from `flops_speedups`, which
    speak of exactly these texts) and flops_speedup_timed_padded (from `padded_speedups`: dense model
    that computes the padding / method without); with `memory` peak_memory_mb. Rows that need something
    absent are left out.
    """
    rows: list[tuple[object, ...]] = []
    for method, own in seconds.items():
        low, median, high = np.quantile(own, [0.25, 0.5, 0.75])
        found: dict[str, float | None] = {"seconds_median": median}
        if work is not None:
            texts, tokens = work
            found |= {"seconds_q25": low, "seconds_q75": high}
            found |= {"texts_per_second": texts / median, "tokens_per_second": tokens / median}
            found["flops_speedup_timed"] = flops_speedups.get(method)
            found["flops_speedup_timed_padded"] = (padded_speedups or {}).get(method)
        if memory is not None:
            found["peak_memory_mb"] = memory.get(method)
        if stock in seconds:
            found["speedup_vs_hf"] = _ratio(seconds[stock], own)
        if dense in seconds and method in flops_speedups:
            found["realised_share"] = _ratio(seconds[dense], own) / flops_speedups[method]
        rows += [
            (method, split, quantity, batch_size, value)
            for quantity, value in found.items()
            if value is not None
        ]
    return EFFICIENCY.frame(rows)


def _ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    return statistics.median(a / b for a, b in zip(slow, fast, strict=True))
