"""A pruner's own scores at the entry of every layer, and which tokens pass: AdapLeR's CPs, for one."""

from collections.abc import Sequence

import numpy as np
import torch

from workbench.attribution.engine.task import Task
from workbench.attribution.types import Scored
from workbench.catalog.scorers import register_scorer
from workbench.core.documents import Window
from workbench.models.classifier import PruningClassifier
from workbench.models.encoder import LayerTrace


@register_scorer(
    name="cp", title="contribution predictor", group="learned", order=10,
    description="AdapLeR's contribution predictors, share of the living tokens",
    method="adapler", rows="some",
)  # fmt: skip
@register_scorer(
    name="top", title="ToP importance", group="learned", order=20,
    description="attention received where the method cuts, mean over heads and queries, in ToP's model",
    method="top", rows="some",
)  # fmt: skip
@register_scorer(
    name="ltp", title="LTP importance", group="learned", order=30,
    description="attention received where the method cuts, mean over heads and queries, in LTP's model",
    method="ltp", rows="some",
)  # fmt: skip
@register_scorer(
    name="transkimmer", title="Transkimmer's keep probability", group="learned", order=40,
    description="Transkimmer's probability of keeping the token",
    method="transkimmer", rows="some",
)  # fmt: skip
@register_scorer(
    name="powerbert", title="PoWER-BERT's significance", group="learned", order=50,
    description="significance: attention received from the other tokens in the layer "
    "itself, head mean, summed over queries, in PoWER-BERT's model",
    method="powerbert", rows="some",
)  # fmt: skip
@register_scorer(
    name="trbert", title="TR-BERT's keep probability", group="learned", order=60,
    description="TR-BERT's probability of keeping the token, at its two selectors",
    method="trbert", rows="some",
)  # fmt: skip
def own_scores(task: Task) -> list[Scored]:
    """Return the model's own scores of a batch; NaN in layers that are not to be scored."""
    result = pruner_scores(task.model, task.windows)
    others = [layer for layer in range(task.model.layers) if layer not in task.layers]
    for scored in result:
        scored.scores[others] = np.nan
    return result


@torch.inference_mode()
def pruner_scores(model: PruningClassifier, windows: Sequence[Window]) -> list[Scored]:
    """Return the packed model's own scores by original position."""
    return scores_of_traces(model(windows, execution="packed", show="received").traces, windows)


def scores_of_traces(traces: Sequence[LayerTrace], windows: Sequence[Window]) -> list[Scored]:
    """Return what a batch's traces say of every window; NaN where a token has no score."""
    scores, kept = [], []
    for trace in traces:
        missing = torch.full_like(trace.entered.is_cls, torch.nan, dtype=torch.float32)
        values = missing if trace.scores is None else trace.scores
        scores.append(trace.entered.to_padded(values, np.nan))
        kept.append(trace.passed.to_padded(torch.ones_like(trace.passed.is_cls), False))
    all_scores = torch.stack(scores, dim=1).float().cpu().numpy()
    all_kept = torch.stack(kept, dim=1).cpu().numpy()
    return [
        Scored(score[:, : len(window.input_ids)], keep[:, : len(window.input_ids)])
        for score, keep, window in zip(all_scores, all_kept, windows, strict=True)
    ]
