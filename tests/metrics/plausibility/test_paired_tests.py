"""Pairs of methods on the same texts, seeds as blocks: by hand."""

import numpy as np
import pandas as pd
import pytest

from workbench.metrics import schemas
from workbench.metrics.plausibility.paired_tests import compare_methods


def right(rows: dict[str, list[float]], seeds: tuple[int, ...] = (0, 1)) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(seeds))


def test_three_texts_and_two_seeds_by_hand() -> None:
    a = right({"t1": [1, 1], "t2": [1, 1], "t3": [1, 0]})
    b = right({"t1": [0, 0], "t2": [0, 0], "t3": [0, 1]})
    (row,) = compare_methods({"a": a, "b": b}, randomisations=20_000).to_dict("records")
    # Differences of the texts: 1, 1, 0; of the seeds: 1 and 1/3.
    assert row["difference"] == pytest.approx(2 / 3)
    assert row["sd_seeds"] == pytest.approx(np.std([1, 1 / 3], ddof=1))
    # Of the 4 sign patterns of two texts, 2 reach the observed mean. Flipping each seed's pair by
    # itself would give far less: the two seeds of a text are no two texts.
    assert row["p"] == row["p_holm"] == pytest.approx(0.5, abs=0.02)
    assert (row["n"], row["seeds"]) == (3, 2)


def test_texts_are_joined_by_id_and_seeds_by_number() -> None:
    a = right({"x": [1, 0], "y": [0, 0], "only a": [1, 1]}, (1, 2))
    b = right({"y": [1, 0], "x": [0, 1]}, (0, 1))
    (row,) = compare_methods({"a": a, "b": b}).to_dict("records")
    # Seed 1 alone: x 1 - 1, y 0 - 0.
    assert row["difference"] == 0
    assert np.isnan(row["sd_seeds"])
    assert (row["n"], row["seeds"]) == (2, 1)


def test_holm_goes_over_all_pairs() -> None:
    rng = np.random.default_rng(0)
    texts = [f"t{i}" for i in range(40)]
    frames = {
        name: pd.DataFrame(rng.random((40, 2)) < share, index=texts, columns=[0, 1]).astype(float)
        for name, share in (("a", 0.9), ("b", 0.5), ("c", 0.55))
    }
    table = compare_methods(frames)
    assert table[["method", "against"]].to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]
    assert table["p_holm"].min() == pytest.approx(3 * table["p"].min())
    assert (table["p_holm"] >= table["p"]).all()


def test_without_a_common_seed_there_is_no_row() -> None:
    table = compare_methods({"a": right({"x": [1]}, (0,)), "b": right({"x": [1]}, (1,))})
    assert table.empty
    assert table.columns.tolist() == list(schemas.METHOD_COMPARISONS.columns)
