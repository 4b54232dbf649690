"""Token classification in training: losses, teachers, saliency, gates, and every method."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional
from transformers import BertForTokenClassification

from tests.helpers.families import tiny_model
from tests.helpers.token_trainings import check_saliency, train_tokens
from tests.helpers.toys import METHODS, texts
from workbench.core.documents import Window
from workbench.core.token_tasks import IGNORED, NOWHERE, TokenTags
from workbench.models.policies.base import Policy
from workbench.models.token_classifier import PruningTokenClassifier, tag_targets
from workbench.training.losses import label_loss, teacher_loss

LABELS = ("O", "B-X", "I-X")
TASK = TokenTags(LABELS)


def tagged(lengths=(9, 4, 7, 7, 12, 3, 8, 5)) -> list[Window]:
    """Windows whose words have some tag; the second token is a sub-word that learns none."""
    rng = np.random.default_rng(0)
    found = []
    for window in texts(lengths, seed=1):
        label = rng.integers(0, 3, len(window.input_ids))
        label[[0, 1, -1]] = IGNORED
        if len(label) == 3:
            label[1] = 1
        found.append(replace(window, label=tuple(label.tolist())))
    return found


WINDOWS = tagged()


def dense(seed: int = 0) -> PruningTokenClassifier:
    stock = tiny_model("bert", seed, head="tokens", id2label=dict(enumerate(LABELS)))
    return PruningTokenClassifier(stock, Policy()).eval()


def test_a_model_of_tags_knows_what_it_says() -> None:
    model = dense()
    assert isinstance(model.stock, BertForTokenClassification)
    assert model.reads == "tokens"
    assert model.task_type == TASK


def test_the_loss_is_that_of_transformers() -> None:
    model = dense()
    with torch.no_grad():
        logits = model(WINDOWS, execution="masked").logits
        padded = model.backbone.padded_inputs(WINDOWS)
        targets = tag_targets(WINDOWS, model.device)
        theirs = model.stock(**padded, labels=targets).loss
    assert label_loss(TASK, logits, WINDOWS).item() == pytest.approx(theirs.item(), rel=1e-5)
    own = label_loss(TASK, logits, WINDOWS, "none")
    for row, window in enumerate(WINDOWS):
        label = torch.tensor(window.label)
        known = label != IGNORED
        expected = functional.cross_entropy(logits[row, : len(label)][known], label[known])
        assert own[row].item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_teachers_loss_by_hand_knows_no_padding() -> None:
    student, teacher = torch.randn(2, 2, 7, 3)
    for logits in (student, teacher):
        logits[0, 4:] = NOWHERE
    rows = [(0, at) for at in range(4)] + [(1, at) for at in range(7)]
    total = 0.0
    for place in rows:
        s, t = (functional.log_softmax(x[place] / 2, 0) for x in (student, teacher))
        total += 4 * (t.exp() * (t - s)).sum().item()
    found = teacher_loss(TASK, student, teacher, 2.0)
    assert found.item() == pytest.approx(total / len(rows), rel=1e-5)


def test_saliency_is_the_gradient_of_all_gold_logits() -> None:
    def gold(logits, window):
        return sum(logits[at, tag] for at, tag in enumerate(window.label) if tag != IGNORED)

    check_saliency(dense(), WINDOWS, gold)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_trains(method: str) -> None:
    teacher = dense()
    before = teacher.stock.classifier.weight.clone()
    made = train_tokens(method, teacher, WINDOWS)
    assert made.model.task_type == TASK
    assert not torch.equal(made.model.stock.classifier.weight, before)
