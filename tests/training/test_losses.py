"""Ranking and distillation losses, by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.helpers.toys import LABELS, window
from workbench.core.task_type import task_type_of
from workbench.training.losses import distillation, label_loss, lambda_loss, teacher_loss

CLASSES, VALUE = task_type_of(LABELS), task_type_of(["similarity"])
FEELINGS = task_type_of(["anger", "joy", "fear"], "multi-label")


def loss(scores, relevance, valid=None, kind="arp2") -> float:
    scores = torch.tensor([scores], dtype=torch.float32)
    valid = torch.ones_like(scores, dtype=torch.bool) if valid is None else torch.tensor([valid])
    return lambda_loss(scores, torch.tensor([relevance], dtype=torch.float32), valid, kind).item()


def surprise(difference: float) -> float:
    """-log2 sigmoid."""
    return math.log2(1 + math.exp(-difference))


def test_arp2_on_two_items_by_hand() -> None:
    # One pair, relevance 1 against 0; divided by k^2 = 4.
    assert loss([0.3, 0.5], [1, 0]) == pytest.approx(surprise(-0.2) / 4, rel=1e-5)
    assert loss([0.0, 0.0], [1, 0]) == pytest.approx(1 / 4)


def test_arp2_on_three_items_by_hand() -> None:
    expected = 2 * surprise(0.1 - 0.4) + surprise(0.1 - 0.2) + surprise(0.2 - 0.4)
    assert loss([0.1, 0.2, 0.4], [2, 1, 0]) == pytest.approx(expected / 9, rel=1e-5)


def test_ndcg2_on_three_items_by_hand() -> None:
    # Gains 3, 1, 0 over the ideal 3 + 1 / log2(3); ranks by score 2, 0, 1.
    ideal = 3 + 1 / math.log2(3)
    one = 1 - 1 / math.log2(3)
    two = 1 / math.log2(3) - 1 / math.log2(4)
    expected = (
        (3 - 1) / ideal * two * surprise(0.1 - 0.5)
        + (3 - 0) / ideal * one * surprise(0.1 - 0.2)
        + (1 - 0) / ideal * one * surprise(0.5 - 0.2)
    )
    assert loss([0.1, 0.5, 0.2], [2, 1, 0], kind="ndcg2") == pytest.approx(expected / 9, rel=1e-5)


@pytest.mark.parametrize("kind", ["arp2", "ndcg2"])
def test_a_perfectly_separated_order_tends_to_zero(kind: str) -> None:
    assert loss([100.0, 50.0, 0.0], [2, 1, 0], kind=kind) == pytest.approx(0, abs=1e-6)
    assert loss([0.0, 50.0, 100.0], [2, 1, 0], kind=kind) > 1


@pytest.mark.parametrize("kind", ["arp2", "ndcg2"])
def test_invalid_entries_are_ignored_but_counted_in_k(kind: str) -> None:
    whole = loss([0.1, 0.2, 7.0], [1, 0, 0], [True, True, False], kind)
    assert whole == pytest.approx(loss([0.1, 0.2, -9.0], [1, 0, 5], [True, True, False], kind))
    assert whole * 9 == pytest.approx(loss([0.1, 0.2], [1, 0], kind=kind) * 4, rel=1e-5)


@pytest.mark.parametrize("kind", ["arp2", "ndcg2"])
def test_the_loss_is_the_mean_over_the_batch(kind: str) -> None:
    scores, relevance = torch.rand(2, 4), torch.tensor([[3.0, 2, 1, 0]] * 2)
    valid = torch.ones(2, 4, dtype=torch.bool)
    both = lambda_loss(scores, relevance, valid, kind)
    alone = [lambda_loss(scores[i : i + 1], relevance[:1], valid[:1], kind) for i in (0, 1)]
    torch.testing.assert_close(both, sum(alone) / 2)


@pytest.mark.parametrize("kind", ["arp2", "ndcg2"])
def test_the_gradient_lifts_the_relevant_item(kind: str) -> None:
    scores = torch.zeros(1, 3, requires_grad=True)
    valid = torch.ones(1, 3, dtype=torch.bool)
    lambda_loss(scores, torch.tensor([[2.0, 1.0, 0.0]]), valid, kind).backward()
    assert torch.isfinite(scores.grad).all()
    assert scores.grad[0, 0] < 0 < scores.grad[0, 2]


def test_distillation_is_zero_for_equal_logits_and_shifted_ones() -> None:
    logits = torch.tensor([[1.0, -2.0], [0.5, 3.0]])
    assert distillation(logits, logits, 2.0).item() == pytest.approx(0, abs=1e-7)
    assert distillation(logits + 5, logits, 2.0).item() == pytest.approx(0, abs=1e-6)


def test_distillation_by_hand() -> None:
    # Teacher (3/4, 1/4) and student (1/2, 1/2) at temperature 2, times 4.
    teacher = torch.tensor([[2 * math.log(3.0), 0.0]])
    expected = 4 * (0.75 * math.log(1.5) + 0.25 * math.log(0.5))
    assert distillation(torch.zeros(1, 2), teacher, 2.0).item() == pytest.approx(expected, rel=1e-5)
    two = distillation(torch.zeros(2, 2), teacher.expand(2, 2), 2.0).item()
    assert two == pytest.approx(expected, rel=1e-5)


def labelled(*labels, shares=()):
    """Windows with these labels, the first ones with shares of annotators."""
    windows = [window([2, 5, 3], label=label) for label in labels]
    for place, share in enumerate(shares):
        windows[place] = replace(windows[place], label_shares=np.array(share, dtype=np.float32))
    return windows


def test_shares_of_annotators_are_followed_where_there_are_some():
    logits = torch.tensor([[0.0, math.log(3.0)], [0.0, math.log(3.0)]])
    each = label_loss(CLASSES, logits, labelled(1, 0, shares=[(0.25, 0.75)]), "none")
    # The distribution of the first is its own; of the second, the label alone counts.
    entropy = -0.25 * math.log(0.25) - 0.75 * math.log(0.75)
    assert each.tolist() == pytest.approx([entropy, -math.log(0.25)])
    hard = label_loss(CLASSES, logits, labelled(1, 0, shares=[(0, 1), (1, 0)]))
    assert hard.item() == pytest.approx(label_loss(CLASSES, logits, labelled(1, 0)).item())


def test_losses_by_hand():
    logits = torch.tensor([[0.0, math.log(3.0)], [0.0, 0.0]])
    each = label_loss(CLASSES, logits, labelled(1, 0), "none")
    assert each.tolist() == pytest.approx([-math.log(0.75), math.log(2)])
    assert label_loss(CLASSES, logits, labelled(1, 0)).item() == pytest.approx(each.mean().item())
    values = torch.tensor([[1.0], [4.0]])
    assert label_loss(VALUE, values, labelled(3.0, 5.0), "none").tolist() == [4.0, 1.0]
    assert label_loss(VALUE, values, labelled(3.0, 5.0)).item() == 2.5


def test_a_teachers_value_is_followed_by_squared_error_whatever_the_temperature():
    student, teacher = torch.tensor([[1.0], [2.0]]), torch.tensor([[0.0], [4.0]])
    assert teacher_loss(VALUE, student, teacher, 7.0).item() == 2.5
    assert teacher_loss(CLASSES, torch.eye(2), torch.eye(2), 2.0).item() == pytest.approx(0, abs=1e-6)


def test_labels_each_have_a_binary_cross_entropy() -> None:
    logits = torch.tensor([[0.0, math.log(3.0), -math.log(3.0)], [0.0, 0.0, 0.0]])
    windows = [window([1, 2], label=(1, 1, 1)), window([1, 2], label=(0, 0, 0))]
    # Probabilities 1/2, 3/4 and 1/4 of what is there; 1/2 of what is not.
    each = [(math.log(2) + math.log(4 / 3) + math.log(4)) / 3, math.log(2)]
    assert label_loss(FEELINGS, logits, windows, "none").tolist() == pytest.approx(each)
    assert label_loss(FEELINGS, logits, windows).item() == pytest.approx(sum(each) / 2)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_a_teacher_of_labels_is_matched_label_by_label(temperature: float) -> None:
    student, teacher = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0))
    p, q = (torch.sigmoid(one / temperature) for one in (teacher, student))
    divergence = p * (p / q).log() + (1 - p) * ((1 - p) / (1 - q)).log()
    loss = teacher_loss(FEELINGS, student, teacher, temperature)
    assert loss.item() == pytest.approx(temperature**2 * divergence.mean().item(), rel=1e-4)
    assert teacher_loss(FEELINGS, teacher, teacher, temperature).item() == pytest.approx(0, abs=1e-6)
