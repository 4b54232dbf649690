"""Accuracy and macro F1 by hand and against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from workbench.metrics import schemas
from workbench.metrics.classification import classification, macro_f1
from workbench.metrics.stats.resampling import resample_means


def predictions(label: list[object], predicted: list[object], method: str = "dense") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "method": method,
            "split": "test",
            "text_id": [f"t{i}" for i in range(len(label))],
            "label": label,
            "predicted": predicted,
        }
    )


def test_four_texts_by_hand() -> None:
    table = classification(predictions(list("aabb"), list("abbb")), bootstrap=0)
    assert tuple(table.columns) == schemas.CLASSIFICATION.columns
    # F1 of a: 2/3; of b: 4/5. Matthews: (1 * 2 - 0 * 1) / sqrt(1 * 2 * 2 * 3).
    expected = [0.75, (2 / 3 + 4 / 5) / 2, 2 / 12**0.5]
    assert table["value"].tolist() == pytest.approx(expected)
    assert table["metric"].tolist() == ["accuracy", "macro_f1", "matthews"]
    assert table["n"].tolist() == [4, 4, 4]
    assert table["ci_low"].isna().all()


def test_equal_to_scikit_learn_with_intervals_around() -> None:
    rng = np.random.default_rng(0)
    label, predicted = rng.integers(4, size=300), rng.integers(5, size=300)
    predicted[:150] = label[:150]
    table = classification(predictions(list(label), list(predicted)), bootstrap=300)
    theirs = [
        accuracy_score(label, predicted),
        f1_score(label, predicted, average="macro"),
        matthews_corrcoef(label, predicted),
    ]
    assert table["value"].tolist() == pytest.approx(theirs, abs=1e-12)
    assert (table["ci_low"] < table["value"]).all()
    assert (table["value"] < table["ci_high"]).all()


def test_resampled_f1_is_that_of_the_resample() -> None:
    # In a resample of one text only its own class is there, and scikit-learn would leave out the rest.
    label = np.array([0, 1, 2])
    parts = np.concatenate([np.eye(3), 2 * np.eye(3)], axis=1)
    assert macro_f1(parts).tolist() == [1.0, 1.0, 1.0]
    assert resample_means(label[:, None].astype(float), 4, 0).shape == (4, 1)


def test_methods_and_splits_are_kept_apart() -> None:
    frame = pd.concat([predictions([0, 1], [0, 1]), predictions([0, 1], [1, 0], "top")])
    table = classification(frame, bootstrap=0)
    assert table.set_index(["method", "metric"])["value"].to_dict() == {
        ("dense", "accuracy"): 1.0,
        ("dense", "macro_f1"): 1.0,
        ("dense", "matthews"): 1.0,
        ("top", "accuracy"): 0.0,
        ("top", "macro_f1"): 0.0,
        ("top", "matthews"): -1.0,
    }


@pytest.mark.parametrize("predicted", [[0] * 7, [1] * 7])
def test_one_class_only_has_no_correlation(predicted: list[int]) -> None:
    table = classification(predictions([0, 1, 1, 0, 1, 0, 0], predicted), bootstrap=20)
    matthews = table[table["metric"] == "matthews"].iloc[0]
    assert (matthews["value"], matthews["ci_low"], matthews["ci_high"]) == (0, 0, 0)


def test_bad_and_empty_input() -> None:
    empty = classification(predictions([], []))
    assert empty.empty
    assert tuple(empty.columns) == schemas.CLASSIFICATION.columns
    with pytest.raises(ValueError, match="column\\(s\\) predicted"):
        classification(predictions([0], [0]).drop(columns="predicted"))
    with pytest.raises(ValueError, match="'t0' has two predictions"):
        classification(pd.concat([predictions([0], [0])] * 2))


def test_probabilities_against_the_shares_of_annotators() -> None:
    frame = predictions([0, 1, 1], [0, 1, 0]).assign(
        prob_0=[0.5, 0.0, 0.2], prob_1=[0.5, 1.0, 0.8],
        share_0=[0.5, 1.0, np.nan], share_1=[0.5, 0.0, np.nan],
    )  # fmt: skip
    table = classification(frame.iloc[[0, 2]], bootstrap=10).set_index("metric")
    # One text of one annotator has no share; the other's probabilities are the shares themselves.
    assert table.loc["label_js", ["value", "n"]].to_list() == [0, 1]
    assert table.loc["label_cross_entropy", "value"] == pytest.approx(np.log(2))
    table = classification(frame.iloc[[1]], bootstrap=10).set_index("metric")
    assert table.loc["label_js", "value"] == 1
    assert 700 < table.loc["label_cross_entropy", "value"] < 720
    assert "label_js" not in set(classification(predictions([0, 1], [0, 1]))["metric"])
