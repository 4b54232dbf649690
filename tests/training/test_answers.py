"""Question answering: the losses by hand, and every method's training on where answers begin and end."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.helpers.families import tiny_model
from tests.helpers.token_trainings import check_saliency, train_tokens
from tests.helpers.toys import METHODS, texts
from workbench.core.token_tasks import AnswerSpans
from workbench.models.inference import infer_ragged
from workbench.models.policies.base import Policy
from workbench.models.token_classifier import NOWHERE, PruningTokenClassifier
from workbench.training.losses import label_loss, teacher_loss
from workbench.training.teacher_targets import teacher_logits


def answered(lengths=(9, 4, 7, 7, 12, 3, 8, 5)) -> list:
    """Windows whose answers begin and end somewhere."""
    rng = np.random.default_rng(0)
    found = []
    for window in texts(lengths, seed=1):
        n = len(window.input_ids)
        start = int(rng.integers(n))
        found.append(replace(window, label=(start, int(rng.integers(start, n)))))
    return found


WINDOWS = answered()


def dense(seed: int = 0) -> PruningTokenClassifier:
    return PruningTokenClassifier(tiny_model("bert", seed, head="answers"), Policy()).eval()


def test_the_loss_of_answers_by_hand() -> None:
    windows = WINDOWS[1:3]
    logits = torch.randn(2, 7, 2)
    logits[0, 4:] = NOWHERE
    losses = label_loss(AnswerSpans(), logits, windows, "none")
    for row, window in enumerate(windows):
        n, (start, end) = len(window.input_ids), window.label
        begins = functional.log_softmax(logits[row, :n, 0], 0)[start]
        ends = functional.log_softmax(logits[row, :n, 1], 0)[end]
        assert losses[row].item() == pytest.approx(-(begins + ends).item() / 2, rel=1e-5)
    assert label_loss(AnswerSpans(), logits, windows).item() == pytest.approx(losses.mean().item())


def test_the_teachers_loss_by_hand_knows_no_padding() -> None:
    student, teacher = torch.randn(2, 2, 7, 2)
    for logits in (student, teacher):
        logits[0, 4:] = NOWHERE
    total = 0.0
    for row, n in ((0, 4), (1, 7)):
        for k in (0, 1):
            s, t = (functional.log_softmax(x[row, :n, k] / 2, 0) for x in (student, teacher))
            total += 4 * (t.exp() * (t - s)).sum().item() / 2
    # The mean over texts, then over where answers begin and end.
    found = teacher_loss(AnswerSpans(), student, teacher, 2.0)
    assert found.item() == pytest.approx(total / 2, rel=1e-5)


def test_logits_of_windows_come_without_padding() -> None:
    model = dense()
    logits, tokens, tokens_ffn = infer_ragged(model, WINDOWS, 3)
    with torch.no_grad():
        whole = model(WINDOWS).logits
    for row, (window, own) in enumerate(zip(WINDOWS, logits, strict=True)):
        n = len(window.input_ids)
        np.testing.assert_allclose(own, whole[row, :n], atol=1e-5)
        assert (whole[row, n:] == NOWHERE).all()
        assert tokens[row].tolist() == tokens_ffn[row].tolist() == [n] * 4
    padded = teacher_logits(
        {(w.text_id, 0): own for w, own in zip(WINDOWS, logits, strict=True)}, WINDOWS
    )
    torch.testing.assert_close(padded, whole, atol=1e-5, rtol=0)


def test_saliency_is_the_gradient_of_both_gold_logits() -> None:
    def gold(logits, window):
        start, end = window.label
        return logits[start, 0] + logits[end, 1]

    check_saliency(dense(), WINDOWS, gold)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_trains(method: str) -> None:
    teacher = dense()
    before = teacher.stock.qa_outputs.weight.clone()
    made = train_tokens(method, teacher, WINDOWS)
    assert not torch.equal(made.model.stock.qa_outputs.weight, before)
