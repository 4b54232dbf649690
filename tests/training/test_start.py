"""Which weights a pruner's training starts from."""

import pytest
import torch

from tests.helpers.tiny_objectives import inputs_of
from workbench.catalog.methods import METHODS
from workbench.catalog.settings import TokenPrunerSettings
from workbench.training.objectives import prepare_objective

PRUNERS = [name for name, spec in METHODS.items() if spec.drops_tokens]


@pytest.mark.parametrize("method", PRUNERS)
@pytest.mark.parametrize("start", ["fine-tuned", "pre-trained"])
def test_every_pruner_starts_from_either(make_model, tiny_folder, method: str, start: str) -> None:
    dense = make_model()
    with torch.no_grad():
        for value in dense.stock.parameters():
            value.add_(0.125)
    inputs = inputs_of(dense)
    inputs.backbone = str(tiny_folder)
    settings = METHODS[method].settings(start=start)
    assert isinstance(settings, TokenPrunerSettings)
    started = prepare_objective(method, inputs, settings).model.stock
    wanted = dense.stock if start == "fine-tuned" else make_model().stock
    name = "bert.encoder.layer.1.intermediate.dense.weight"
    assert started.state_dict()[name].equal(wanted.state_dict()[name])
    # A new head: neither the fine-tuned model's nor the one that lies beside the backbone.
    same = started.classifier.weight.equal(dense.stock.classifier.weight)
    assert same == (start == "fine-tuned")
