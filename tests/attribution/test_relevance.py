"""AttnLRP and CP-LRP: by hand, against the papers' rules written for relevances, and conservation."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertForSequenceClassification

from tests.helpers.families import FAMILIES, tiny_model
from tests.helpers.toys import adapler, texts, toy_tokenizer, window
from workbench.attribution.options import Options
from workbench.attribution.run import score_windows
from workbench.core.documents import Window
from workbench.models.backbones.base import Head
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy
from workbench.models.token_classifier import PruningTokenClassifier

BOTH = ("attn-lrp", "cp-lrp")
POST_NORM = [name for name in FAMILIES if name != "modernbert"]
WINDOWS = texts([9, 6])


def scores(model: PruningClassifier, name: str, windows=WINDOWS, **options) -> list[np.ndarray]:
    found = score_windows([name], model, toy_tokenizer(), windows, Options(**options))
    return [record.scores for record in sorted(found, key=lambda record: record.text_id)]


def logits(model: PruningClassifier, windows=WINDOWS) -> Tensor:
    with torch.no_grad():
        found: Tensor = model(windows, execution="masked").logits
    return found


def without_biases(variant: str, head: Head = "sequence"):
    """A random model of a family in which nothing but states brings anything."""
    stock = tiny_model(variant, head=head)
    with torch.no_grad():
        for name, value in stock.named_parameters():
            if name.endswith("bias"):
                value.zero_()
    return stock


def two_alike() -> tuple[PruningClassifier, Window]:
    """Two layers, two tokens of one state e = (1, -1), uniform attention, values 2 e, random
    feed-forward parts: in two dimensions LayerNorm gives e or -e whatever these bring."""
    config = BertConfig(
        vocab_size=31, hidden_size=2, num_hidden_layers=2, num_attention_heads=1, intermediate_size=3,
        max_position_embeddings=8, layer_norm_eps=1e-12,
    )  # fmt: skip
    torch.manual_seed(0)
    stock = BertForSequenceClassification(config).double().eval()
    with torch.no_grad():
        embeddings = stock.bert.embeddings
        embeddings.word_embeddings.weight[:] = torch.tensor([1.0, -1.0])
        embeddings.position_embeddings.weight.zero_()
        embeddings.token_type_embeddings.weight.zero_()
        for layer in stock.bert.encoder.layer:
            layer.attention.self.query.weight.zero_()
            layer.attention.self.value.weight.copy_(torch.eye(2))
            layer.attention.output.dense.weight.copy_(2 * torch.eye(2))
            layer.output.dense.weight.normal_()
    return PruningClassifier(stock, Policy()), window([2, 3])


@pytest.mark.parametrize(
    ("name", "last", "first"),
    [
        # Own state 1, each value 1 of together 3: [CLS] has 2/3 of itself and 1/3 of the other.
        ("cp-lrp", (2 / 3, 1 / 3), (5 / 9, 4 / 9)),
        # Half of both values goes to softmax, whose logits are 0 and take nothing: 1/2 and 1/6.
        ("attn-lrp", (1 / 2, 1 / 6), (10 / 36, 6 / 36)),
    ],
)
def test_two_tokens_that_are_alike(name: str, last, first) -> None:
    model, text = two_alike()
    (found,) = scores(model, name, [text], target="LABEL_1")
    logit = logits(model, [text])[0, 1].item()
    assert abs(logit) > 1e-3
    np.testing.assert_allclose(found / logit, [first, last], rtol=1e-5)


@pytest.mark.parametrize("reads", ["sequence", "answers"])
@pytest.mark.parametrize("family", POST_NORM)
def test_without_biases_cp_lrp_adds_up_to_what_is_explained(family: str, reads: Head) -> None:
    stock = without_biases(family, reads)
    if reads == "answers":
        model: PruningClassifier = PruningTokenClassifier(stock, Policy()).eval()
        expected = [logits(model)[row, 3, 0] + logits(model)[row, 4, 1] for row in (0, 1)]
        asked = [replace(text, label=(3, 4)) for text in WINDOWS]
        found = scores(model, "cp-lrp", asked, target="gold")
    else:
        model = PruningClassifier(stock, Policy()).eval()
        expected, found = list(logits(model)[:, 1]), scores(model, "cp-lrp", target="pos")
    for rows, value in zip(found, expected, strict=True):
        np.testing.assert_allclose(rows.sum(1), [value.item()] * 4, rtol=1e-3)


def test_without_biases_cp_lrp_adds_up_over_the_tokens_that_remain() -> None:
    stock = without_biases("bert")
    model = PruningClassifier(stock, adapler(stock.config)).eval()
    for rows, value in zip(scores(model, "cp-lrp", target="pos"), logits(model)[:, 1], strict=True):
        assert np.isnan(rows).any()
        np.testing.assert_allclose(np.nansum(rows, axis=1), [value.item()] * 4, rtol=1e-3)


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("name", BOTH)
def test_scores_are_the_papers_relevances(name: str, biases: bool) -> None:
    """On a model with biases, and where there are none all that is missing is what softmax keeps."""
    stock = (tiny_model("bert") if biases else without_biases("bert")).double()
    model = PruningClassifier(stock, Policy()).eval()
    found = scores(model, name, target="pos")
    for text, rows, value in zip(WINDOWS, found, logits(model)[:, 1].tolist(), strict=True):
        by_rule = Relevances(stock, text, halves=name == "attn-lrp")
        np.testing.assert_allclose(rows, by_rule.tokens, rtol=1e-4, atol=1e-5)
        kept = np.array(by_rule.kept_by_softmax)
        assert (np.abs(kept).max() > 0.01) == (name == "attn-lrp")
        if not biases:
            np.testing.assert_allclose(rows.sum(1) + kept, [value] * 4, rtol=1e-4)


@pytest.mark.parametrize("name", BOTH)
def test_the_model_computes_what_it_did_and_keeps_no_hook(name: str) -> None:
    model = PruningClassifier(tiny_model("albert"), Policy()).eval()
    before = logits(model)
    scores(model, name)
    assert torch.equal(logits(model), before)
    hooks = [module for module in model.modules() if module._forward_hooks or module._forward_pre_hooks]
    assert hooks == []


class Relevances:
    """What the two papers hand from outputs to inputs, step by step, on one text and the stock model.

    Every rule takes the relevance of outputs (n, m) and gives that of inputs, without gradients.
    """

    def __init__(self, stock: BertForSequenceClassification, text: Window, *, halves: bool) -> None:
        self.halves = halves
        """AttnLRP; else CP-LRP."""
        self.tokens: list[np.ndarray] = []
        """Of each layer's input, by token."""
        self.kept_by_softmax: list[float] = []
        """In this layer and those above."""
        bert = stock.bert
        with torch.no_grad():
            ids, types = (torch.from_numpy(x)[None] for x in (text.input_ids, text.token_type_ids))
            state, undo = bert.embeddings(input_ids=ids, token_type_ids=types)[0], []
            for layer in bert.encoder.layer:
                state, back = self.layer(layer, state)
                undo.append(back)
            cls, to_pooler = linear(bert.pooler.dense, state[:1])
            said, to_classifier = linear(stock.classifier, torch.tanh(cls))
            relevance = torch.zeros_like(state)
            relevance[:1] = to_pooler(to_classifier(said * torch.tensor([0.0, 1.0])))
            kept = 0.0
            for back in reversed(undo):
                relevance, taken = back(relevance)
                kept += taken
                self.tokens.insert(0, relevance.sum(1).numpy())
                self.kept_by_softmax.insert(0, kept)

    def layer(self, layer: nn.Module, state: Tensor):
        """Return the layer's output, and what takes its relevance to that of the input and softmax."""
        contexts, into_attention = self.attention(layer, state)
        attended, to_contexts = linear(layer.attention.output.dense, contexts)
        first, to_first = norm(layer.attention.output.LayerNorm, attended + state)
        inner, to_inner = linear(layer.intermediate.dense, first)
        fed, to_fed = linear(layer.output.dense, nn.functional.gelu(inner))
        last, to_last = norm(layer.output.LayerNorm, fed + first)

        def back(relevance: Tensor) -> tuple[Tensor, float]:
            through_fed, past_fed = shared(to_last(relevance), fed, first)
            relevance = to_first(past_fed + to_inner(to_fed(through_fed)))
            through, past = shared(relevance, attended, state)
            into, taken = into_attention(to_contexts(through))
            return past + into, taken

        return last, back

    def attention(self, layer: nn.Module, state: Tensor):
        """Return the heads' contexts (n, H), and what takes their relevance to the states."""
        own = layer.attention.self
        heads, size = own.num_attention_heads, own.attention_head_size

        def split(rows: Tensor) -> Tensor:
            return rows.unflatten(1, (heads, size)).transpose(0, 1)

        def join(parts: Tensor) -> Tensor:
            return parts.transpose(0, 1).flatten(1)

        (q, to_q), (k, to_k), (v, to_v) = (linear(m, state) for m in (own.query, own.key, own.value))
        q, k, v = split(q), split(k), split(v)
        dots = q @ k.mT / size**0.5
        weights = dots.softmax(-1)
        contexts = weights @ v

        def into(relevance: Tensor) -> tuple[Tensor, float]:
            share = split(relevance) / contexts
            # (heads, query, key, d): what each product of a probability and a value has.
            products = weights[..., None] * v[:, None] * share[:, :, None]
            of_values = products.sum(1)
            if not self.halves:
                return to_v(join(of_values)), 0.0
            of_weights = products.sum(-1) / 2
            of_dots = dots * (of_weights - weights * of_weights.sum(-1, keepdim=True))
            pairs = q[:, :, None] * k[:, None] / size**0.5 * (of_dots / dots)[..., None] / 2
            found = to_v(join(of_values / 2)) + to_q(join(pairs.sum(2))) + to_k(join(pairs.sum(1)))
            return found, float(of_weights.sum() - of_dots.sum())

        return join(contexts), into


Back = Callable[[Tensor], Tensor]


def linear(module: nn.Linear, inputs: Tensor) -> tuple[Tensor, Back]:
    outputs = module(inputs)
    return outputs, lambda relevance: inputs * (relevance / outputs @ module.weight)


def norm(module: nn.LayerNorm, inputs: Tensor) -> tuple[Tensor, Back]:
    """The identity rule from the normalised to the centred states, then centring as a linear map."""
    outputs, width = module(inputs), inputs.shape[1]
    centring = torch.eye(width, dtype=inputs.dtype) - 1 / width
    centred = inputs @ centring

    def back(relevance: Tensor) -> Tensor:
        unbiased = relevance * (outputs - module.bias) / outputs
        return inputs * (unbiased / centred @ centring)

    return outputs, back


def shared(relevance: Tensor, one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Return the shares of two summands."""
    return relevance * one / (one + other), relevance * other / (one + other)
