"""Every method trains every family, and goes on after a kill with the numbers of an unbroken run."""

import pytest
import torch

from tests.helpers.families import FAMILIES, tiny_model
from tests.helpers.tiny_objectives import objective
from tests.helpers.toys import METHODS
from tests.helpers.trainings import Killed, finish, killed_after, training
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "bert"])
def test_killed_and_resumed(tmp_path, family: str, method: str) -> None:
    def made():
        return objective(
            lambda: PruningClassifier(tiny_model(family), Policy()).eval(),
            method,
            epochs=1,
            checkpoint_steps=1,
        )

    before = {name: value.clone() for name, value in made().model.stock.state_dict().items()}
    unbroken = finish(made(), tmp_path / "unbroken")
    with pytest.raises(Killed):
        training(made(), tmp_path / "killed", killed_after(3)).run()
    finish(made(), tmp_path / "killed").check_equals(unbroken)
    after = made().model.stock
    moved = [
        name for name, value in before.items()
        if not torch.equal(value, unbroken.weights[f"model.stock.{name}"])
    ]  # fmt: skip
    assert len(moved) > 0.8 * sum(1 for _ in after.named_parameters()) - 4
