"""A classifier as an ONNX graph in which tokens really go: traced through the encoder and its policy."""

import copy
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from workbench.engines.manifest import INPUTS, OUTPUTS
from workbench.errors import InputError
from workbench.models.backbones import backbone_of
from workbench.models.backbones.base import Backbone
from workbench.models.classifier import PruningClassifier
from workbench.models.kernels.onednn import linear_kernels
from workbench.models.layouts import Inputs, Layout
from workbench.models.layouts.traced import TracedText
from workbench.models.layouts.traced_batch import TracedTexts
from workbench.models.policies.base import Policy

OPSET = 18
EXAMPLE = (9, 12, 6)
"""Tokens of the texts that a graph is traced with; it takes any others."""


def write_graph(model: PruningClassifier, path: Path, *, batch: bool) -> None:
    """Write a classifier's graph: see `INPUTS` and `OUTPUTS` for what goes in and comes out.

    Args:
        model: Any classifier.
        path: The file.
        batch: Any number of texts instead of one.

    Raises:
        InputError: The exporter is not installed, or cannot express what the policy computes: names the
            method, the layer and what is in the way.
    """
    sizes = EXAMPLE if batch else EXAMPLE[:1]
    inputs = [torch.ones(sum(sizes), dtype=torch.int64), torch.zeros(sum(sizes), dtype=torch.int64)]
    if batch:
        inputs.append(torch.tensor(sizes))
    traced = _with_joined_products(model)
    module = _Texts(traced) if batch else _Text(traced)
    try:
        program = _exported(module.eval(), inputs, INPUTS[: len(inputs)], OUTPUTS)
    except InputError:
        raise
    except Exception as error:  # torch's exporter has many, most of them private.
        part, reason = _culprit(model, error)
        raise InputError(
            f"{model.method}: its {part} cannot be written as an ONNX graph: {reason}"
        ) from error
    program.save(path)


def write_stock_graph(stock: PreTrainedModel, path: Path) -> None:
    """Write the ordinary Hugging Face model's graph: padded (B, N) ids, mask and, where the family
    has some, types -> logits."""
    names = ("input_ids", "attention_mask", "token_type_ids")[: 2 + bool(backbone_of(stock).token_kinds)]
    inputs = [torch.ones(2, 9, dtype=torch.int64) for _ in names]
    inputs[2:] = [torch.zeros_like(types) for types in inputs[2:]]
    program = _exported(_Stock(stock).eval(), inputs, names, OUTPUTS[:1], axes=(0, 1))
    program.save(path)


def _with_joined_products(model: PruningClassifier) -> PruningClassifier:
    """Return the classifier with a copy of its stock model whose layers make queries, keys and values by
    one product, where all three are of every token."""
    copied = model.under(model.policy, copy.deepcopy(model.stock))
    from_cls = copied.shape.pools_cls and not model.policy.cuts_after_attention
    for layer in copied.backbone.layers[:-1] if from_cls else copied.backbone.layers:
        layer.join_products()
    return copied


class _Stock(nn.Module):
    def __init__(self, stock: nn.Module) -> None:
        super().__init__()
        self.stock = stock

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Tensor:
        types = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        output = self.stock(input_ids=input_ids, attention_mask=attention_mask, **types)
        return Backbone.logits_of(output)


