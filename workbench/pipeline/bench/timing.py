"""The stopwatch's systems: the stock Hugging Face model, and every method packed and masked."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import TypeVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification, BertForSequenceClassification

from workbench.core.documents import Window
from workbench.metrics.efficiency.flops import padded_flops
from workbench.metrics.efficiency.table import BFLOAT16, MASKED, measured_efficiency
from workbench.models.classifier import Execution, PruningClassifier, batches
from workbench.models.cost import shape_of, window_flops
from workbench.models.inference import infer
from workbench.models.kernels.onednn import linear_kernels, onednn_wins, use_onednn
from workbench.models.layouts import Inputs, Padded
from workbench.models.stopwatch import peak_memory, round_frame, stopwatch

Model = TypeVar("Model", bound=nn.Module)
Run = Callable[[], None]

STOCK = "hf"
"""The ordinary Hugging Face model on padded batches of similar length."""
STOCK_GIVEN = "hf-given-order"
"""The same on padded batches in the order the texts come in."""
STOCK_TORCH = "hf-torch-kernels"
"""The same in given order, with torch's own choice of matrix library; where ours differs from it."""


@dataclass(frozen=True)
class Measured:
    """What the stopwatch found."""

    efficiency: pd.DataFrame
    """Columns of `schemas.EFFICIENCY`."""
    rounds: pd.DataFrame
    """Columns of `schemas.STOPWATCH`."""


def load_stock(dense: PruningClassifier) -> BertForSequenceClassification:
    """The library's own classifier with its own attention and the dense model's weights."""
    stock: BertForSequenceClassification = AutoModelForSequenceClassification.from_config(
        copy.deepcopy(dense.bert.config), attn_implementation="sdpa"
    )
    stock.load_state_dict(dense.bert.state_dict())
    # The same matrix library for all: what differs then is padding and dropping.
    use_onednn(stock)
    return stock.to(dense.device).eval()


@torch.inference_mode()
def stock_logits(stock: BertForSequenceClassification, windows: Sequence[Window]) -> np.ndarray:
    """(W, classes) logits on padded batches, in the order of `windows`."""
    logits = np.zeros((len(windows), stock.config.num_labels), dtype=np.float32)
    for batch in batches(windows, 32):
        layout, inputs = Padded.from_windows([windows[i] for i in batch], stock.device)
        logits[batch] = _stock_forward(stock, layout, inputs).cpu().numpy()
    return logits


def time_models(
    stock: BertForSequenceClassification,
    models: Mapping[str, PruningClassifier],
    windows: Sequence[Window],
    split: str,
    *,
    batch_sizes: Sequence[int],
    repeats: int,
    whole: bool = False,
    bf16: Mapping[str, PruningClassifier] = MappingProxyType({}),
    report: Callable[[int], None] = lambda done: None,
) -> Measured:
    """Every model over `windows` at every batch size; all systems in turn in every round.

    `models` are packed runs by name, `dense` among them. `whole` adds the masked runs, throughput and
    peak memory. `bf16` are models in bfloat16 by the same names; then the stock model has such a
    twin too. `report` hears how many sizes are done.
    """
    stocks = {STOCK: stock} | ({STOCK + BFLOAT16: in_bfloat16(stock)} if bf16 else {})
    packed = {**models, **{name + BFLOAT16: model for name, model in bf16.items()}}
    own, full = zip(*(_flops(model, windows) for model in models.values()), strict=True)
    speedups = {name: full[i] / own[i] for i, name in enumerate(models)}
    lengths = np.array([len(window.input_ids) for window in windows])
    work = (len(windows), int(lengths.sum())) if whole else None
    shape = shape_of(models["dense"])
    tables, rounds = [], []
    for number, size in enumerate(batch_sizes):
        systems = _stock_runs(stocks, windows, size)
        systems |= {name: running(model, windows, size) for name, model in packed.items()}
        if whole:
            systems |= {
                name + MASKED: running(model, windows, size, "masked")
                for name, model in models.items()
                if name != "dense"
            }
        seconds = stopwatch(systems, repeats)
        # Last, so that what is made once, at the first run, is there already.
        memory = None
        if whole:
            memory = {name: peak_memory(run, stock.device) for name, run in systems.items()}
        padded = padded_flops(lengths, size, shape).sum()
        table = measured_efficiency(
            seconds,
            split,
            size,
            speedups,
            padded_speedups={name: padded / own[i] for i, name in enumerate(models)},
            work=work,
            memory=memory,
        )
        tables.append(table)
        rounds.append(round_frame(seconds, split, size))
        report(number + 1)
    return Measured(pd.concat(tables, ignore_index=True), pd.concat(rounds, ignore_index=True))


def _flops(model: PruningClassifier, windows: Sequence[Window]) -> tuple[float, float]:
    """The model's FLOPs on exactly these windows, and the dense model's, without padding."""
    result = infer(model, windows)
    own, full = window_flops(model, windows, result.tokens, result.tokens_ffn)
    return float(own.sum()), float(full.sum())


def in_bfloat16(model: Model) -> Model:
    """A copy whose weights and activations are bfloat16."""
    return copy.deepcopy(model).to(torch.bfloat16)


def _stock_runs(
    stocks: Mapping[str, BertForSequenceClassification], windows: Sequence[Window], size: int
) -> dict[str, Run]:
    """The stock model in given order, and all `stocks` on batches of similar length."""
    stock, by_length = stocks[STOCK], list(batches(windows, size))
    given = [list(range(i, min(i + size, len(windows)))) for i in range(0, len(windows), size)]
    runs = {name: _run_stock(model, windows, by_length) for name, model in stocks.items()}
    runs[STOCK_GIVEN] = _run_stock(stock, windows, given)
    if stock.device.type == "cpu" and onednn_wins():
        runs[STOCK_TORCH] = linear_kernels("stock")(runs[STOCK_GIVEN])
    return runs


def _run_stock(
    stock: BertForSequenceClassification, windows: Sequence[Window], chosen: list[list[int]]
) -> Run:
    """Padding is laid out beforehand: only the model's own time counts."""
    inputs = [Padded.from_windows([windows[i] for i in batch], stock.device) for batch in chosen]

    @torch.inference_mode()
    def run() -> None:
        for layout, values in inputs:
            logits = _stock_forward(stock, layout, values)
        logits.cpu()

    return run


def _stock_forward(stock: BertForSequenceClassification, layout: Padded, inputs: Inputs) -> Tensor:
    """Padded logits as any user of transformers gets them."""
    return stock(
        input_ids=inputs.input_ids,
        token_type_ids=inputs.token_type_ids,
        attention_mask=layout.alive.long(),
    ).logits


def running(
    model: PruningClassifier, windows: Sequence[Window], size: int, execution: Execution = "packed"
) -> Run:
    """Everything counts, laying the tokens out as well."""

    def run() -> None:
        infer(model, windows, size, execution)

    return run


def masked_seconds(model: PruningClassifier, windows: Sequence[Window], size: int) -> float:
    """Seconds of one plain masked pass over all windows: the unit in which a scorer's cost is told."""
    start = perf_counter()
    running(model, windows, size, "masked")()
    return perf_counter() - start
