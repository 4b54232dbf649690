"""Dropout of attention probabilities can be set for training alone."""

import pytest
import torch

from tests.helpers.tiny_objectives import TRAIN, objective
from tests.helpers.toys import METHODS


def dropouts(made) -> set[float]:
    return {layer.attention_dropout for layer in made.model.backbone.layers}


@pytest.mark.parametrize("method", METHODS)
def test_it_replaces_the_backbones_own(make_model, method: str) -> None:
    assert dropouts(objective(make_model, method, attention_dropout=0.3)) == {0.3}
    assert dropouts(objective(make_model, method, attention_dropout=0.0)) == {0.0}
    own = make_model().stock.config.attention_probs_dropout_prob
    assert dropouts(objective(make_model, method)) == {own}


def test_a_training_pass_follows_it(make_model) -> None:
    made = objective(make_model, "dense", attention_dropout=0.0)
    for module in made.model.modules():
        if isinstance(module, torch.nn.Dropout) and module.p != 0.0:
            module.p = 0.0  # Leaves attention as the only place where chance could enter.
    made.model.train()
    torch.testing.assert_close(made.model(TRAIN).logits, made.model(TRAIN).logits, rtol=0, atol=0)
    for layer in made.model.backbone.layers:
        layer.attention_dropout = 0.5
    assert not made.model(TRAIN).logits.equal(made.model(TRAIN).logits)
