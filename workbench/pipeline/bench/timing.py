"""Time the stock Hugging Face model and every method, packed and masked, on the same windows."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd
import torch
import transformers
from torch import Tensor, nn
from transformers import PreTrainedModel

from workbench.core.documents import Window
from workbench.core.inference import Inference, TokenInference, batches
from workbench.engines.classifier import EngineClassifier
from workbench.engines.token_classifier import EngineTokenClassifier
from workbench.metrics.efficiency.flops import padded_flops
from workbench.metrics.efficiency.table import BFLOAT16, MASKED, measured_efficiency
from workbench.models.backbones import backbone_of
from workbench.models.backbones.base import STOCK_NAMES
from workbench.models.classifier import PruningClassifier
from workbench.models.inference import Execution, infer
from workbench.models.kernels.onednn import linear_kernels, onednn_wins, use_onednn
from workbench.models.stopwatch import peak_memory, round_frame, stopwatch
from workbench.models.token_classifier import PruningTokenClassifier

Model = TypeVar("Model", bound=nn.Module)
Run = Callable[[], None]
Infers = PruningClassifier | EngineClassifier | EngineTokenClassifier

STOCK = "hf"
"""The ordinary Hugging Face model on padded batches of similar length."""
STOCK_GIVEN = "hf-given-order"
"""The same on padded batches in the order the texts come in."""
STOCK_TORCH = "hf-torch-kernels"
"""The same in given order, with torch's own choice of matrix library; where ours differs from it."""


@dataclass(frozen=True)
class Measured:
    """Tables of measured seconds."""

    efficiency: pd.DataFrame
    """Columns of `schemas.EFFICIENCY`."""
    rounds: pd.DataFrame
    """Columns of `schemas.STOPWATCH`."""


def load_stock(dense: PruningClassifier, *, same_library: bool = True) -> PreTrainedModel:
    """Return the library's own model, with its own attention and the dense model's weights.

    With the `same_library` for its matrix products as ours: what differs then is padding and dropping.
    """
    auto = getattr(transformers, f"AutoModel{STOCK_NAMES[dense.reads]}")
    stock: PreTrainedModel = auto.from_config(copy.deepcopy(dense.stock.config))
    stock.load_state_dict(dense.stock.state_dict())
    if same_library:
        use_onednn(stock)
    return stock.to(dense.device).eval()


@torch.inference_mode()
def stock_logits(stock: PreTrainedModel, windows: Sequence[Window]) -> np.ndarray:
    """Return (W, classes) logits on padded batches, in the order of `windows`."""
    logits = np.zeros((len(windows), stock.config.num_labels), dtype=np.float32)
    by_length = list(batches(windows, 32))
    for batch, inputs in zip(by_length, _padded(stock, windows, by_length), strict=True):
        logits[batch] = stock(**inputs).logits.cpu().numpy()
    return logits


