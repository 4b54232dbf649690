"""Two kinds of speed that are never mixed: counted operations, and seconds on a stopwatch."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter

import numpy as np
import pandas as pd

from workbench.evaluation.flops import Shape, padded_flops, speedup_unpadded

COLUMNS = ("method", "split", "quantity", "batch_size", "value")
ROUND_COLUMNS = ("contestant", "split", "batch_size", "round", "seconds")


def counted_efficiency(
    predictions: pd.DataFrame,
    windows: Mapping[str, Sequence[tuple[str, int]]],
    shape: Shape,
    batch_size: int,
) -> pd.DataFrame:
    """FLOPs speed-ups and the share of tokens kept, as rows with the columns of `COLUMNS`.

    `predictions` has one row per method, split and text with `tokens` (a list over layers: tokens
    alive in each, summed over the text's windows), `flops` and `flops_dense`. `windows` gives per
    split the (text id, length in tokens) of every window in the order they are batched; `shape` is
    the dense model's and `batch_size` that of the padded dense run (`flops.speedup_padded`).
    `batch_size` in the result is null throughout. Raises ValueError when a split or text has no window.
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
        for quantity, value in (
            ("flops_speedup_unpadded", speedup_unpadded(dense, flops)),
            ("flops_speedup_padded", padded),
            ("tokens_kept_share", float(tokens.sum() / (tokens.shape[1] * full.sum()))),
        ):
            rows.append((method, split, quantity, pd.NA, value))
    return _frame(rows)


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


def stopwatch(
    contestants: Mapping[str, Callable[[], None]], repeats: int, warmup: int = 1
) -> dict[str, list[float]]:
    """Seconds of every contestant in every round: `repeats` numbers each, in order.

    In each round all contestants run in turn in this process, so that a slow spell of the machine
    hits them alike; the `warmup` rounds before are not recorded. Work on a GPU must end with its own
    synchronisation. Raises ValueError if `repeats` is below 1.
    """
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1, not {repeats}")
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(-warmup, repeats):
        for name, run in contestants.items():
            start = perf_counter()
            run()
            elapsed = perf_counter() - start
            if turn >= 0:
                seconds[name].append(elapsed)
    return seconds


def measured_efficiency(
    seconds: Mapping[str, Sequence[float]],
    split: str,
    batch_size: int,
    flops_speedups: Mapping[str, float],
    *,
    stock: str = "hf",
    dense: str = "dense",
) -> pd.DataFrame:
    """seconds_median, speedup_vs_hf and realised_share of one batch size, columns of `COLUMNS`.

    `seconds` comes from `stopwatch`; contestant `stock` is the ordinary padded Hugging Face model and
    `dense` our unpadded run that drops nothing. speedup_vs_hf = median over rounds of stock / method.
    realised_share = median over rounds of dense / method, divided by the method's unpadded FLOPs
    speed-up from `flops_speedups`: 1 means that every saved operation saved its time. Rows that need
    an absent contestant or speed-up are left out.
    """
    rows: list[tuple[object, ...]] = []
    for method, own in seconds.items():
        rows.append((method, split, "seconds_median", batch_size, statistics.median(own)))
        if stock in seconds:
            rows.append((method, split, "speedup_vs_hf", batch_size, _ratio(seconds[stock], own)))
        if dense in seconds and method in flops_speedups:
            share = _ratio(seconds[dense], own) / flops_speedups[method]
            rows.append((method, split, "realised_share", batch_size, share))
    return _frame(rows)


def round_frame(seconds: Mapping[str, Sequence[float]], split: str, batch_size: int) -> pd.DataFrame:
    """Every recorded round as a row with the columns of `ROUND_COLUMNS`, for the spread."""
    rows = [
        (name, split, batch_size, number, value)
        for name, own in seconds.items()
        for number, value in enumerate(own)
    ]
    return pd.DataFrame(rows, columns=list(ROUND_COLUMNS))


def _ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    return statistics.median(a / b for a, b in zip(slow, fast, strict=True))


def _frame(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"batch_size": "Int64", "value": float})
