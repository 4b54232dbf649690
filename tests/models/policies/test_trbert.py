"""TR-BERT's selectors: where they are, how they start, who stays."""

import pytest
import torch

from tests.helpers.toys import RAGGED, texts, tiny_config
from workbench.models.classifier import PruningClassifier
from workbench.models.layouts import Packed, Padded
from workbench.models.policies.trbert import TrBert, likely, sample

WINDOWS = texts(RAGGED)


@pytest.mark.parametrize(("layers", "places"), [(4, (1, 2)), (6, (1, 3)), (7, (1, 3)), (12, (1, 6))])
def test_the_selectors_are_at_layer_one_and_in_the_middle(layers: int, places: tuple) -> None:
    policy = TrBert(tiny_config(layers=layers))
    assert policy.places == places
    layout, _ = Packed.from_windows(WINDOWS)
    hidden = torch.randn(1, sum(RAGGED), 16)
    scored = [policy.scores(layer, hidden, layout, None) is not None for layer in range(layers)]
    assert [layer for layer, here in enumerate(scored) if here] == list(places)
    paid = [policy.predictor_cost(layer) > 0 for layer in range(layers)]
    assert paid == scored
    assert not any(policy.needs_attention(layer) for layer in range(layers))


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_too_few_layers_are_refused(layers: int) -> None:
    with pytest.raises(ValueError, match=f"at least 4 layers, this one has {layers}"):
        TrBert(tiny_config(layers=layers))


@pytest.mark.parametrize("start", [0.0, 1.0, 1.5])
def test_a_start_that_is_no_open_probability_is_refused(start: float) -> None:
    with pytest.raises(ValueError, match="keep_start"):
        TrBert(tiny_config(), keep_start=start)


def test_keep_probability_by_hand() -> None:
    policy = TrBert(tiny_config(), width=2)
    first, _, last = policy.selectors[1]
    with torch.no_grad():
        first.weight.zero_()
        first.weight[:, 0] = torch.tensor([1.0, -1.0])
        first.bias.copy_(torch.tensor([0.0, 0.5]))
        last.weight.copy_(torch.tensor([[2.0, 1.0]]))
        last.bias.fill_(-1.0)
    layout, _ = Packed.from_windows(texts([2]))
    hidden = torch.zeros(1, 2, 16)
    hidden[0, :, 0] = torch.tensor([1.0, 0.0])
    # gelu(1) = 0.8413, gelu(-0.5) = -0.1543, gelu(0.5) = 0.3457.
    logits = torch.tensor([[2 * 0.8413 - 0.1543 - 1, 0.3457 - 1]])
    torch.testing.assert_close(
        policy.scores(2, hidden, layout, None), logits.sigmoid(), atol=1e-4, rtol=0
    )


def test_every_token_starts_with_the_same_probability_and_stays(make_model) -> None:
    dense = make_model()
    model = PruningClassifier(dense.stock, TrBert(dense.stock.config, keep_start=0.8)).eval()
    for execution in ("packed", "masked"):
        with torch.no_grad():
            output, expected = model(WINDOWS, execution=execution), dense(WINDOWS)
        torch.testing.assert_close(output.logits, expected.logits, atol=1e-5, rtol=0)
        assert output.tokens.equal(expected.tokens)
        probabilities = output.traces[1].scores
        torch.testing.assert_close(probabilities, torch.full_like(probabilities, 0.8))


@pytest.mark.parametrize("execution", ["packed", "masked"])
def test_exactly_the_likelier_than_not_stay_and_every_cls(make_model, execution: str) -> None:
    model = make_model("trbert")
    with torch.no_grad():
        traces = model(WINDOWS, execution=execution).traces
    for layer in model.policy.places:
        trace = traces[layer]
        stays = trace.entered.to_padded((trace.scores >= 0.5) | trace.entered.is_cls, False)
        passed = trace.passed.to_padded(torch.ones_like(trace.passed.is_cls), False)
        assert stays.equal(passed)
        assert passed[:, 0].all()
        assert passed.sum() < trace.entered.text_lengths().sum()


def test_nobody_is_likely_to_stay_but_cls_does(make_model) -> None:
    model = make_model("trbert")
    with torch.no_grad():
        for selector in model.policy.selectors:
            selector[-1].weight.zero_()
            selector[-1].bias.fill_(-20.0)
        tokens = model(WINDOWS).tokens
    assert tokens[:, 0].tolist() == list(RAGGED)
    assert tokens[:, 1:].eq(1).all()


@pytest.mark.parametrize("layout_type", [Padded, Packed])
def test_samples_follow_the_probabilities(layout_type: type) -> None:
    torch.manual_seed(0)
    layout, _ = layout_type.from_windows(texts([5] * 2000))
    probabilities = torch.tensor([0.5, 0.0, 1.0, 0.25, 0.75]).repeat(2000)[None]
    if layout_type is Padded:
        probabilities = probabilities.view(2000, 5)
    stays = layout.to_padded(sample(probabilities, layout), False).float().mean(0)
    torch.testing.assert_close(stays, torch.tensor([0.5, 0.0, 1.0, 0.25, 0.75]), atol=0.04, rtol=0)


def test_choosing_lasts_as_long_as_the_block(make_model) -> None:
    policy = make_model("trbert").policy
    with policy.choosing(sample):
        assert policy.choose is sample
    assert policy.choose is likely
    with pytest.raises(ZeroDivisionError), policy.choosing(sample):
        1 // 0  # noqa: B018
    assert policy.choose is likely


def test_sampled_selections_differ_and_drop_for_good(make_model) -> None:
    model = make_model("trbert")
    torch.manual_seed(0)
    with torch.no_grad(), model.policy.choosing(sample):
        first, second = model(WINDOWS), model(WINDOWS)
    assert not first.tokens.equal(second.tokens)
    assert first.traces[-1].passed.text_lengths().equal(first.tokens[:, -1])
