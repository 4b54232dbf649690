"""Check the files of a model folder before anything is loaded from it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from workbench.errors import InputError

PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".distcp")
"""Endings of files that are pickles, or hold some: to read one is to run what it says."""
FOREIGN = (
    "auto_map",
    "configuration_files",
    "fusion_config",
    "quantization_config",
    "transformers_weights",
)
"""Keys by which other code, another file or another form of weights is meant than stands there."""
WEIGHTS = "*.safetensors"


def check_folder(folder: Path) -> None:
    """Raise InputError naming a pickle, code, what the folder lacks, or a file that is none."""
    _refuse_pickles(folder)
    missing = [
        name for name in ("config.json", "tokenizer_config.json") if not (folder / name).is_file()
    ]
    if not any(folder.glob(WEIGHTS)):
        missing.append("model.safetensors")
    # Without its vocabulary transformers makes an empty tokenizer instead of complaining.
    if not any((folder / name).is_file() for name in ("tokenizer.json", "vocab.txt")):
        missing.append(f"tokenizer.json{_how_to_convert(folder)}")
    if missing:
        raise InputError(f"{folder}: not a complete model folder, missing {', '.join(missing)}")
    for path in folder.glob(WEIGHTS):
        if not path.is_file():
            raise InputError(f"{path}: is no regular file; put the model's weights there")
    for name in ("config.json", "tokenizer_config.json", f"{WEIGHTS}.index.json"):
        for path in folder.glob(name):
            refuse_foreign(read_object(path), str(path))


def _how_to_convert(folder: Path) -> str:
    """Say how a vocabulary of another form becomes a tokenizer.json, if there is one."""
    others = sorted(path.name for path in [*folder.glob("*.model"), *folder.glob("vocab.json")])
    if not others:
        return ""
    return f" (AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER) makes it of {others[0]})"


def _refuse_pickles(folder: Path) -> None:
    found = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in PICKLES)
    if found:
        raise InputError(
            f"{folder}: holds {', '.join(found)}, a pickle, which runs code when it is read; save "
            "the weights as safetensors (save_pretrained does) and remove what is a pickle"
        )


def refuse_foreign(values: Mapping[str, Any], where: str) -> None:
    """Raise InputError for a key that asks for code, files or weights of its own.

    Args:
        values: What a config.json or tokenizer_config.json says.
        where: The file, for the message.
    """
    for key in FOREIGN:
        if values.get(key):
            raise InputError(
                f"{where}: has {key}: code or files of the model's own; the workbench loads models "
                "of transformers as they are and runs no code that comes with one"
            )


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; InputError names the file if it holds anything else."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON: {error}") from None
    if not isinstance(values, dict):
        raise InputError(f"{path}: not a JSON object")
    return values


def stored_shapes(folder: Path) -> Iterator[tuple[int, ...]]:
    """Yield the shape of every tensor in the folder's files; InputError names a file that is damaged."""
    for path in sorted(folder.glob(WEIGHTS)):
        try:
            with safe_open(path, "pt") as file:
                for name in file.keys():  # noqa: SIM118
                    yield tuple(file.get_slice(name).get_shape())
        except (OSError, SafetensorError) as error:
            raise InputError(f"{path}: cannot be loaded as safetensors: {error}") from None
