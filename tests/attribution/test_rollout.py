"""Attention rollout on two layers, by hand."""

import pytest
import torch

from tests.helpers.bert_blocks import rollout


def test_two_layers_of_two_tokens_by_hand() -> None:
    first = torch.tensor([[[[0.5, 0.5], [1.0, 0.0]]]])
    second = torch.tensor([[[[1.0, 0.0], [0.25, 0.75]]]])
    flows = rollout([first, second])
    # A' = (A + I) / 2: [[3/4, 1/4], [1/2, 1/2]] and [[1, 0], [1/8, 7/8]].
    assert flows.shape == (2, 1, 2, 2)
    torch.testing.assert_close(flows[0, 0], torch.tensor([[0.75, 0.25], [0.5, 0.5]]))
    torch.testing.assert_close(
        flows[1, 0],
        torch.tensor([[0.75, 0.25], [0.125 * 0.75 + 0.875 * 0.5, 0.125 * 0.25 + 0.875 * 0.5]]),
    )


def test_uniform_attention_of_three_tokens_by_hand() -> None:
    uniform = torch.full((1, 2, 3, 3), 1 / 3)
    # Diagonal 2/3, elsewhere 1/6; squared: 1/2 and 1/4.
    flows = rollout([uniform, uniform])[:, 0, 0]
    assert flows[0].tolist() == pytest.approx([2 / 3, 1 / 6, 1 / 6])
    assert flows[1].tolist() == pytest.approx([1 / 2, 1 / 4, 1 / 4])


def test_heads_are_averaged_before_the_product() -> None:
    heads = torch.tensor([[[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]]])
    expected = torch.tensor([[0.75, 0.25], [0.25, 0.75]])
    torch.testing.assert_close(rollout([heads])[0, 0], expected)


def test_the_last_layer_multiplies_from_the_left() -> None:
    one = torch.tensor([[[[0.0, 1.0], [1.0, 0.0]]]])
    two = torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]])
    assert rollout([one, two])[1, 0].tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert rollout([two, one])[1, 0].tolist() == [[0.25, 0.75], [0.25, 0.75]]


def test_rows_sum_to_one_over_many_layers() -> None:
    torch.manual_seed(0)
    attentions = [torch.randn(2, 3, 7, 7).softmax(-1) for _ in range(12)]
    torch.testing.assert_close(rollout(attentions).sum(-1), torch.ones(12, 2, 7))


def test_columns_of_padding_stay_empty() -> None:
    attention = torch.zeros(1, 1, 3, 3)
    attention[..., :2] = 0.5
    flows = rollout([attention, attention])
    assert flows[:, 0, :2, 2].eq(0).all()
