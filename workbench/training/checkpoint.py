"""Keep training state on disk: one safetensors file, written beside and renamed, no pickles."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from workbench.errors import InputError
from workbench.storage.atomic import replacing


def trainable_state(model: nn.Module) -> dict[str, Tensor]:
    """Return the parameters that training changes, by name."""
    return {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}


def save_weights(path: Path, model: nn.Module, facts: dict[str, Any]) -> None:
    """Write trainable parameters.

    Args:
        path: The file.
        model: Their owner.
        facts: Stored with them as JSON.
    """
    _save(path, trainable_state(model), facts)


def load_weights(path: Path, model: nn.Module) -> dict[str, Any]:
    """Put saved parameters back into `model` and return the facts."""
    tensors, facts = _load(path)
    _restore(model, tensors, "")
    return facts


def save_training(
    path: Path, model: nn.Module, optimizers: list[Optimizer], facts: dict[str, Any]
) -> None:
    """Write all that `load_training` needs to go on as if never interrupted.

    Args:
        path: The file.
        model: Its trainable parameters are written.
        optimizers: Their moments are written.
        facts: Stored with them as JSON.
    """
    tensors = {f"model.{name}": value for name, value in trainable_state(model).items()}
    for number, optimizer in enumerate(optimizers):
        for index, state in optimizer.state_dict()["state"].items():
            for key, value in state.items():
                tensors[f"optimizer.{number}.{index}.{key}"] = torch.as_tensor(value)
    _save(path, tensors, facts)


def load_training(path: Path, model: nn.Module, optimizers: list[Optimizer]) -> dict[str, Any]:
    """Restore what `save_training` wrote and return the facts.

    Args:
        path: The file.
        model: Made like the one that was saved.
        optimizers: Likewise, in the same order.
    """
    tensors, facts = _load(path)
    _restore(model, tensors, "model.")
    for number, optimizer in enumerate(optimizers):
        states: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            kind, *place = name.split(".")
            if kind == "optimizer" and int(place[0]) == number:
                states.setdefault(int(place[1]), {})[place[2]] = value
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": states, "param_groups": groups})
    return facts


@torch.no_grad()
def _restore(model: nn.Module, tensors: dict[str, Tensor], prefix: str) -> None:
    for name, value in trainable_state(model).items():
        value.copy_(tensors[f"{prefix}{name}"])


def _save(path: Path, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
    with replacing(path) as beside:
        whole = {name: value.contiguous().cpu() for name, value in tensors.items()}
        try:
            save_file(whole, beside, metadata={"facts": json.dumps(facts)})
        except SafetensorError as error:
            # A full disk reaches us as this type; `replacing` knows what to do with an OSError.
            raise OSError(str(error)) from error


def _load(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    try:
        with safe_open(path, framework="pt") as stored:
            facts = json.loads(stored.metadata()["facts"])
            return {name: stored.get_tensor(name) for name in stored.keys()}, facts  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a readable checkpoint: {error}") from None
