"""The stopwatch's contestants: the stock Hugging Face model, and every method packed."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pandas as pd
import torch
from transformers import BertForSequenceClassification

from workbench.data.documents import Window
from workbench.evaluation.efficiency import round_frame, stopwatch
from workbench.models.classifier import PruningClassifier, batches
from workbench.models.cost import window_flops
from workbench.models.inference import infer
from workbench.models.layouts import Padded
from workbench.pipeline.job import Job

STOCK = "hf"
"""The ordinary Hugging Face model on padded batches of similar length."""
STOCK_GIVEN = "hf-given-order"
"""The same on padded batches in the order the texts come in."""


class Timing(NamedTuple):
    """One batch size's measurements."""

    seconds: dict[str, list[float]]
    """Per contestant, one value per round for all windows."""
    flops_speedups: dict[str, float]
    """Unpadded FLOPs speed-up of every method on exactly these windows."""
    rounds: pd.DataFrame


def time_methods(
    job: Job, dense: PruningClassifier, windows: Sequence[Window], split: str
) -> dict[int, Timing]:
    """Seconds over `windows` per batch size; all contestants in turn in every round."""
    settings = job.config.efficiency
    stock = BertForSequenceClassification.from_pretrained(job.run.model_folder("dense"))
    stock = stock.to(job.process.device).eval()
    models = {"dense": dense} | {m: job.model(m) for m in job.config.methods if m != "dense"}
    speedups = {}
    for name, model in models.items():
        own, full = window_flops(model, windows, infer(model, windows).tokens)
        speedups[name] = float(full.sum() / own.sum())
    results = {}
    for number, size in enumerate(settings.batch_sizes):
        sorted_batches = list(batches(windows, size))
        given = [list(range(i, min(i + size, len(windows)))) for i in range(0, len(windows), size)]
        contestants = {
            STOCK: _run_stock(stock, windows, sorted_batches),
            STOCK_GIVEN: _run_stock(stock, windows, given),
        }
        contestants |= {name: _run_packed(model, windows, size) for name, model in models.items()}
        seconds = stopwatch(contestants, settings.repeats)
        results[size] = Timing(seconds, speedups, round_frame(seconds, split, size))
        job.reporter.progress(number + 1, len(settings.batch_sizes), {})
    return results


def _run_stock(
    stock: BertForSequenceClassification, windows: Sequence[Window], chosen: list[list[int]]
) -> Callable[[], None]:
    """Padding is laid out beforehand: only the model's own time counts."""
    inputs = [Padded.from_windows([windows[i] for i in batch], stock.device) for batch in chosen]

    @torch.inference_mode()
    def run() -> None:
        for layout, values in inputs:
            logits = stock(
                input_ids=values.input_ids,
                token_type_ids=values.token_type_ids,
                attention_mask=layout.alive.long(),
            ).logits
        logits.cpu()

    return run


def _run_packed(model: PruningClassifier, windows: Sequence[Window], size: int) -> Callable[[], None]:
    """Everything counts, laying the tokens out as well."""

    def run() -> None:
        infer(model, windows, size)

    return run
