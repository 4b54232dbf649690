"""ToP's bins and gates, by hand."""

import math

import pytest
import torch

from tests.helpers.toys import CLS, RAGGED, SEP, texts, tiny_config, window
from workbench.models.layouts import Packed, Padded
from workbench.models.policies import hard_concrete
from workbench.models.policies.top import SoftStage, ToP


def policy_with(bins: int = 4, coarse: float = 30.0) -> ToP:
    policy = ToP(tiny_config(layers=3), bins=bins, first_layer=1, coarse_start=coarse)
    with torch.no_grad():
        policy.fine.fill_(30.0)
        policy.coarse.fill_(coarse)
    return policy


@pytest.mark.parametrize("layout_type", [Padded, Packed])
def test_bins_follow_the_relative_rank(layout_type: type) -> None:
    # [CLS] is not ranked; the other four are ranked 3, 0, 2, 1 of 4 and fall into 2 bins.
    layout, _ = layout_type.from_windows([window([CLS, 5, 6, 7, SEP])])
    scores = torch.tensor([[0.9, 0.1, 0.5, 0.2, 0.3]])
    assert policy_with(bins=4).bin_of(scores, layout)[0, 1:].tolist() == [3, 0, 2, 1]
    assert policy_with(bins=2).bin_of(scores, layout)[0, 1:].tolist() == [1, 0, 1, 0]
    assert policy_with(bins=8).bin_of(scores, layout)[0, 1:].tolist() == [6, 0, 4, 2]


@pytest.mark.parametrize("layout_type", [Padded, Packed])
def test_bins_are_shares_of_the_living(layout_type: type) -> None:
    layout, _ = layout_type.from_windows([window([CLS, 5, 6, 7, SEP])])
    keep = torch.tensor([[True, False, True, True, False]])
    scores = torch.tensor([[0.9, 0.1, 0.2, 0.5, 0.3]])
    if layout_type is Padded:
        _, layout = layout.drop(scores[..., None], keep)
    else:
        dropped, layout = layout.drop(scores[..., None], keep)
        scores = dropped[..., 0]
    bins = layout.to_padded(policy_with(bins=4).bin_of(scores, layout), -1)
    assert bins[0, [2, 3]].tolist() == [2, 0]


def test_as_many_gates_are_open_as_expected_and_the_likeliest_ones() -> None:
    policy = policy_with(bins=4)
    values = torch.tensor([-1.0, 2.0, -2.5, 0.5])
    with torch.no_grad():
        policy.fine[0] = values
    # P(open) = 0.645, 0.973, 0.289, 0.891: 2.80 gates are expected, 3 are open.
    assert hard_concrete.probability_open(values).sum().item() == pytest.approx(2.80, abs=0.01)
    assert policy.open_gates(1).tolist() == [True, True, False, True]
    with torch.no_grad():
        policy.fine[0] = torch.tensor([-2.0, 0.4, -4.0, -1.6])
    # 0.401, 0.880, 0.083, 0.500: 1.86 gates are expected.
    assert policy.open_gates(1).tolist() == [False, True, False, True]


def test_a_coarse_gate_that_is_off_cuts_nothing() -> None:
    policy = policy_with(coarse=-30.0)
    with torch.no_grad():
        policy.fine.fill_(-30.0)
    layout, _ = Padded.from_windows([window([CLS, 5, 6, 7, SEP])])
    scores = torch.rand(1, 5)
    assert policy.open_gates(1).all()
    assert policy.keep(1, scores, layout).all()
    assert policy.expected_keep(1).tolist() == pytest.approx([1, 1, 1, 1])
    hidden, soft = policy.soften(1, torch.ones(1, 5, 16), scores, layout)
    assert hidden.eq(1).all()
    assert soft.soft.eq(1).all()


@pytest.mark.parametrize(("probability", "cuts"), [(0.49, False), (0.51, True)])
def test_a_coarse_gate_cuts_from_one_half_on(probability: float, cuts: bool) -> None:
    policy = policy_with()
    with torch.no_grad():
        policy.fine.fill_(-30.0)
        policy.coarse.fill_(math.log(probability / (1 - probability)))
    assert policy.open_gates(1).any() != cuts


def test_all_gates_closed_leave_only_cls() -> None:
    policy = policy_with()
    with torch.no_grad():
        policy.fine.fill_(-30.0)
    layout, _ = Padded.from_windows([window([CLS, 5, 6, 7, SEP])])
    _, kept = layout.drop(torch.zeros(1, 5, 16), policy.keep(1, torch.rand(1, 5), layout))
    assert kept.text_lengths().tolist() == [1]


