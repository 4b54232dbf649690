"""LTP's thresholds and soft mask, by hand."""

import pytest
import torch

from tests.helpers.toys import CLS, RAGGED, SEP, texts, tiny_config, window
from workbench.models.classifier import PruningClassifier
from workbench.models.layouts import Packed, Padded
from workbench.models.policies.ltp import LTP


def policy_with(threshold: float, temperature: float = 0.1) -> LTP:
    policy = LTP(tiny_config(layers=3), temperature=temperature)
    with torch.no_grad():
        policy.thresholds.fill_(threshold)
    return policy


def two_texts() -> Padded:
    return Padded.from_windows([window([CLS, 5, 6, SEP]), window([CLS, 5, SEP])])[0]


SCORES = torch.tensor([[0.05, 0.1, 0.35, 0.5], [0.1, 0.2, 0.7, 0.0]])


def test_thresholds_start_on_a_line_that_ends_at_the_last_layer() -> None:
    policy = LTP(tiny_config(layers=6), last_threshold=0.05)
    assert policy.thresholds.tolist() == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05])
    assert LTP(tiny_config(layers=4)).thresholds.tolist()[-1] == pytest.approx(0.01)


@pytest.mark.parametrize("layout_type", [Padded, Packed])
def test_a_score_does_not_depend_on_the_texts_length(layout_type: type) -> None:
    # Attention received, a mean over 10 and over 27 queries, of tokens that get as much as the others.
    windows = [window([CLS, *[5] * (n - 2), SEP]) for n in (10, 27)]
    layout, _ = layout_type.from_windows(windows)
    received = layout.gather_rows(torch.tensor([[1 / 10] * 27, [1 / 27] * 27]))
    for padded_length, wanted in ((128, [1 / 128, 1 / 128]), (None, [1 / 10, 1 / 27])):
        policy = LTP(tiny_config(layers=3), padded_length=padded_length)
        scores = policy.scores(1, received, layout, received)
        first = layout.to_padded(scores, 0.0)[:, 0]
        torch.testing.assert_close(first, torch.tensor(wanted))
    assert policy.scores(0, received, layout, received) is None


def test_the_soft_mask_by_hand() -> None:
    hidden, layout = policy_with(0.2).soften(1, torch.full((2, 4, 16), 2.0), SCORES, two_texts())
    # sigmoid(-1), sigmoid(1.5), sigmoid(3); sigmoid(0), sigmoid(5): [CLS] stays, padding is nothing.
    expected = [[1, 0.268941, 0.817574, 0.952574], [1, 0.5, 0.993307, 0]]
    torch.testing.assert_close(layout.soft, torch.tensor(expected), atol=1e-5, rtol=0)
    torch.testing.assert_close(hidden[..., 3], 2 * layout.soft)
    assert layout.alive.equal(two_texts().alive)


def test_the_soft_mask_is_a_product_over_layers() -> None:
    policy = policy_with(0.2)
    _, once = policy.soften(1, torch.ones(2, 4, 16), SCORES, two_texts())
    hidden, twice = policy.soften(2, torch.full((2, 4, 16), 3.0), SCORES, once)
    torch.testing.assert_close(twice.soft, once.soft**2)
    torch.testing.assert_close(hidden[..., 0], 3 * once.soft**2)


def test_the_soft_mask_tends_to_the_hard_rule_as_the_temperature_falls() -> None:
    policy = policy_with(0.21, temperature=1e-6)
    layout = two_texts()
    _, soft = policy.soften(1, torch.ones(2, 4, 16), SCORES, layout)
    _, hard = layout.drop(torch.ones(2, 4, 16), policy.keep(1, SCORES, layout))
    assert soft.soft.equal(hard.alive.float())
    assert hard.alive.tolist() == [[True, False, True, True], [True, False, True, False]]


@pytest.mark.parametrize("layout_type", [Padded, Packed])
def test_a_token_at_the_threshold_stays(layout_type: type) -> None:
    layout, _ = layout_type.from_windows([window([CLS, 5, 6, SEP])])
    kept = policy_with(0.35).keep(1, SCORES[:1], layout)
    assert kept.tolist() == [[False, False, True, True]]
    assert layout.drop(torch.ones(1, 4, 16), kept)[1].text_lengths().tolist() == [3]


def test_thresholds_above_every_score_leave_only_cls_after_the_first_layer(make_model) -> None:
    model = make_model("ltp")
    with torch.no_grad():
        model.policy.thresholds.fill_(3.0)
        output = model(texts(RAGGED))
    # Layer 1 cuts in its middle: its self-attention still has them all.
    assert output.tokens[:, :2].tolist() == [[n, n] for n in RAGGED]
    assert output.tokens_ffn[:, 0].tolist() == list(RAGGED)
    assert output.tokens_ffn[:, 1:].eq(1).all()
    assert output.tokens[:, 2:].eq(1).all()


def test_each_layer_uses_its_own_threshold() -> None:
    policy = policy_with(0.0)
    with torch.no_grad():
        policy.thresholds.copy_(torch.tensor([0.0, 0.4]))
    layout = two_texts()
    assert policy.keep(1, SCORES, layout).sum(1).tolist() == [4, 4]
    assert policy.keep(2, SCORES, layout).sum(1).tolist() == [1, 1]


def test_the_first_layer_cuts_nothing_and_the_last_is_asked_for_nothing() -> None:
    policy = policy_with(1.0)
    assert policy.scores(0, torch.ones(2, 4, 16), two_texts(), None) is None
    assert policy.scores(1, torch.ones(2, 4, 16), two_texts(), SCORES) is SCORES
    assert [policy.needs_attention(layer) for layer in range(3)] == [True, True, False]


def test_a_low_start_drops_nothing_of_short_texts(make_model) -> None:
    dense, windows = make_model(), texts([4, 6, 9])
    model = PruningClassifier(dense.stock, LTP(dense.stock.config, last_threshold=1e-6)).eval()
    with torch.no_grad():
        output = model(windows)
        torch.testing.assert_close(output.logits, dense(windows).logits, atol=1e-5, rtol=0)
    assert output.tokens.eq(torch.tensor([[4], [6], [9]])).all()


def test_a_higher_threshold_lets_go_of_more(make_model) -> None:
    model, windows, counts = make_model("ltp"), texts(RAGGED), []
    for threshold in (0.02, 0.06, 0.12, 0.3):
        with torch.no_grad():
            model.policy.thresholds.fill_(threshold)
            counts.append(model(windows).tokens.sum().item())
    assert counts == sorted(counts, reverse=True)
    assert len(set(counts)) == 4


def test_the_mask_raises_a_threshold_when_it_costs_and_lowers_it_when_it_pays() -> None:
    policy = policy_with(0.2)
    _, layout = policy.soften(1, torch.ones(2, 4, 16), SCORES, two_texts())
    (gradient,) = torch.autograd.grad(layout.soft.sum(), policy.thresholds)
    # d soft / d threshold = -soft (1 - soft) / T, [CLS] left out.
    soft = layout.soft.detach()
    assert gradient[0].item() == pytest.approx(-(soft * (1 - soft)).sum().item() / 0.1, rel=1e-5)
    assert gradient[1] == 0


def test_thresholds_are_clamped_to_where_scores_can_be() -> None:
    policy = policy_with(0.0)
    with torch.no_grad():
        policy.thresholds.copy_(torch.tensor([-0.2, 1.7]))
    policy.clamp()
    assert policy.thresholds.tolist() == [0, 1]


def test_one_layer_has_no_threshold_and_cuts_nothing() -> None:
    assert LTP(tiny_config(layers=1)).thresholds.shape == (0,)
