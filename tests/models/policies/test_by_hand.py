"""A 2-layer, 4-wide BERT, text by text in numpy, against the encoder loop."""

import numpy as np
import pytest
import torch

from tests.helpers.toys import CLS, SEP, bert_by_hand, gelu, hand_bert, window
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.adapler import AdapLeR
from workbench.models.policies.base import Policy
from workbench.models.policies.ltp import LTP
from workbench.models.policies.powerbert import PowerBert
from workbench.models.policies.top import ToP
from workbench.models.policies.transkimmer import Transkimmer

TEXTS = [[CLS, 5, SEP], [CLS, 6, 7, 8, 9, SEP], [CLS, SEP], [CLS, 9, 5, 5, 7, 6, 8, SEP]]


def check(model: PruningClassifier, keep, least_dropped: int, late=None) -> None:
    expected = [bert_by_hand(model.stock, ids, keep, late) for ids in TEXTS]
    dropped = sum(len(ids) * 2 - sum(e[1]) for ids, e in zip(TEXTS, expected, strict=True))
    assert dropped >= least_dropped
    for execution in ("packed", "masked"):
        with torch.no_grad():
            output = model([window(ids) for ids in TEXTS], execution=execution)
        np.testing.assert_allclose(output.logits, np.stack([e[0] for e in expected]), atol=1e-5)
        assert output.tokens.tolist() == [e[1] for e in expected]


@pytest.mark.parametrize("heads", [1, 2])
def test_dense_logits_equal_the_hand_calculation(heads: int) -> None:
    check(PruningClassifier(hand_bert(heads), Policy()).eval(), None, 0)


@pytest.mark.parametrize("heads", [1, 2])
def test_adapler_equals_the_hand_calculation(heads: int) -> None:
    bert = hand_bert(heads)
    policy = AdapLeR(bert.config, width=3)
    with torch.no_grad():
        for k, value in enumerate(policy.predictors.parameters()):
            value.copy_(torch.cos(1.1 * torch.arange(value.numel()) + k).view_as(value))
        policy.eta.copy_(torch.tensor([0.6, 0.9]))

    def keep(layer: int, hidden: np.ndarray, received: np.ndarray | None) -> np.ndarray:
        first, _, last = policy.predictors[layer]
        w = [p.detach().double().numpy() for p in (first.weight, first.bias, last.weight, last.bias)]
        logits = (gelu(hidden @ w[0].T + w[1]) @ w[2].T + w[3])[:, 0]
        share = np.exp(logits) / np.exp(logits).sum()
        return share >= [0.6, 0.9][layer] / len(hidden)

    check(PruningClassifier(bert, policy).eval(), keep, 8)


@pytest.mark.parametrize("heads", [1, 2])
def test_top_equals_the_hand_calculation(heads: int) -> None:
    bert = hand_bert(heads)
    policy = ToP(bert.config, bins=3, first_layer=1, coarse_start=4.0)
    with torch.no_grad():
        policy.fine.copy_(torch.tensor([[9.0, 9.0, -9.0]]))

    def keep(layer: int, hidden: np.ndarray, received: np.ndarray | None) -> np.ndarray:
        stays = np.ones(len(hidden), dtype=bool)
        if layer == 1:
            order = sorted(range(1, len(hidden)), key=lambda j: -received[j])
            for rank, j in enumerate(order):
                stays[j] = rank * 3 // (len(hidden) - 1) < 2
        return stays

    check(PruningClassifier(bert, policy).eval(), keep, 3)


@pytest.mark.parametrize("heads", [1, 2])
def test_powerbert_equals_the_hand_calculation(heads: int) -> None:
    bert = hand_bert(heads)
    policy = PowerBert(bert.config, length=8)
    counts = [4, 2]
    with torch.no_grad():
        policy.retention.copy_(torch.arange(1, 8) < torch.tensor(counts)[:, None])

    def late(layer: int, attention: np.ndarray) -> np.ndarray:
        significance = attention.sum(0) - attention.diagonal()
        order = sorted(range(1, len(attention)), key=lambda j: -significance[j])
        return np.isin(np.arange(len(attention)), order[: counts[layer] - 1])

    check(PruningClassifier(bert, policy).eval(), None, 6, late)


@pytest.mark.parametrize("heads", [1, 2])
def test_ltp_equals_the_hand_calculation(heads: int) -> None:
    bert = hand_bert(heads)
    policy = LTP(bert.config, last_threshold=0.15)

    def keep(layer: int, hidden: np.ndarray, received: np.ndarray | None) -> np.ndarray:
        return received >= 0.15 if layer else np.ones(len(hidden), dtype=bool)

    check(PruningClassifier(bert, policy).eval(), keep, 6)


@pytest.mark.parametrize("heads", [1, 2])
def test_transkimmer_equals_the_hand_calculation(heads: int) -> None:
    bert = hand_bert(heads)
    policy = Transkimmer(bert.config)
    with torch.no_grad():
        for k, value in enumerate(policy.predictors.parameters()):
            value.copy_(torch.cos(1.7 * torch.arange(value.numel()) + k).view_as(value))

    def norm(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
        centred = x - x.mean(1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-5) * weight + bias

    def keep(layer: int, hidden: np.ndarray, received: np.ndarray | None) -> np.ndarray:
        w = [p.detach().double().numpy() for p in policy.predictors[layer].parameters()]
        inner = norm(norm(hidden, w[0], w[1]) @ w[2].T + w[3], w[4], w[5])
        skim, stay = (gelu(inner) @ w[6].T + w[7]).T
        return stay > skim

    check(PruningClassifier(bert, policy).eval(), keep, 6)
