"""What of a speed-up is padding: by hand, and ToP's headline from its own settings."""

import math

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench.metrics.efficiency.flops import Shape
from workbench.reporting.published import (
    PADDING_COLUMNS,
    padding_factor,
    padding_share,
    recomputed,
    top_settings,
)

TINY = Shape(layers=1, hidden=1, intermediate=1, classes=1, pooler=False)


def test_factor_by_hand() -> None:
    # One layer: 4n + 2n^2 + 2n multiply-adds, and 1 for the classifier.
    assert padding_factor(np.array([1]), np.array([3]), TINY) == pytest.approx([(18 + 18 + 1) / 9])
    assert padding_factor(np.array([5]), np.array([5]), TINY) == pytest.approx([1])


def test_share_by_hand() -> None:
    found = padding_share(np.array([2.0, 1.0, 4.0, 1.0]), np.array([8.0, 3.0, 4.0, 1.0]))
    assert found[:3] == pytest.approx([math.log(2) / math.log(8), 0, 1])
    assert np.isnan(found[3])


def test_the_product_is_the_padded_speedup() -> None:
    settings = pd.DataFrame(
        {"dataset": ["x"], "mean_tokens": [10], "padded_tokens": [10], "target_sparsity": [0.5]}
    )
    frame = recomputed(settings)
    assert tuple(frame.columns) == PADDING_COLUMNS
    assert frame.loc[0, ["speedup_unpadded", "padding_factor", "speedup_padded"]].tolist() == [2, 1, 2]
    assert frame.loc[0, "padding_share"] == 0


def test_top_from_its_own_lengths() -> None:
    settings = top_settings().set_index("dataset")
    frame = recomputed(top_settings()).set_index("dataset")
    # RTE stands in the authors' table with the number of MRPC.
    others = frame.drop("rte")
    ratio = others["speedup_padded"] / settings.loc[others.index, "speedup_padded"]
    assert ratio.between(0.9, 1.02).all()
    primary_metric = workbench.published().query("method == 'top' and dataset == 'glue'")
    assert frame["speedup_padded"].mean() == pytest.approx(
        primary_metric["flops_speedup"].item(), abs=0.1
    )
    assert frame["speedup_unpadded"].mean() < 2.5


def test_settings_agree_with_the_published_table() -> None:
    derived = workbench.published().query("method == 'top' and convention == 'unpadded'")
    targets = recomputed(top_settings()).set_index("dataset")["speedup_unpadded"]
    for name, value in derived[["dataset", "flops_speedup"]].itertuples(index=False):
        assert targets[name] == pytest.approx(value, abs=0.05)
