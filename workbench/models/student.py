"""Make DistilBERT's student (Sanh et al., 2019) of any backbone: half of its layers."""

import copy

from transformers import PreTrainedModel

from workbench.errors import InputError
from workbench.models.backbones import backbone_of


def half_depth(stock: PreTrainedModel) -> PreTrainedModel:
    """Return a new model of every other layer, from the first on; all other weights are copied.

    Half of an odd number is rounded up. Source: section 3.

    Raises:
        InputError: For a single layer, and for layers that share weights in several groups.
    """
    backbone = backbone_of(stock)
    layers = stock.config.num_hidden_layers
    if layers < 2:
        raise InputError("distilbert needs a backbone of at least 2 layers, this one has 1")
    chosen = range(0, layers, 2)
    config = copy.deepcopy(stock.config)
    for name, value in backbone.config_of_layers(chosen).items():
        setattr(config, name, value)
    student = type(stock)(config)
    student.load_state_dict(backbone.weights_of_layers(chosen))
    return student
