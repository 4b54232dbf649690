"""What outputs mean: classes, labels or a value."""

import math

import numpy as np
import pytest

from tests.helpers.toys import LABELS
from workbench.core.task_type import (
    Classification,
    MultiLabel,
    Regression,
    answer_text,
    names_in,
    task_type_of,
)
from workbench.errors import InputError

CLASSES, VALUE = task_type_of(LABELS), task_type_of(["similarity"])
FEELINGS = task_type_of(["anger", "joy", "fear"], "multi-label")


def test_one_output_is_a_value():
    assert isinstance(CLASSES, Classification)
    assert isinstance(VALUE, Regression)


def test_targets_and_back():
    assert CLASSES.target("pos") == 1
    assert (CLASSES.truth(1), CLASSES.output(1)) == ("pos", 1)
    assert VALUE.target("3.8") == 3.8
    assert (VALUE.truth(3.8), VALUE.output(3.8)) == (3.8, 0)
    assert CLASSES.knows(CLASSES.any_label)
    assert VALUE.knows(VALUE.any_label)


@pytest.mark.parametrize("label", ["warm", "", "nan", "inf"])
def test_labels_that_mean_nothing(label):
    assert not VALUE.knows(label)
    assert not CLASSES.knows(label)
    for problem in (CLASSES, VALUE):
        with pytest.raises(ValueError, match=r"label|float"):
            problem.target(label)


def test_answers_and_columns():
    logits = np.array([[0.0, math.log(3.0)], [900.0, 900.0]])
    np.testing.assert_allclose(CLASSES.answers(logits), [[0.25, 0.75], [0.5, 0.5]])
    columns = CLASSES.columns(CLASSES.answers(logits))
    assert columns["predicted"] == ["pos", "neg"]
    np.testing.assert_allclose(columns["prob_pos"], [0.75, 0.5])
    values = np.array([[1.5], [-2.0]], dtype=np.float32)
    assert VALUE.columns(VALUE.answers(values))["predicted"].tolist() == [1.5, -2.0]


def test_what_needs_classes_is_refused_with_the_reason():
    CLASSES.require_classes("shortcuts decide between classes")
    with pytest.raises(InputError, match=r"between classes, .* value is predicted \(similarity\)"):
        VALUE.require_classes("shortcuts decide between classes")


def test_captions_name_what_is_explained():
    assert CLASSES.explained("gold", "logit") == "logit of the gold class"
    assert CLASSES.explained("pos", "probability") == "probability of class pos"
    assert VALUE.explained("predicted", "logit") == "the predicted similarity"


def test_the_kind_is_said_and_not_counted():
    assert isinstance(task_type_of(["toxic"], "multi-label"), MultiLabel)
    assert isinstance(task_type_of(["toxic"], "classification"), Classification)
    with pytest.raises(ValueError, match="one output, not 2"):
        task_type_of(LABELS, "regression")


@pytest.mark.parametrize(
    ("label", "target", "truth"),
    [("", (0, 0, 0), ()), ("fear|anger", (1, 0, 1), ("anger", "fear")), ("joy", (0, 1, 0), ("joy",))],
)
def test_any_number_of_labels_and_back(label, target, truth):
    assert FEELINGS.target(label) == target
    assert FEELINGS.truth(target) == truth
    assert sorted(names_in(label, "multi-label")) == sorted(truth)


def test_labels_from_one_half_on_are_predicted():
    logits = np.array([[0.0, -0.001, 1000.0], [-1000.0, math.log(1 / 3), -2.0]])
    answers = FEELINGS.answers(logits)
    np.testing.assert_allclose(answers[0], [0.5, 0.49975, 1.0])
    np.testing.assert_allclose(answers[1, :2], [0.0, 0.25])
    columns = FEELINGS.columns(answers)
    assert columns["predicted"] == [("anger", "fear"), ()]
    np.testing.assert_allclose(columns["prob_joy"], answers[:, 1])
    assert FEELINGS.said(answers[0]) == "anger (0.500), fear (1.000)"
    assert FEELINGS.said(answers[1]) == "(no label); likeliest is joy (0.250)"
    assert [answer_text(one) for one in columns["predicted"]] == ["anger|fear", "(no label)"]


def test_two_answers_are_the_same_where_all_labels_are():
    one, other = (
        np.array([[3.0, -1.0, 0.0], [2.0, 1.0, -1.0]]),
        np.array([[1.0, -2.0, 0.1], [2.0, 1.0, 0.0]]),
    )
    assert FEELINGS.same(one, other).tolist() == [True, False]
    assert CLASSES.same(one[:, :2], other[:, 1:]).tolist() == [False, True]


def test_gold_labels_are_explained_together_or_not_at_all():
    assert FEELINGS.shares((1, 0, 1)) == [1.0, 0.0, 1.0]
    # None of them being there was decided of each.
    assert FEELINGS.shares((0, 0, 0)) == [1.0, 1.0, 1.0]
    assert CLASSES.shares(1) == [0.0, 1.0]
    assert VALUE.shares(3.8) == [1.0]
    with pytest.raises(InputError, match="may have several labels, or none"):
        FEELINGS.output((0, 1, 0))
    with pytest.raises(InputError, match="here a text has any number of labels"):
        FEELINGS.require_classes("shortcuts decide between classes")
    FEELINGS.require_probabilities("output 'probability'")
