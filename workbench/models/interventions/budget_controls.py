"""Run a pruned model with its choice of tokens replaced, at the same budget."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import torch

from workbench.config.evaluation import Control
from workbench.core.documents import Window
from workbench.core.inference import Inference
from workbench.models.classifier import PruningClassifier
from workbench.models.inference import Execution, Output, collect
from workbench.models.interventions.replay import ReplayPolicy

M = TypeVar("M", bound=PruningClassifier)


def infer_at_budget(
    model: PruningClassifier,
    windows: Sequence[Window],
    result: Inference,
    kind: Control,
    *,
    seed: int = 0,
    draw: int = 0,
    batch_size: int = 32,
    execution: Execution = "packed",
) -> Inference:
    """Run `model` on `windows` with other tokens kept, as many in every text and layer as in `result`.

    Where the model's method cuts after self-attention, the tokens of its feed-forward parts are the
    budget. The `random` control depends on seed, draw, text id and window alone.

    Args:
        model: A pruned model; its weights stay its own.
        windows: The windows to run.
        result: What the model's own choice gave on these windows, in this order.
        kind: Which tokens stay instead, see `priority`.
        seed: Decides the `random` control.
        draw: Which of several `random` controls.
        batch_size: Windows that enter the model together.
        execution: Packed or masked.

    Raises:
        ValueError: If `result` is of other windows, and as in `priority`.
    """
    layers = (len(windows), model.layers)
    if result.tokens.shape != layers:
        raise ValueError(f"budgets {result.tokens.shape} are not (windows, layers) {layers}")
    budgets = result.tokens_ffn if model.policy.cuts_after_attention else result.tokens
    controlled = at_budget(model, windows, budgets, kind, seed, draw)

    def run(batch: list[int]) -> Output:
        return controlled(batch)([windows[index] for index in batch], execution=execution)

    return collect(model, windows, batch_size, run)


def at_budget(
    model: M,
    windows: Sequence[Window],
    budgets: np.ndarray,
    kind: Control,
    seed: int = 0,
    draw: int = 0,
) -> Callable[[list[int]], M]:
    """Return what gives the model that keeps other tokens of a batch, by the numbers of its windows.

    It is in evaluation mode, and so are the weights, which it shares.

    Args:
        model, windows, kind, seed, draw: As of `infer_at_budget`.
        budgets: (W, layers) tokens that stay, [CLS] included.
    """
    priorities = [priority(window, kind, seed, draw) for window in windows]

    def controlled(batch: list[int]) -> M:
        alive = budget_masks([priorities[index] for index in batch], budgets[batch])
        policy = ReplayPolicy(torch.from_numpy(alive).to(model.device), cut=model.policy.cut)
        return model.under(policy).eval()

    return controlled


def budget_masks(priorities: Sequence[np.ndarray], budgets: np.ndarray) -> np.ndarray:
    """Return (B, layers, N) bool by position: each layer's [CLS] and tokens of highest priority.

    Priorities are (n,) for each of B windows, budgets (B, layers) the tokens that stay, [CLS] included.
    """
    masks = np.zeros((*budgets.shape, max(map(len, priorities))), dtype=bool)
    masks[:, :, 0] = True
    for mask, values, allowed in zip(masks, priorities, budgets, strict=True):
        rank = (-values[1:]).argsort().argsort()
        mask[:, 1 : len(values)] = rank < allowed[:, None] - 1
    return masks


def priority(window: Window, kind: Control, seed: int = 0, draw: int = 0) -> np.ndarray:
    """Return (n,) float32: the larger, the longer a token stays; no two are equal.

    Args:
        window: A window of n tokens.
        kind: `random`, `first` (the text's beginning stays longest) or `oracle` (marked tokens do).
        seed: Decides the `random` order.
        draw: Which of several `random` orders.

    Raises:
        ValueError: For `oracle` on a window that nobody annotated; one without a marked token keeps its
            first ones.
    """
    n = len(window.input_ids)
    if kind == "random":
        return window.generator(seed, draw).permutation(n).astype(np.float32)
    earlier = -np.arange(n, dtype=np.float32)
    if kind == "first":
        return earlier
    if window.rationale is None:
        raise ValueError(f"text {window.text_id}: has no annotation, so no oracle")
    return earlier + n * window.rationale.astype(np.float32)
