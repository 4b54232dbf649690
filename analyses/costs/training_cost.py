"""What training steps and saliency cost, in ratios: a table of docs/performance.md.

python analyses/costs/training_cost.py --model packaged
"""

import argparse
import itertools
import statistics
from collections.abc import Callable, Sequence

import numpy as np
import torch

from analyses.lib.study import run_script
from workbench.attribution.engine.gradients import layer_gradients
from workbench.catalog.methods.adapler import AdaplerSettings
from workbench.catalog.methods.dense import DenseSettings
from workbench.catalog.methods.top import TopSettings
from workbench.core.documents import Window
from workbench.core.inference import batches
from workbench.data.readers.plain_texts import read_texts
from workbench.data.windows.encode import encode
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.adapler import AdapLeR
from workbench.models.policies.base import Policy
from workbench.models.policies.top import ToP
from workbench.models.pretrained import load_backbone, load_tokenizer
from workbench.models.stopwatch import stopwatch
from workbench.training.objectives.adapler import AdaplerObjective
from workbench.training.objectives.base import Objective, TrainingProgress
from workbench.training.objectives.dense import DenseObjective
from workbench.training.objectives.top import TopObjective, compute_teacher_targets
from workbench.training.top_gates import MOST_INFORMED

BATCH = 16
TOTAL = 1000
"""Steps of the imagined training; those that are timed lie in the middle of the first half."""


OPTIONS = {
    "--model": {"default": "packaged", "help": "a backbone: packaged, a folder, a hub name"},
    "--source": {"default": "rotten-tomatoes", "help": "texts of the timed steps"},
    "--rounds": {"type": int, "default": 7},
}


def main(options: argparse.Namespace) -> None:
    """Print one line per measurement."""
    documents = read_texts(options.source, 64 * BATCH)
    labels = sorted({document.label for document in documents})
    windows = encode(documents, labels, load_tokenizer(options.model), 256).windows
    _compare_steps(options.model, windows, options.rounds)
    _compare_saliency(options.model, windows[:1000], options.rounds)


def _fresh(backbone: str) -> PruningClassifier:
    """Load the backbone with an untrained head."""
    return PruningClassifier(load_backbone(backbone, ("negative", "positive")), Policy())


def _compare_steps(backbone: str, windows: Sequence[Window], rounds: int) -> None:
    """Time forward, backward and optimiser step on the same batches of similar length."""
    chosen = list(itertools.islice(batches(windows, BATCH), 0, None, 8))
    targets = {
        (window.text_id, window.window): np.ones(len(window.input_ids), dtype=np.float32)
        for window in windows
    }
    config = _fresh(backbone).stock.config
    torch.manual_seed(0)
    adapler = PruningClassifier(_fresh(backbone).stock, AdapLeR(config))
    teacher = _fresh(backbone).eval()
    settings = TopSettings()
    top = PruningClassifier(_fresh(backbone).stock, ToP.from_settings(config, settings))
    teacher_targets = compute_teacher_targets(teacher, windows, 20)
    pruned = TopObjective(top, settings, teacher_targets)
    pruned.order_gates(top, windows[:MOST_INFORMED])
    objectives: dict[str, Objective] = {
        "dense": DenseObjective(_fresh(backbone), DenseSettings(epochs=1)),
        "adapler": AdaplerObjective(adapler, AdaplerSettings(), targets, 0.0),
        "top": pruned,
    }
    parts = [[windows[index] for index in batch] for batch in chosen]
    runs = {name: _steps(objective, parts) for name, objective in objectives.items()}
    steps = runs["top"]

    def top() -> None:
        steps()
        # ToP's teacher runs once before training, not in every step: its share is counted in.
        compute_teacher_targets(teacher, list(itertools.chain(*parts)), 20)

    seconds = stopwatch(runs | {"top": top}, rounds)
    dense = seconds["dense"]
    for name, spent in seconds.items():
        ratio = statistics.median(a / b for a, b in zip(spent, dense, strict=True))
        per_step = 1000 * statistics.median(spent) / len(parts)
        print(f"step {name}: {per_step:.0f} ms, {ratio:.2f}x dense ({len(parts)} batches of {BATCH})")


def _steps(objective: Objective, parts: Sequence[Sequence[Window]]) -> Callable[[], None]:
    """Return a function that takes one optimiser step per batch."""
    optimizers = objective.optimizers()
    objective.start_epoch(0)
    objective.model.train()

    def backward(loss: torch.Tensor, inputs: list[torch.Tensor] | None = None) -> None:
        loss.backward(inputs=inputs)

    def run() -> None:
        for part in parts:
            objective.backward(part, 1.0, TrainingProgress(0, TOTAL // 4, TOTAL), backward)
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad()
            objective.after_step()

    return run


def _compare_saliency(backbone: str, windows: Sequence[Window], rounds: int) -> None:
    """Time gradient x activation of all layers against a plain forward and backward pass."""
    model = _fresh(backbone).eval()
    parts = [[windows[index] for index in batch] for batch in batches(windows, 32)]

    def plain() -> None:
        for part in parts:
            model(part).logits.max(dim=1).values.sum().backward()
            model.zero_grad()

    def saliency() -> None:
        for part in parts:
            layer_gradients(model, part)

    seconds = stopwatch({"plain": plain, "saliency": saliency}, rounds)
    ratio = statistics.median(a / b for a, b in zip(seconds["saliency"], seconds["plain"], strict=True))
    print(f"saliency, all layers, {len(windows)} texts: {ratio:.2f}x a forward and backward pass")


if __name__ == "__main__":
    run_script(main, __doc__, OPTIONS)
