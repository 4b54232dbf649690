"""Backbones of one or two layers: every method trains on them, or says why not."""

import pytest
import torch
from transformers import BertForSequenceClassification

from tests.helpers.toys import METHODS, RAGGED, texts, tiny_config, toy_tokenizer
from workbench.catalog.methods import METHODS as SPECS
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy
from workbench.training.inputs import trial_inputs
from workbench.training.objectives import prepare_objective

REFUSED = {
    ("distilbert", 1): "distilbert needs a backbone of at least 2 layers, this one has 1",
    ("top", 1): r"top\.first_layer 1 leaves no layer of 1 to cut",
    ("trbert", 1): "trbert needs a backbone of at least 4 layers, this one has 1",
    ("trbert", 2): "trbert needs a backbone of at least 4 layers, this one has 2",
}


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("method", [name for name in METHODS if name != "dense"])
def test_a_method_prepares_or_says_why_not(tmp_path, method: str, layers: int) -> None:
    torch.manual_seed(0)
    stock = BertForSequenceClassification(tiny_config(layers=layers))
    dense = PruningClassifier(stock, Policy()).eval()
    inputs = trial_inputs(dense, texts(RAGGED), 0, toy_tokenizer(), 40, str(tmp_path))
    if refusal := REFUSED.get((method, layers)):
        with pytest.raises(InputError, match=refusal):
            prepare_objective(method, inputs, SPECS[method].settings())
        return
    objective = prepare_objective(method, inputs, SPECS[method].settings())
    output = objective.model(texts(RAGGED), execution="packed")
    assert output.logits.shape == (len(RAGGED), 2)
