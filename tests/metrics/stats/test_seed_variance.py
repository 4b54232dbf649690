"""Spread over seeds by hand, of classes and of values; one seed has none."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr

from workbench.metrics import schemas
from workbench.metrics.classification import classification
from workbench.metrics.stats.seeds import quality_over_seeds

LABEL = pd.Series({"a": "p", "b": "p", "c": "n", "d": "n"})


def test_accuracy_by_hand() -> None:
    predicted = pd.DataFrame({0: ["p", "p", "n", "n"], 1: ["p", "n", "n", "p"]}, index=list("abcd"))
    [row] = quality_over_seeds({"top": predicted}, LABEL, bootstrap=50).to_dict("records")
    assert tuple(row) == schemas.QUALITY_OVER_SEEDS.columns
    assert row["value"] == 0.75
    assert row["sd_seeds"] == pytest.approx(np.std([1.0, 0.5], ddof=1))
    # Texts' means over seeds: 1, 0.5, 1, 0.5.
    assert row["se_texts"] == pytest.approx(np.std([1, 0.5, 1, 0.5], ddof=1) / 2)
    assert row["disagreement"] == 0.5
    assert (row["n"], row["seeds"]) == (4, 2)
    assert row["ci_low"] <= 0.75 <= row["ci_high"]


def test_one_seed_has_no_deviation() -> None:
    predicted = pd.DataFrame({7: ["p", "p", "n", "p"]}, index=list("abcd"))
    row = quality_over_seeds({"top": predicted}, LABEL, bootstrap=10).iloc[0]
    assert row["value"] == 0.75
    assert np.isnan(row["sd_seeds"])
    assert np.isnan(row["disagreement"])


def test_texts_that_a_seed_lacks_are_left_out() -> None:
    predicted = pd.DataFrame({0: ["p", None, "p"], 1: ["p", "p", "n"]}, index=list("abc"))
    row = quality_over_seeds({"top": predicted}, LABEL, bootstrap=10).iloc[0]
    assert (row["n"], row["value"]) == (2, 0.75)


def values(seeds: int, texts: int = 80) -> tuple[pd.DataFrame, pd.Series]:
    """Predictions that are the truth with noise, a column per seed, and the truth."""
    rng = np.random.default_rng(0)
    names = [f"t{number}" for number in range(texts)]
    truth = pd.Series(rng.random(texts), names)
    noise = 0.4 * rng.standard_normal((texts, seeds)) * np.arange(1, seeds + 1)
    return pd.DataFrame(truth.to_numpy()[:, None] + noise, names), truth


def test_values_are_judged_by_pearson() -> None:
    predicted, truth = values(3)
    row = quality_over_seeds({"top": predicted}, truth, bootstrap=500).iloc[0]
    found = [pearsonr(truth, predicted[seed]).statistic for seed in predicted]
    assert row["value"] == pytest.approx(np.mean(found))
    assert row["sd_seeds"] == pytest.approx(np.std(found, ddof=1))
    assert row["ci_low"] < row["value"] < row["ci_high"]
    differences = [(predicted[a] - predicted[b]).abs().mean() for a, b in ((0, 1), (0, 2), (1, 2))]
    assert row["disagreement"] == pytest.approx(np.mean(differences))
    # The interval holds the seeds' spread, which the error from the texts does not know.
    assert row["ci_high"] - row["ci_low"] > 4 * row["se_texts"]


def test_one_seed_of_values_is_the_bootstrap_over_texts() -> None:
    predicted, truth = values(1)
    row = quality_over_seeds({"top": predicted}, truth, bootstrap=2000).iloc[0]
    frame = pd.DataFrame(
        {"method": "top", "split": "test", "text_id": truth.index, "label": truth.to_numpy(),
         "predicted": predicted[0].to_numpy()}
    )  # fmt: skip
    expected = classification(frame, bootstrap=2000).iloc[0]
    assert expected["metric"] == "pearson"
    assert row[["value", "ci_low", "ci_high"]].tolist() == pytest.approx(
        expected[["value", "ci_low", "ci_high"]].tolist()
    )
    # Of a normal sample: (1 - r²) / √n.
    assert row["se_texts"] == pytest.approx((1 - row["value"] ** 2) / np.sqrt(80), rel=0.25)
    assert np.isnan(row["sd_seeds"])
    assert np.isnan(quality_over_seeds({"top": predicted}, truth, bootstrap=0).iloc[0]["se_texts"])