def test_layers_before_the_first_prunable_one_cut_nothing() -> None:
    policy = ToP(tiny_config(layers=4), bins=4, first_layer=2, coarse_start=30.0)
    layout, _ = Padded.from_windows([window([CLS, 5, SEP])])
    hidden = torch.ones(1, 3, 16)
    assert policy.open_gates(1) is None
    assert policy.expected_keep(1) is None
    assert policy.soften(1, hidden, torch.rand(1, 3), layout) == (hidden, layout)
    assert [policy.needs_attention(layer) for layer in range(4)] == [False, True, True, False]
    assert policy.fine.shape == (2, 4)


@pytest.mark.parametrize("acts_on", ["states", "states-product"])
def test_dropped_tokens_hidden_states_are_multiplied_by_their_gates(acts_on: str) -> None:
    policy = policy_with(bins=2)
    policy.soft_stage = SoftStage(acts_on)
    with torch.no_grad():
        policy.fine[0] = torch.tensor([30.0, -30.0])
    layout, _ = Padded.from_windows([window([CLS, 5, 6, 7, SEP]), window([CLS, 5, SEP])])
    scores = torch.tensor([[0.0, 0.1, 0.5, 0.2, 0.3], [0.0, 0.1, 0.3, 0, 0]])
    hidden, soft = policy.soften(1, torch.full((2, 5, 16), 2.0), scores, layout)
    # Ranks 3, 0, 2, 1 of 4 and 1, 0 of 2: the lower half goes; [CLS] stays.
    assert hidden[0, :, 0].tolist() == [2, 0, 2, 0, 2]
    assert hidden[1, :3, 0].tolist() == [2, 0, 2]
    assert soft.soft[0].tolist() == [1, 0, 1, 0, 1]
    assert bool(soft.alive[0].all())
    assert not soft.gated


HALF = [[1.0, 0.0, 0.5, 1.0, 1.0]]


@pytest.mark.parametrize(
    ("acts_on", "soft", "scaled"),
    [
        ("attention", HALF, [[1.0] * 5]),
        ("states", [[1.0, 0.0, 1.0, 1.0, 1.0]], [[1.0, 0.0, 1.0, 1.0, 1.0]]),
        ("states-product", HALF, HALF),
    ],
)
def test_a_token_masked_once_stays_masked(acts_on: str, soft: list, scaled: list) -> None:
    policy = policy_with(bins=2)
    policy.soft_stage = SoftStage(acts_on)
    alive = torch.ones(1, 5, dtype=torch.bool)
    layout = Padded(alive, torch.tensor([5]), soft=torch.tensor(HALF))
    hidden, after = policy.soften(1, torch.ones(1, 5, 16), torch.rand(1, 5), layout)
    assert after.soft.tolist() == soft
    assert hidden[..., 0].tolist() == scaled
    assert after.gated == (acts_on == "attention")


@torch.no_grad()
@pytest.mark.parametrize("cut", ["top", "top@entry"])
def test_gates_on_attention_compute_what_dropping_computes(make_model, cut: str) -> None:
    # The toy's gates are 30 or -30: every sample is exactly 1 or 0.
    model, windows = make_model(cut), texts(RAGGED)
    packed, soft = model(windows), model(windows, execution="masked", soft=True)
    torch.testing.assert_close(soft.logits, packed.logits, rtol=0, atol=1e-5)
    left = soft.traces[-1].passed.soft.sum(1)
    assert left.tolist() == packed.tokens_ffn[:, -1].tolist()
    assert left.sum() < sum(RAGGED) / 2


def test_texts_draw_their_own_gates_or_share_one_draw() -> None:
    policy = policy_with(bins=2)
    with torch.no_grad():
        policy.fine.fill_(0.0)
    layout, _ = Padded.from_windows([window([CLS, 5, 6, 7, SEP])] * 8)
    scores = torch.arange(5.0).expand(8, 5)
    for shared, differ in ((False, True), (True, False)):
        policy.soft_stage = SoftStage(shared=shared)
        torch.manual_seed(0)
        _, soft = policy.soften(1, torch.ones(8, 5, 16), scores, layout)
        assert bool((soft.soft != soft.soft[0]).any()) == differ


def test_padding_never_counts_among_the_living() -> None:
    policy = policy_with()
    long, short = [CLS, *range(5, 15), SEP], [CLS, 5, SEP]
    layout, _ = Padded.from_windows([window(long), window(short)])
    scores, hidden = torch.rand(2, 12), torch.ones(2, 12, 4)
    for layer in (1, 2):
        hidden, layout = policy.soften(layer, hidden, scores, layout)
        assert layout.count()[:, 0].tolist() == [12.0, 3.0]
        assert layout.soft is not None
        assert (layout.soft[1, 3:] == 0).all()


