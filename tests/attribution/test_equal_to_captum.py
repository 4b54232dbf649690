"""Gradient methods against Captum's own, called on the stock model from a layer's input on."""

from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import pytest
import torch
from captum.attr import (
    DeepLift,
    FeatureAblation,
    GradientShap,
    InputXGradient,
    IntegratedGradients,
    InternalInfluence,
    LayerConductance,
    NoiseTunnel,
    Saliency,
)
from captum.attr._core import deep_lift
from torch import Tensor, nn
from transformers import BertForSequenceClassification
from transformers.activations import GELUActivation

from tests.helpers.toys import MASK, texts, toy_tokenizer
from workbench.attribution.engine.layer_inputs import seeded
from workbench.attribution.options import Options
from workbench.attribution.run import score_windows
from workbench.attribution.scorers.gradients.smoothgrad import NOISE

LAYERS = (0, 2)
"""The embedding, and a layer in the middle."""
TARGET, SEED, SAMPLES, STEPS = 1, 5, 7, 20
TEXTS = texts([9, 6])


@pytest.fixture(scope="module")
def double(make_model):
    """In double precision, so that only the formula is compared."""
    return make_model().double()


@pytest.fixture(scope="module")
def plain(tiny_folder) -> BertForSequenceClassification:
    model = BertForSequenceClassification.from_pretrained(tiny_folder, attn_implementation="eager")
    return model.double().eval().requires_grad_(False)


def states_of(model, text, ids: np.ndarray) -> tuple[Tensor, ...]:
    """The stock model's hidden states at every layer's input."""
    output = model(
        input_ids=torch.from_numpy(ids)[None],
        token_type_ids=torch.from_numpy(text.token_type_ids)[None],
        output_hidden_states=True,
    )
    return tuple(states.detach().requires_grad_() for states in output.hidden_states)


class Rest(nn.Module):
    """The stock model from a layer's input on: hidden states (B, N, H) to logits."""

    def __init__(self, model: BertForSequenceClassification, layer: int) -> None:
        super().__init__()
        self.model, self.layer = model, layer

    def forward(self, hidden: Tensor) -> Tensor:
        for module in self.model.bert.encoder.layer[self.layer :]:
            hidden = module(hidden)
            hidden = hidden[0] if isinstance(hidden, tuple) else hidden
        return self.model.classifier(self.model.bert.pooler(hidden))


def gradient(forward, hidden, empty) -> Tensor:
    return Saliency(forward).attribute(hidden, target=TARGET, abs=False).norm(dim=-1)


