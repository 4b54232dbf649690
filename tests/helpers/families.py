"""A small random classifier of every family, made from its configuration."""

from collections.abc import Sequence

import torch
from transformers import CONFIG_MAPPING, PreTrainedModel

from tests.helpers.toys import LABELS
from workbench.catalog.backbones import BACKBONES
from workbench.models.backbones import backbone_class
from workbench.models.backbones.base import Head

SIZES = {
    "vocab_size": 31, "hidden_size": 16, "num_hidden_layers": 4, "num_attention_heads": 2,
    "intermediate_size": 24, "max_position_embeddings": 64, "initializer_range": 0.4,
    "id2label": dict(enumerate(LABELS)), "label2id": {name: i for i, name in enumerate(LABELS)},
    "pad_token_id": 1,
}  # fmt: skip
DIFFERENT = {
    "albert": {"embedding_size": 8},
    "deberta-v2": {
        "relative_attention": True, "pos_att_type": ["c2p", "p2c"], "position_buckets": 6,
        "max_relative_positions": 12, "share_att_key": True, "norm_rel_ebd": "layer_norm",
        "position_biased_input": False, "type_vocab_size": 0, "pooler_hidden_size": 16,
    },
    "distilbert": {
        "dim": 16, "n_heads": 2, "hidden_dim": 24, "max_position_embeddings": 64,
    },
    "electra": {"embedding_size": 8},
    "modernbert": {"local_attention": 8, "global_attn_every_n_layers": 2, "classifier_pooling": "mean"},
    "mpnet": {"relative_attention_num_buckets": 32},
    "roberta": {"type_vocab_size": 1},
    "xlm-roberta": {"type_vocab_size": 1},
    "camembert": {"type_vocab_size": 1},
}  # fmt: skip
FAMILIES = tuple(BACKBONES)
MORE = {
    "albert, two groups": ("albert", {"num_hidden_groups": 2}),
    "deberta-v2, own position keys": ("deberta-v2", {"share_att_key": False}),
    "deberta-v2, content to position": ("deberta-v2", {"pos_att_type": ["c2p"], "share_att_key": False}),
    "deberta-v2, as v2": (
        "deberta-v2",
        {"position_buckets": -1, "position_biased_input": True, "type_vocab_size": 2},
    ),
    "deberta-v2, narrow": ("deberta-v2", {"embedding_size": 8}),
    "electra, wide": ("electra", {"embedding_size": 16}),
    "modernbert, [CLS]": ("modernbert", {"classifier_pooling": "cls"}),
    "modernbert, biases": ("modernbert", {"attention_bias": True, "mlp_bias": True, "norm_bias": True}),
}  # fmt: skip
"""Other configurations of some families."""
VARIANTS = (*FAMILIES, *MORE)


def tiny_model(
    variant: str, seed: int = 0, head: Head = "sequence", layers: int = 4, **more: object
) -> PreTrainedModel:
    """Return a classifier of a family, or of one of `MORE`; tokens really differ in it."""
    model_type, settings = MORE.get(variant, (variant, {}))
    torch.manual_seed(seed)
    depth = {"n_layers" if model_type == "distilbert" else "num_hidden_layers": layers}
    chosen = SIZES | DIFFERENT.get(model_type, {}) | settings | depth | more
    if model_type == "distilbert":
        chosen = {name: value for name, value in chosen.items() if name not in _RENAMED}
    config = CONFIG_MAPPING[model_type](**chosen)
    model: PreTrainedModel = backbone_class(model_type).stock_class(head)(config)
    with torch.no_grad():
        # Rotary and relative families start with small values that would hide where tokens stand.
        for name, value in model.named_parameters():
            if value.dim() > 1 and value.std() < 0.3:
                size = 0.2 if name.startswith("classifier") else 0.4
                value.mul_(size / value.std().clamp_min(1e-3))
            elif name.endswith("bias"):
                value.normal_(std=0.2)
    return model.eval()


_RENAMED: Sequence[str] = (
    "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
)  # fmt: skip
