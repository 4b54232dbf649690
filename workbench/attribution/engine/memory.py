"""How many windows fit into a budget, and how running out of memory looks."""

from collections.abc import Iterable, Sequence

import torch

from workbench.attribution.options import Options
from workbench.catalog.scorers import ScorerSpec
from workbench.core.documents import Window
from workbench.models.classifier import PruningClassifier

ATTENTION_COPIES, HIDDEN_COPIES = 4, 24
"""Tensors of an attention map's and of a hidden state's size that one layer holds at a time: measured
with few tokens and rounded up."""


def fitting_batch(
    scorers: Iterable[ScorerSpec], model: PruningClassifier, windows: Sequence[Window], options: Options
) -> int:
    """Windows per batch, at least 1: `batch_size`, or as many of the longest as the budget holds."""
    longest = max((len(window.input_ids) for window in windows), default=1)
    graph = any(scorer.keeps_graph for scorer in scorers)
    return min(options.batch_size, copies_in(model, longest, options, graph=graph))


def copies_in(model: PruningClassifier, tokens: int, options: Options, *, graph: bool) -> int:
    """How many windows of so many tokens the budget holds, at least 1; `graph` as in `window_bytes`."""
    return max(1, options.memory_mb * 2**20 // window_bytes(model, tokens, graph=graph))


def window_bytes(model: PruningClassifier, tokens: int, *, graph: bool) -> int:
    """What one window's tensors take in a pass, roughly; `graph`: those of all layers are kept."""
    config = model.bert.config
    maps = ATTENTION_COPIES * config.num_attention_heads * tokens**2
    states = HIDDEN_COPIES * tokens * config.hidden_size
    return 4 * (maps + states) * (config.num_hidden_layers if graph else 1)


def out_of_memory(error: Exception) -> bool:
    """Whether torch or Python ran out of memory."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    # The CPU allocator raises a plain RuntimeError.
    return "not enough memory" in str(error) or "can't allocate memory" in str(error)
