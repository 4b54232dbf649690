"""Soft removal and the keep rule of AdapLeR, by hand."""

import pytest
import torch

from tests.helpers.toys import CLS, SEP, hand_bert, tiny_config, window
from workbench.models.layouts import Packed, Padded
from workbench.models.policies.adapler import LOWEST_EDIT, AdapLeR, soft_removal

DELTA, SLOPE, BETA = 0.2, 10.0, 0.1


def edit(score: float, slope: float = SLOPE, delta: float = DELTA, beta: float = BETA) -> float:
    return soft_removal(
        torch.tensor(score, dtype=torch.float64), torch.tensor(delta, dtype=torch.float64), slope, beta
    ).item()


def test_soft_removal_at_the_threshold_is_minus_beta_over_slope() -> None:
    assert edit(DELTA) == pytest.approx(-0.01, abs=1e-12)


def test_soft_removal_is_continuous_at_the_threshold() -> None:
    assert edit(DELTA - 1e-9) == pytest.approx(edit(DELTA), abs=1e-6)
    assert edit(DELTA + 1e-9) == pytest.approx(edit(DELTA), abs=1e-6)


def test_soft_removal_just_below_falls_with_slope_over_delta() -> None:
    # (10 / 0.2) * -0.02 - 0.01
    assert edit(0.18) == pytest.approx(-1.01, abs=1e-12)


def test_soft_removal_just_above_is_almost_flat() -> None:
    # (0.6 - 1) * 0.01 / 0.8
    assert edit(0.6) == pytest.approx(-0.005, abs=1e-12)
    assert edit(1.0) == 0


def test_soft_removal_tends_to_the_hard_rule() -> None:
    assert edit(DELTA - 1e-3, slope=1e9) == LOWEST_EDIT
    assert edit(DELTA, slope=1e9) == pytest.approx(0, abs=1e-9)
    assert edit(0.5, slope=1e9) == pytest.approx(0, abs=1e-9)


def test_soft_removal_never_rewards_and_has_a_floor() -> None:
    scores = torch.linspace(0, 1, 101)
    edits = soft_removal(scores, torch.tensor(0.3), 1e6, 0.1)
    assert edits.max() <= 0
    assert edits.min() == LOWEST_EDIT


def test_soft_removal_survives_a_threshold_of_one() -> None:
    edits = soft_removal(torch.tensor([0.0, 1.0]), torch.ones(1), 10.0, 0.1)
    assert edits.tolist() == pytest.approx([-10.01, 0.0])


def policy_with(eta: float) -> AdapLeR:
    policy = AdapLeR(tiny_config(), width=4)
    with torch.no_grad():
        policy.eta.fill_(eta)
    return policy


@pytest.mark.parametrize("layout_type", [Padded, Packed])
def test_keep_rule_compares_with_eta_over_the_living(layout_type: type) -> None:
    # Living: 4 and 3 tokens; eta / n = 0.15 and 0.2.
    layout, _ = layout_type.from_windows([window([CLS, 5, 6, SEP]), window([CLS, 5, SEP])])
    by_text = torch.tensor([[0.1, 0.15, 0.1499, 0.6001], [0.7, 0.1, 0.2, 0.0]])
    packed = torch.cat([by_text[1, :3], by_text[0]])[None]
    scores = by_text if layout_type is Padded else packed
    _, kept = layout.drop(scores[..., None], policy_with(0.6).keep(0, scores, layout))
    assert kept.to_padded(torch.ones(scores.shape if layout_type is Padded else (1, 5)), 0).tolist() == [
        [1, 1, 0, 1],
        [1, 0, 1, 0],
    ]
    assert kept.text_lengths().tolist() == [3, 2]


def test_predictor_shares_sum_to_one_over_the_living() -> None:
    layout, _ = Padded.from_windows([window([CLS, 5, 6, SEP]), window([CLS, SEP])])
    scores = policy_with(0.5).scores(0, torch.randn(2, 4, 16), layout, None)
    assert scores.sum(1).tolist() == pytest.approx([1, 1])
    assert scores[1, 2:].tolist() == [0, 0]


def test_soft_mask_and_bias_add_up_over_layers() -> None:
    layout, _ = Padded.from_windows([window([CLS, 5, 6, SEP])])
    policy = policy_with(0.8)
    policy.slope = 10.0
    scores = torch.tensor([[0.05, 0.15, 0.5, 0.3]])
    # delta = 0.8 / 4: below it 50 * -0.05 - 0.01, above it (s - 1) * 0.01 / 0.8; [CLS] is exempt.
    edits = torch.tensor([[0.0, -2.51, -0.00625, -0.00875]])
    _, once = policy.soften(0, torch.zeros(1, 4, 16), scores, layout)
    torch.testing.assert_close(once.bias, edits)
    torch.testing.assert_close(once.soft, edits.exp())

    # The next threshold divides by the soft number of tokens.
    second = soft_removal(scores, 0.8 / edits.exp().sum(), 10.0, 0.1)
    second[0, 0] = 0
    _, twice = policy.soften(1, torch.zeros(1, 4, 16), scores, once)
    torch.testing.assert_close(twice.bias, edits + second)
    torch.testing.assert_close(twice.soft, (edits + second).exp())
    assert bool(twice.alive.all())


def test_the_count_behind_a_threshold_carries_no_gradient() -> None:
    layout, _ = Padded.from_windows([window([CLS, 5, 6, SEP])])
    policy = policy_with(0.8)
    policy.slope = 10.0
    _, soft = policy.soften(0, torch.zeros(1, 4, 16), torch.rand(1, 4), layout)
    assert soft.soft.requires_grad
    assert not soft.count().requires_grad


def test_predictor_logits_meet_the_bias_of_earlier_layers() -> None:
    policy = policy_with(0.8)
    alive = torch.ones(1, 3, dtype=torch.bool)
    bias = torch.tensor([[0.0, LOWEST_EDIT, -1.0]])
    layout = Padded(alive, torch.tensor([3]), bias=bias, soft=bias.exp())
    same = torch.ones(1, 3, 16)
    scores = policy.scores(1, same, layout, None)
    torch.testing.assert_close(scores, torch.tensor([[0.0, -torch.inf, -1.0]]).softmax(1))


def test_defaults_follow_the_paper() -> None:
    policy = AdapLeR(hand_bert().config)
    assert policy.width == 32
    assert policy.predictor_cost(0) == 4 * 32 + 32
    assert policy.eta.tolist() == [0.25, 0.25]
    assert policy.theta.tolist() == [1, 1]
    first, _, last = policy.predictors[0]
    assert (first.in_features, first.out_features, last.out_features) == (4, 32, 1)
    assert first(torch.zeros(4)).eq(0).all()