def product(reduce: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    return lambda forward, hidden, empty: reduce(
        InputXGradient(forward).attribute(hidden, target=TARGET)
    )


def integrated(forward, hidden, empty) -> Tensor:
    return IntegratedGradients(forward).attribute(hidden, empty, TARGET, n_steps=STEPS).sum(-1)


def shap(forward, hidden, empty) -> Tensor:
    return GradientShap(forward).attribute(hidden, empty, n_samples=SAMPLES, target=TARGET).sum(-1)


def lifted(forward, hidden, empty) -> Tensor:
    rule = {GELUActivation: deep_lift.nonlinear}
    with patch.dict(deep_lift.SUPPORTED_NON_LINEAR, rule), pytest.warns(UserWarning, match="hooks"):
        return DeepLift(forward).attribute(hidden, empty, target=TARGET).sum(-1)


def noisy(kind: str, reduce: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    def found(forward, hidden, empty) -> Tensor:
        spread = NOISE * float((hidden.max() - hidden.min()).detach())
        tunnel = NoiseTunnel(Saliency(forward))
        return reduce(
            tunnel.attribute(
                hidden, nt_type=kind, nt_samples=SAMPLES, stdevs=spread, target=TARGET, abs=False
            )
        )

    return found


def patched(forward, hidden, empty) -> Tensor:
    """A token's state is a feature."""
    places = torch.arange(hidden.shape[1])[None, :, None].expand_as(hidden)
    return FeatureAblation(forward).attribute(hidden, empty, TARGET, feature_mask=places)[..., 0]


def norm(values: Tensor) -> Tensor:
    return values.norm(dim=-1)


def total(values: Tensor) -> Tensor:
    return values.sum(-1)


METHODS = {
    "gradient": gradient,
    "saliency": product(norm),
    "saliency-sum": product(total),
    "saliency-mean": product(lambda values: values.abs().mean(-1)),
    "integrated-gradients": integrated,
    "deeplift": lifted,
    "gradient-shap": shap,
    "smoothgrad": noisy("smoothgrad", norm),
    "smoothgrad-squared": noisy("smoothgrad_sq", total),
    "vargrad": noisy("vargrad", total),
    "activation-patching": patched,
}


@pytest.mark.parametrize("name", METHODS)
def test_scores_are_captums(double, plain, name: str) -> None:
    more = {"integrated-gradients": {"steps": STEPS, "baseline": "mask"}}
    more |= {"gradient-shap": {"samples": SAMPLES, "baseline": "mask"}}
    more |= {key: {"samples": SAMPLES} for key in ("smoothgrad", "smoothgrad-squared", "vargrad")}
    options = Options(target="pos", seed=SEED, layers=LAYERS, **more.get(name, {}))
    found = {r.text_id: r for r in score_windows([name], double, toy_tokenizer(), TEXTS, options)}
    for text in TEXTS:
        states = states_of(plain, text, text.input_ids)
        empty = states_of(plain, text, np.where(text.word_index >= 0, MASK, text.input_ids))
        for layer in LAYERS:
            with seeded(text, SEED, layer):
                wanted = METHODS[name](Rest(plain, layer), states[layer], empty[layer])
            scores = found[text.text_id].scores[layer]
            np.testing.assert_allclose(scores, wanted[0].detach(), atol=1e-6, rtol=1e-6)
            assert np.abs(scores).max() > 1e-3


@pytest.mark.parametrize(
    ("name", "method", "reduce"),
    [("layer-conductance", LayerConductance, total), ("internal-influence", InternalInfluence, norm)],
)
def test_ways_through_a_layer_are_captums_on_the_stock_layer(double, plain, name, method, reduce):
    options = Options(target="pos", layers=LAYERS, steps=STEPS, baseline="mask")
    (text,) = texts([9])
    (record,) = score_windows([name], double, toy_tokenizer(), [text], options)
    whole = states_of(plain, text, text.input_ids)[0]
    empty = states_of(plain, text, np.where(text.word_index >= 0, MASK, text.input_ids))[0]
    for layer in LAYERS:
        engine = method(Rest(plain, 0), plain.bert.encoder.layer[layer])
        wanted = engine.attribute(whole, empty, TARGET, n_steps=STEPS, attribute_to_layer_input=True)
        np.testing.assert_allclose(
            record.scores[layer], reduce(wanted)[0].detach(), atol=1e-6, rtol=1e-6
        )
        assert np.abs(record.scores[layer]).max() > 1e-3


@pytest.mark.parametrize("name", ["integrated-gradients", "deeplift", "layer-conductance"])
def test_the_convergence_error_is_captums_difference_from_the_outputs(double, plain, name) -> None:
    (text,) = texts([7])
    steps = {} if name == "deeplift" else {"steps": 3}
    options = Options(target="pos", baseline="mask", **steps)
    (record,) = score_windows([name], double, toy_tokenizer(), [text], options)
    states = states_of(plain, text, text.input_ids)
    empty = states_of(plain, text, np.where(text.word_index >= 0, MASK, text.input_ids))
    for layer in range(4):
        forward = Rest(plain, layer)
        gap = float((forward(states[layer]) - forward(empty[layer])).detach()[0, TARGET])
        missed = abs(float(record.scores[layer].sum()) - gap) / abs(gap)
        assert record.error[layer] == pytest.approx(missed, abs=1e-5)
    told = [layer for layer in range(4) if record.error[layer] > 0.05]
    assert told
    pairs = zip(told, record.warnings, strict=True)
    assert all(f"layer {layer}:" in warning for layer, warning in pairs)
