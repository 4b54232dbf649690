"""Norms, GlobEnc, ALTI and attention x gradient on one layer of two tokens, worked out by hand.

Attention [[3/4, 1/4], [1/2, 1/2]]; what the tokens bring, residual on the diagonal:

    to 0: own (1.5, -1.5, 4, -4), from 1 (0, 0, 0.5, -0.5); sum (1.5, -1.5, 4.5, -4.5), its spread
    sqrt(11.25)
    to 1: from 0 (1, -1, 0, 0), own (1, -1, 1, -1), sum (2, -2, 1, -1), its spread sqrt(2.5)
"""

from math import sqrt

import numpy as np
import pytest
import torch

from tests.helpers.bert_blocks import ATTENTION, hand_block
from workbench.attribution.ops.mixing import distances_to_sums, norms_of_sums, shares
from workbench.attribution.scorers.attention.attention_gradient import AttentionGradient
from workbench.attribution.scorers.attention.probabilities import FromCls, Received, RolledOut
from workbench.attribution.scorers.decomposition.alti import Alti
from workbench.attribution.scorers.decomposition.attention_norms import ResidualNorms, ValueNorms
from workbench.attribution.scorers.decomposition.globenc import GlobEnc, NormalisedGlobEnc

NONE = torch.zeros(1)


def rows_of(observer, *blocks) -> np.ndarray:
    with torch.no_grad():
        for block in blocks:
            observer.see(block)
    return observer.rows(NONE)[0].numpy()


def test_raw_attention() -> None:
    assert rows_of(Received(), hand_block()).tolist() == [[0.625, 0.375]]
    assert rows_of(FromCls(), hand_block()).tolist() == [[0.75, 0.25]]
    assert rows_of(FromCls(0), hand_block()).tolist() == [[0.75, 0.25]]


def test_rollout_over_two_layers() -> None:
    # A' = [[7/8, 1/8], [1/4, 3/4]]; its square's first row is [51/64, 13/64].
    found = rows_of(RolledOut(), hand_block(), hand_block())
    np.testing.assert_allclose(found, [[7 / 8, 1 / 8], [51 / 64, 13 / 64]], rtol=1e-6)


def test_value_norms() -> None:
    # |f| is sqrt(8) for both: columns (3/4 + 1/2) / 2 and (1/4 + 1/2) / 2 of it.
    expected = [[0.625 * sqrt(8), 0.375 * sqrt(8)]]
    np.testing.assert_allclose(rows_of(ValueNorms(), hand_block()), expected, rtol=1e-6)


def test_norms_through_residual_and_layer_norm() -> None:
    to_0 = np.array([sqrt(36.5), sqrt(0.5)]) / sqrt(11.25)
    to_1 = np.array([sqrt(2), 2]) / sqrt(2.5)
    found = rows_of(ResidualNorms(), hand_block())
    np.testing.assert_allclose(found, [(to_0 + to_1) / 2], rtol=1e-5)


def test_globenc_of_a_layer_and_rolled_out() -> None:
    # What the second LayerNorm takes in is what the first gave out: its spread is 1.
    norms = np.array([[sqrt(36.5), sqrt(0.5)], [sqrt(2), 2]]) / np.sqrt([[11.25], [2.5]])
    shared = norms / norms.sum(1, keepdims=True)
    for observer, layer in ((GlobEnc, norms), (NormalisedGlobEnc, shared)):
        with torch.no_grad():
            found = observer().mixing(hand_block())[0].numpy()
        np.testing.assert_allclose(found, layer, rtol=1e-5)
        found = rows_of(observer(), hand_block(), hand_block())
        np.testing.assert_allclose(found, [layer[0], (layer @ layer)[0]], rtol=1e-5)


def test_alti_of_a_layer_and_rolled_out() -> None:
    # Before the common spread: |y_0| = 12, distances 1 and 11; |y_1| = 6, distances 4 and 2.
    first, second = np.array([11, 1]) / 12, np.array([1, 2]) / 3
    with torch.no_grad():
        layer = Alti().mixing(hand_block())[0].numpy()
    np.testing.assert_allclose(layer, [first, second], rtol=1e-5)
    found = rows_of(Alti(), hand_block(), hand_block())
    np.testing.assert_allclose(found, [first, first[0] * first + first[1] * second], rtol=1e-5)


def test_attention_times_gradient_over_two_layers() -> None:
    # Gradient [[2, -4], [1, 0]]: (grad * A)^+ = [[1.5, 0], [0.5, 0]], R = [[2.5, 0], [0.5, 1]], then
    # R + A R = [[2.5 + 1.5 * 2.5, 0], ...].
    observer = AttentionGradient()
    for _ in range(2):
        observer.see(hand_block(ATTENTION.clone().requires_grad_()))
    maps = [attention[0, 0] for attention in observer.attentions]
    output = sum(2 * a[0, 0] - 4 * a[0, 1] + a[1, 0] for a in maps)
    assert observer.rows(output[None])[0].tolist() == [[2.5, 0.0], [6.25, 0.0]]


def test_shares_leave_out_the_dead_and_keep_empty_rows_with_themselves() -> None:
    mixing = torch.tensor([[[1.0, 3, 4], [0, 0, 5], [1, 1, 1]]])
    found = shares(mixing, torch.tensor([[True, True, False]]))[0]
    assert found.tolist() == [[0.25, 0.75, 0], [0, 1, 0], [0, 0, 1]]


@pytest.mark.parametrize("step", [1, 2**22])
def test_sums_that_are_not_formed_equal_those_that_are(monkeypatch, step: int) -> None:
    monkeypatch.setattr("workbench.attribution.ops.mixing.CELLS", step)
    torch.manual_seed(0)
    weights, vectors = torch.rand(2, 3, 5, 5).double(), torch.randn(2, 5, 3, 4).double()
    own, target = torch.randn(2, 2, 5, 4).double()
    brought = torch.einsum("bhij,bjhd->bijd", weights, vectors)
    torch.testing.assert_close(norms_of_sums(weights, vectors), brought.norm(dim=-1))
    diagonal = torch.eye(5, dtype=torch.bool)[None, :, :, None]
    brought = torch.where(diagonal, own[:, :, None], brought)
    expected = (target[:, :, None] - brought).abs().sum(-1)
    torch.testing.assert_close(distances_to_sums(weights, vectors, own, target), expected)
