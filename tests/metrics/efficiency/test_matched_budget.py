"""Methods against controls at their own budget: values by hand, draws averaged within texts."""

import numpy as np
import pandas as pd
import pytest

from workbench.metrics import schemas
from workbench.metrics.classification import classification
from workbench.metrics.efficiency.matched_budget import (
    against_controls,
    correct_table,
)
from workbench.metrics.stats.resampling import holm, paired_randomisation_test

LABEL = list("aabb")


def frame(predicted: str, ids: str = "wxyz", label: list[str] = LABEL) -> pd.DataFrame:
    texts = {"text_id": list(ids), "label": label, "predicted": list(predicted)}
    return pd.DataFrame({"method": "adapler", "split": "test", **texts})


OWN = frame("aabb")


def test_draws_are_averaged_by_hand() -> None:
    # Draw 1: 3 of 4 right, F1 2/3 and 4/5, Matthews 2 / sqrt(12).
    # Draw 2: 2 of 4, all called a, F1 2/3 and 0, Matthews 0.
    controls = {"random": [frame("abbb"), frame("aaaa")]}
    quality, compared = against_controls(OWN, controls, bootstrap=0, seed=7)
    assert tuple(quality.columns) == schemas.CONTROLS.columns
    assert tuple(compared.columns) == schemas.CONTROL_COMPARISONS.columns
    assert quality["metric"].tolist() == ["accuracy", "macro_f1", "matthews"]
    f1 = ((2 / 3 + 4 / 5) / 2 + (2 / 3) / 2) / 2
    assert quality["value"].tolist() == pytest.approx([5 / 8, f1, 1 / 12**0.5])
    facts = compared.iloc[0]
    assert facts[["method_value", "control_value", "difference"]].tolist() == [1.0, 5 / 8, 3 / 8]
    assert (facts["n"], facts["draws"], facts["seed"], facts["control"]) == (4, 2, 7, "random")
    # Shares by text: 1, 1/2, 1/2, 1/2 right; the differences are tested, not the draws.
    p = paired_randomisation_test(np.ones(4), np.array([1, 0.5, 0.5, 0.5]), 10_000, 7)
    assert facts["p"] == p


def test_one_draw_is_classification() -> None:
    rng = np.random.default_rng(0)
    label = list(rng.choice(list("abc"), 26))
    drawn = frame("".join(rng.choice(list("abc"), 26)), "abcdefghijklmnopqrstuvwxyz", label)
    quality, _ = against_controls(drawn, {"first": [drawn]}, bootstrap=100, seed=3)
    theirs = classification(drawn, bootstrap=100, seed=3)
    for name in ("metric", "value", "ci_low", "ci_high", "n"):
        assert quality[name].tolist() == theirs[name].tolist()


def test_texts_are_joined_by_id_and_an_oracle_may_have_fewer() -> None:
    controls = {"oracle": [frame("ba", "zx", ["b", "a"])]}
    quality, compared = against_controls(frame("abbb"), controls, bootstrap=0)
    assert quality["n"].tolist() == [2, 2, 2]
    assert quality["value"].tolist() == [1.0, 1.0, 1.0]
    # On x and z the method is right once.
    assert compared["method_value"].tolist() == [0.5]
    assert compared["difference"].tolist() == [-0.5]


def test_the_order_of_a_draws_texts_does_not_matter() -> None:
    one, other = frame("abbb"), frame("aaab")
    turned = other.iloc[::-1]
    pd.testing.assert_frame_equal(
        against_controls(OWN, {"random": [one, other]})[1],
        against_controls(OWN, {"random": [one, turned]})[1],
    )


def test_a_text_that_the_method_lacks_is_named() -> None:
    with pytest.raises(ValueError, match="first: the method has no prediction of text 'q'"):
        against_controls(OWN, {"first": [frame("aabb", "wxyq")]})


def test_a_control_without_draws_is_refused() -> None:
    with pytest.raises(ValueError, match="random: a control needs at least one draw"):
        against_controls(OWN, {"random": []})


def test_holm_is_over_all_rows_of_a_split() -> None:
    rows = pd.DataFrame({"split": ["dev", "test", "test", "dev"], "p": [0.04, 0.01, 0.03, 0.02]})
    corrected = correct_table(rows)["p_holm"].to_numpy()
    assert corrected[[1, 2]].tolist() == holm(np.array([0.01, 0.03])).tolist() == [0.02, 0.03]
    assert corrected[[0, 3]].tolist() == [0.04, 0.04]
