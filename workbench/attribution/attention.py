"""Scores from attention probabilities: received attention and rollout, from one forward pass."""

from collections.abc import Sequence

import numpy as np
import torch

from workbench.attribution.base import Scored
from workbench.attribution.rollout import rollout
from workbench.data.documents import Window
from workbench.models.classifier import PruningClassifier


@torch.inference_mode()
def attention_scores(model: PruningClassifier, windows: Sequence[Window]) -> dict[str, list[Scored]]:
    """`attention`: mean over heads and query rows; `rollout`: the [CLS] row of the product up to l.

    Row l speaks of layer l's own attention. Padding neither gives nor receives attention.
    """
    output = model(windows, execution="masked", show="probabilities")
    probabilities = [_present(trace.probabilities) for trace in output.traces]
    received = torch.stack([_present(trace.received) for trace in output.traces], dim=1)
    flows = rollout(probabilities)[:, :, 0].transpose(0, 1)
    return {"attention": _cut(received, windows), "rollout": _cut(flows, windows)}


def _cut(scores: torch.Tensor, windows: Sequence[Window]) -> list[Scored]:
    """(B, layers, N) -> per window (layers, n)."""
    rows = scores.float().cpu().numpy().astype(np.float32)
    return [Scored(row[:, : len(w.input_ids)]) for row, w in zip(rows, windows, strict=True)]


def _present(tensor: torch.Tensor | None) -> torch.Tensor:
    if tensor is None:
        raise ValueError("attention was not recorded: run masked with show='probabilities'")
    return tensor
