"""Calibration runs on a toy model; its seconds are the machine's affair."""

import numpy as np
import pytest

from workbench.metrics.efficiency.seconds import relative_error
from workbench.pipeline.bench.cost_model import LINEAR_TOKENS, calibrate, grid


def test_grid_stays_within_the_positions() -> None:
    assert grid(512)[:4] == [(1, 8), (1, 32), (1, 128), (1, 384)]
    assert grid(64) == [(size, length) for size in (1, 8, 32) for length in (8, 32, 64)]


def test_calibration_of_a_toy_model(make_model) -> None:
    model = make_model()
    found = calibrate(model, repeats=1)
    positions, layers = model.stock.config.max_position_embeddings, model.costs.shape.layers
    whole, linear = found.samples[: -len(LINEAR_TOKENS)], found.samples[-len(LINEAR_TOKENS) :]
    assert len(whole) == len(grid(positions))
    for (size, length), (work, _) in zip(grid(positions), whole, strict=True):
        batches = work.calls // layers
        assert 1 <= batches <= 4
        # In the last layer one token of each text.
        assert work.tokens == batches * size * ((layers - 1) * length + 1)
    assert all(work.tokens == work.attention_flops == 0 < work.linear_flops for work, _ in linear)
    prices = [*vars(found.model).values(), *(seconds for _, seconds in found.samples), found.error]
    assert np.isfinite(prices).all()
    assert min(prices) >= 0
    assert found.error == relative_error(found.model, found.samples)


def test_linear_runs_do_the_work_they_are_counted_for(make_model) -> None:
    """The price of a linear FLOP must speak of the layers that the grid runs use."""
    model = make_model()
    weights = [part.weight.numel() for part in model.stock.bert.encoder.modules()
               if hasattr(part, "in_features")]  # fmt: skip
    linear = calibrate(model, repeats=1).samples[-len(LINEAR_TOKENS) :]
    assert [work.linear_flops for work, _ in linear] == [2 * n * sum(weights) for n in LINEAR_TOKENS]


def test_only_dense_models_calibrate(make_model) -> None:
    with pytest.raises(ValueError, match="dense model, not top"):
        calibrate(make_model("top"))
