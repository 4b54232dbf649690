"""Make DistilBERT's student (Sanh et al., 2019): half of a BERT's layers, or a published checkpoint."""

import copy
import re
from collections.abc import Mapping, Sequence

from torch import Tensor
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertModel,
)

from workbench.core.task_type import PROBLEM_TYPES, TaskType
from workbench.errors import InputError
from workbench.models.backbone import load_pretrained, locate
from workbench.models.encoder import ATTENTION

BERT_NAMES = {
    "attention.q_lin": "attention.self.query",
    "attention.k_lin": "attention.self.key",
    "attention.v_lin": "attention.self.value",
    "attention.out_lin": "attention.output.dense",
    "sa_layer_norm": "attention.output.LayerNorm",
    "ffn.lin1": "intermediate.dense",
    "ffn.lin2": "output.dense",
    "output_layer_norm": "output.LayerNorm",
}
"""What DistilBERT calls the parts of a layer, and BERT's name for the same."""
_LAYER = re.compile(r"bert\.encoder\.layer\.(\d+)\.")


def half_depth(bert: BertForSequenceClassification) -> BertForSequenceClassification:
    """Return a new model of every other layer of `bert`, from the first on; all other weights
    are copied. Half of an odd number is rounded up. InputError for a single layer. Source: section 3."""
    layers = bert.config.num_hidden_layers
    if layers < 2:
        raise InputError("distilbert needs a backbone of at least 2 layers, this one has 1")
    chosen = range(0, layers, 2)
    config = copy.deepcopy(bert.config)
    config.num_hidden_layers = len(chosen)
    student = _new(config)
    student.load_state_dict(_some_layers(bert.state_dict(), chosen))
    return student


def _some_layers(weights: Mapping[str, Tensor], chosen: Sequence[int]) -> dict[str, Tensor]:
    """Return the weights of the chosen layers, numbered anew, and all that belong to no layer."""
    kept = {}
    for name, value in weights.items():
        layer = _LAYER.match(name)
        if layer is None:
            kept[name] = value
        elif int(layer[1]) in chosen:
            number = chosen.index(int(layer[1]))
            kept[f"bert.encoder.layer.{number}.{name[layer.end() :]}"] = value
    return kept


def from_distilbert(checkpoint: str, task_type: TaskType) -> BertForSequenceClassification:
    """Load a DistilBERT encoder (hub name or folder) in BERT's layout, under a new head for a task.

    The encoder computes what DistilBERT computes: its token type embeddings are zero, because it has
    none, so the two texts of a pair are told apart by [SEP] alone. A head is not taken over: DistilBERT
    has no pooler, and its classifier's ReLU layer has no place in BERT's. Pooler and classifier are
    drawn at random. Raises InputError for anything but a whole DistilBERT.
    """
    name = locate(checkpoint)
    encoder = load_pretrained(name, DistilBertModel, "distilbert")
    bert = _new(_bert_config(encoder.config, task_type))
    bert.bert.embeddings.token_type_embeddings.weight.data.zero_()
    weights = {_bert_name(name): value for name, value in encoder.state_dict().items()}
    unexpected = bert.load_state_dict(weights, strict=False).unexpected_keys
    assert not unexpected, unexpected
    return bert


def _bert_name(name: str) -> str:
    """Return BERT's name of a weight of `DistilBertModel`."""
    if name.startswith("embeddings."):
        return f"bert.{name}"
    _, _, layer, part = name.split(".", 3)
    part, _, kind = part.rpartition(".")
    return f"bert.encoder.layer.{layer}.{BERT_NAMES[part]}.{kind}"


def _bert_config(config: DistilBertConfig, task_type: TaskType) -> BertConfig:
    same = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
            "max_position_embeddings", "initializer_range", "pad_token_id")  # fmt: skip
    return BertConfig(
        intermediate_size=config.hidden_dim,
        hidden_act=config.activation,
        hidden_dropout_prob=config.dropout,
        attention_probs_dropout_prob=config.attention_dropout,
        id2label=dict(enumerate(task_type.labels)),
        label2id={label: index for index, label in enumerate(task_type.labels)},
        problem_type=PROBLEM_TYPES[task_type.kind],
        **{name: getattr(config, name) for name in same},
    )


def _new(config: BertConfig) -> BertForSequenceClassification:
    student: BertForSequenceClassification = AutoModelForSequenceClassification.from_config(
        config, attn_implementation=ATTENTION
    )
    return student
