"""What ToP's gates save and cost, by hand, against the packed run and against differences."""

import pytest
import torch

from tests.helpers.toys import RAGGED, texts
from workbench.metrics.efficiency.flops import Shape
from workbench.training.top_gates import (
    FIXED_MARGIN,
    closing_order,
    expected_shares,
    expected_tokens,
    gate_information,
    inference_tokens,
    shift_to,
    sparsity,
)

LENGTHS = torch.tensor([float(n) for n in RAGGED])


def test_sparsity_by_hand() -> None:
    # H = 4, I = 8. 3 tokens: projections 3 x 64, two attention products 2 x 36, feed-forward 3 x 64.
    tokens, sizes = [torch.tensor([3.0]), torch.tensor([1.0])], Shape(1, 4, 8, classes=2)
    dense, attention, alone = 192 + 72 + 192, 192 + 72, 64 + 8
    assert sparsity(sizes, "middle", tokens).item() == pytest.approx(1 - (attention + 64) / dense)
    assert sparsity(sizes, "entry", tokens).item() == pytest.approx(1 - (alone + 64) / dense)


@torch.no_grad()
@pytest.mark.parametrize("method", ["top", "top@entry"])
@pytest.mark.parametrize("seed", range(4))
def test_tokens_at_inference_are_those_of_the_packed_run(make_model, method: str, seed: int) -> None:
    model = make_model(method, seed)
    tokens = inference_tokens(model.policy, LENGTHS)
    assert torch.stack(tokens[1:], dim=1).equal(model(texts(RAGGED)).tokens_ffn.float())
    assert tokens[-1].sum() < LENGTHS.sum()


def test_expected_tokens_of_saturated_gates_where_bins_divide_the_ranks(make_model) -> None:
    policy = make_model("top").policy
    with torch.no_grad():
        policy.coarse.fill_(30.0)
    tokens = expected_tokens(torch.tensor([26.0, 126.0]), expected_shares(policy))
    # Two of five gates are closed in each layer but the first.
    wanted = [[26, 126], [26, 126], [16, 76], [10, 46], [6.4, 28]]
    torch.testing.assert_close(torch.stack(tokens), torch.tensor(wanted), rtol=1e-5, atol=1e-4)


def test_a_shift_saves_just_the_target(make_model) -> None:
    policy = make_model("top").policy
    with torch.no_grad():
        policy.fine.copy_(torch.linspace(-4, 4, policy.fine.numel()).view_as(policy.fine))

    def saved() -> float:
        tokens = expected_tokens(LENGTHS, expected_shares(policy))
        return sparsity(Shape(4, 16, 24, classes=2), policy.cut, tokens).item()

    distances = policy.fine.diff(dim=1)
    for target in (0.3, 0.05, 0.5):
        shift_to(policy, target, saved)
        assert saved() == pytest.approx(target, abs=1e-4)
        torch.testing.assert_close(policy.fine.diff(dim=1), distances)


def test_fixed_gates_stand_on_no_edge(make_model) -> None:
    policy = make_model("top").policy
    with torch.no_grad():
        policy.coarse.fill_(30.0)
        policy.fine.copy_(torch.linspace(-4, 4, policy.fine.numel()).view_as(policy.fine))

    def saved() -> float:
        return sparsity(
            Shape(4, 16, 24, classes=2), policy.cut, inference_tokens(policy, LENGTHS)
        ).item()

    def opened(shift: float) -> list[int]:
        with torch.no_grad():
            policy.fine.add_(shift)
            gates = [policy.open_gates(layer) for layer in range(4)]
            policy.fine.sub_(shift)
        return [-1 if gate is None else int(gate.sum()) for gate in gates]

    shift_to(policy, 0.3, saved)
    assert opened(1e-5) != opened(-1e-5)
    shift_to(policy, 0.3, saved, margin=FIXED_MARGIN)
    assert opened(1e-4) == opened(0.0) == opened(-1e-4)
    assert saved() >= 0.3


def test_the_closing_order_weighs_what_is_lost_against_what_is_saved() -> None:
    information = torch.tensor([[4.0, 1.0], [3.0, 2.5]])
    # A gate of the first row saves twice as much: 1/2, then 4/2 before 2.5/1.
    order = closing_order(information, lambda closed: 0.2 * closed[0] + 0.1 * closed[1])
    assert order.tolist() == [1, 0, 3, 2]
    # Nothing is saved by the second row once the first is closed: it goes last; before, it goes first.
    order = closing_order(information, lambda closed: 0.1 * closed[0] + 0.9 * closed[1])
    assert order.tolist() == [3, 2, 1, 0]


def test_information_is_the_mean_squared_derivative(make_model) -> None:
    model = make_model("top").double()
    windows, policy = texts([7, 12]), model.policy
    found = gate_information(model, windows, 2)

    def answer(probe: torch.Tensor) -> torch.Tensor:
        with torch.no_grad(), policy.probed(probe):
            return model(windows, execution="masked", soft=True).logits.log_softmax(-1)

    step, wanted = 1e-6, torch.zeros_like(policy.fine)
    chances = answer(torch.ones(2, *policy.fine.shape).double()).exp()
    # `gate_information` runs the longer text first, and draws the classes in that order.
    drawn = torch.multinomial(
        chances.flip(0).float(), 1, generator=torch.Generator().manual_seed(0)
    ).flip(0)
    for row in range(len(policy.fine)):
        for column in range(policy.bins):
            probe = torch.zeros(2, *policy.fine.shape).double()
            probe[:, row, column] = step
            slopes = (answer(1 + probe) - answer(1 - probe)) / (2 * step)
            wanted[row, column] = slopes.gather(1, drawn).square().mean()
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-9)
    assert wanted[:-1].max() > 1e-5


def test_of_several_labels_each_is_drawn(make_model) -> None:
    model = make_model("top").double()
    model.stock.config.problem_type = "multi_label_classification"
    windows, policy = texts([7, 12]), model.policy
    found = gate_information(model, windows, 2)

    def there(probe: torch.Tensor) -> torch.Tensor:
        with torch.no_grad(), policy.probed(probe):
            return model(windows, execution="masked", soft=True).logits.sigmoid()

    step, wanted = 1e-6, torch.zeros_like(policy.fine)
    chances = there(torch.ones(2, *policy.fine.shape).double())
    generator = torch.Generator().manual_seed(0)
    drawn = torch.bernoulli(chances.flip(0).float(), generator=generator).flip(0).bool()

    def said(probe: torch.Tensor) -> torch.Tensor:
        shares = there(probe)
        return torch.where(drawn, shares, 1 - shares).log().sum(1)

    for row in range(len(policy.fine)):
        for column in range(policy.bins):
            probe = torch.zeros(2, *policy.fine.shape).double()
            probe[:, row, column] = step
            slopes = (said(1 + probe) - said(1 - probe)) / (2 * step)
            wanted[row, column] = slopes.square().mean()
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-9)
    assert wanted[:-1].max() > 1e-5
