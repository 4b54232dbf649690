"""A pruner's own scores at the entry of every layer, and who passed: AdapLeR's CPs, for one."""

from collections.abc import Sequence

import numpy as np
import torch

from workbench.attribution.base import Scored
from workbench.data.documents import Window
from workbench.models.classifier import PruningClassifier


@torch.inference_mode()
def pruner_scores(model: PruningClassifier, windows: Sequence[Window]) -> dict[str, list[Scored]]:
    """The packed model's own scores, put back on the text by original position.

    Returned under the method's scorer name: `cp` for AdapLeR, else the method's own.
    """
    output = model(windows, execution="packed", show="received")
    scores, kept = [], []
    for trace in output.traces:
        alive = trace.entered.place(torch.ones_like(trace.entered.is_cls, dtype=torch.float32), np.nan)
        given = alive * torch.nan if trace.scores is None else trace.entered.place(trace.scores, np.nan)
        scores.append(given)
        kept.append(trace.passed.place(torch.ones_like(trace.passed.is_cls), False))
    all_scores = torch.stack(scores, dim=1).float().cpu().numpy()
    all_kept = torch.stack(kept, dim=1).cpu().numpy()
    name = {"adapler": "cp"}.get(model.policy.method, model.policy.method)
    return {
        name: [
            Scored(score[:, : len(window.input_ids)], keep[:, : len(window.input_ids)])
            for score, keep, window in zip(all_scores, all_kept, windows, strict=True)
        ]
    }
