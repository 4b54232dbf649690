"""Heads on all tokens: keep-all = stock, masked = packed, and where dropped tokens' states come from."""

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from tests.helpers.families import FAMILIES, tiny_model
from tests.helpers.toys import METHODS, MOVED, RAGGED, policy_of, texts
from workbench.models.backbones import backbone_of
from workbench.models.interventions.replay import ReplayPolicy
from workbench.models.kernels.onednn import linear_kernels
from workbench.models.layouts import Packed
from workbench.models.policies.base import Policy
from workbench.models.token_classifier import PruningTokenClassifier

CLOSE = {"atol": 1e-5, "rtol": 0}
WINDOWS = texts(RAGGED)
HEADS = ("answers", "tokens")


def model_of(family: str, head: str, method: str = "dense") -> PruningTokenClassifier:
    stock = tiny_model(family, head=head)
    policy = Policy() if method == "dense" else policy_of(method, stock.config)
    return PruningTokenClassifier(stock, policy).eval()


def theirs(stock, windows) -> torch.Tensor:
    """(B, N, outputs): the stock model's logits."""
    output = stock(**backbone_of(stock).padded_inputs(windows))
    if "start_logits" in output:
        return torch.stack([output.start_logits, output.end_logits], dim=-1)
    return output.logits


def inside(logits: torch.Tensor, windows=WINDOWS) -> torch.Tensor:
    """The logits of tokens, without padding."""
    lengths = torch.tensor([len(window.input_ids) for window in windows])
    return logits[torch.arange(logits.shape[1]) < lengths[:, None]]


@pytest.mark.parametrize("execution", ["packed", "masked"])
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("family", FAMILIES)
@torch.no_grad()
def test_keep_all_equals_the_stock_model(family: str, head: str, execution: str) -> None:
    model = model_of(family, head)
    found = model(WINDOWS, execution=execution).logits
    assert found.shape == (len(RAGGED), max(RAGGED), 2)
    torch.testing.assert_close(inside(found), inside(theirs(model.stock, WINDOWS)), **CLOSE)


@pytest.mark.parametrize("method", METHODS + MOVED)
@pytest.mark.parametrize("family", ["bert", "roberta", "deberta-v2", "modernbert"])
@torch.no_grad()
def test_packed_equals_masked_and_each_text_alone(family: str, method: str) -> None:
    model = model_of(family, "answers", method)
    packed, masked = model(WINDOWS), model(WINDOWS, execution="masked")
    assert packed.tokens_ffn.equal(masked.tokens_ffn)
    torch.testing.assert_close(inside(packed.logits), inside(masked.logits), **CLOSE)
    for row, window in enumerate(WINDOWS):
        alone = model([window]).logits[0]
        torch.testing.assert_close(alone, packed.logits[row, : len(alone)], **CLOSE)


@pytest.mark.parametrize("execution", ["packed", "masked"])
@pytest.mark.parametrize("cut", ["entry", "middle"])
@torch.no_grad()
def test_a_dropped_tokens_state_is_that_with_which_it_entered_the_layer(cut, execution) -> None:
    """Against the states of shallower models: what entered layer l is what l layers give."""
    stock = tiny_model("bert", head="answers")
    (window,) = texts([6])
    alive = torch.ones(1, 4, 6, dtype=torch.bool)
    alive[0, 2:, 4] = False
    model = PruningTokenClassifier(stock, ReplayPolicy(alive, cut=cut)).eval()
    # Before anything is dropped, the stock model's states are ours.
    states = stock.bert(**backbone_of(stock).padded_inputs([window]), output_hidden_states=True)
    entered = list(states.hidden_states)
    found = model([window], execution=execution).logits[0, 4]
    torch.testing.assert_close(found, stock.qa_outputs(entered[2])[0, 4], **CLOSE)


