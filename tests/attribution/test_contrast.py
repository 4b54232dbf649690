"""Why this class rather than that one: the difference of two outputs is explained."""

import numpy as np
import pytest
import torch

from tests.helpers.families import tiny_model
from tests.helpers.toys import texts, toy_tokenizer
from workbench.attribution.engine.task import Task
from workbench.attribution.options import RUNNER_UP, Options
from workbench.attribution.registry import caption, check_scorers
from workbench.attribution.run import score_windows
from workbench.catalog.scorers import SCORERS
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy
from workbench.models.token_classifier import PruningTokenClassifier

CLASSES = ("bad", "good", "odd")
WINDOWS = texts([9, 6, 12])
TARGETED = [name for name, spec in SCORERS.items() if "target" in spec.extra_options]
SUMS = ("saliency-sum", "attn-lrp", "cp-lrp", "decompx", "layer-conductance", "activation-patching")
"""Scorers that are linear in what is explained."""


@pytest.fixture
def model() -> PruningClassifier:
    names = dict(enumerate(CLASSES))
    stock = tiny_model("bert", id2label=names, label2id={name: k for k, name in names.items()})
    return PruningClassifier(stock, Policy()).eval()


def scores(model: PruningClassifier, name: str, **options) -> list[np.ndarray]:
    few = {"steps": 4} if "steps" in SCORERS[name].supported_options else {}
    found = score_windows([name], model, toy_tokenizer(), WINDOWS, Options(**few, **options))
    return [record.scores for record in sorted(found, key=lambda record: record.text_id)]


@pytest.mark.parametrize(
    ("against", "output"), [("odd", "logit"), (RUNNER_UP, "logit"), ("bad", "probability")]
)
def test_what_is_explained_is_a_difference_of_two_outputs(model, against, output) -> None:
    with torch.no_grad():
        model.stock.classifier.bias -= model(WINDOWS).logits.mean(0)
        logits = model(WINDOWS).logits
    values = logits if output == "logit" else logits.softmax(1)
    task = Task(model, toy_tokenizer(), WINDOWS, Options(against=against, output=output))
    found, predicted = task.explained.of(logits), []
    for row, value, of in zip(logits, values, found, strict=True):
        second, first = row.argsort()[-2:].tolist()
        # A class is not compared with itself: the next likeliest stands in.
        other = second if against in (RUNNER_UP, CLASSES[first]) else CLASSES.index(against)
        assert of.item() == pytest.approx((value[first] - value[other]).item(), abs=1e-6)
        assert of > 0
        predicted.append(first)
    assert len(set(predicted)) > 1


@pytest.mark.parametrize("name", SUMS)
def test_scores_are_differences_where_they_are_linear(model, name: str) -> None:
    good, bad, both = (
        scores(model, name, **options)
        for options in ({"target": "good"}, {"target": "bad"}, {"target": "good", "against": "bad"})
    )
    for one, other, difference in zip(good, bad, both, strict=True):
        np.testing.assert_allclose(difference, one - other, atol=1e-4, rtol=1e-3)
        assert np.abs(difference - one).max() > 1e-2


def test_whoever_takes_a_target_takes_another_class(model) -> None:
    assert len(TARGETED) > 15
    for name, spec in SCORERS.items():
        assert ("against" in spec.supported_options) == (name in TARGETED)
    check_scorers(TARGETED, model, Options(against=RUNNER_UP))
    with pytest.raises(InputError, match="rollout: does not support 'against'"):
        check_scorers(["rollout"], model, Options(against="bad"))


def test_what_is_no_other_class_is_refused(model) -> None:
    with pytest.raises(
        InputError, match=r"'worse': the model's classes are bad, good, odd \(or runner-up"
    ):
        check_scorers(["saliency"], model, Options(against="worse"))
    with pytest.raises(InputError, match="'bad': that is the target"):
        check_scorers(["saliency"], model, Options(target="bad", against="bad"))
    answers = PruningTokenClassifier(tiny_model("bert", head="answers"), Policy())
    value = PruningClassifier(
        tiny_model("bert", id2label={0: "stars"}, label2id={"stars": 0}, problem_type="regression"),
        Policy(),
    )
    for other in (answers, value):
        with pytest.raises(InputError, match="this model has no classes"):
            check_scorers(["saliency"], other, Options(against=RUNNER_UP))


def test_captions_name_both(model) -> None:
    for against, said in (("odd", "odd"), (RUNNER_UP, "the runner-up")):
        spoken = caption(SCORERS["cp-lrp"], Options(against=against), model.task_type)
        assert spoken.endswith(f"logit of the predicted class minus that of {said}")
