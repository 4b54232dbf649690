"""Two kinds of speed that are never mixed: counted operations, and seconds on a stopwatch."""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from workbench.metrics.efficiency.flops import Shape, padded_flops, speedup_unpadded
from workbench.metrics.schemas import EFFICIENCY

STOCK, DENSE = "hf", "dense"
"""The padded Hugging Face model, and our unpadded run that drops nothing."""
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
    """Return FLOPs speed-ups and the share of tokens kept, columns of `schemas.EFFICIENCY`.

    `batch_size` is null throughout. The share of tokens kept is over the layers that a method has: a
    student of half the layers that drops nothing keeps all.

    Args:
        predictions: One row per method, split and text with `tokens` (a list over layers, summed over
            the text's windows), `flops` and `flops_dense`.
        windows: Per split the (text id, length in tokens) of every window in the order they are batched;
            ValueError when a split or text has none.
        shape: The dense model's.
        batch_size: Of the padded dense run (`flops.padded_flops`).
    """
    rows: list[tuple[object, ...]] = []
    for (method, split), part in predictions.groupby(["method", "split"], sort=False, observed=True):
        full = _lengths(part, windows, str(split))
        lengths = np.array([length for _, length in windows[str(split)]])
        flops, dense = (part[name].to_numpy(dtype=np.float64) for name in ("flops", "flops_dense"))
        tokens = np.stack([np.asarray(row, dtype=np.float64) for row in part["tokens"]])
        # A text of several windows is one prediction but several encoder inputs.
        padded = float(padded_flops(lengths, batch_size, shape).sum() / flops.sum())
        kept = float(tokens.sum() / (tokens.shape[1] * full.sum()))
        values = (speedup_unpadded(dense, flops), padded, kept)
        rows += [
            (method, split, name, pd.NA, value) for name, value in zip(COUNTED, values, strict=True)
        ]
    return EFFICIENCY.frame(rows)


def _lengths(
    part: pd.DataFrame, windows: Mapping[str, Sequence[tuple[str, int]]], split: str
) -> np.ndarray:
    if split not in windows:
        raise ValueError(f"no window lengths for split {split!r}")
    full = Counter[str]()
    for text_id, length in windows[split]:
        full[text_id] += length
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
    computed_speedups: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return what the stopwatch's seconds at one batch size amount to, columns of `schemas.EFFICIENCY`.

    For each contestant seconds_median; speedup_vs_hf = median over rounds of stock / contestant;
    realised_share = median over rounds of dense / contestant, divided by its unpadded FLOPs speed-up: 1
    means that every saved operation saved its time. Rows that need something absent are left out.

    Args:
        seconds: By contestant those of each round, see `stopwatch`.
        split: Whose texts.
        batch_size: Theirs.
        flops_speedups: Unpadded, by contestant, of exactly these texts.
        work: (texts, tokens) before any dropping; adds seconds_q25 and seconds_q75 (over rounds),
            texts_per_second, tokens_per_second and the three FLOPs speed-ups.
        memory: By contestant; adds peak_memory_mb.
        padded_speedups: Dense model that computes the padding / method without, by contestant.
        computed_speedups: Those of `Costs.computed`, by contestant.
    """
    rows: list[tuple[object, ...]] = []
    for method, rounds in seconds.items():
        low, median, high = np.quantile(rounds, [0.25, 0.5, 0.75])
        quantities: dict[str, float | None] = {"seconds_median": median}
        if work is not None:
            texts, tokens = work
            quantities |= {"seconds_q25": low, "seconds_q75": high}
            quantities |= {"texts_per_second": texts / median, "tokens_per_second": tokens / median}
            quantities["flops_speedup_timed"] = flops_speedups.get(method)
            quantities["flops_speedup_timed_padded"] = (padded_speedups or {}).get(method)
            quantities["flops_speedup_timed_computed"] = (computed_speedups or {}).get(method)
        if memory is not None:
            quantities["peak_memory_mb"] = memory.get(method)
        if STOCK in seconds:
            quantities["speedup_vs_hf"] = median_ratio(seconds[STOCK], rounds)
        if DENSE in seconds and method in flops_speedups:
            quantities["realised_share"] = median_ratio(seconds[DENSE], rounds) / flops_speedups[method]
        rows += [
            (method, split, quantity, batch_size, value)
            for quantity, value in quantities.items()
            if value is not None
        ]
    return EFFICIENCY.frame(rows)


def median_ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """Return the median over rounds of slow / fast: a slow spell of the machine hits both alike."""
    return statistics.median(a / b for a, b in zip(slow, fast, strict=True))
