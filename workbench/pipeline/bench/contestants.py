"""Who takes part in `workbench bench --engines`: the stock model and ours, in torch and every engine."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel

from workbench.catalog.options import Compute, Engine, Precision
from workbench.core.documents import Window
from workbench.engines.classifier import EngineClassifier
from workbench.engines.manifest import read_manifest
from workbench.engines.quantise import quantise
from workbench.engines.sessions import ENGINES, open_session
from workbench.engines.token_classifier import EngineTokenClassifier
from workbench.errors import InputError
from workbench.models.backbones import backbone_of
from workbench.models.classifier import PruningClassifier
from workbench.models.graphs import write_stock_graph
from workbench.pipeline.bench.timing import Infers, infer_with
from workbench.pipeline.export_graphs import write_graphs
from workbench.pipeline.quantised_graphs import quantise_graphs

COMPILED = "torch.compile"
RIVALS = (COMPILED, *ENGINES)
"""What can be asked for beside torch."""
STOCK = "stock"
"""The ordinary Hugging Face model, padded."""
GIVEN, BY_LENGTH = "given", "by length"
CALIBRATED = 32
"""Timed windows that static quantisation takes its ranges from: times do not hang on them."""


@dataclass(frozen=True)
class _Kind:
    """What a row's dtype names."""

    dtype: str
    precision: Precision = "fp32"
    compute: Compute = "as-exported"
    static: bool = False


_FP32 = _Kind("fp32")
_STATIC = _Kind("int8 static", "int8", static=True)
_KINDS: dict[Engine, tuple[_Kind, ...]] = {
    "onnxruntime": (_FP32, _Kind("int8", "int8"), _STATIC),
    "openvino": (_FP32, _Kind("bf16", compute="bf16"), _STATIC),
}
"""By engine. OpenVINO computes dynamically quantised graphs more slowly than float32 ones."""

DTYPES = tuple(dict.fromkeys(kind.dtype for kinds in _KINDS.values() for kind in kinds))
"""All that engines multiply in."""

Call = Callable[[], object]
Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Contestant:
    """Something that runs over windows."""

    engine: str
    dtype: str
    """What it multiplies in: fp32, bf16, int8 or int8 static."""
    method: str
    order: str
    """Whether batches hold texts as they come, or of similar length."""
    lay_out: Callable[[Sequence[Window]], Call]
    """Takes a batch; what it returns runs it. Padding is laid out before, what packing takes counts."""

    @property
    def key(self) -> Key:
        return self.engine, self.dtype, self.method, self.order


def contestants(
    stock: PreTrainedModel,
    models: Mapping[str, PruningClassifier],
    tokenizer: Any,
    folder: Path,
    windows: Sequence[Window],
    *,
    engines: Sequence[str],
    dtypes: Collection[str],
    note: Callable[[str], None],
) -> Iterator[Contestant]:
    """Yield everyone who is timed.

    Args:
        stock, models, tokenizer, windows, engines, dtypes, note: As of `time_engines`.
        folder: Where graphs are exported to, unless they are there.
    """
    yield Contestant("torch", "fp32", STOCK, GIVEN, _stock_in_torch(stock, stock))
    yield Contestant("torch", "fp32", STOCK, BY_LENGTH, _stock_in_torch(stock, stock))
    for name, model in models.items():
        yield Contestant("torch", "fp32", name, BY_LENGTH, _ours(model))
    if COMPILED in engines:
        compiled = _stock_in_torch(stock, torch.compile(stock, dynamic=True))
        yield Contestant(COMPILED, "fp32", STOCK, BY_LENGTH, compiled)
    for engine in (name for name in ENGINES if name in engines):
        for kind in (kind for kind in _KINDS[engine] if kind.dtype in dtypes):
            calibration = windows[:CALIBRATED] if kind.static else ()
            try:
                yield from _in_engine(stock, models, tokenizer, folder, engine, kind, calibration)
            except InputError as error:
                note(f"{engine}, {kind.dtype}: not timed: {error}")


def _in_engine(
    stock: PreTrainedModel,
    models: Mapping[str, PruningClassifier],
    tokenizer: Any,
    folder: Path,
    engine: Engine,
    kind: _Kind,
    calibration: Sequence[Window],
) -> Iterator[Contestant]:
    threads, backbone = torch.get_num_threads(), backbone_of(stock)
    made = f"{kind.precision}{'-static' * kind.static}"
    graph = folder / f"{STOCK}-{made}.onnx"

    def inputs_of(windows: Sequence[Window]) -> dict[str, np.ndarray]:
        return {name: value.numpy() for name, value in backbone.padded_inputs(windows).items()}

    def padded(windows: Sequence[Window]) -> Call:
        inputs = inputs_of(windows)
        return lambda: run(inputs)

    if not graph.exists():
        begun = graph.with_suffix(".begun")
        write_stock_graph(stock, begun)
        if kind.precision == "int8":
            quantise(begun, [inputs_of([window]) for window in calibration])
        begun.replace(graph)
    run = open_session(graph, engine, threads=threads, compute=kind.compute, outputs=("logits",))
    yield Contestant(engine, kind.dtype, STOCK, BY_LENGTH, padded)
    for name, model in models.items():
        exported = folder / f"{name}-{made}"
        if not exported.exists():
            plain = folder / f"{name}-fp32"
            if not plain.exists():
                write_graphs(model, tokenizer, plain, batched=True)
            if exported != plain:
                begun = folder / "begun"
                begun.mkdir()
                quantise_graphs(plain, read_manifest(plain), begun, calibration)
                begun.replace(exported)
        engine_class = EngineClassifier if model.reads == "sequence" else EngineTokenClassifier
        ours = engine_class(exported, engine, threads=threads, compute=kind.compute)
        yield Contestant(engine, kind.dtype, name, BY_LENGTH, _ours(ours))


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
