"""Training state on disk, whole or not at all."""

from pathlib import Path

import pytest
import torch
from torch import nn

from workbench.errors import InputError
from workbench.training.checkpoint import (
    load_training,
    load_weights,
    save_training,
    save_weights,
    trainable_state,
)


def network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    model[0].bias.requires_grad_(False)
    return model


def optimizers(model: nn.Sequential) -> list[torch.optim.Optimizer]:
    return [
        torch.optim.AdamW(model[0].parameters(), lr=0.1, fused=True),
        torch.optim.AdamW(model[1].parameters(), lr=0.2, maximize=True),
    ]


def step(model: nn.Sequential, chosen: list[torch.optim.Optimizer]) -> None:
    model(torch.arange(6.0).view(2, 3)).square().sum().backward()
    for optimizer in chosen:
        optimizer.step()
        optimizer.zero_grad()


def test_training_goes_on_as_if_never_interrupted(tmp_path: Path) -> None:
    model = network()
    chosen = optimizers(model)
    step(model, chosen)
    save_training(tmp_path / "state", model, chosen, {"step": 1, "note": "ö"})

    other = network(seed=9)
    with torch.no_grad():
        other[0].bias.copy_(model[0].bias)
    restored = optimizers(other)
    assert load_training(tmp_path / "state", other, restored) == {"step": 1, "note": "ö"}
    for _ in range(3):
        step(model, chosen)
        step(other, restored)
    for name, value in model.state_dict().items():
        assert value.equal(other.state_dict()[name]), name


def test_weights_round_trip_without_the_frozen_ones(tmp_path: Path) -> None:
    model, other = network(), network(seed=9)
    frozen = other[0].bias.clone()
    save_weights(tmp_path / "weights", model, {"epoch": 4})
    assert load_weights(tmp_path / "weights", other) == {"epoch": 4}
    assert other[0].weight.equal(model[0].weight)
    assert other[0].bias.equal(frozen)
    assert set(trainable_state(model)) == {"0.weight", "1.weight", "1.bias"}


@pytest.mark.parametrize("size", [0, 20, 300])
def test_a_torn_file_is_named(tmp_path: Path, size: int) -> None:
    save_weights(tmp_path / "weights", network(), {})
    path = tmp_path / "weights"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(InputError, match="weights: not a readable checkpoint"):
        load_weights(path, network())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="absent: not a readable checkpoint"):
        load_weights(tmp_path / "absent", network())


def test_a_safetensors_file_without_facts_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "other")
    with pytest.raises(InputError, match="other: not a readable checkpoint"):
        load_weights(tmp_path / "other", network())
