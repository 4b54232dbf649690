"""The graphs of an exported folder in an engine, whatever their outputs say."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from workbench.catalog.options import Compute, Engine
from workbench.core.documents import Window
from workbench.core.inference import refuse_long, window_limit
from workbench.engines.manifest import BATCH_GRAPH, INPUTS, TEXT_GRAPH, read_manifest
from workbench.engines.sessions import Session, open_session
from workbench.metrics.efficiency.flops import Costs

CALL_PAIRS = 2**18
"""Query-key pairs of one call, padding included: a window of 512 tokens, or 64 of 64. The graph holds
the attention of all; beyond the processor's cache a window takes several times as long."""


class Graphs:
    """An exported model in ONNX Runtime or OpenVINO.

    A batch of several windows goes through the batch graph where the folder has one, else window by
    window through that of one text. Each graph is opened once, when it is first needed.
    """

    on_cpu = True

    def __init__(
        self,
        folder: Path,
        engine: Engine,
        *,
        threads: int | None = None,
        compute: Compute = "as-exported",
    ) -> None:
        """Read a folder that `workbench export --format onnx` wrote.

        Args:
            folder: The folder.
            engine: Who runs its graphs.
            threads: Of one run; None: as many as the engine thinks good.
            compute: What it multiplies in.

        Raises:
            InputError: As `read_manifest` and `open_session`, and for a model of another kind of task.
        """
        self.folder, self.engine, self.threads, self.compute = folder, engine, threads, compute
        self.manifest = read_manifest(folder)
        self.check()
        self._text  # noqa: B018 - What cannot be opened is said at once.

    def check(self) -> None:
        """Raise InputError where the folder's model has another kind of task."""

    @property
    def method(self) -> str:
        return self.manifest.method

    @property
    def labels(self) -> tuple[str, ...]:
        return self.manifest.labels

    @property
    def costs(self) -> Costs:
        return self.manifest.costs

    def window_limit(self, max_tokens: int | None) -> int:
        """Return `max_tokens`, by default the model's positions; InputError if it is more than these."""
        return window_limit(max_tokens, self.manifest.positions)

    def together(self, windows: Sequence[Window], batch_size: int) -> int:
        """Return how many windows go through in one call.

        InputError names a window that is longer than the model.
        """
        refuse_long(windows, self.manifest.positions)
        return batch_size if batch_size > 1 and BATCH_GRAPH in self.manifest.files else 1

    def run(self, windows: Sequence[Window]) -> list[np.ndarray]:
        """Return what the graphs give for a batch, see `engines.manifest.OUTPUTS`."""
        several = len(windows) > 1
        return (self._batch if several else self._text)(graph_inputs(windows, several))

    @cached_property
    def _text(self) -> Session:
        return self._open(TEXT_GRAPH)

    @cached_property
    def _batch(self) -> Session:
        return self._open(BATCH_GRAPH)

    def _open(self, name: str) -> Session:
        return open_session(self.folder / name, self.engine, threads=self.threads, compute=self.compute)


def graph_inputs(windows: Sequence[Window], several: bool) -> dict[str, np.ndarray]:
    """Return a graph's inputs by name, see `INPUTS`.

    Args:
        windows: One, or for the batch graph any number.
        several: Whether it is the batch graph.
    """
    inputs = {
        INPUTS[0]: np.concatenate([window.input_ids for window in windows]),
        INPUTS[1]: np.concatenate([window.token_type_ids for window in windows]),
    }
    if several:
        inputs[INPUTS[2]] = np.array([len(window.input_ids) for window in windows], dtype=np.int64)
    return inputs
