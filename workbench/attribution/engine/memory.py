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
    specs: Iterable[ScorerSpec], model: PruningClassifier, windows: Sequence[Window], options: Options
) -> int:
    """Return how many windows to run at once, at least 1.

    Args:
        specs: Scorers that are to run on the same batches.
        model: What they explain.
        windows: Among them the longest.
        options: With the budget, and the largest batch.
    """
    longest = max((len(window.input_ids) for window in windows), default=1)
    keeps_graph = any(spec.keeps_graph for spec in specs)
    return min(options.batch_size, copies_in(model, longest, options, keeps_graph=keeps_graph))


def copies_in(model: PruningClassifier, tokens: int, options: Options, *, keeps_graph: bool) -> int:
    """Return how many windows the memory budget holds, at least 1.

    Args:
        model: What runs.
        tokens: Length of a window.
        options: With the budget.
        keeps_graph: Whether the activations of all layers are kept at once.
    """
    config = model.stock.config
    maps = ATTENTION_COPIES * config.num_attention_heads * tokens**2
    states = HIDDEN_COPIES * tokens * config.hidden_size
    window_bytes = 4 * (maps + states) * (config.num_hidden_layers if keeps_graph else 1)
    return max(1, options.memory_mb * 2**20 // window_bytes)


def out_of_memory(error: Exception) -> bool:
    """Report whether torch or Python ran out of memory."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    # The CPU allocator raises a plain RuntimeError.
    return "not enough memory" in str(error) or "can't allocate memory" in str(error)
