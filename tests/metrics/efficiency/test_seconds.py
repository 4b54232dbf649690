"""What a run consists of, by hand, and prices recovered from seconds that were made from them."""

from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.toys import texts
from workbench.metrics.efficiency.flops import Costs, Shape, text_flops
from workbench.metrics.efficiency.seconds import PARTS, CostModel, Work, fit, relative_error, work_of

TOY = Shape(layers=2, hidden=4, intermediate=8, classes=2)
COSTS = Costs(TOY, TOY, predictors=(0, 0))
HEAD = 2 * (4 * 4 + 4 * 2)
PRICES = CostModel(per_call=1e-3, per_linear_flop=2e-11, per_attention_flop=5e-11, per_token=1e-6)
WORKS = [
    Work(6, 10**7, 10**5, 50),
    Work(24, 10**9, 10**8, 4_000),
    Work(6, 10**10, 10**9, 90_000),
    Work(6, 10**10, 0, 0),
    Work(48, 10**8, 10**9, 700),
]


def test_work_by_hand() -> None:
    tokens = np.array([[5, 3], [2, 2]])
    work = work_of(tokens, tokens, 3, COSTS)
    assert work.calls == 6
    # The last layer: keys and values of all 5 tokens, the rest of 2 [CLS], whose queries read 3 and 2.
    assert work.tokens == 7 + 2
    assert work.linear_flops == 2 * ((7 + 2) * (4 * 4 * 4 + 2 * 4 * 8) + 3 * 2 * 4 * 4)
    assert work.attention_flops == 2 * 2 * 4 * (25 + 3 + 4 + 2)


def test_work_is_what_flops_count_without_the_head() -> None:
    tokens = np.random.default_rng(0).integers(2, 40, (7, 2))
    work = work_of(tokens, tokens, 2, COSTS)
    own, _ = COSTS.computed(texts(tokens[:, 0]), tokens, tokens)
    assert work.linear_flops + work.attention_flops == own.sum() - 7 * HEAD
    assert own.sum() < text_flops(tokens, TOY).sum()


def test_work_of_a_cut_behind_attention_by_hand() -> None:
    work = work_of(np.array([[5, 4]]), np.array([[4, 3]]), 1, replace(COSTS, cuts_after_attention=True))
    # The cut reads the last layer's whole self-attention; its feed-forward part is of [CLS] alone.
    assert work.tokens == 4 + 1
    assert work.linear_flops == 2 * (9 * 4 * 4 * 4 + 5 * 2 * 4 * 8)
    assert work.attention_flops == 2 * 2 * 4 * (25 + 16)


def test_prices_are_recovered() -> None:
    samples = [(work, PRICES.predict(work)) for work in WORKS]
    found = fit(samples)
    assert found.per_call == pytest.approx(PRICES.per_call)
    assert found.per_linear_flop == pytest.approx(PRICES.per_linear_flop)
    assert found.per_attention_flop == pytest.approx(PRICES.per_attention_flop)
    assert found.per_token == pytest.approx(PRICES.per_token)
    assert relative_error(found, samples) == pytest.approx(0, abs=1e-9)


def test_prices_are_never_negative() -> None:
    # The more attention the less time: without the bound its price would be below zero.
    cheaper = CostModel(1e-3, 2e-11, -5e-12, 1e-6)
    found = fit([(work, cheaper.predict(work)) for work in WORKS])
    assert found.per_attention_flop == 0
    assert min(found.per_call, found.per_linear_flop, found.per_token) >= 0


def test_work_that_no_sample_has_costs_nothing() -> None:
    found = fit([(Work(calls, 0, 0, 0), 0.5 * calls) for calls in (1, 2, 3, 4)])
    assert found == CostModel(pytest.approx(0.5), 0, 0, 0)


def test_parts_sum_to_the_prediction_and_the_largest_is_the_limit() -> None:
    few, many = Work(6, 10**7, 10**5, 50), Work(6, 10**10, 10**9, 90_000)
    assert PRICES.parts(few) == pytest.approx(dict(zip(PARTS, (6e-3, 2e-4, 5e-6, 5e-5), strict=True)))
    assert sum(PRICES.parts(few).values()) == pytest.approx(PRICES.predict(few))
    assert PRICES.limit(few) == "calls"
    assert PRICES.limit(many) == "linear layers"


def test_relative_error_is_the_median() -> None:
    work = Work(10, 0, 0, 0)
    seconds = [0.01 / ratio for ratio in (1.5, 0.9, 1.0)]
    assert relative_error(PRICES, [(work, own) for own in seconds]) == pytest.approx(0.1)


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(ValueError, match="3 samples"):
        fit([(work, 1.0) for work in WORKS[:3]])
    with pytest.raises(ValueError, match="above 0"):
        fit([(work, 0.0) for work in WORKS])
    with pytest.raises(ValueError, match="batches"):
        work_of(np.ones((1, 2)), np.ones((1, 2)), 0, COSTS)
    with pytest.raises(ValueError, match="2 layers"):
        work_of(np.ones((1, 3)), np.ones((1, 3)), 1, COSTS)
