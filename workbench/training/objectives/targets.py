"""The dense model's saliency of the training windows, as the objectives that learn from it see it."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from workbench.data.documents import Window

Targets = Mapping[tuple[str, int], np.ndarray]
"""Saliency of each training window's n tokens by (text id, window), (n,) each."""


def target_rows(targets: Targets, windows: Sequence[Window]) -> Tensor:
    """(B, N) float32: the windows' targets by original position, 0 on padding; KeyError without one."""
    rows = torch.zeros(len(windows), max(len(window.input_ids) for window in windows))
    for row, window in enumerate(windows):
        target = targets[window.text_id, window.window]
        rows[row, : len(target)] = torch.from_numpy(target)
    return rows
