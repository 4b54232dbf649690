"""What models answer, how good that is, and in which layer an answer is lost."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from workbench.config.questions import QuestionSettings
from workbench.core.inference import batches
from workbench.core.questions import Question
from workbench.data.windows.questions import QuestionEncoding
from workbench.metrics.answer_spans import FoundAnswer, find_answers, span_search
from workbench.metrics.question_answering import answer_values
from workbench.models.inference import infer_ragged
from workbench.models.interventions.budget_controls import budget_masks, priority
from workbench.models.interventions.replay import ReplayPolicy
from workbench.models.token_classifier import PruningTokenClassifier

Answered = tuple[list[FoundAnswer], np.ndarray, np.ndarray]
"""Answers, and the tokens in each layer's self-attention and feed-forward part, (W, layers) each."""
LAYER_QUANTITIES = {
    "answer whole": "windows of which the whole answer goes on",
    "answer": "share of the answer's tokens that goes on",
    "sentence": "share of the tokens of the answer's sentence that goes on",
    "passage": "share of the passage's other tokens that goes on (the false positive rate)",
    "question": "share of the question's tokens that goes on",
}
"""What is told of a layer, over the windows that hold an answer."""


def answer_questions(
    model: PruningTokenClassifier,
    questions: Sequence[Question],
    encoding: QuestionEncoding,
    settings: QuestionSettings,
    batch_size: int = 32,
) -> Answered:
    """Return a model's answers, in the questions' order, and the tokens that they took.

    Args:
        model: What answers.
        questions, encoding: Those asked, and their windows.
        settings: Which spans may be answers.
        batch_size: Windows in a batch.
    """
    logits, tokens, tokens_ffn = infer_ragged(model, encoding.windows, batch_size)
    return found_answers(questions, encoding, logits, settings), tokens, tokens_ffn


def answer_at_random(
    model: PruningTokenClassifier,
    questions: Sequence[Question],
    encoding: QuestionEncoding,
    settings: QuestionSettings,
    budgets: np.ndarray,
    seed: int,
) -> list[FoundAnswer]:
    """Return the answers of the same weights with as many random tokens in every layer.

    Args:
        model, questions, encoding, settings: As of `answer_questions`.
        budgets: (W, layers) tokens that stay, [CLS] included.
        seed: Decides which.
    """
    windows = encoding.windows
    logits: list[np.ndarray] = [np.empty(0)] * len(windows)
    for batch in batches(windows, 32):
        part = [windows[index] for index in batch]
        alive = budget_masks([priority(window, "random", seed) for window in part], budgets[batch])
        policy = ReplayPolicy(torch.from_numpy(alive).to(model.device), cut=model.policy.cut)
        control = model.under(policy).eval()
        for index, row in zip(batch, infer_ragged(control, part, len(part))[0], strict=True):
            logits[index] = row
    return found_answers(questions, encoding, logits, settings)


def quality(
    model: PruningTokenClassifier,
    questions: Sequence[Question],
    encoding: QuestionEncoding,
    settings: QuestionSettings,
) -> dict[str, Any]:
    """Return dev metrics of training: mean F1, unpadded FLOPs speed-up, mean tokens per layer.

    Args:
        model, questions, encoding, settings: As of `answer_questions`.
    """
    answers, tokens, tokens_ffn = answer_questions(model, questions, encoding, settings)
    said = {answer.question_id: answer.text for answer in answers}
    own, dense = model.costs.of_windows(encoding.windows, tokens, tokens_ffn)
    return {
        "quality": float(answer_values(questions, said, settings.rules).f1.mean()),
        "speedup": float(dense.sum() / own.sum()),
        "tokens": tokens.mean(axis=0).round(2).tolist(),
    }


@torch.inference_mode()
def kept_by_layer(
    model: PruningTokenClassifier, encoding: QuestionEncoding
) -> Iterator[tuple[int, str, float, int]]:
    """Yield (layer, quantity, value, windows) for `LAYER_QUANTITIES`: means over windows with an answer.

    Args:
        model: What drops tokens.
        encoding: Windows, of which those without a whole answer are left out.
    """
    chosen = [number for number, facts in enumerate(encoding.facts) if facts.holds_answer]
    windows = [encoding.windows[number] for number in chosen]
    facts = [encoding.facts[number] for number in chosen]
    shares = np.full((len(windows), model.layers, len(LAYER_QUANTITIES)), np.nan)
    for batch in batches(windows, 32):
        output = model([windows[index] for index in batch], execution="masked")
        alive = np.stack([trace.passed.to_padded(trace.passed.is_cls | True, False).cpu().numpy()
                          for trace in output.traces], axis=1)  # fmt: skip
        for index, row in zip(batch, alive, strict=True):
            fact, n = facts[index], len(windows[index].input_ids)
            places = np.arange(n)
            answer = (places >= fact.start) & (places <= fact.end)
            asked = (windows[index].word_index >= 0) & ~fact.in_context
            groups = (answer, fact.sentence, fact.in_context & ~answer, asked)
            kept = row[:, :n]
            shares[index, :, 0] = kept[:, answer].all(axis=1)
            for column, group in enumerate(groups, start=1):
                if group.any():
                    shares[index, :, column] = kept[:, group].mean(axis=1)
    for layer in range(model.layers):
        for column, name in enumerate(LAYER_QUANTITIES):
            values = shares[:, layer, column]
            present = values[~np.isnan(values)]
            yield layer, name, float(present.mean()) if len(present) else np.nan, len(present)


def found_answers(
    questions: Sequence[Question],
    encoding: QuestionEncoding,
    logits: Sequence[np.ndarray],
    settings: QuestionSettings,
) -> list[FoundAnswer]:
    """Return the answers that logits say, in the questions' order.

    Args:
        questions, encoding, settings: As of `answer_questions`.
        logits: (n, 2) of each window: where an answer begins and ends.
    """
    begins, ends = ([row[:, side] for row in logits] for side in (0, 1))
    return list(find_answers(questions, encoding.facts, begins, ends, span_search(settings)))
