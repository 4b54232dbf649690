"""Find what a dense model's layers cost on this machine, by a short run."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from workbench.core.documents import Window
from workbench.metrics.efficiency.flops import Costs
from workbench.metrics.efficiency.seconds import CostModel, Sample, Work, fit, relative_error, work_of
from workbench.models.classifier import PruningClassifier
from workbench.models.stopwatch import stopwatch
from workbench.pipeline.bench.timing import Run, running

BATCH_SIZES = (1, 8, 32)
LENGTHS = (8, 32, 128, 384)
LINEAR_TOKENS = (512, 2048)
"""Tokens in the runs of the linear layers alone: so many that reading the weights hardly counts."""
MOST_BATCHES = 4
ENOUGH_TOKENS = 2048
"""A grid point takes more than one batch only up to this many tokens."""

Task = tuple[Work, Run]


@dataclass(frozen=True)
class Calibration:
    """What the parts of a model cost on this machine, and from which runs that was found."""

    model: CostModel
    samples: tuple[Sample, ...]
    """The grid of whole runs, then the linear layers alone; seconds are medians over the rounds."""
    error: float
    """Median relative error of `model` on `samples`."""


def grid(positions: int) -> list[tuple[int, int]]:
    """Return (batch size, length) of every whole run, for a model with so many positions."""
    lengths = dict.fromkeys(min(length, positions) for length in LENGTHS)
    return [(size, length) for size in BATCH_SIZES for length in lengths]


def calibrate(model: PruningClassifier, *, repeats: int = 3, seed: int = 0) -> Calibration:
    """Time `model` on texts of random tokens and fit what its parts cost, all in turn in every round.

    Besides `infer` on every point of the `grid`, the encoder's linear layers run alone: within one
    model their FLOPs and the tokens' element-wise work grow together, and only this tells them apart.

    Args:
        model: ValueError unless it is dense.
        repeats: Recorded rounds.
        seed: Decides the tokens.
    """
    if model.policy.method != "dense":
        raise ValueError(f"calibration needs a dense model, not {model.policy.method}")
    tasks = [*_whole_runs(model, seed), *_linear_runs(model, seed)]
    seconds = stopwatch({str(number): run for number, (_, run) in enumerate(tasks)}, repeats)
    samples = tuple(
        (work, statistics.median(rounds))
        for (work, _), rounds in zip(tasks, seconds.values(), strict=True)
    )
    costs = fit(samples)
    return Calibration(costs, samples, relative_error(costs, samples))


def _whole_runs(model: PruningClassifier, seed: int) -> Iterator[Task]:
    rng, costs = np.random.default_rng(seed), model.costs
    config = model.stock.config
    for size, length in grid(model.backbone.positions):
        batches = min(MOST_BATCHES, max(1, ENOUGH_TOKENS // (size * length)))
        ids = rng.integers(config.vocab_size, size=(batches * size, length))
        yield _work(costs, batches, size, length), running(model, [_window(row) for row in ids], size)


def _work(costs: Costs, batches: int, size: int, length: int) -> Work:
    """Return the work where nothing is dropped: `length` tokens in every layer of every text."""
    tokens = np.full((batches * size, costs.shape.layers), length)
    return work_of(tokens, tokens, batches, costs)


def _window(ids: np.ndarray) -> Window:
    nothing = np.zeros_like(ids)
    return Window("random", 0, 0, ids, token_type_ids=nothing, word_index=nothing - 1)


def _linear_runs(model: PruningClassifier, seed: int) -> Iterator[Task]:
    """Make runs of every linear layer of the encoder, once, on random hidden states."""
    layers = [
        part
        for layer in model.backbone.layers
        for part in layer.stock.modules()
        if isinstance(part, nn.Linear)
    ]
    weights = sum(layer.weight.numel() for layer in layers)
    source = torch.Generator().manual_seed(seed)
    for tokens in LINEAR_TOKENS:
        widths = {layer.in_features for layer in layers}
        inputs = {
            width: torch.randn(1, tokens, width, generator=source).to(model.device) for width in widths
        }
        work = Work(model.layers, 2 * tokens * weights, attention_flops=0, tokens=0)
        yield work, _run_linear(layers, inputs)


def _run_linear(layers: list[nn.Linear], inputs: dict[int, torch.Tensor]) -> Run:
    @torch.inference_mode()
    def run() -> None:
        for layer in layers:
            output = layer(inputs[layer.in_features])
        # A GPU must have finished.
        output[0, 0].cpu()

    return run
