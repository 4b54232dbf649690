"""One text through a model: what it predicts and which tokens it drops where."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from transformers import PreTrainedTokenizerBase

from workbench.attribution.pruners import pruner_scores
from workbench.data.documents import Document, Window
from workbench.data.windows import encode
from workbench.data.words import split_words
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier
from workbench.models.inference import infer


@dataclass(frozen=True)
class Explanation:
    """One window of a text, layer by layer."""

    method: str
    predicted: str
    """Class with the highest probability, over all windows of the text."""
    probability: float
    window: int
    windows: int
    tokens: tuple[str, ...]
    scores: np.ndarray
    """(layers, n): the method's own scores at each layer's entry; NaN where not alive or not scored."""
    kept: np.ndarray
    """(layers, n) bool: passed on into the layer."""


def explain_text(
    model: PruningClassifier,
    tokenizer: PreTrainedTokenizerBase,
    text: str,
    second: str = "",
    max_tokens: int | None = None,
) -> list[Explanation]:
    """One explanation per window; windows are as long as the model allows unless `max_tokens` says less.

    Raises InputError for a text without words.
    """
    words = tuple(split_words(text))
    if not words:
        raise InputError("the text is empty: nothing to explain")
    document = Document("text", words, model.labels[0], second=tuple(split_words(second)))
    limit = model.bert.config.max_position_embeddings if max_tokens is None else max_tokens
    windows: Sequence[Window] = encode([document], model.labels, tokenizer, limit).windows
    probabilities = infer(model, windows).probabilities.mean(axis=0)
    best = int(probabilities.argmax())
    (scored,) = pruner_scores(model, windows).values()
    explanations = []
    for window, item in zip(windows, scored, strict=True):
        assert item.kept is not None
        explanations.append(
            Explanation(
                method=model.policy.method,
                predicted=model.labels[best],
                probability=float(probabilities[best]),
                window=window.window,
                windows=len(windows),
                tokens=tuple(tokenizer.convert_ids_to_tokens(window.input_ids.tolist())),
                scores=item.scores,
                kept=item.kept,
            )
        )
    return explanations