@pytest.mark.parametrize(("rejoin", "gradient"), [("last", True), ("detached", False)])
def test_a_gradient_flows_through_a_dropped_token_or_not(rejoin: str, gradient: bool) -> None:
    stock = tiny_model("bert", head="answers")
    alive = torch.ones(1, 4, 6, dtype=torch.bool)
    alive[0, 2:, 4] = False
    model = PruningTokenClassifier(stock, ReplayPolicy(alive)).eval()
    logits = model(texts([6]), rejoin=rejoin).logits[0, 4]
    embeddings = stock.bert.embeddings.word_embeddings.weight
    (found,) = torch.autograd.grad(logits.sum(), embeddings, allow_unused=True, materialize_grads=True)
    assert bool(found.any()) == gradient


@pytest.mark.parametrize(("rejoin", "gradient"), [("last", True), ("detached", False)])
def test_the_same_under_soft_masks(rejoin: str, gradient: bool) -> None:
    """Transkimmer's masks are 0 or 1 in training; what is 0 rejoins."""
    model = model_of("bert", "answers", "transkimmer")
    torch.manual_seed(0)
    hidden, layout = model.embed(texts([12]), "masked")
    hidden = hidden.detach().requires_grad_()
    encoded = model.encode(hidden, layout, soft=True, rejoin=rejoin)
    gone = [not trace.passed.soft[0].bool()[n] for trace in encoded.traces[:1] for n in range(12)]
    assert any(gone)
    logits = model.backbone.token_head(encoded.every)[0]
    for place in (n for n in range(12) if gone[n]):
        (found,) = torch.autograd.grad(logits[place].sum(), hidden, retain_graph=True, allow_unused=True)
        assert (found is not None and bool(found.any())) == gradient


def test_a_soft_mask_mixes_states_with_its_gradient() -> None:
    """The blend after each layer, by hand."""
    model = model_of("bert", "answers", "transkimmer")
    torch.manual_seed(0)
    output = model(texts([6]), execution="masked", soft=True)
    hidden, layout = model.embed(texts([6]), "masked")
    torch.manual_seed(0)
    left: list[torch.Tensor] = []
    encoded = model.encode(
        hidden, layout, soft=True, rejoin="gated", observe=lambda state: left.append(state.left)
    )
    every = hidden
    for state, trace in zip(left, encoded.traces, strict=True):
        every = every + trace.passed.soft[..., None] * (state - every)
    torch.testing.assert_close(model.backbone.token_head(every), output.logits, **CLOSE)
    gradient = torch.autograd.grad(output.logits.sum(), model.policy.predictors[3][0].weight)[0]
    assert gradient.abs().max() > 0


def test_states_of_two_precisions_rejoin_in_the_wider() -> None:
    """As under autocast where narrow embeddings are projected and then normalised."""
    packed, _ = Packed.from_windows(texts([3, 5]))
    padded = packed.scatter_to(None, torch.ones(1, 8, 4, dtype=torch.bfloat16))
    found = packed.scatter_to(padded, torch.full((1, 8, 4), 1 / 3))
    assert found.dtype == torch.float32
    assert found[0, :3].eq(torch.tensor(1 / 3)).all()
    assert found[0, 3:].eq(0).all()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("head", HEADS)
@torch.no_grad()
def test_flops_count_the_head_on_all_tokens(family: str, head: str) -> None:
    model, windows = model_of(family, head, "adapler"), texts([9])
    with (
        linear_kernels("stock"),
        sdpa_kernel(SDPBackend.MATH),
        FlopCounterMode(display=False) as counter,
    ):
        output = model(windows)
    own, dense = model.costs.of_windows(windows, output.tokens.numpy(), output.tokens_ffn.numpy())
    extra = sum(
        layer.relative_terms * 2 * (2 * layer.span) * 16 * 16
        for layer in model.backbone.layers
        if family == "deberta-v2"
    )
    assert own[0] == counter.get_total_flops() - extra
    assert output.tokens[0, -1] < 9
    assert own[0] < dense[0]
