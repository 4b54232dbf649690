"""A pruner's own scores at the entry of every layer, and who passed: AdapLeR's CPs, for one."""

from collections.abc import Sequence

import numpy as np
import torch

from workbench.attribution.engine.task import Task
from workbench.attribution.types import Scored
from workbench.core.documents import Window
from workbench.models.classifier import PruningClassifier
from workbench.models.encoder import LayerTrace


def own_scores(task: Task) -> list[Scored]:
    """The model's own scores of a batch of windows, rows not asked for left out."""
    found = pruner_scores(task.model, task.windows)
    silent = [layer for layer in range(task.model.layers) if layer not in task.layers]
    for scored in found:
        scored.scores[silent] = np.nan
    return found


@torch.inference_mode()
def pruner_scores(model: PruningClassifier, windows: Sequence[Window]) -> list[Scored]:
    """The packed model's own scores, put back on the text by original position."""
    return placed(model(windows, execution="packed", show="received").traces, windows)


def placed(traces: Sequence[LayerTrace], windows: Sequence[Window]) -> list[Scored]:
    """Scores and survivors of a batch's traces, one `Scored` per window, NaN where nothing is scored."""
    scores, kept = [], []
    for trace in traces:
        alive = trace.entered.to_padded(
            torch.ones_like(trace.entered.is_cls, dtype=torch.float32), np.nan
        )
        given = (
            alive * torch.nan if trace.scores is None else trace.entered.to_padded(trace.scores, np.nan)
        )
        scores.append(given)
        kept.append(trace.passed.to_padded(torch.ones_like(trace.passed.is_cls), False))
    all_scores = torch.stack(scores, dim=1).float().cpu().numpy()
    all_kept = torch.stack(kept, dim=1).cpu().numpy()
    return [
        Scored(score[:, : len(window.input_ids)], keep[:, : len(window.input_ids)])
        for score, keep, window in zip(all_scores, all_kept, windows, strict=True)
    ]
