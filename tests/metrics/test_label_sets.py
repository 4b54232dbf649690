"""Quality of any number of labels per text: by hand, and against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from workbench.metrics.classification import (
    by_text,
    classification,
    judged_by,
    primary_metric,
    quality_difference,
)
from workbench.metrics.label_sets import by_label, indicators, is_multi_label, with_label_sets
from workbench.metrics.stats.seeds import quality_over_seeds
from workbench.storage.tables import read_table, write_table

NAMES = ("anger", "fear", "joy")


def sets(*texts: str) -> np.ndarray:
    """One tuple per text, from words."""
    answers = np.empty(len(texts), dtype=object)
    answers[:] = [tuple(text.split()) for text in texts]
    return answers


def drawn(texts: int, seed: int) -> np.ndarray:
    there = np.random.default_rng(seed).random((texts, len(NAMES))) < [0.5, 0.2, 0.4]
    return sets(*(" ".join(np.array(NAMES)[row]) for row in there))


def predictions(label: np.ndarray, predicted: np.ndarray, split: str = "test") -> pd.DataFrame:
    ids = [f"t{number}" for number in range(len(label))]
    columns = {"method": "dense", "split": split, "text_id": ids}
    return pd.DataFrame({**columns, "label": list(label), "predicted": list(predicted)})


def test_four_texts_by_hand() -> None:
    label, predicted = sets("joy", "anger joy", "", "anger"), sets("joy", "joy", "", "joy")
    table = classification(predictions(label, predicted), bootstrap=0).set_index("metric")["value"]
    # Hits: joy, joy. True: 4 labels, chosen: 3. Joy: 2 hits of 2 true and 3 chosen; anger: none.
    assert table.to_dict() == pytest.approx(
        {
            "micro_f1": 4 / 7,
            "macro_f1": (4 / 5 + 0) / 2,
            "subset_accuracy": 2 / 4,
            "example_f1": (1 + 2 / 3 + 1 + 0) / 4,
        }
    )
    assert primary_metric(label, predicted) == ("micro_f1", pytest.approx(4 / 7))


def test_equal_to_scikit_learn_with_intervals_around() -> None:
    label, predicted = drawn(300, 0), drawn(300, 1)
    predicted[:150] = label[:150]
    _, (true, chosen) = indicators(label, predicted)
    theirs = {
        "micro_f1": f1_score(true, chosen, average="micro"),
        "macro_f1": f1_score(true, chosen, average="macro"),
        "subset_accuracy": accuracy_score(true, chosen),
        "example_f1": f1_score(true, chosen, average="samples", zero_division=1),
    }
    table = classification(predictions(label, predicted), bootstrap=200).set_index("metric")
    assert table["value"].to_dict() == pytest.approx(theirs, abs=1e-12)
    assert ((table["ci_low"] < table["value"]) & (table["value"] < table["ci_high"])).all()
    assert judged_by(table.reset_index()) == "micro_f1"
    each = by_label(predictions(label, predicted)).set_index("class")
    expected = precision_recall_fscore_support(true, chosen)
    for name, values in zip(("precision", "recall", "f1", "n"), expected, strict=True):
        assert each[name].tolist() == pytest.approx(list(values))
    assert each.index.tolist() == list(NAMES)


def test_a_difference_is_of_both_on_the_same_texts() -> None:
    label, a, b = drawn(200, 0), drawn(200, 0), drawn(200, 2)
    a[:20] = b[:20]
    value, low, high = quality_difference(label, a, b, 300, 0)
    _, (true, *both) = indicators(label, a, b)
    first, second = (f1_score(true, one, average="micro") for one in both)
    assert value == pytest.approx(first - second)
    assert low < value < high
    assert quality_difference(label, a, a, 300, 0) == (0, 0, 0)


def test_tests_over_texts_compare_their_f1() -> None:
    label, right, half = sets("joy", "joy anger"), sets("joy", "joy anger"), sets("", "joy")
    metric, values = by_text(label, np.stack([right, half]))
    assert metric == "example_f1"
    assert values.tolist() == pytest.approx([1 / 2, (1 + 2 / 3) / 2])


def test_nothing_to_find_and_nothing_found() -> None:
    nothing = sets("", "")
    table = classification(predictions(nothing, nothing), bootstrap=0).set_index("metric")["value"]
    # As scikit-learn: F1 without any label is 0; each text is right.
    assert table.to_dict() == {"micro_f1": 0, "macro_f1": 0, "subset_accuracy": 1, "example_f1": 1}
    assert by_label(predictions(nothing, nothing)).empty


def test_classes_and_values_are_no_label_sets() -> None:
    for other in (np.array(["joy", ""]), np.array([0.5, 1.0]), np.array(["a|b"], dtype=object)):
        assert not is_multi_label(other)
    assert by_label(predictions(np.array(["a", "b"]), np.array(["a", "a"]))).empty


def test_stored_predictions_come_back(tmp_path) -> None:
    frame = predictions(sets("", "joy anger", ""), sets("", "", ""))
    write_table(frame, tmp_path / "predictions.parquet")
    again = with_label_sets(read_table(tmp_path / "predictions.parquet"))
    pd.testing.assert_frame_equal(again, frame)
    plain = predictions(np.array(["a", "b"]), np.array(["a", "a"]))
    assert with_label_sets(plain) is not None
    pd.testing.assert_frame_equal(with_label_sets(plain), plain)


def test_seeds_are_judged_by_micro_f1() -> None:
    label = pd.Series(list(drawn(60, 0)), index=[f"t{number}" for number in range(60)])
    seeds = [drawn(60, 0), drawn(60, 3)]
    seeds[0][:10] = drawn(10, 4)
    frame = pd.DataFrame({seed: list(one) for seed, one in enumerate(seeds)}, index=label.index)
    (row,) = quality_over_seeds({"dense": frame}, label, bootstrap=100).to_dict("records")
    values = [primary_metric(label.to_numpy(), one)[1] for one in seeds]
    assert row["value"] == pytest.approx(np.mean(values))
    assert row["sd_seeds"] == pytest.approx(np.std(values, ddof=1))
    assert row["disagreement"] == np.mean([a != b for a, b in zip(*seeds, strict=True)])
    assert row["ci_low"] < row["value"] < row["ci_high"]
