"""A share of the task's loss may follow the fine-tuned model's logits."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax

from tests.helpers.tiny_objectives import TRAIN, inputs_of, objective
from workbench.catalog.methods.ltp import LtpSettings
from workbench.models.inference import infer
from workbench.training.objectives import prepare_objective

METHODS = ["adapler", "ltp", "transkimmer", "powerbert"]
LOGITS = torch.randn(len(TRAIN), 2, generator=torch.Generator().manual_seed(3))
LABELS = torch.tensor([window.label for window in TRAIN])


def teacher(seed: int) -> dict[tuple[str, int], np.ndarray]:
    drawn = np.random.default_rng(seed).normal(size=(len(TRAIN), 2)).astype(np.float32)
    return {(w.text_id, w.window): row for w, row in zip(TRAIN, drawn, strict=True)}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_task_loss_mixes_labels_and_teacher(make_model, method: str, share: float) -> None:
    made = objective(make_model, method)
    made.learn_from(teacher(1), share)
    rows = torch.from_numpy(np.stack(list(teacher(1).values())))
    soft = log_softmax(LOGITS / 2, -1), log_softmax(rows / 2, -1)
    kl = 4 * kl_div(*soft, reduction="batchmean", log_target=True)
    expected = (1 - share) * cross_entropy(LOGITS, LABELS) + share * kl
    torch.testing.assert_close(made.task_loss(LOGITS, TRAIN), expected)


def test_a_teacher_that_agrees_leaves_nothing_to_learn(make_model) -> None:
    made = objective(make_model, "adapler")
    rows = {(w.text_id, w.window): row.numpy() for w, row in zip(TRAIN, LOGITS, strict=True)}
    made.learn_from(rows, 1.0)
    assert made.task_loss(LOGITS, TRAIN).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_without_a_share_the_loss_is_cross_entropy(make_model, method: str) -> None:
    loss = objective(make_model, method).task_loss(LOGITS, TRAIN)
    torch.testing.assert_close(loss, cross_entropy(LOGITS, LABELS))


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_the_fine_tuned_model_is_asked_before_its_weights_are_trained_on(
    make_model, share: float
) -> None:
    dense = make_model()
    before = infer(dense, TRAIN).logits
    made = prepare_objective("ltp", inputs_of(dense), LtpSettings(distil=share))
    assert made.distil == share
    answers = [made.teacher.get((window.text_id, 0)) for window in TRAIN]
    if share:
        np.testing.assert_array_equal(np.stack(answers), before)
    else:
        assert answers == [None] * len(TRAIN)
