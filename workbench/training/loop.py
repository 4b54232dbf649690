"""Train any objective: the loop that all share, resumable, exact, on Accelerate."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch.optim import Optimizer

from workbench.core.documents import Window
from workbench.errors import WorkbenchError
from workbench.training.batching import epoch_batches, parts_of
from workbench.training.checkpoint import load_training, load_weights, save_training, save_weights
from workbench.training.objectives.base import Objective, TrainingProgress

LOG = logging.getLogger(__name__)
STATE = "training.safetensors"

Report = Callable[[TrainingProgress, dict[str, float]], None]
"""Called after every step with where training stands and the step's values."""
Validate = Callable[[], dict[str, Any]]
"""Dev metrics of the model as it is: at least `quality` and `speedup`."""


@dataclass
class Training:
    """One objective's training over `windows`, kept in `folder` so that it can go on after a kill."""

    objective: Objective
    windows: Sequence[Window]
    validate: Validate
    folder: Path
    seed: int
    report: Report

    def run(self) -> list[Path]:
        """Train to the end (or from the last checkpoint on); returns the kept weights, best first.

        The model is left with the best weights. Raises WorkbenchError when the loss is not finite.
        """
        settings = self.objective.settings
        self.accelerator = Accelerator(
            mixed_precision=settings.mixed_precision, cpu=self.objective.model.device.type == "cpu"
        )
        self.optimizers = self.objective.optimizers()
        # Only the first optimiser works on gradients that a loss scaler touches.
        self.optimizers[0] = self.accelerator.prepare_optimizer(self.optimizers[0])
        self.lengths = [len(window.input_ids) for window in self.windows]
        self.steps = -(-len(self.windows) // settings.batch_size)
        self.running: dict[str, float] = {}
        """Means, over the epoch so far, of what the objective reports."""
        history, first_step = self._resume()
        for epoch in range(first_step // self.steps, settings.epochs):
            self._epoch(epoch, first_step, history)
        kept = [self._weights(epoch) for epoch in self.objective.keep(history)]
        load_weights(kept[0], self.objective.model)
        return kept

    def _epoch(self, epoch: int, first_step: int, history: list[dict[str, Any]]) -> None:
        settings = self.objective.settings
        self.objective.start_epoch(epoch)
        self.objective.model.train()
        chosen = epoch_batches(self.lengths, settings.batch_size, self.seed, epoch)
        for number, batch in enumerate(chosen):
            progress = TrainingProgress(epoch, epoch * self.steps + number, settings.epochs * self.steps)
            if progress.step < first_step:
                continue
            values = self._step(batch, progress)
            for name, value in values.items():
                self.running[name] = self.running.get(name, 0.0) + value / len(chosen)
            self.report(progress, values)
            done = progress.step + 1
            if done % settings.checkpoint_steps == 0 and number + 1 < len(chosen):
                self.checkpoint(done, history)
        history.append({"epoch": epoch, **self.validate(), "train": self.running})
        self.running = {}
        LOG.info("%s: %s", self.folder.name, history[-1])
        self.keep_weights(epoch, history)
        self.checkpoint((epoch + 1) * self.steps, history)

    def _step(self, batch: list[int], progress: TrainingProgress) -> dict[str, float]:
        objective, accelerator = self.objective, self.accelerator
        parts = objective.settings.gradient_accumulation
        totals: dict[str, float] = {}
        share = 0.0  # Of the batch: 1 in a single process; values are means over what this one saw.
        # A seed for each step and process makes dropout a function of the step: resuming is exact.
        torch.manual_seed((self.seed * 1_000_003 + progress.step) * 997 + accelerator.process_index)
        for part in parts_of(batch, parts, accelerator.process_index, accelerator.num_processes):
            weight = len(part) / len(batch)
            share += weight
            windows = [self.windows[index] for index in part]
            with accelerator.autocast():
                values = objective.backward(windows, weight, progress, accelerator.backward)
            for name, value in values.items():
                totals[name] = totals.get(name, 0.0) + weight * value
        if not all(torch.isfinite(torch.tensor(value)) for value in totals.values()):
            raise WorkbenchError(
                f"{self.folder.name}: diverged in epoch {progress.epoch + 1}, step {progress.step}: "
                f"{totals}; lower the learning rates"
            )
        self.sum_gradients()
        self._update(progress)
        return {name: value / share for name, value in totals.items()}

    def sum_gradients(self) -> None:
        """Sum gradients over processes; parts are already weighted by their share of the batch."""
        if self.accelerator.num_processes == 1:
            return
        groups = [group for optimizer in self.optimizers for group in optimizer.param_groups]
        parameters = [value for group in groups for value in group["params"]]
        has_grad = torch.tensor([value.grad is not None for value in parameters]).float()
        anywhere = self.accelerator.reduce(has_grad.to(parameters[0].device), reduction="sum")
        for value, count in zip(parameters, anywhere.tolist(), strict=True):
            # Without a gradient anywhere, an optimiser must leave it alone: a zero would move it on.
            if count:
                grad = torch.zeros_like(value) if value.grad is None else value.grad
                value.grad = self.accelerator.reduce(grad, reduction="sum")

    def _update(self, progress: TrainingProgress) -> None:
        settings = self.objective.settings
        factor = schedule(progress, settings.warmup)
        for optimizer in self.optimizers:
            parameters = [value for group in optimizer.param_groups for value in group["params"]]
            self.accelerator.clip_grad_norm_(parameters, settings.max_grad_norm)
            for group in optimizer.param_groups:
                if "peak" in group:
                    group["lr"] = group["peak"] * factor
            optimizer.step()
            optimizer.zero_grad()
        self.objective.after_step()

    def _resume(self) -> tuple[list[dict[str, Any]], int]:
        path = self.folder / STATE
        if not path.is_file():
            return [], 0
        facts = load_training(path, self.objective, self._plain_optimizers())
        self.running = facts["running"]
        LOG.info("%s: goes on after step %d", self.folder.name, facts["step"])
        return facts["history"], facts["step"]

    def checkpoint(self, step: int, history: list[dict[str, Any]]) -> None:
        """Write all that training needs to go on after `step` steps."""
        if self.accelerator.is_main_process:
            facts = {"step": step, "history": history, "running": self.running}
            save_training(self.folder / STATE, self.objective, self._plain_optimizers(), facts)
        self.accelerator.wait_for_everyone()

    def keep_weights(self, epoch: int, history: list[dict[str, Any]]) -> None:
        """Write the weights after `epoch` if they are worth it, delete those that no longer are."""
        keep = self.objective.keep(history)
        if not self.accelerator.is_main_process:
            return
        if epoch in keep:
            save_weights(self._weights(epoch), self.objective.model, history[epoch])
        for other in range(epoch):
            if other not in keep:
                self._weights(other).unlink(missing_ok=True)

    def _weights(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch}.safetensors"

    def _plain_optimizers(self) -> list[Optimizer]:
        return [getattr(optimizer, "optimizer", optimizer) for optimizer in self.optimizers]


def schedule(progress: TrainingProgress, warmup: float) -> float:
    """Return the factor on the peak rate: linear up over the warm-up share of steps, then down to 0."""
    rising = max(1, round(warmup * progress.total_steps))
    if progress.step < rising:
        return (progress.step + 1) / rising
    return (progress.total_steps - progress.step) / max(1, progress.total_steps - rising)
