"""The families of encoders whose layers can drop tokens, found by `model_type`."""

from importlib import import_module

from transformers import PreTrainedModel

from workbench.catalog.backbones import BACKBONES
from workbench.errors import InputError
from workbench.models import EXPORTED
from workbench.models.backbones.base import Backbone
from workbench.models.backbones.layer import EncoderLayer


def backbone_class(model_type: str) -> type[Backbone]:
    """Return the description of a family; InputError, with the list of known ones, for any other."""
    if model_type not in BACKBONES:
        raise InputError(
            f"is a {model_type!r} model; the workbench prunes encoders of the types "
            f"{', '.join(BACKBONES)}"
        )
    module, _, name = BACKBONES[model_type].partition(":")
    found: type[Backbone] = getattr(import_module(module), name)
    return found


def backbone_of(stock: PreTrainedModel) -> Backbone:
    """Return the description of a stock model, or of one that was exported with a policy."""
    return backbone_class(stock.config.model_type.removeprefix(EXPORTED))(stock)


__all__ = ["Backbone", "EncoderLayer", "backbone_class", "backbone_of"]
