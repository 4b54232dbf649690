"""Open a graph in an engine: the one place that knows the engines' own libraries."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np

from workbench.catalog.options import Compute, Engine
from workbench.engines.manifest import OUTPUTS
from workbench.errors import InputError

ENGINES: tuple[Engine, ...] = get_args(Engine)
EXTRAS: dict[Engine, str] = {"onnxruntime": "onnx", "openvino": "openvino"}
"""Which extra of the package installs an engine."""
Session = Callable[[Mapping[str, np.ndarray]], list[np.ndarray]]
"""Runs a graph: inputs by name -> its outputs, in the order that was asked for."""


def open_session(
    graph: Path,
    engine: Engine,
    *,
    threads: int | None = None,
    compute: Compute = "as-exported",
    outputs: Sequence[str] = OUTPUTS,
) -> Session:
    """Open a graph once, to be run any number of times.

    Args:
        graph: An ONNX file that `workbench export` wrote.
        engine: One of `ENGINES`.
        threads: That one run may use; None: as many as the engine thinks good.
        compute: `bf16` in OpenVINO only.
        outputs: What a run returns, in this order.

    Raises:
        InputError: The engine is not installed, does not compute so, or cannot read the graph.
    """
    if threads is not None and threads < 1:
        raise InputError(f"threads {threads}: at least 1")
    if compute == "bf16" and engine != "openvino":
        raise InputError(f"engine {engine}: computes in the graph's own precision; bf16 is openvino's")
    library = _library(engine)
    try:
        return _OPENERS[engine](library, graph, threads, compute, list(outputs))
    except InputError:
        raise
    except Exception as error:  # Each library has exceptions of its own, some without a public name.
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise InputError(f"{graph}: {engine} cannot read it: {first}") from None


def _library(engine: Engine) -> Any:
    try:
        return importlib.import_module(engine)
    except ImportError:
        raise InputError(
            f"engine {engine}: not installed: pip install 'rationale-workbench[{EXTRAS[engine]}]'"
        ) from None


def _open_onnxruntime(
    library: Any, graph: Path, threads: int | None, compute: Compute, outputs: list[str]
) -> Session:
    options = library.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads or 0
    session = library.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run(outputs, dict(inputs))


def _open_openvino(
    library: Any, graph: Path, threads: int | None, compute: Compute, outputs: list[str]
) -> Session:
    core = library.Core()
    if compute == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise InputError("engine openvino: bf16: this processor has no bfloat16 products")
    settings: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": {"as-exported": "f32", "bf16": "bf16"}[compute],
        "PERFORMANCE_HINT": "LATENCY",
    }
    if threads is not None:
        settings["INFERENCE_NUM_THREADS"] = threads
    request = core.compile_model(core.read_model(graph), "CPU", settings).create_infer_request()

    def run(inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        answers = request.infer(dict(inputs))
        # The next run writes over what this one returned.
        return [np.array(answers[name]) for name in outputs]

    return run


_OPENERS = {"onnxruntime": _open_onnxruntime, "openvino": _open_openvino}
