"""Check what a model's config.json says before memory or time is asked for."""

import math
import reprlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.activations import ACT2FN

from workbench.core.task_type import PROBLEM_TYPES, TaskKind
from workbench.errors import InputError
from workbench.models.model_folder import read_object, refuse_foreign, stored_shapes

MOST_CLASSES = 10**5
SLACK, SMALL = 2, 10**6
"""How much larger than its files a model may be: a few weights that are missing are named later."""

Layers = Annotated[int, Field(ge=1, le=256)]
Heads = Annotated[int, Field(ge=1, le=1024)]
Width = Annotated[int, Field(ge=1, le=2**18)]
Distance = Annotated[int, Field(ge=-1, le=10**6)]
Rows = Annotated[int, Field(ge=1, le=10**7)]
Share = Annotated[float, Field(ge=0, le=1)]


def _known(name: str) -> str:
    if name not in ACT2FN:
        raise ValueError(f"transformers knows no activation {name!r}")
    return name


Activation = Annotated[str, AfterValidator(_known)]
Type = Literal["float16", "bfloat16", "float32", "float64"]


class Stated(BaseModel):
    """What an encoder's config.json may say, with limits far beyond any that there is."""

    model_config = ConfigDict(strict=True)

    num_hidden_layers: Layers = 1
    n_layers: Layers = 1
    num_attention_heads: Heads = 1
    n_heads: Heads = 1
    hidden_size: Width = 1
    dim: Width = 1
    intermediate_size: Width = 1
    embedding_size: Width = 1
    pooler_hidden_size: Width = 1
    num_hidden_groups: Layers = 1
    inner_group_num: Layers = 1
    position_buckets: Distance = 1
    max_relative_positions: Distance = 1
    relative_attention_num_buckets: Distance = 32
    local_attention: Distance = 1
    hidden_dim: Width = 1
    vocab_size: Rows = 1
    max_position_embeddings: Rows = 1
    type_vocab_size: Annotated[int, Field(ge=0, le=10**7)] = 1
    num_labels: Annotated[int, Field(ge=1, le=MOST_CLASSES)] = 1
    id2label: Annotated[dict[str, Any], Field(max_length=MOST_CLASSES)] | None = None
    layer_norm_eps: Share = 0
    initializer_range: Annotated[float, Field(ge=0, le=100)] = 0
    hidden_dropout_prob: Share = 0
    attention_probs_dropout_prob: Share = 0
    dropout: Share = 0
    attention_dropout: Share = 0
    hidden_act: Activation = "gelu"
    activation: Activation = "gelu"
    hidden_activation: Activation = "gelu"
    pooler_hidden_act: Activation = "gelu"
    classifier_activation: Activation = "gelu"
    position_embedding_type: Literal["absolute"] = "absolute"
    dtype: Type | None = None
    torch_dtype: Type | None = None


def read_config(name: str) -> tuple[str, dict[str, Any]]:
    """Return where a folder's or hub name's configuration stands, and what it says, checked.

    Raises:
        InputError: Names the file, and the key that asks for foreign code or has an impossible value.
        OSError: The hub cannot be asked, or does not know the name.
    """
    if Path(name).is_dir():
        where, values = str(Path(name) / "config.json"), read_object(Path(name) / "config.json")
    else:
        where, values = f"{name}/config.json", PreTrainedConfig.get_config_dict(name)[0]
    refuse_foreign(values, where)
    try:
        Stated.model_validate(values)
    except ValidationError as error:
        wrong = error.errors()[0]
        key = ".".join(map(str, wrong["loc"]))
        raise InputError(f"{where}: {key} is {reprlib.repr(wrong['input'])}: {wrong['msg']}") from None
    return where, values


def class_names(values: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """Return a classifier's classes in order; InputError where they are not distinct names of 0, 1, ...

    Args:
        values: What its config.json says.
        where: The file, for the message.
    """
    named = values.get("id2label") or {str(n): str(n) for n in range(values.get("num_labels", 2))}
    names: tuple[Any, ...] = tuple(named.get(str(number)) for number in range(len(named)))
    times = Counter(map(repr, names))
    wrong = [name for name in names if not isinstance(name, str) or times[repr(name)] > 1]
    if wrong:
        raise InputError(
            f"{where}: id2label must name each class from 0 to {len(named) - 1} once, with a name of "
            f"its own (got {reprlib.repr(wrong[0])})"
        )
    return names


def task_kind(values: Mapping[str, Any], names: Sequence[str], where: str) -> TaskKind | None:
    """Return what a classifier's outputs mean; None where its config.json does not say.

    Args:
        values: What it says.
        names: Of the outputs.
        where: The file, for the InputError of what does not fit them.
    """
    said = values.get("problem_type")
    if said is None:
        return None
    kind = next((kind for kind, name in PROBLEM_TYPES.items() if name == said), None)
    fits = kind == "multi-label" or (kind == "regression") == (len(names) == 1)
    if kind is None or not fits:
        raise InputError(
            f"{where}: problem_type is {reprlib.repr(said)} of {len(names)} outputs; it is one of"
            f" {', '.join(PROBLEM_TYPES.values())}, and a regression has one output, classes are several"
        )
    return kind


def plan_model(
    kind: type[PreTrainedModel], values: Mapping[str, Any], where: str, **more: Any
) -> tuple[PreTrainedConfig, PreTrainedModel]:
    """Return the configuration of a model, and the model without memory for its weights.

    Args:
        kind: Class of the model.
        values: What its config.json says.
        where: The file, for messages.
        more: Stands in the place of what it says.

    Raises:
        InputError: The values do not go together.
    """
    try:
        config = kind.config_class.from_dict({**values, **more})
        with torch.device("meta"):
            return config, kind(config)
    except Exception as error:  # Whatever a wrong value does inside the library.
        raise InputError(f"{where}: describes no {kind.__name__}: {reason(error)}") from None


def refuse_larger(planned: PreTrainedModel, folder: Path, may_lack: tuple[str, ...]) -> None:
    """Raise InputError where a folder's files hold far fewer numbers than the model has.

    Args:
        planned: The model, without memory.
        folder: The folder.
        may_lack: Beginnings of the names of weights that need not be stored.
    """
    stored = sum(math.prod(shape) for shape in stored_shapes(folder))
    named = planned.state_dict().items()
    needed = sum(value.numel() for name, value in named if not name.startswith(may_lack))
    if needed > SLACK * stored + SMALL:
        raise InputError(
            f"{folder / 'config.json'}: describes a model of {needed:,} weights, but the files beside "
            f"it hold {stored:,}; put the sizes right, or take the config.json that was saved with them"
        )


def reason(error: Exception) -> str:
    """Return the beginning of an error's text in one line, after its kind where it says little."""
    text = " ".join(str(error).split())
    return text[:200] if " " in text else f"{type(error).__name__} {text}"
