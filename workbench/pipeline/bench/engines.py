"""Time what a user would pick instead: the stock model, our dense one and the pruned ones, by engine.

All contestants take turns in every round, in one process, over the same windows. Realised share is
against our dense model in the same engine and precision.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import PreTrainedModel

from workbench.catalog.options import Compute, Engine, Precision
from workbench.core.documents import Window
from workbench.core.inference import batches
from workbench.engines.classifier import EngineClassifier
from workbench.engines.quantise import quantise
from workbench.engines.sessions import ENGINES, open_session
from workbench.engines.token_classifier import EngineTokenClassifier
from workbench.errors import InputError
from workbench.metrics.efficiency.table import median_ratio
from workbench.metrics.schemas import ENGINE_TIMES
from workbench.models.backbones import backbone_of
from workbench.models.classifier import PruningClassifier
from workbench.models.graphs import write_stock_graph
from workbench.models.stopwatch import stopwatch
from workbench.pipeline.bench.timing import (
    FlopsCount,
    Infers,
    counted_flops,
    given_batches,
    infer_with,
)
from workbench.pipeline.export_graphs import write_graphs

COMPILED = "torch.compile"
RIVALS = (COMPILED, *ENGINES)
"""What can be asked for beside torch."""
STOCK = "stock"
"""The ordinary Hugging Face model, padded."""
GIVEN, BY_LENGTH = "given", "by length"
_KINDS: dict[Engine, tuple[tuple[Precision, Compute], ...]] = {
    "onnxruntime": (("fp32", "as-exported"), ("int8", "as-exported")),
    "openvino": (("fp32", "as-exported"), ("fp32", "bf16"), ("int8", "as-exported")),
}
"""By engine: the precision of its graph, and what it multiplies in."""

Call = Callable[[], object]
Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Contestant:
    """Something that classifies windows."""

    engine: str
    dtype: str
    """What it multiplies in: fp32, bf16 or int8."""
    method: str
    order: str
    """Whether batches hold texts as they come, or of similar length."""
    lay_out: Callable[[Sequence[Window]], Call]
    """Takes a batch; what it returns runs it. Padding is laid out before, what packing takes counts."""

    @property
    def key(self) -> Key:
        return self.engine, self.dtype, self.method, self.order


def time_engines(
    stock: PreTrainedModel,
    models: Mapping[str, PruningClassifier],
    tokenizer: Any,
    windows: Sequence[Window],
    split: str,
    *,
    engines: Sequence[str],
    batch_sizes: Sequence[int],
    rounds: int,
    note: Callable[[str], None],
    report: Callable[[int], None] = lambda done: None,
) -> pd.DataFrame:
    """Time every contestant; rows with the columns of `schemas.ENGINE_TIMES`.

    Args:
        stock: The ordinary Hugging Face model with the dense model's weights.
        models: Ours by method, `dense` among them.
        tokenizer: Theirs.
        windows: What all classify.
        split: What the texts are called.
        engines: Of `RIVALS`; InputError for others.
        batch_sizes: Sizes to time.
        rounds: Recorded rounds after one warm-up.
        note: Hears of what cannot be timed, and why.
        report: Is told how many sizes are done.
    """
    for engine in engines:
        if engine not in RIVALS:
            raise InputError(f"--engines {engine!r}: of {', '.join(RIVALS)}")
    with TemporaryDirectory() as folder:
        first, rivals = [], []
        for rival in _contestants(stock, models, tokenizer, Path(folder), engines, note):
            try:
                seconds = _first_call(rival, windows[:1])
            except Exception as error:  # Such as a missing C++ compiler, which several layers report.
                if rival.engine != COMPILED:
                    raise
                reason = next(iter(str(error).splitlines()), type(error).__name__)
                note(f"{COMPILED}: not timed: {reason}")
            else:
                first.append((*rival.key, split, "milliseconds_first", 1, 1000 * seconds))
                rivals.append(rival)
        tables = [ENGINE_TIMES.frame(first)]
        flops = {name: counted_flops(model, windows) for name, model in models.items()}
        tokenising = _tokenising(tokenizer, windows, rounds)
        for number, size in enumerate(batch_sizes):
            tables.append(_timed(rivals, windows, split, size, rounds, flops, tokenising))
            report(number + 1)
    return pd.concat(tables, ignore_index=True)


def _contestants(
    stock: PreTrainedModel,
    models: Mapping[str, PruningClassifier],
    tokenizer: Any,
    folder: Path,
    engines: Sequence[str],
    note: Callable[[str], None],
) -> Iterator[Contestant]:
    yield Contestant("torch", "fp32", STOCK, GIVEN, _stock_in_torch(stock, stock))
    yield Contestant("torch", "fp32", STOCK, BY_LENGTH, _stock_in_torch(stock, stock))
    for name, model in models.items():
        yield Contestant("torch", "fp32", name, BY_LENGTH, _ours(model))
    if COMPILED in engines:
        compiled = _stock_in_torch(stock, torch.compile(stock, dynamic=True))
        yield Contestant(COMPILED, "fp32", STOCK, BY_LENGTH, compiled)
    for engine in (name for name in ENGINES if name in engines):
        for precision, compute in _KINDS[engine]:
            try:
                yield from _in_engine(stock, models, tokenizer, folder, engine, precision, compute)
            except InputError as error:
                note(f"{engine}, {_dtype(precision, compute)}: not timed: {error}")


def _in_engine(
    stock: PreTrainedModel,
    models: Mapping[str, PruningClassifier],
    tokenizer: Any,
    folder: Path,
    engine: Engine,
    precision: Precision,
    compute: Compute,
) -> Iterator[Contestant]:
    threads, dtype = torch.get_num_threads(), _dtype(precision, compute)
    graph = folder / f"{STOCK}-{precision}.onnx"
    if not graph.exists():
        write_stock_graph(stock, graph)
        if precision == "int8":
            quantise(graph)
    backbone = backbone_of(stock)
    run = open_session(graph, engine, threads=threads, compute=compute, outputs=("logits",))

    def padded(windows: Sequence[Window]) -> Call:
        inputs = {name: value.numpy() for name, value in backbone.padded_inputs(windows).items()}
        return lambda: run(inputs)

    yield Contestant(engine, dtype, STOCK, BY_LENGTH, padded)
    for name, model in models.items():
        exported = folder / f"{name}-{precision}"
        if not exported.exists():
            write_graphs(model, tokenizer, exported, precision=precision, batched=True)
        kind = EngineClassifier if model.reads == "sequence" else EngineTokenClassifier
        ours = kind(exported, engine, threads=threads, compute=compute)
        yield Contestant(engine, dtype, name, BY_LENGTH, _ours(ours))


def _dtype(precision: Precision, compute: Compute) -> str:
    return "bf16" if compute == "bf16" else precision


def _ours(model: Infers) -> Callable[[Sequence[Window]], Call]:
    infer = infer_with(model)
    return lambda windows: lambda: infer(windows, len(windows))


def _stock_in_torch(
    stock: PreTrainedModel, running: Callable[..., Any]
) -> Callable[[Sequence[Window]], Call]:
    """Run the stock model, or what was compiled of it."""
    backbone = backbone_of(stock)

    def lay_out(windows: Sequence[Window]) -> Call:
        inputs = backbone.padded_inputs(windows)

        @torch.inference_mode()
        def call() -> object:
            return backbone.logits_of(running(**inputs))

        return call

    return lay_out


def _first_call(rival: Contestant, windows: Sequence[Window]) -> float:
    """Return the seconds of a contestant's first call, in which much is made once."""
    call = rival.lay_out(windows)
    start = perf_counter()
    call()
    return perf_counter() - start


