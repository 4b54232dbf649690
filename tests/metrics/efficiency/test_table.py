"""Counted and measured speed on invented runs."""

import numpy as np
import pandas as pd
import pytest

from workbench.metrics import schemas
from workbench.metrics.efficiency.flops import Shape, dense_flops, padded_flops, text_flops
from workbench.metrics.efficiency.table import (
    counted_efficiency,
    measured_efficiency,
)

SHAPE = Shape(layers=2, hidden=4, intermediate=8, classes=2)
WINDOWS = {"test": [("a", 6), ("b", 4), ("b", 2)]}


def predictions() -> pd.DataFrame:
    """Text b has two windows; the pruner halves every token count in layer 1."""
    lengths = np.array([6, 4, 2])
    dense = dense_flops(lengths, SHAPE)
    pruned = text_flops(np.column_stack([lengths, lengths // 2]), SHAPE)
    rows = []
    for method, tokens, flops in (
        ("dense", [[6, 6], [6, 6]], dense),
        ("top", [[6, 3], [6, 3]], pruned),
    ):
        for number, text_id in enumerate("ab"):
            own = slice(0, 1) if number == 0 else slice(1, 3)
            rows.append((method, "test", text_id, tokens[number], flops[own].sum(), dense[own].sum()))
    columns = ["method", "split", "text_id", "tokens", "flops", "flops_dense"]
    return pd.DataFrame(rows, columns=columns)


def quantity(frame: pd.DataFrame, method: str, name: str) -> float:
    return frame.set_index(["method", "quantity"])["value"].loc[(method, name)]


def test_counted_by_hand() -> None:
    frame = counted_efficiency(predictions(), WINDOWS, SHAPE, batch_size=2)
    assert tuple(frame.columns) == schemas.EFFICIENCY.columns
    assert frame["batch_size"].isna().all()
    assert quantity(frame, "dense", "flops_speedup_unpadded") == 1.0
    assert quantity(frame, "dense", "tokens_kept_share") == 1.0
    assert quantity(frame, "top", "tokens_kept_share") == 0.75
    padded = padded_flops(np.array([6, 4, 2]), 2, SHAPE).sum()
    pruned = predictions().query("method == 'top'")["flops"].sum()
    assert quantity(frame, "top", "flops_speedup_padded") == padded / pruned
    assert quantity(frame, "dense", "flops_speedup_padded") > 1


def test_counted_refuses_what_does_not_join() -> None:
    with pytest.raises(ValueError, match="no window lengths for split 'test'"):
        counted_efficiency(predictions(), {}, SHAPE, 2)
    with pytest.raises(ValueError, match="text 'b' is not in both"):
        counted_efficiency(predictions(), {"test": [("a", 6)]}, SHAPE, 2)
    with pytest.raises(ValueError, match="text 'c' is not in both"):
        counted_efficiency(predictions(), {"test": [*WINDOWS["test"], ("c", 6)]}, SHAPE, 2)
    assert counted_efficiency(predictions()[:0], {}, SHAPE, 2).empty


def test_measured_by_hand() -> None:
    seconds = {"hf": [8.0, 10.0, 60.0], "dense": [4.0, 4.0, 4.0], "top": [2.0, 2.0, 20.0]}
    frame = measured_efficiency(seconds, "test", 32, {"dense": 1.0, "top": 2.5})
    assert quantity(frame, "top", "seconds_median") == 2.0
    assert quantity(frame, "top", "speedup_vs_hf") == 4.0
    assert quantity(frame, "top", "realised_share") == 2.0 / 2.5
    assert quantity(frame, "dense", "realised_share") == 1.0
    assert quantity(frame, "hf", "speedup_vs_hf") == 1.0
    assert frame["batch_size"].tolist() == [32] * len(frame)


def test_measured_leaves_out_what_it_cannot_know() -> None:
    frame = measured_efficiency({"top": [1.0]}, "test", 1, {})
    assert frame["quantity"].tolist() == ["seconds_median"]


def test_measured_tells_throughput_and_memory_where_they_are_known() -> None:
    seconds = {"hf": [4.0, 4.0], "top": [1.0, 3.0]}
    frame = measured_efficiency(seconds, "test", 8, {}, work=(10, 200), memory={"hf": 5.0, "top": None})
    assert quantity(frame, "top", "texts_per_second") == 5.0
    assert quantity(frame, "top", "tokens_per_second") == 100.0
    assert quantity(frame, "top", "seconds_q25") == 1.5
    assert quantity(frame, "top", "seconds_q75") == 2.5
    assert quantity(frame, "hf", "peak_memory_mb") == 5.0
    assert not ((frame["method"] == "top") & (frame["quantity"] == "peak_memory_mb")).any()
