"""F1 of entities, by hand and as seqeval computes it; its interval and paired test."""

import numpy as np
import pytest

from workbench.metrics.stats.micro_f1 import micro_f1, micro_f1_interval, paired_micro_f1_test
from workbench.metrics.tagging import tag_quality, tag_values

TAGS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
TRUE = [
    ["B-PER", "I-PER", "O", "B-LOC"],
    ["O", "O"],
    ["B-LOC", "I-LOC", "B-LOC"],
    ["B-PER", "O", "O"],
]
SAID = [
    ["B-PER", "O", "O", "B-LOC"],  # One of two: the person's end is wrong.
    ["O", "B-LOC"],  # One too many.
    ["B-LOC", "I-LOC", "B-LOC"],
    ["B-LOC", "O", "O"],  # The wrong type.
]


def test_quality_by_hand() -> None:
    values = tag_values(TRUE, SAID, TAGS)
    assert values.counts.tolist() == [[1, 2, 2], [0, 1, 0], [2, 2, 2], [0, 1, 1]]
    assert values.by_type["PER"].tolist() == [[0, 1, 1], [0, 0, 0], [0, 0, 0], [0, 0, 1]]
    rows = {name: value for name, value, *_ in tag_quality(values, 0, 0)}
    assert rows == {
        "f1": pytest.approx(2 * 3 / (6 + 5)), "precision": 3 / 6, "recall": 3 / 5,
        "accuracy": pytest.approx((3 / 4 + 1 / 2 + 1 + 2 / 3) / 4),
        "f1_LOC": pytest.approx(2 * 3 / (5 + 3)), "f1_PER": 0,
    }  # fmt: skip
    name, value, low, high, n = next(tag_quality(values, 500, 0))
    assert (name, n) == ("f1", 4)
    assert low < value < high


def test_quality_is_that_of_seqeval() -> None:
    metrics = pytest.importorskip("seqeval.metrics", reason="needs seqeval")
    rng = np.random.default_rng(0)
    true, said = ([rng.choice(TAGS, size=9).tolist() for _ in range(60)] for _ in range(2))
    said = [own if rng.random() < 0.5 else other for own, other in zip(true, said, strict=True)]
    rows = {name: value for name, value, *_ in tag_quality(tag_values(true, said, TAGS), 0, 0)}
    assert rows["f1"] == pytest.approx(metrics.f1_score(true, said), abs=1e-12)
    assert rows["precision"] == pytest.approx(metrics.precision_score(true, said), abs=1e-12)
    assert rows["recall"] == pytest.approx(metrics.recall_score(true, said), abs=1e-12)
    report = metrics.classification_report(true, said, output_dict=True)
    for kind in ("LOC", "PER"):
        assert rows[f"f1_{kind}"] == pytest.approx(report[kind]["f1-score"], abs=1e-12)


def test_tags_that_spell_no_entities_are_judged_by_word() -> None:
    values = tag_values([["NN", "VB", "NN"], ["VB"]], [["NN", "NN", "NN"], ["VB"]], ("O", "NN", "VB"))
    rows = {name: value for name, value, *_ in tag_quality(values, 0, 0)}
    assert rows["f1"] == rows["precision"] == rows["recall"] == 3 / 4
    assert rows["f1_VB"] == pytest.approx(2 * 1 / (1 + 2))


def test_texts_without_any_entity_have_an_f1_of_0() -> None:
    values = tag_values([["O"]], [["O"]], TAGS)
    assert {name: value for name, value, *_ in tag_quality(values, 10, 0)} == {
        "f1": 0, "accuracy": 1, "precision": 0, "recall": 0,
    }  # fmt: skip


def test_the_interval_resamples_texts() -> None:
    counts = np.array([[1, 1, 1]] * 30 + [[0, 1, 1]] * 10)
    low, high = micro_f1_interval(counts, 4000, 0)
    # F1 is here the share of right texts: 0.75, with a standard error of sqrt(0.75 x 0.25 / 40).
    assert (low, high) == (pytest.approx(0.75 - 0.134, abs=0.03), pytest.approx(0.75 + 0.134, abs=0.03))
    assert np.isnan(micro_f1_interval(counts, 0, 0)).all()
    assert micro_f1(np.zeros((2, 3))).tolist() == [0, 0]


def test_the_paired_test_counts_every_swap() -> None:
    a, b = np.array([[1, 1, 1]] * 4), np.array([[0, 1, 1]] * 4)
    # Only no swap and all four reach the observed difference: 2 of 16.
    assert paired_micro_f1_test(a, b, 20_000, 0) == pytest.approx(2 / 16, abs=0.01)
    assert paired_micro_f1_test(a, a, 100, 0) == 1
    with pytest.raises(ValueError, match="one shape"):
        paired_micro_f1_test(a, b[:2], 10, 0)
    with pytest.raises(ValueError, match="at least 1"):
        paired_micro_f1_test(a, b, 0, 0)
