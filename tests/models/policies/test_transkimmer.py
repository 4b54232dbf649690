"""Transkimmer's predictors and sampled masks."""

import pytest
import torch
from torch import nn

from tests.helpers.toys import CLS, RAGGED, SEP, texts, tiny_config, window
from workbench.models.classifier import PruningClassifier
from workbench.models.layouts import Packed, Padded
from workbench.models.policies import hard_concrete
from workbench.models.policies.transkimmer import Transkimmer

CLOSE = {"atol": 1e-5, "rtol": 0}


def two_texts() -> Padded:
    return Padded.from_windows([window([CLS, 5, 6, SEP]), window([CLS, 5, SEP])])[0]


def sampled(scores: torch.Tensor, layout: Padded | None = None, seed: int = 0) -> Padded:
    torch.manual_seed(seed)
    policy = Transkimmer(tiny_config())
    torch.manual_seed(seed)
    return policy.soften(0, torch.ones(2, 4, 16), scores, layout or two_texts())[1]


def test_predictors_are_built_as_in_the_paper() -> None:
    policy = Transkimmer(tiny_config(layers=3))
    assert len(policy.predictors) == 3
    kinds = [nn.LayerNorm, nn.Linear, nn.LayerNorm, nn.GELU, nn.Linear]
    for predictor in policy.predictors:
        assert all(isinstance(part, kind) for part, kind in zip(predictor, kinds, strict=True))
        assert predictor[1].weight.shape == (16, 16)
        assert predictor[4].weight.shape == (2, 16)
        assert predictor[4].bias.tolist() == [-5, 5]


def test_at_the_start_everything_is_kept_and_the_model_is_the_dense_one(make_model) -> None:
    dense, windows = make_model(), texts(RAGGED)
    model = PruningClassifier(dense.stock, Transkimmer(dense.stock.config)).eval()
    with torch.no_grad():
        expected = dense(windows).logits
        for execution in ("packed", "masked"):
            output = model(windows, execution=execution)
            torch.testing.assert_close(output.logits, expected, **CLOSE)
            assert output.tokens.eq(torch.tensor(RAGGED)[:, None]).all()
            assert all(trace.scores.min() > 0.99 for trace in output.traces)


@pytest.mark.parametrize("layout_type", [Padded, Packed])
def test_a_token_stays_where_the_keep_logit_is_larger(layout_type: type) -> None:
    torch.manual_seed(0)
    policy = Transkimmer(tiny_config(), keep_bias=0.0)
    layout, _ = layout_type.from_windows([window([CLS, *range(5, 25), SEP])])
    hidden = torch.randn(1, 22, 16)
    with torch.no_grad():
        logits = policy.predictors[2](hidden)
        scores = policy.scores(2, hidden, layout, None)
    torch.testing.assert_close(scores, logits.softmax(-1)[..., 1])
    keep = policy.keep(2, scores, layout)
    assert keep.equal(logits[..., 1] > logits[..., 0])
    assert 0 < keep.sum() < 22


def test_cls_stays_when_every_predictor_wants_it_gone(make_model) -> None:
    model, windows = make_model("transkimmer"), texts(RAGGED)
    with torch.no_grad():
        for predictor in model.policy.predictors:
            predictor[-1].bias.copy_(torch.tensor([100.0, -100.0]))
        for execution in ("packed", "masked"):
            assert model(windows, execution=execution).tokens.eq(1).all()
        soft = model(windows, execution="masked", soft=True)
    assert soft.traces[-1].passed.soft[:, 0].eq(1).all()
    assert soft.traces[-1].passed.soft[:, 1:].eq(0).all()


def test_a_sampled_mask_is_zero_or_one_and_padding_is_nothing() -> None:
    soft = sampled(torch.full((2, 4), 0.5), seed=3).soft
    assert set(soft.flatten().tolist()) == {0.0, 1.0}
    assert soft[:, 0].tolist() == [1, 1]
    assert soft[1, 3] == 0


def test_the_gradient_is_that_of_the_soft_sample() -> None:
    scores = torch.tensor([[0.5, 0.2, 0.7, 0.9], [0.5, 0.4, 0.6, 0.5]], requires_grad=True)
    (hard,) = torch.autograd.grad(sampled(scores, seed=1).soft.sum(), scores)
    torch.manual_seed(1)
    soft = hard_concrete.relaxed(torch.logit(scores), 1.0)
    living = two_texts().alive.float()
    living[:, 0] = 0
    (expected,) = torch.autograd.grad((soft * living).sum(), scores)
    torch.testing.assert_close(hard, expected)
    assert (hard[:, 1:3] > 0).all()


def test_masks_are_a_product_over_layers() -> None:
    once = sampled(torch.full((2, 4), 0.5), seed=0)
    twice = sampled(torch.full((2, 4), 0.5), once, seed=5)
    assert (twice.soft <= once.soft).all()
    assert once.soft.sum() > twice.soft.sum() >= 2


def test_equal_seeds_give_equal_masks() -> None:
    scores = torch.full((2, 4), 0.5)
    assert sampled(scores, seed=2).soft.equal(sampled(scores, seed=2).soft)
    assert len({tuple(sampled(scores, seed=seed).soft.flatten().tolist()) for seed in range(9)}) > 3


def test_equal_seeds_give_equal_predictors() -> None:
    states = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        states.append(torch.cat([p.flatten() for p in Transkimmer(tiny_config()).parameters()]))
    assert states[0].equal(states[1])
    assert not states[0].equal(states[2])


def test_sampling_from_sure_predictors_is_the_hard_rule(make_model) -> None:
    model, windows = make_model("transkimmer"), texts(RAGGED)
    with torch.no_grad():
        for predictor in model.policy.predictors:
            predictor[-1].weight.mul_(1e4)
            predictor[-1].bias.mul_(1e4)
        soft = model(windows, execution="masked", soft=True)
        hard = model(windows)
    torch.testing.assert_close(soft.logits, hard.logits, **CLOSE)
    left = torch.stack([trace.passed.soft.sum(1) for trace in soft.traces], dim=1)
    assert left.equal(hard.tokens.float())
    assert left.sum() < 0.9 * sum(RAGGED) * model.layers


def test_what_a_skimmed_token_would_have_given_reaches_its_predictor(make_model) -> None:
    model, windows = make_model("transkimmer"), texts([6, 9])
    torch.manual_seed(0)
    output = model(windows, execution="masked", soft=True)
    skimmed = output.traces[0].passed.alive & (output.traces[0].passed.soft == 0)
    assert skimmed.any()
    (gradient,) = torch.autograd.grad(output.logits[:, 0].sum(), output.traces[0].scores)
    assert (gradient[skimmed] != 0).any()