class _Text(nn.Module):
    """One text: (T,) tokens and their types."""

    def __init__(self, model: PruningClassifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        tokens = input_ids.shape[0]
        return _answers(self.model, input_ids, token_type_ids, torch.arange(tokens), TracedText(tokens))


class _Texts(_Text):
    """Any number of texts end to end, and (B,) how many tokens are whose."""

    def forward(  # type: ignore[override]
        self, input_ids: Tensor, token_type_ids: Tensor, sizes: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        layout = TracedTexts.of_sizes(sizes, input_ids.shape[0])
        return _answers(self.model, input_ids, token_type_ids, layout.columns, layout)


def _answers(
    model: PruningClassifier, ids: Tensor, types: Tensor, positions: Tensor, layout: Any
) -> tuple[Tensor, Tensor, Tensor]:
    hidden = model.backbone.embed(Inputs(ids[None], types[None], positions[None]))
    # A traced layout answers what policies and the encoder ask at inference, and nothing else.
    encoded = model.encode(hidden, cast(Layout, layout), cls_only=model.shape.pools_cls)
    every = encoded.every
    # All tokens' states lie in one row here, without the padding that a token head covers.
    logits = model.head(encoded) if every is None else model.backbone.token_head(every)[0]
    return logits, encoded.tokens, encoded.tokens_ffn


class _Cut(nn.Module):
    """What a policy computes at one layer's cut."""

    def __init__(self, policy: Policy, layer: int) -> None:
        super().__init__()
        self.policy, self.layer = policy, layer

    def forward(self, hidden: Tensor, received: Tensor) -> Tensor:
        layout = cast(Layout, TracedText(hidden.shape[1]))
        scores = self.policy.scores(self.layer, hidden, layout, received)
        keep = None if scores is None else self.policy.keep(self.layer, scores, layout)
        return hidden if keep is None else layout.drop(hidden, keep)[0]


def _culprit(model: PruningClassifier, error: Exception) -> tuple[str, str]:
    """Return which layer's cut alone cannot be exported, and why; the encoder if none is to blame."""
    width = model.stock.config.hidden_size
    for layer in range(model.layers):
        inputs = [torch.zeros(1, EXAMPLE[0], width), torch.ones(1, EXAMPLE[0])]
        cut = _Cut(model.policy, layer).eval()
        try:
            _exported(cut, inputs, ("hidden", "received"), ("left",), axes=(1,))
        except Exception as own:
            return f"cut in layer {layer}", _reason(own)
    return "encoder", _reason(error)


def _reason(error: BaseException) -> str:
    """Return the first line of the innermost cause that says something."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


@torch.no_grad()
def _exported(
    module: nn.Module,
    inputs: list[Tensor],
    names: tuple[str, ...],
    outputs: tuple[str, ...],
    axes: tuple[int, ...] = (0,),
) -> Any:
    """Return the ONNX program of a module whose inputs have any length along `axes`.

    InputError names what is not installed.
    """
    try:
        import onnxscript  # noqa: F401 - torch's exporter imports it, and onnx, when it is deep at work
    except ImportError as error:
        raise InputError(
            f"ONNX export: {error.name} is not installed: pip install 'rationale-workbench[onnx]'"
        ) from None
    with linear_kernels("stock"), _quietly():
        program: Any = torch.onnx.export(
            module,
            tuple(inputs),
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
            input_names=list(names),
            output_names=list(outputs),
            dynamic_shapes=tuple(dict.fromkeys(axes, torch.export.Dim.DYNAMIC) for _ in inputs),
            custom_translation_table={
                torch.ops.aten.sort.stable: _stable_sort,
                torch.ops.aten.gelu.default: _gelu,
            },
        )
    for node in program.model.graph.all_nodes():
        node.metadata_props.clear()  # Names this machine's folders.
    return program


def _stable_sort(x: Any, stable: bool = True, dim: int = -1, descending: bool = False) -> Any:
    """Sort by ONNX's TopK, which puts equals in their order; its exporter knows only the other sort."""
    import onnxscript

    op: Any = onnxscript.opset18
    size = op.Gather(op.Shape(x), op.Constant(value_ints=[dim]))
    return op.TopK(x, size, axis=dim, largest=int(descending), sorted=1)


def _gelu(x: Any, approximate: str = "none") -> Any:
    """Multiply in the order that ONNX Runtime knows as one operation, which the exporter's is not."""
    import onnxscript

    op: Any = onnxscript.opset18
    if approximate != "none":
        raise NotImplementedError(f"gelu, approximate={approximate!r}")
    half, one, root = (op.CastLike(op.Constant(value_float=v), x) for v in (0.5, 1.0, 2**0.5))
    return op.Mul(op.Mul(x, op.Add(op.Erf(op.Div(x, root)), one)), half)


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep what the exporter says of itself from the user."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
