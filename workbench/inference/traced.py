"""What a batch's traces say of every window, as records: who stayed, by which scores and thresholds."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.catalog.scorers import own_scorer
from workbench.core.documents import Window
from workbench.core.token_scores import TokenScores
from workbench.data.windows.token_texts import token_texts

if TYPE_CHECKING:
    from workbench.models.classifier import PruningClassifier
    from workbench.models.encoder import LayerTrace


def blank_record(model: "PruningClassifier", tokenizer: Any, window: Window) -> TokenScores:
    """Return a window's record under a model's own scorer, all scores NaN.

    Args:
        model, tokenizer: A trained model and its tokenizer.
        window: Whose tokens.
    """
    method = model.policy.method
    tokens = token_texts(window, tokenizer)
    scores = np.full((model.layers, len(tokens)), np.nan)
    return TokenScores(
        own_scorer(method), method, window.text_id, window.window, tokens, window.word_index, scores,
        rationale=window.rationale, shares=window.shares,
    )  # fmt: skip


def traced(
    model: "PruningClassifier",
    traces: Sequence["LayerTrace"],
    windows: Sequence[Window],
    blanks: Sequence[TokenScores],
) -> Iterator[tuple[TokenScores, TokenScores]]:
    """Yield of each window its record, and one whose scores are the thresholds (NaN: none was met).

    Thresholds stand where scores do, so that windows of both are put together by the same rule.

    Args:
        model: What ran.
        traces: What its pass over these windows left, layer by layer.
        windows: The batch.
        blanks: Their records without scores.
    """
    import torch

    from workbench.attribution.scorers.learned.pruner_scores import scores_of_traces

    with torch.inference_mode():
        limits = [_needed(model, *layer) for layer in enumerate(traces)]
        scored, needed = scores_of_traces(traces, windows), scores_of_traces(limits, windows)
    for blank, layers, limit in zip(blanks, scored, needed, strict=True):
        yield (
            replace(blank, scores=layers.scores, kept=layers.kept),
            replace(blank, scores=limit.scores),
        )


def _needed(model: "PruningClassifier", layer: int, trace: "LayerTrace") -> "LayerTrace":
    """The trace with each token's threshold in the place of its score."""
    import torch

    limit = model.policy.threshold(layer, trace.entered)
    everyone = torch.ones_like(trace.entered.is_cls, dtype=torch.float32)
    return replace(trace, scores=None if limit is None else everyone * limit)