def time_models(
    stock: PreTrainedModel,
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
    """Time every model over `windows` at every batch size, all systems in turn in every round.

    Args:
        stock: What `load_stock` returns.
        models: Packed runs by name, `dense` among them.
        windows: What all of them classify.
        split: What the texts are called in the tables.
        batch_sizes: Sizes to time, one after the other.
        repeats: Recorded rounds.
        whole: Whether to add the masked runs, throughput and peak memory.
        bf16: Models in bfloat16 by the same names; then the stock model has such a twin too.
        report: Is told how many sizes are done.
    """
    stocks = {STOCK: stock} | ({STOCK + BFLOAT16: in_bfloat16(stock)} if bf16 else {})
    packed = {**models, **{name + BFLOAT16: model for name, model in bf16.items()}}
    flops = {name: counted_flops(model, windows) for name, model in models.items()}
    lengths = np.array([len(window.input_ids) for window in windows])
    work = (len(windows), int(lengths.sum())) if whole else None
    tables, rounds = [], []
    for number, size in enumerate(batch_sizes):
        systems = _stock_runs(stocks, windows, size)
        systems |= {name: running(model, windows, size) for name, model in packed.items()}
        if whole:
            pruned = [(name, model) for name, model in models.items() if name != "dense"]
            systems |= {name + MASKED: running(model, windows, size, "masked") for name, model in pruned}
        seconds = stopwatch(systems, repeats)
        # Last, so that what is made once, at the first run, is there already.
        memory = (
            {name: peak_memory(run, stock.device) for name, run in systems.items()} if whole else None
        )
        padded = padded_flops(lengths, size, models["dense"].costs.shape).sum()
        table = measured_efficiency(
            seconds, split, size, {name: count.saved for name, count in flops.items()},
            padded_speedups={name: padded / count.own for name, count in flops.items()},
            computed_speedups={name: count.saved_computed for name, count in flops.items()},
            work=work, memory=memory,
        )  # fmt: skip
        tables.append(table)
        rounds.append(round_frame(seconds, split, size))
        report(number + 1)
    return Measured(pd.concat(tables, ignore_index=True), pd.concat(rounds, ignore_index=True))


class FlopsCount(NamedTuple):
    """A model's FLOPs on some windows and the dense model's, without padding, by both conventions."""

    own: float
    dense: float
    own_computed: float
    dense_computed: float

    @property
    def saved(self) -> float:
        """Return how many times fewer they are as the papers count."""
        return self.dense / self.own

    @property
    def saved_computed(self) -> float:
        """Return how many times fewer are computed, see `Costs.computed`."""
        return self.dense_computed / self.own_computed


BATCH = 32


def infer_with(model: Infers) -> Callable[[Sequence[Window], int], Inference | TokenInference]:
    """Return what runs a model over windows, so many at a time, whatever its head says."""
    if isinstance(model, PruningTokenClassifier | EngineTokenClassifier):
        return model.infer_tokens
    return model.infer


def counted_flops(model: PruningClassifier, windows: Sequence[Window]) -> FlopsCount:
    """Count a model's FLOPs on exactly these windows."""
    result = infer_with(model)(windows, BATCH)
    told = windows, result.tokens, result.tokens_ffn
    counts = (*model.costs.of_windows(*told), *model.costs.computed(*told))
    return FlopsCount(*(float(count.sum()) for count in counts))


def in_bfloat16(model: Model) -> Model:
    """Return a copy whose weights and activations are bfloat16; rotary frequencies stay as they are."""
    twin = copy.deepcopy(model).to(torch.bfloat16)
    for name, buffer in model.named_buffers():
        if name.endswith("inv_freq"):
            parent, _, own = name.rpartition(".")
            setattr(twin.get_submodule(parent), own, buffer.clone())
    return twin


def _stock_runs(
    stocks: Mapping[str, PreTrainedModel], windows: Sequence[Window], size: int
) -> dict[str, Run]:
    """Make runs of the stock model in given order, and all `stocks` on batches of similar length."""
    stock, by_length = stocks[STOCK], list(batches(windows, size))
    runs = {name: _run_stock(model, windows, by_length) for name, model in stocks.items()}
    runs[STOCK_GIVEN] = _run_stock(stock, windows, given_batches(len(windows), size))
    if stock.device.type == "cpu" and onednn_wins():
        runs[STOCK_TORCH] = linear_kernels("stock")(runs[STOCK_GIVEN])
    return runs


def given_batches(windows: int, size: int) -> list[list[int]]:
    """Return the numbers of the windows of each batch, in the order they come in."""
    return [list(range(i, min(i + size, windows))) for i in range(0, windows, size)]


def _run_stock(stock: PreTrainedModel, windows: Sequence[Window], chosen: Sequence[list[int]]) -> Run:
    # Padding is laid out beforehand: only the model's own time counts.
    padded = _padded(stock, windows, chosen)

    @torch.inference_mode()
    def run() -> None:
        for inputs in padded:
            logits = stock(**inputs).logits
        logits.cpu()

    return run


def _padded(
    stock: PreTrainedModel, windows: Sequence[Window], chosen: Sequence[list[int]]
) -> list[dict[str, Tensor]]:
    backbone = backbone_of(stock)
    return [backbone.padded_inputs([windows[i] for i in batch]) for batch in chosen]


def running(
    model: PruningClassifier, windows: Sequence[Window], size: int, execution: Execution = "packed"
) -> Run:
    """Make a run in which everything counts, laying the tokens out as well.

    Args:
        model: The classifier.
        windows: What it classifies.
        size: Windows in a batch.
        execution: Packed or masked.
    """

    def run() -> None:
        infer(model, windows, size, execution)

    return run
