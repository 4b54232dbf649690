"""What-if decisions: the same when nothing is changed, and what a change must do, for every policy."""

from collections.abc import Callable

import pytest
import torch

from tests.helpers.toys import KEEP_ALL, METHODS, RAGGED, texts
from workbench.models.classifier import PruningClassifier
from workbench.models.interventions.counterfactual import CounterfactualPolicy

LAYERS = 4
MakeModel = Callable[..., PruningClassifier]
DROPPING = [method for method in METHODS if method not in KEEP_ALL]
WINDOWS = texts(RAGGED)
WIDTH = max(RAGGED)


def altered(model: PruningClassifier, **changes) -> PruningClassifier:
    nobody = torch.zeros(len(WINDOWS), WIDTH, dtype=torch.bool)
    layers = model.layers
    asked = {"scale": (1.0,) * layers, "budget": (None,) * layers, "kept": nobody, "dropped": nobody}
    return PruningClassifier(model.stock, CounterfactualPolicy(model.policy, **(asked | changes))).eval()


def who(*positions: int) -> torch.Tensor:
    chosen = torch.zeros(len(WINDOWS), WIDTH, dtype=torch.bool)
    chosen[:, list(positions)] = True
    return chosen


def alive(output, layer: int) -> torch.Tensor:
    passed = output.traces[layer].passed
    return passed.to_padded(torch.ones_like(passed.is_cls), False)


@pytest.mark.parametrize("method", METHODS)
@torch.inference_mode()
def test_nothing_changed_is_the_models_own_run_to_the_last_bit(
    make_model: MakeModel, method: str
) -> None:
    model = make_model(method)
    own, same = model(WINDOWS), altered(model)(WINDOWS)
    assert torch.equal(own.logits, same.logits)
    assert torch.equal(own.tokens, same.tokens)
    assert torch.equal(own.tokens_ffn, same.tokens_ffn)


@pytest.mark.parametrize("method", DROPPING)
@torch.inference_mode()
def test_a_larger_scale_keeps_fewer_tokens_of_the_first_cut(make_model: MakeModel, method: str) -> None:
    model = make_model(method)
    counts = [
        int(altered(model, scale=(factor,) * LAYERS)(WINDOWS).tokens_ffn.sum())
        for factor in (0.5, 1.0, 1.9)
    ]
    assert counts[0] > counts[1] > counts[2] or method in ("transkimmer", "trbert")
    assert counts[0] >= counts[1] >= counts[2]
    assert counts[0] > counts[2]


@torch.inference_mode()
def test_scale_of_one_layer_by_hand(make_model: MakeModel) -> None:
    model = make_model("adapler")
    output = altered(model, scale=(1.3, 1.0, 1.0, 1.0))(WINDOWS)
    trace = output.traces[0]
    needed = 1.3 * model.policy.eta[0] / trace.entered.count()
    stays = (trace.scores >= needed) | trace.entered.is_cls
    assert torch.equal(trace.entered.to_padded(stays, False), alive(output, 0))


@pytest.mark.parametrize("method", DROPPING)
@torch.inference_mode()
def test_a_budget_keeps_exactly_its_share_of_the_full_length(make_model: MakeModel, method: str) -> None:
    model = make_model(method)
    share = 0.3
    output = altered(model, budget=(None, None, share, None))(WINDOWS)
    own = model(WINDOWS)
    entered = own.traces[2].entered.text_lengths()
    kept = output.traces[2].passed.text_lengths()
    allowed = torch.tensor([-(-3 * n // 10) for n in RAGGED])
    assert torch.equal(kept, torch.minimum(entered, allowed))
    scores = own.traces[2].scores
    placed = own.traces[2].entered.to_padded(scores, -torch.inf)
    for row in range(len(WINDOWS)):
        best = placed[row, 1:].argsort(descending=True, stable=True)[: int(kept[row]) - 1] + 1
        assert set(alive(output, 2)[row].nonzero().flatten().tolist()) == {0, *best.tolist()}


@pytest.mark.parametrize("method", METHODS)
@torch.inference_mode()
def test_forced_tokens_stay_or_go(make_model: MakeModel, method: str) -> None:
    model = make_model(method)
    output = altered(model, kept=who(1), dropped=who(2), drop_layer=1)(WINDOWS)
    for layer in range(model.layers):
        there = alive(output, layer)
        assert there[:, 0].all()
        assert there[torch.tensor(RAGGED) > 1][:, 1].all()
        if layer >= 1:
            assert not there[:, 2].any()
    before = model(WINDOWS).traces[0]
    own = before.passed.to_padded(torch.ones_like(before.passed.is_cls), False)
    assert torch.equal(alive(output, 0)[:, 2], own[:, 2])


@torch.inference_mode()
def test_forced_tokens_inside_a_budget(make_model: MakeModel) -> None:
    model = make_model("adapler")
    budget = (0.5, None, None, None)
    output = altered(model, budget=budget, kept=who(1), dropped=who(2))(WINDOWS)
    expected = [min(-(-n // 2), n - (n > 2)) for n in RAGGED]
    # Token 1 stays, budget or not: two tokens allow one, [CLS].
    expected = [max(count, 2) for count in expected]
    assert output.tokens[:, 0].tolist() == expected


@torch.inference_mode()
def test_only_the_packed_layout_has_ranks_to_stretch(make_model: MakeModel) -> None:
    model = make_model("top")
    with pytest.raises(ValueError, match="packed layout"):
        altered(model, scale=(2.0,) * LAYERS)(WINDOWS, execution="masked")


@pytest.mark.parametrize("method", ["adapler", "ltp", "transkimmer", "trbert"])
@torch.inference_mode()
def test_thresholds_say_who_stays(make_model: MakeModel, method: str) -> None:
    model = make_model(method)
    for layer, trace in enumerate(model(WINDOWS).traces):
        needed = model.policy.threshold(layer, trace.entered)
        if trace.scores is None:
            assert needed is None
            continue
        stays = (trace.scores >= needed) | trace.entered.is_cls
        passed = trace.passed.to_padded(torch.ones_like(trace.passed.is_cls), False)
        assert torch.equal(trace.entered.to_padded(stays, False), passed)
