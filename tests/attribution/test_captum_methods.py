"""Captum-based scorers: closed forms on linear functions, Captum called directly, completeness."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from captum.attr import FeatureAblation, LayerIntegratedGradients
from torch import nn
from torch.nn.functional import gelu
from transformers.activations import GELUActivation

from tests.helpers.toys import MASK, texts, toy_tokenizer, window
from workbench.attribution.engine.layer_inputs import Attribution, FromText, LayerInput
from workbench.attribution.options import Options
from workbench.attribution.run import score_windows
from workbench.attribution.scorers.gradients.conductance import internal_influence, layer_conductance
from workbench.attribution.scorers.gradients.deeplift import deeplift
from workbench.attribution.scorers.gradients.gradient_shap import gradient_shap
from workbench.attribution.scorers.gradients.integrated_gradients import integrated_gradients
from workbench.attribution.scorers.gradients.smoothgrad import smooth_grad, smooth_grad_squared, var_grad
from workbench.attribution.scorers.perturbation.activation_patching import activation_patching

TOKENIZER = toy_tokenizer()
TARGET = 1
LINEAR = {integrated_gradients: {"steps": 5, "samples": 5}, gradient_shap: {"samples": 5}}


class OneHidden(nn.Module):
    """Feed-forward part with a GELU, token by token, then the sum over tokens."""

    def __init__(self, inner: torch.Tensor, outer: torch.Tensor) -> None:
        super().__init__()
        self.inner, self.outer = inner, outer
        self.activation = GELUActivation()

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return (self.activation(hidden @ self.inner.T) @ self.outer.T).sum(1)[:, TARGET]


class Linear(nn.Module):
    """The output is the sum of W[TARGET] * hidden."""

    def __init__(self, weights: torch.Tensor) -> None:
        super().__init__()
        self.weights, self.at = weights, nn.Identity()

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        hidden = self.at(hidden)
        return torch.einsum("knh,cnh->kc", hidden, self.weights)[:, TARGET]


def linear_point(**options) -> tuple[LayerInput, torch.Tensor]:
    """A point of a linear function, and the weights of its target."""
    torch.manual_seed(0)
    weights = torch.randn(2, 3, 4).double()
    linear = Linear(weights)
    hidden, baseline = torch.randn(2, 1, 3, 4).double()
    return LayerInput(
        forward=linear,
        hidden=hidden,
        baseline=baseline,
        copies=2,
        options=Options(**options),
        # The embedding output is the state itself.
        from_text=FromText(linear, hidden, baseline),
    ), weights[TARGET]


@pytest.mark.parametrize("method", [integrated_gradients, gradient_shap, deeplift, activation_patching])
def test_paths_of_a_linear_function_give_weight_times_difference(method) -> None:
    point, weights = linear_point(**LINEAR.get(method, {}))
    found = method(point)
    expected = (weights * (point.hidden - point.baseline)).sum(-1)
    torch.testing.assert_close(found.values.double(), expected, rtol=1e-5, atol=1e-6)
    if method in (integrated_gradients, deeplift):
        assert found.error < 1e-5


def test_ways_through_a_linear_functions_input_by_hand() -> None:
    """Gradients are the weights; conductance lacks the ends of the path, where no point lies."""
    point, weights = linear_point(steps=5)
    close = {"rtol": 1e-6, "atol": 1e-9}
    torch.testing.assert_close(internal_influence(point).values[0], weights.norm(dim=-1), **close)
    found = layer_conductance(point)
    points, _ = np.polynomial.legendre.leggauss(6)
    covered = (points[-1] - points[0]) / 2
    whole = (weights * (point.hidden - point.baseline)).sum(-1)
    torch.testing.assert_close(found.values, covered * whole, **close)
    assert found.error == pytest.approx(1 - covered)


def test_deeplift_of_one_hidden_layer_by_hand() -> None:
    """W2 (change of GELU / change of its input) W1 (state - baseline): the rescale rule."""
    torch.manual_seed(0)
    inner, outer = torch.randn(5, 4).double(), torch.randn(2, 5).double()
    point, _ = linear_point()
    point = replace(point, forward=(hidden := OneHidden(inner, outer)), activations=[hidden.activation])
    found = deeplift(point)
    before, after = point.baseline @ inner.T, point.hidden @ inner.T
    slope = (gelu(after) - gelu(before)) / (after - before)
    expected = ((outer[TARGET] * slope) @ inner * (point.hidden - point.baseline)).sum(-1)
    torch.testing.assert_close(found.values.double(), expected, rtol=1e-9, atol=1e-9)
    assert found.error < 1e-9
    assert not point.forward.activation._forward_hooks


def test_noise_changes_nothing_about_a_linear_functions_gradient() -> None:
    point, weights = linear_point(samples=4)
    close = {"rtol": 1e-6, "atol": 1e-9}
    torch.testing.assert_close(smooth_grad(point).values[0], weights.norm(dim=-1), **close)
    torch.testing.assert_close(smooth_grad_squared(point).values[0], (weights**2).sum(-1), **close)
    torch.testing.assert_close(var_grad(point).values[0], torch.zeros(3).double(), **close)


def one(model, name: str, text, **options):
    (record,) = score_windows([name], model, TOKENIZER, [text], Options(**options))
    return record


def test_integrated_gradients_equal_captums_on_the_stock_model(make_model, stock) -> None:
    (text,) = texts([9])
    record = one(make_model(), "integrated-gradients", text, target="pos", baseline="mask", steps=20)
    ids = torch.from_numpy(text.input_ids)[None]
    empty = torch.where(torch.from_numpy(text.word_index >= 0), MASK, ids)
    types = torch.from_numpy(text.token_type_ids)[None]

    def logits(inputs: torch.Tensor) -> torch.Tensor:
        return stock(input_ids=inputs, token_type_ids=types.expand(len(inputs), -1)).logits

    engine = LayerIntegratedGradients(logits, stock.bert.embeddings)
    expected = engine.attribute(ids, empty, target=1, n_steps=20)[0].sum(-1)
    np.testing.assert_allclose(record.scores[0], expected.detach(), atol=1e-5)
    assert record.error is not None


@pytest.mark.parametrize("name", ["integrated-gradients", "layer-conductance"])
@pytest.mark.parametrize("baseline", ["pad", "mask"])
def test_ways_from_a_baseline_add_up_at_every_layer(make_model, baseline: str, name: str) -> None:
    record = one(make_model(), name, texts([6])[0], baseline=baseline, steps=200)
    assert record.error.shape == (4,)
    assert record.error.max() < 0.05
    assert record.warnings == ()


def test_zero_vectors_lie_where_layer_norm_jumps_and_the_record_says_so(make_model) -> None:
    # Without biases LayerNorm gives the same for every multiple of a vector, and something else for 0.
    record = one(make_model(), "integrated-gradients", texts([6])[0], baseline="zero", steps=200)
    assert record.error[1:].min() > 0.05
    assert len(record.warnings) >= 3


def test_a_coarse_path_warns(make_model) -> None:
    record = one(make_model(), "integrated-gradients", texts([12])[0], steps=1)
    assert record.error.max() > 0.05
    assert any("layer" in warning for warning in record.warnings)


def test_ablation_equals_captums_on_the_stock_model_by_word(make_model, stock) -> None:
    text = window([2, 6, 7, 8, 9, 3])
    text.word_index[1:5] = [0, 0, 1, 2]
    record = one(make_model(), "feature-ablation", text, target="pos")
    engine = FeatureAblation(lambda ids: stock(input_ids=ids).logits)
    ids = torch.from_numpy(text.input_ids)[None]
    masks = torch.tensor([[0, 1, 1, 2, 3, 4]])
    expected = engine.attribute(ids, baselines=MASK, target=1, feature_mask=masks)[0]
    np.testing.assert_allclose(record.scores[0, 1:5], expected[1:5], atol=1e-5)
    assert record.scores[0, 1] == record.scores[0, 2]


@pytest.mark.parametrize("name", ["lime", "kernel-shap", "occlusion", "feature-ablation"])
@pytest.mark.parametrize("n", [2, 3, 4])
def test_texts_of_few_words_can_be_perturbed(make_model, name: str, n: int) -> None:
    options = {"samples": 10} if name in ("lime", "kernel-shap") else {}
    record = one(make_model(), name, texts([n])[0], **options)
    assert np.isfinite(record.scores[0, 1:-1]).all()


def test_kernel_shap_adds_up_to_the_whole_difference(make_model) -> None:
    model, (text,) = make_model(), texts([6])
    record = one(model, "kernel-shap", text, samples=100, target="pos")
    empty = window([2, MASK, MASK, MASK, MASK, 3], token_type_ids=text.token_type_ids)
    with torch.no_grad():
        logits = model([text, empty]).logits[:, 1]
    assert record.scores[0, 1:5].sum() == pytest.approx(float(logits[0] - logits[1]), abs=1e-2)


@pytest.mark.parametrize("method", ["dense", "adapler", "powerbert"])
@pytest.mark.parametrize(
    ("name", "target"), [("decompx", "neg"), ("decompx", "pos"), ("decompx-paper", "pos")]
)
def test_decompx_adds_up_to_the_logit_from_every_layer(
    make_model, method: str, name: str, target: str
) -> None:
    model = make_model(method)
    for text in texts([5, 12]):
        record = one(model, name, text, target=target)
        with torch.no_grad():
            logit = model([text]).logits[0, ["neg", "pos"].index(target)].item()
        np.testing.assert_allclose(np.nansum(record.scores, axis=1), logit, rtol=1e-3, atol=1e-4)


def test_an_attribution_without_an_error_knows_none() -> None:
    assert np.isnan(Attribution(torch.zeros(1, 2)).error)
