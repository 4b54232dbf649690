"""What outputs mean: classes or a value."""

import math

import numpy as np
import pytest

from tests.helpers.toys import LABELS
from workbench.core.task_type import Classification, Regression, task_type_of
from workbench.errors import InputError

CLASSES, VALUE = task_type_of(LABELS), task_type_of(["similarity"])


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