def _tokenising(tokenizer: Any, windows: Sequence[Window], rounds: int) -> np.ndarray:
    """Return (W,) milliseconds, medians over rounds: making the tokens of one window at a time."""
    texts = tokenizer.batch_decode([window.input_ids for window in windows], skip_special_tokens=True)
    single: list[float] = []
    stopwatch({"": _timing_each([partial(tokenizer, text) for text in texts], single)}, rounds)
    return np.median(_milliseconds(single, rounds), axis=0)


def _timing_each(calls: Sequence[Call], single: list[float]) -> Callable[[], None]:
    """Make a run of all calls that adds the seconds of each to `single`."""

    def run() -> None:
        for call in calls:
            start = perf_counter()
            call()
            single.append(perf_counter() - start)

    return run


def _milliseconds(single: Sequence[float], rounds: int) -> np.ndarray:
    """Return (rounds, calls) of the seconds of a warm-up and so many rounds, the warm-up left out."""
    return 1000 * np.array(single).reshape(rounds + 1, -1)[1:]


def _timed(
    rivals: Sequence[Contestant],
    windows: Sequence[Window],
    split: str,
    size: int,
    rounds: int,
    flops: Mapping[str, FlopsCount],
    tokenising: np.ndarray,
) -> pd.DataFrame:
    """Seconds of every contestant at one batch size, and what follows from them.

    Args:
        rivals, windows, split, rounds: As of `time_engines`.
        size: Windows in a batch.
        flops: Of our models.
        tokenising: (W,) milliseconds, of one text at a time.
    """
    orders = {GIVEN: given_batches(len(windows), size), BY_LENGTH: list(batches(windows, size))}
    calls = {
        rival.key: [rival.lay_out([windows[i] for i in batch]) for batch in orders[rival.order]]
        for rival in rivals
    }
    single: dict[Key, list[float]] = {key: [] for key in calls}
    seconds = stopwatch({key: _timing_each(calls[key], single[key]) for key in calls}, rounds)
    stock = seconds["torch", "fp32", STOCK, GIVEN]
    rows = []
    for rival in rivals:
        key, own = rival.key, seconds[rival.key]
        low, median, high = np.quantile(own, [0.25, 0.5, 0.75]).tolist()
        found = {
            "seconds_median": median,
            "seconds_q25": low,
            "seconds_q75": high,
            "texts_per_second": len({window.text_id for window in windows}) / median,
            "speedup_vs_stock": median_ratio(stock, own),
        }
        if size == 1:
            recorded = _milliseconds(single[key], rounds)
            whole = recorded + tokenising[np.concatenate(orders[rival.order])]
            for q in (50, 95):
                found[f"milliseconds_p{q}"] = float(np.percentile(recorded, q))
                found[f"milliseconds_p{q}_tokenised"] = float(np.percentile(whole, q))
        if rival.method in flops:
            count = flops[rival.method]
            dense = seconds[rival.engine, rival.dtype, "dense", rival.order]
            found["flops_speedup_timed"] = count.saved
            found["flops_speedup_timed_computed"] = count.saved_computed
            found["realised_share"] = median_ratio(dense, own) / count.saved
        rows += [(*key, split, quantity, size, value) for quantity, value in found.items()]
    return ENGINE_TIMES.frame(rows)
