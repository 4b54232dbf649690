"""Hard-concrete gates against their distribution function."""

import math

import pytest
import torch

from workbench.models.policies import hard_concrete

LOW_LOG, HIGH_LOG = hard_concrete.LOG_ALPHA_RANGE


def test_probability_open_at_zero_is_the_closed_form() -> None:
    # sigmoid(-2/3 ln(0.1 / 1.1)) = 1 / (1 + 11^(-2/3))
    value = hard_concrete.probability_open(torch.zeros(1)).item()
    assert value == pytest.approx(1 / (1 + 11 ** (-2 / 3)), abs=1e-6)


def test_probability_open_at_the_clamp_ends() -> None:
    ends = hard_concrete.probability_open(torch.tensor([LOW_LOG, HIGH_LOG]))
    assert pytest.approx((math.log(0.01), math.log(100))) == (LOW_LOG, HIGH_LOG)
    expected = [1 / (1 + 100 * 11 ** (-2 / 3)), 1 / (1 + 0.01 * 11 ** (-2 / 3))]
    assert ends.tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("log_alpha", [LOW_LOG, -1.0, 0.0, 1.5])
def test_samples_are_open_as_often_as_the_closed_form_says(log_alpha: float) -> None:
    torch.manual_seed(0)
    draws = hard_concrete.sample(torch.full((40_000,), log_alpha))
    expected = hard_concrete.probability_open(torch.tensor(log_alpha)).item()
    assert (draws > 0).float().mean().item() == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("log_alpha", [LOW_LOG, -1.0, 0.0, 1.5])
def test_binary_samples_are_on_as_often_as_the_closed_form_says(log_alpha: float) -> None:
    torch.manual_seed(0)
    draws = hard_concrete.sample_binary(torch.full((40_000,), log_alpha))
    assert set(draws.tolist()) <= {0.0, 1.0}
    assert draws.mean().item() == pytest.approx(1 / (1 + math.exp(-log_alpha)), abs=0.01)
    on = hard_concrete.probability_above(torch.tensor(log_alpha), 0.5).item()
    assert on == pytest.approx(1 / (1 + math.exp(-log_alpha)), abs=1e-6)


def test_a_binary_sample_has_the_gradient_of_the_smooth_one() -> None:
    gradients = []
    for draw in (hard_concrete.sample, hard_concrete.sample_binary):
        torch.manual_seed(0)
        log_alpha = torch.zeros(50, requires_grad=True)
        gradients.append(torch.autograd.grad(draw(log_alpha).sum(), log_alpha)[0])
    assert gradients[0].equal(gradients[1])
    assert gradients[0].max() > 0


def test_samples_lie_in_the_unit_interval_and_reach_both_ends() -> None:
    torch.manual_seed(0)
    draws = hard_concrete.sample(torch.zeros(1000))
    assert draws.min() == 0
    assert draws.max() == 1
    assert ((draws > 0) & (draws < 1)).any()


def test_saturated_gates_are_exactly_open_or_closed() -> None:
    torch.manual_seed(0)
    assert hard_concrete.sample(torch.full((1000,), 30.0)).eq(1).all()
    assert hard_concrete.sample(torch.full((1000,), -30.0)).eq(0).all()


def test_an_unclipped_sample_has_a_gradient_that_opens_the_gate() -> None:
    torch.manual_seed(0)
    log_alpha = torch.zeros(200, requires_grad=True)
    draws = hard_concrete.sample(log_alpha)
    draws.sum().backward()
    inside = (draws > 0) & (draws < 1)
    assert (log_alpha.grad[inside] > 0).all()
    assert (log_alpha.grad[~inside] == 0).all()


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_relaxed_samples_pass_one_half_as_often_at_any_temperature(temperature: float) -> None:
    torch.manual_seed(0)
    draws = hard_concrete.relaxed(torch.full((40_000,), 0.8), temperature)
    assert (draws > 0.5).float().mean().item() == pytest.approx(1 / (1 + math.exp(-0.8)), abs=0.01)


def test_straight_through_rounds_forwards_and_is_the_identity_backwards() -> None:
    soft = torch.tensor([0.1, 0.5, 0.51, 0.9], requires_grad=True)
    hard = hard_concrete.straight_through(soft)
    assert hard.tolist() == [0, 0, 1, 1]
    assert torch.autograd.grad((hard * torch.arange(4.0)).sum(), soft)[0].tolist() == [0, 1, 2, 3]
