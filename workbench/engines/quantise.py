"""Turn a graph's linear layers into int8 products."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from workbench.errors import InputError

LINEAR = ["MatMul", "Gemm"]
"""What is rounded. Embeddings and everything else stay float32: to round them too cost the demo's
AdapLeR 0.6 to 1.3 points of accuracy, and no time is theirs."""
Feed = Mapping[str, np.ndarray]
"""A graph's inputs by name."""


def quantise(graph: Path, calibration: Sequence[Feed] = ()) -> None:
    """Replace an exported graph by one whose linear layers multiply in int8.

    Weights are rounded once, by output channel, to 7 bits: processors without VNNI add two products in
    16 bits, which those of 8 bits overflow. What enters a layer is rounded as it comes, by its own
    range (dynamic quantisation); or, with a `calibration`, by the range that it has there from the
    least to the largest (static quantisation, written as QuantizeLinear and DequantizeLinear, which
    every engine knows).

    Args:
        graph: The file.
        calibration: Inputs that the ranges are taken from, run one after the other.

    Raises:
        InputError: ONNX Runtime's quantisation tools are not installed.
    """
    try:
        from onnxruntime import quantization as tools
    except ImportError as error:
        raise InputError(
            f"int8: {error.name} is not installed: pip install 'rationale-workbench[onnx]'"
        ) from None
    rounded = graph.with_suffix(".int8")
    shared = {
        "op_types_to_quantize": LINEAR, "per_channel": True, "weight_type": tools.QuantType.QInt8,
        "reduce_range": True,
    }  # fmt: skip
    try:
        with _quietly():
            if calibration:
                tools.quantize_static(
                    graph, rounded, _reader(tools, calibration), **shared,
                    activation_type=tools.QuantType.QUInt8,
                    extra_options={
                        # Products of two activations, as in attention, stay float32, and so do results.
                        "MatMulConstBOnly": True, "OpTypesToExcludeOutputQuantization": LINEAR,
                    },
                )  # fmt: skip
            else:
                tools.quantize_dynamic(graph, rounded, **shared)
        rounded.replace(graph)
    finally:
        rounded.unlink(missing_ok=True)


def _reader(tools: Any, feeds: Sequence[Feed]) -> Any:
    """Return what the tools ask for the next inputs, until there are none."""

    class Reader(tools.CalibrationDataReader):
        left = iter(feeds)

        def get_next(self) -> Feed | None:
            return next(self.left, None)

    return Reader()


@contextmanager
def _quietly() -> Iterator[None]:
    """Silence the tools, which recommend, through the root logger, what was done already."""
    root = logging.getLogger()
    level = root.level
    try:
        root.setLevel(logging.ERROR)
        yield
    finally:
        root.setLevel(level)
