"""Trainings that are killed somewhere, and all that one leaves behind."""

import json
from pathlib import Path

import torch
from safetensors import safe_open

from tests.helpers.tiny_objectives import DEV, TRAIN
from workbench.inference.predict import quality
from workbench.training.loop import STATE, Training
from workbench.training.objectives.base import Objective


class Killed(BaseException):
    """Like a signal: nothing in the library catches it."""


def training(objective: Objective, folder: Path, report=lambda progress, values: None, seed=3):
    return Training(
        objective, TRAIN, lambda: quality(objective.model, DEV), folder, seed=seed, report=report
    )


def facts_of(path: Path) -> tuple[dict, dict[str, torch.Tensor]]:
    with safe_open(path, framework="pt") as stored:
        facts = json.loads(stored.metadata()["facts"])
        return facts, {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118


class Outcome:
    """All that a finished training leaves behind."""

    def __init__(self, objective: Objective, folder: Path, kept: list[Path]) -> None:
        self.weights = {name: value.clone() for name, value in objective.state_dict().items()}
        self.facts, self.state = facts_of(folder / STATE)
        self.kept = [path.name for path in kept]
        self.files = sorted(path.name for path in folder.iterdir())

    def check_equals(self, other: "Outcome") -> None:
        for mine, theirs in ((self.weights, other.weights), (self.state, other.state)):
            assert mine.keys() == theirs.keys()
            assert [name for name in mine if not mine[name].equal(theirs[name])] == []
        assert self.facts == other.facts
        assert self.kept == other.kept
        assert self.files == other.files


def finish(objective: Objective, folder: Path, **more) -> Outcome:
    return Outcome(objective, folder, training(objective, folder, **more).run())


def killed_after(steps: int):
    def report(progress, values) -> None:
        if progress.step + 1 == steps:
            raise Killed

    return report
