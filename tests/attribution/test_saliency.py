"""Gradient x activation against Captum on the stock model and autograd by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from captum.attr import LayerGradientXActivation
from transformers import BertForSequenceClassification

from tests.helpers.toys import RAGGED, texts
from workbench.attribution.engine.gradients import l2_norm, layer_gradients, saliency_targets

WINDOWS = texts(RAGGED)
TARGETS = [0, 1, 1, 0, 1, 0, 0, 1]
CLOSE = {"atol": 1e-6, "rtol": 1e-5}


def gradient_x_activation(model, windows, targets=None, **options) -> list[np.ndarray]:
    """L2 norms over H: one (layers, n) array per window."""
    if targets is not None:
        chosen = torch.as_tensor(targets)[:, None]
        options["explained"] = lambda logits: logits.gather(1, chosen)[:, 0]
    norms = layer_gradients(model, windows, **options).to_padded(l2_norm).cpu().numpy()
    return [row[:, : len(window.input_ids)] for row, window in zip(norms, windows, strict=True)]


@pytest.fixture
def double(make_model):
    """In double precision, so that only the formula is compared."""
    return make_model().double()


@pytest.fixture
def stock_double(tiny_folder):
    model = BertForSequenceClassification.from_pretrained(tiny_folder, attn_implementation="eager")
    return model.double().eval()


def inputs_of(window) -> dict[str, torch.Tensor]:
    return {
        "input_ids": torch.from_numpy(window.input_ids)[None],
        "token_type_ids": torch.from_numpy(window.token_type_ids)[None],
    }


def test_layer_0_equals_captum_on_the_stock_model(double, stock_double) -> None:
    mine = gradient_x_activation(double, WINDOWS, TARGETS, layers=[0])

    def logits(ids: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        return stock_double(input_ids=ids, token_type_ids=types).logits

    engine = LayerGradientXActivation(logits, stock_double.bert.embeddings)
    for window, target, scores in zip(WINDOWS, TARGETS, mine, strict=True):
        each = inputs_of(window)
        product = engine.attribute(
            each["input_ids"], target=target, additional_forward_args=each["token_type_ids"]
        )
        assert scores.shape == (1, len(window.input_ids))
        np.testing.assert_allclose(scores[0], product[0].detach().norm(dim=-1), **CLOSE)


@pytest.mark.parametrize("execution", ["packed", "masked"])
def test_every_layer_equals_autograd_by_hand(double, stock_double, execution: str) -> None:
    mine = gradient_x_activation(double, WINDOWS, TARGETS, execution=execution)
    for window, target, scores in zip(WINDOWS, TARGETS, mine, strict=True):
        output = stock_double(**inputs_of(window), output_hidden_states=True)
        states = output.hidden_states[:-1]
        gradients = torch.autograd.grad(output.logits[0, target], states)
        expected = [(g * h).detach().norm(dim=-1)[0] for g, h in zip(gradients, states, strict=True)]
        np.testing.assert_allclose(scores, torch.stack(expected), **CLOSE)
        assert scores.dtype == np.float32


def test_all_layers_come_from_one_forward_pass(make_model) -> None:
    model, calls = make_model(), []
    for layer in model.backbone.layers:
        layer.first_norm.register_forward_hook(lambda *_: calls.append(1))
    gradient_x_activation(model, WINDOWS, TARGETS)
    assert len(calls) == model.layers


def test_the_chosen_layers_come_in_the_order_asked_for(make_model) -> None:
    model = make_model()
    whole = gradient_x_activation(model, WINDOWS, TARGETS)
    some = gradient_x_activation(model, WINDOWS, TARGETS, layers=[2, 0])
    for all_layers, chosen in zip(whole, some, strict=True):
        np.testing.assert_allclose(chosen, all_layers[[2, 0]], **CLOSE)


def test_packed_equals_masked(make_model) -> None:
    model = make_model()
    packed = gradient_x_activation(model, WINDOWS, TARGETS)
    masked = gradient_x_activation(model, WINDOWS, TARGETS, execution="masked")
    for one, other in zip(packed, masked, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("execution", ["packed", "masked"])
def test_the_default_explains_the_predicted_class(make_model, execution: str) -> None:
    model = make_model()
    with torch.no_grad():
        model.stock.classifier.bias -= model(WINDOWS).logits.mean(0)
        predicted = model(WINDOWS).logits.argmax(1).tolist()
    assert set(predicted) == {0, 1}
    default = gradient_x_activation(model, WINDOWS, execution=execution)
    asked = gradient_x_activation(model, WINDOWS, predicted, execution=execution)
    other = gradient_x_activation(model, WINDOWS, [1 - p for p in predicted], execution=execution)
    for first, second, third in zip(default, asked, other, strict=True):
        np.testing.assert_allclose(first, second, **CLOSE)
        assert np.abs(first - third).max() > 1e-4


def test_company_does_not_matter(make_model) -> None:
    model = make_model()
    together = gradient_x_activation(model, WINDOWS, TARGETS)
    for window, target, scores in zip(WINDOWS, TARGETS, together, strict=True):
        (alone,) = gradient_x_activation(model, [window], [target])
        np.testing.assert_allclose(scores, alone, atol=1e-5, rtol=1e-4)


def test_explaining_leaves_no_gradient_and_no_hook_behind(make_model) -> None:
    model = make_model()
    gradient_x_activation(model, WINDOWS)
    assert all(value.grad is None for value in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())
    assert not any(module._forward_pre_hooks for module in model.modules())


def test_packed_saliency_of_a_pruned_model_is_an_error(make_model) -> None:
    with pytest.raises(ValueError, match="masked"):
        gradient_x_activation(make_model("adapler"), WINDOWS)


def test_masked_saliency_of_a_pruned_model_is_zero_where_tokens_are_gone(make_model) -> None:
    model = make_model("adapler")
    scores = gradient_x_activation(model, WINDOWS, execution="masked")
    with torch.no_grad():
        last = model(WINDOWS, execution="masked").traces[-1].passed.alive.numpy()
    for row, window in enumerate(WINDOWS):
        alive = last[row, : len(window.input_ids)]
        assert (scores[row][-1][~alive] == 0).all()
        assert scores[row][-1][0] > 0
    assert not last[:, :3].all()


def test_targets_for_predictors_use_the_gold_label_at_the_embeddings(make_model) -> None:
    model = make_model()
    expected = gradient_x_activation(model, WINDOWS, [w.label for w in WINDOWS], layers=[0])
    for batch_size in (1, 3, 32):
        for mine, wanted in zip(saliency_targets(model, WINDOWS, batch_size), expected, strict=True):
            np.testing.assert_allclose(mine, wanted[0], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("target", "explained"), [((0, 1), [1]), ((1, 1), [0, 1]), ((0, 0), [0, 1])])
def test_targets_of_several_labels_are_of_their_sum(make_model, target, explained) -> None:
    model = make_model()
    model.stock.config.problem_type = "multi_label_classification"
    windows = [replace(window, label=target) for window in WINDOWS]

    def gold(logits: torch.Tensor) -> torch.Tensor:
        return logits[:, explained].sum(1)

    wanted = gradient_x_activation(model, WINDOWS, layers=[0], explained=gold)
    for mine, (scores,) in zip(saliency_targets(model, windows), wanted, strict=True):
        np.testing.assert_allclose(mine, scores, **CLOSE)


def test_targets_leave_the_model_as_it_was(make_model) -> None:
    model = make_model().train()
    model.backbone.embeddings.requires_grad_(False)
    before = {name: value.requires_grad for name, value in model.named_parameters()}
    first = saliency_targets(model, WINDOWS)
    assert {name: value.requires_grad for name, value in model.named_parameters()} == before
    assert model.training
    second = saliency_targets(model, WINDOWS)
    assert all(np.array_equal(one, two) for one, two in zip(first, second, strict=True))
