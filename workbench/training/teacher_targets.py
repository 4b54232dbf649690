"""What the fine-tuned model says of the training windows: its saliency and its logits."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from workbench.core.documents import Window
from workbench.core.token_tasks import NOWHERE

Targets = Mapping[tuple[str, int], np.ndarray]
"""Saliency of each training window's n tokens by (text id, window), (n,) each."""


Logits = Mapping[tuple[str, int], np.ndarray]
"""The fine-tuned model's logits of each training window by (text id, window): (classes,) each, or
(n, outputs) where every token has some."""


def target_rows(targets: Targets, windows: Sequence[Window]) -> Tensor:
    """(B, N) float32: the windows' targets by original position, 0 on padding; KeyError without one."""
    rows = torch.zeros(len(windows), max(len(window.input_ids) for window in windows))
    for row, window in enumerate(windows):
        target = targets[window.text_id, window.window]
        rows[row, : len(target)] = torch.from_numpy(target)
    return rows


def teacher_logits(teacher: Logits, windows: Sequence[Window]) -> Tensor:
    """(B, classes) or (B, N, outputs) float32: the windows' logits; KeyError without one."""
    return stacked_logits([teacher[window.text_id, window.window] for window in windows])


def stacked_logits(rows: Sequence[np.ndarray]) -> Tensor:
    """Return B rows (classes,) as (B, classes), those of tokens (n, outputs) as (B, N, outputs).

    The latter are filled up with `NOWHERE`.
    """
    return pad_sequence([torch.from_numpy(row) for row in rows], batch_first=True, padding_value=NOWHERE)
