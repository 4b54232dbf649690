"""One text through a model: what it predicts and which tokens it drops where."""

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from workbench.attribution.callbacks import Events
from workbench.attribution.options import Options
from workbench.attribution.run import run_scorers, score_windows
from workbench.attribution.scorers.learned.pruner_scores import own_scores
from workbench.catalog.scorers import ScorerSpec, own_scorer
from workbench.core.documents import Document, Window
from workbench.core.merge_windows import stitched
from workbench.core.token_scores import TokenScores
from workbench.data.windows.encode import encode
from workbench.data.words import Segmenter, split_words
from workbench.errors import InputError
from workbench.inference.pairs import seconds_of, unlike_training
from workbench.models.classifier import PruningClassifier
from workbench.models.inference import infer

OWN = ScorerSpec(
    name="own", title="own scores", description="the model's own scores", group="learned", rows="some",
    implementation=own_scores,
)  # fmt: skip
"""Any model's, also one that scores nothing and keeps everything."""


@dataclass(frozen=True)
class Explained:
    """A prediction and the model's own scores behind it."""

    predicted: str | tuple[str, ...]
    """Class with the highest mean probability over the text's windows; of a regression what its value is
    called; where a text has any number of labels those with a mean probability of at least one half."""
    said: str
    """The same with its probability or value, in words."""
    probabilities: dict[str, float]
    """By class, and they sum to 1; or by label. Of a regression the predicted value, by its name."""
    records: tuple[TokenScores, ...]
    """Window by window, one per scorer in the order asked for; a dense model's own scores are NaN."""
    unlike: str | None = None
    """That the model was trained on pairs and this is none, or the other way round; else None."""

    def stitched(self) -> list[TokenScores]:
        """Return one record per scorer, its windows put together."""
        scorers = dict.fromkeys(record.scorer for record in self.records)
        return [stitched([r for r in self.records if r.scorer == name]) for name in scorers]


def explain_text(
    model: PruningClassifier,
    tokenizer: PreTrainedTokenizerBase,
    text: str,
    second: str | None = None,
    max_tokens: int | None = None,
    scorers: Sequence[str] = (),
    options: Options | None = None,
    segmenter: Segmenter = "unicode",
) -> Explained:
    """Classify one text, or a pair, and show which tokens remain at every layer.

    Args:
        model, tokenizer: A trained classifier and its tokenizer.
        text: The text; InputError for one without words, of unknown characters only, or with characters
            that are none (bytes that are not UTF-8).
        second: The second text of a pair; it stands whole in each window.
        max_tokens: A longer text (default: the model's positions) is cut into windows; InputError where
            the second text leaves too little of a window to the first.
        scorers: Names of the catalogue; none: the model's own scores.
        options: Of the scorers; InputError as `check_scorers` raises.
        segmenter: What finds words in scripts without spaces, as `data.segmenter` of the run.

    Example:
        >>> import workbench
        >>> model, tokenizer = workbench.load_classifier("runs/demo/models/adapler")
        >>> explained = workbench.explain_text(model, tokenizer, "the film is warm .")
        >>> record = explained.records[0]  # one per window
        >>> record.tokens[0], record.kept.shape == (model.layers, len(record.tokens))
        ('[CLS]', True)
    """
    windows = text_windows(model, tokenizer, text, second, max_tokens, segmenter)
    probabilities = model.task_type.answers(infer(model, windows).logits).mean(axis=0)
    if scorers:
        records = list(score_windows(scorers, model, tokenizer, windows, options))
    else:
        scorer = {own_scorer(model.policy.method): OWN}
        records = list(run_scorers(scorer, model, tokenizer, windows, Options(), Events()))
    return Explained(
        predicted=model.task_type.named(probabilities),
        said=model.task_type.said(probabilities),
        probabilities=dict(zip(model.labels, probabilities.tolist(), strict=True)),
        records=tuple(sorted(records, key=lambda record: record.window)),
        unlike=unlike_training(model, seconds_of(windows)),
    )


def text_windows(
    model: PruningClassifier,
    tokenizer: PreTrainedTokenizerBase,
    text: str,
    second: str | None = None,
    max_tokens: int | None = None,
    segmenter: Segmenter = "unicode",
) -> list[Window]:
    """Return the windows of one text, or a pair, with the id "text".

    Args:
        model, tokenizer, text, second, max_tokens, segmenter: As of `explain_text`.
    """
    words = _words(text, "the text", segmenter)
    other = () if second is None else _words(second, "the second text", segmenter)
    document = Document("text", words, model.task_type.any_label, second=other)
    encoding = encode([document], model.task_type, tokenizer, model.window_limit(max_tokens))
    if encoding.unknown_only:
        raise InputError("the tokenizer knows no character of the text: nothing to explain")
    return encoding.windows


def _words(text: str, name: str, segmenter: Segmenter) -> tuple[str, ...]:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        place = f"at character {error.start + 1}"
        raise InputError(f"{name} is not valid Unicode {place}: nothing to explain") from None
    words = tuple(split_words(text, segmenter))
    if not words:
        raise InputError(f"{name} is empty: nothing to explain")
    return words
