"""Scorers by name. Adding one: a function over (model, windows) and a row in `FAMILIES`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from transformers import PreTrainedTokenizerBase

from workbench.attribution.attention import attention_scores
from workbench.attribution.base import Scored
from workbench.attribution.controls import control_scores
from workbench.attribution.pruners import pruner_scores
from workbench.attribution.saliency import gradient_x_activation
from workbench.data.documents import Window
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier, batches
from workbench.records import TokenScores

ATTENTION_CELLS = 1 << 21
"""Most attention probabilities per head and layer that one batch may hold (texts x tokens^2)."""


@dataclass(frozen=True)
class Family:
    """Scorers that come out of one pass over the windows."""

    explains: dict[str, str]
    """Scorer name -> what exactly it explains, fit for a table's caption."""
    method: str
    """The model it is computed on."""
    score: Callable[[PruningClassifier, Sequence[Window], int], dict[str, list[Scored]]]
    """(model, windows, seed) -> one `Scored` per window and scorer name."""


def _saliency(model: PruningClassifier, windows: Sequence[Window], seed: int) -> dict[str, list[Scored]]:
    return {"saliency": [Scored(scores) for scores in gradient_x_activation(model, windows)]}


def _own_scores(
    model: PruningClassifier, windows: Sequence[Window], seed: int
) -> dict[str, list[Scored]]:
    return pruner_scores(model, windows)


FAMILIES = (
    Family(
        {"cp": "AdapLeR's contribution predictors, share of the living tokens"},
        "adapler",
        _own_scores,
    ),
    Family(
        {"top": "attention received in the layer before, mean over heads and queries, in ToP's model"},
        "top",
        _own_scores,
    ),
    Family(
        {"ltp": "attention received in the layer before, mean over heads and queries, in LTP's model"},
        "ltp",
        _own_scores,
    ),
    Family(
        {"transkimmer": "Transkimmer's probability of keeping the token"},
        "transkimmer",
        _own_scores,
    ),
    Family(
        {
            "powerbert": "significance: attention received from the other tokens in the layer itself, "
            "head mean, summed over queries, in PoWER-BERT's model"
        },
        "powerbert",
        _own_scores,
    ),
    Family(
        {"trbert": "TR-BERT's probability of keeping the token, at its two selectors"},
        "trbert",
        _own_scores,
    ),
    Family(
        {"saliency": "gradient x layer input, L2 over H, logit of the predicted class"},
        "dense",
        _saliency,
    ),
    Family(
        {
            "attention": "attention received, mean over heads and queries",
            "rollout": "attention rollout, [CLS] row, head mean",
        },
        "dense",
        lambda model, windows, seed: attention_scores(model, windows),
    ),
    Family(
        {
            "random": "uniform random scores",
            "uniform": "the same score for every token",
            "oracle": "the human rationale itself",
        },
        "dense",
        lambda model, windows, seed: control_scores(windows, model.layers, seed),
    ),
)
SCORERS = {name: family for family in FAMILIES for name in family.explains}


def family_of(scorer: str) -> Family:
    """The family a scorer belongs to; InputError lists the known ones."""
    try:
        return SCORERS[scorer]
    except KeyError:
        raise InputError(f"unknown scorer {scorer!r} (known: {', '.join(SCORERS)})") from None


def score_windows(
    family: Family,
    model: PruningClassifier,
    tokenizer: PreTrainedTokenizerBase,
    windows: Sequence[Window],
    *,
    batch_size: int = 32,
    seed: int = 0,
    report: Callable[[int], None] = lambda done: None,
) -> Iterator[TokenScores]:
    """Records of every scorer of a family, batch by batch; `report` is told the windows done so far."""
    longest = max((len(window.input_ids) for window in windows), default=1)
    size = max(1, min(batch_size, ATTENTION_CELLS // longest**2))
    model.eval()
    done = 0
    for batch in batches(windows, size):
        part = [windows[index] for index in batch]
        for name, scored in family.score(model, part, seed).items():
            for window, item in zip(part, scored, strict=True):
                yield record(name, family.explains[name], model, tokenizer, window, item)
        done += len(part)
        report(done)


def record(
    name: str,
    target: str,
    model: PruningClassifier,
    tokenizer: PreTrainedTokenizerBase,
    window: Window,
    scored: Scored,
) -> TokenScores:
    """The one result type, from one window's scores."""
    return TokenScores(
        scorer=name,
        method=model.policy.method,
        text_id=window.text_id,
        window=window.window,
        tokens=tuple(tokenizer.convert_ids_to_tokens(window.input_ids.tolist())),
        word_index=np.asarray(window.word_index),
        scores=scored.scores,
        kept=scored.kept,
        rationale=window.rationale,
        target=target,
    )