def test_bins_are_shares_of_the_tokens_that_are_not_gone() -> None:
    layout = Padded(
        torch.ones(1, 5, dtype=torch.bool), torch.tensor([5]), soft=torch.tensor([[1.0, 0, 0.1, 1, 0.9]])
    )
    received = torch.tensor([[0.1, 0.5, 0.4, 0.3, 0.2]])
    policy = policy_with(bins=6)
    scores = policy.scores(1, torch.zeros(1, 5, 16), layout, received)
    # Three of the four are left, half open or not, ranked 0, 1, 2; who is gone falls into the last bin.
    assert policy.bin_of(scores, layout)[0, 1:].tolist() == [5, 0, 2, 4]
    policy.soft_stage = SoftStage(ranked_among="soft")
    scores = policy.scores(1, torch.zeros(1, 5, 16), layout, received)
    # 0.3, 0.18 and 0.04 are ranked over a soft number of two.
    assert policy.bin_of(scores, layout)[0, 1:].tolist() == [5, 5, 0, 3]


@pytest.mark.parametrize(("coarse_gate", "log_alpha", "cuts"), [
    ("half", 0.1, True), ("half", -0.1, False), ("nonzero", -1.5, True), ("nonzero", -1.7, False),
])  # fmt: skip
def test_a_coarse_gate_is_on_from_one_half_or_from_nothing_on(
    coarse_gate: str, log_alpha: float, cuts: bool
) -> None:
    policy = ToP(tiny_config(layers=3), bins=4, coarse_gate=coarse_gate, first_layer=1)
    with torch.no_grad():
        policy.fine.fill_(-30.0)
        policy.coarse.fill_(log_alpha)
    assert policy.open_gates(1).any() != cuts
    torch.manual_seed(0)
    layout, _ = Padded.from_windows([window([CLS, 5, 6, 7, SEP])] * 4000)
    _, soft = policy.soften(1, torch.ones(4000, 5, 16), torch.rand(4000, 5), layout)
    kept = soft.soft[:, 1].mean().item()
    assert kept == pytest.approx(policy.expected_keep(1)[0].item(), abs=0.03)


@pytest.mark.parametrize(("layers", "cut", "first"), [
    (2, "middle", 1), (6, "middle", 1), (12, "middle", 2), (24, "middle", 4), (6, "entry", 2),
])  # fmt: skip
def test_the_first_sixth_of_the_layers_cuts_nothing(layers: int, cut: str, first: int) -> None:
    policy = ToP(tiny_config(layers=layers), first_layer=None, cut=cut)
    assert policy.first_layer == first
    assert len(policy.fine) == layers - first
    # The entry of the layer behind: the same tokens are dropped, one feed-forward part later.
    asked = [layer for layer in range(layers) if policy.needs_attention(layer)]
    assert asked == list(range(max(1, layers // 6), layers if cut == "middle" else layers - 1))


def test_coarse_gate_is_binary_forwards_and_has_a_gradient_backwards() -> None:
    torch.manual_seed(1)
    policy = policy_with(bins=2, coarse=0.0)
    layout, _ = Padded.from_windows([window([CLS, 5, 6, 7, SEP])] * 1)
    with torch.no_grad():
        policy.fine[0] = torch.tensor([30.0, -30.0])
    gradients = 0.0
    for _ in range(20):
        _, soft = policy.soften(1, torch.ones(1, 5, 16), torch.arange(5.0)[None], layout)
        assert set(soft.soft.flatten().tolist()) <= {0.0, 1.0}
        (gradient,) = torch.autograd.grad(soft.soft.sum(), policy.coarse)
        gradients += gradient[0].item()
    assert gradients < 0


def test_expected_keep_mixes_fine_and_coarse() -> None:
    policy = policy_with(bins=2, coarse=0.3)
    with torch.no_grad():
        policy.fine[0] = torch.tensor([1.0, -2.0])
    fine = hard_concrete.probability_open(torch.tensor([1.0, -2.0]))
    coarse = hard_concrete.probability_above(torch.tensor(0.3), 0.5)
    torch.testing.assert_close(policy.expected_keep(1).detach(), 1 - (1 - fine) * coarse)


def test_clamp_brings_gates_back_into_range() -> None:
    policy = policy_with(coarse=-30.0)
    policy.clamp()
    low, high = hard_concrete.LOG_ALPHA_RANGE
    assert policy.fine.max().item() == pytest.approx(high)
    assert policy.coarse.min().item() == pytest.approx(low)


@pytest.mark.parametrize("first_layer", [0, 3])
def test_a_first_layer_outside_the_encoder_is_refused(first_layer: int) -> None:
    with pytest.raises(ValueError, match="leaves no layer"):
        ToP(tiny_config(layers=3), first_layer=first_layer)
