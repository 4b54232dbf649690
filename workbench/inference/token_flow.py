"""A question, or a text whose words are tagged, through a model: what it says, and who stays where."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.config.questions import QuestionSettings
from workbench.core.counts import counted
from workbench.core.documents import Window
from workbench.core.questions import Question, QuestionWindow
from workbench.core.tagging import TaggedText
from workbench.core.token_scores import TokenScores
from workbench.data.windows.questions import encode_by_settings
from workbench.data.windows.tags import Learnt, encode_tagged
from workbench.errors import InputError
from workbench.inference.answer import refuse_blank, usual_settings
from workbench.inference.traced import blank_record, traced
from workbench.metrics.answer_spans import FoundAnswer, answers_by_settings

if TYPE_CHECKING:
    from workbench.models.inference import Output
    from workbench.models.token_classifier import PruningTokenClassifier

MOST_WINDOWS = 400
"""Of one text: more are refused, since somebody waits."""
_BATCH = 32


@dataclass(frozen=True)
class WindowFlow:
    """One window's way through a model."""

    record: TokenScores
    """The scores that the model decided by (NaN where it scores nothing), and who stayed."""
    thresholds: TokenScores
    """The same with the score that each token needed; NaN where it met no threshold."""
    flops: int
    """Of the model as it ran, without padding."""
    flops_dense: int
    """Of the dense model."""


@dataclass(frozen=True)
class QuestionFlow:
    """What a model answers to one question, and the way of its windows."""

    found: FoundAnswer
    windows: tuple[WindowFlow, ...]
    facts: tuple[QuestionWindow, ...]
    """What each window holds of the question."""
    notes: tuple[str, ...]
    """A sentence for each thing that was cut."""

    @property
    def best_window(self) -> int:
        """Return the window with the best span; the first where no span may be an answer."""
        return self.found.spans[0].window if self.found.spans else 0


@dataclass(frozen=True)
class TagFlow:
    """What a model says of one text's words, and the way of its windows."""

    tags: tuple[str, ...]
    """One per word."""
    names: tuple[str, ...]
    """All tags that the model knows."""
    windows: tuple[WindowFlow, ...]


def question_flow(
    model: "PruningTokenClassifier",
    tokenizer: Any,
    question: Question,
    settings: QuestionSettings | None = None,
) -> QuestionFlow:
    """Answer one question, and follow its tokens.

    Args:
        model, tokenizer: What `load_answerer` returns with torch.
        question: Its answers, where it has some, are the records' rationale.
        settings: How it is cut and answered; default: as of `answer_questions`.

    Raises:
        InputError: For an empty question or passage, one that is not valid Unicode, and as
            `encode_questions` raises, also for more than `MOST_WINDOWS` windows.
    """
    refuse_blank(question)
    settings = settings or usual_settings(model)
    model.window_limit(settings.max_tokens)
    encoding = encode_by_settings([question], tokenizer, settings, MOST_WINDOWS)
    logits, windows = _through(model, tokenizer, encoding.windows)
    (found,) = answers_by_settings([question], encoding.facts, logits, settings)
    cut = f"The question has more than {counted(settings.max_question, 'token')}: its end is cut."
    return QuestionFlow(found, windows, tuple(encoding.facts), (cut,) if encoding.cut_questions else ())


def tag_flow(
    model: "PruningTokenClassifier",
    tokenizer: Any,
    text: TaggedText,
    *,
    max_tokens: int,
    learnt: Learnt = "first",
) -> TagFlow:
    """Tag one text, and follow its tokens.

    Args:
        model, tokenizer: Of token classification.
        text: Words that are not outside are the records' rationale.
        max_tokens: Of the longest window; InputError where the model takes no such.
        learnt: As of `encode_tagged`.

    Raises:
        InputError: For a tag that the model does not know, and a text without tokens or with more than
            `MOST_WINDOWS` windows.
    """
    names = model.labels
    unknown = sorted(set(text.tags) - set(names))
    if unknown:
        name = text.document.id
        raise InputError(f"text {name!r} has the tag {unknown[0]!r}, which the model has not")
    encoding = encode_tagged(
        [text], names, tokenizer, max_tokens=model.window_limit(max_tokens), learnt=learnt
    )
    if not encoding.windows:
        raise InputError(f"text {text.document.id!r}: the tokenizer finds no token in it")
    if len(encoding.windows) > MOST_WINDOWS:
        needed = counted(len(encoding.windows), "window")
        raise InputError(
            f"text {text.document.id!r} needs {needed}, and at most {MOST_WINDOWS} are run: shorten it"
        )
    logits, windows = _through(model, tokenizer, encoding.windows)
    (tags,) = encoding.tags([text], logits, names)
    return TagFlow(tuple(tags), names, windows)


def _through(
    model: "PruningTokenClassifier", tokenizer: Any, windows: Sequence[Window]
) -> tuple[list[np.ndarray], tuple[WindowFlow, ...]]:
    """Return the logits of every window's tokens, (n, outputs) each, and the windows' ways."""
    from workbench.models.inference import infer_ragged

    pairs: dict[int, tuple[TokenScores, TokenScores]] = {}

    def tracing(batch: list[int]) -> "Callable[[Sequence[Window]], Output]":
        def run(part: Sequence[Window]) -> "Output":
            output = model(part)
            blanks = [blank_record(model, tokenizer, window) for window in part]
            pairs.update(zip(batch, traced(model, output.traces, part, blanks), strict=True))
            return output

        return run

    logits, tokens, tokens_ffn = infer_ragged(model, windows, _BATCH, under=tracing)
    flops, dense = model.costs.of_windows(windows, tokens, tokens_ffn)
    costs = zip(flops.tolist(), dense.tolist(), strict=True)
    return logits, tuple(
        WindowFlow(*pairs[number], own, full) for number, (own, full) in enumerate(costs)
    )
