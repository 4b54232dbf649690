"""Any number of texts through a model, a pool at a time: bounded memory, results in the order given."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np

from workbench.catalog.options import TooLong
from workbench.core.documents import Document
from workbench.data.windows.encode import encode
from workbench.data.words import Segmenter, split_words
from workbench.errors import InputError
from workbench.inference.model import Model
from workbench.inference.pairs import unlike_training
from workbench.inference.pools import check_pool, in_pools
from workbench.inference.predict import predict
from workbench.storage.jsonl import is_encodable
from workbench.storage.malloc import map_large_blocks

Text = str | tuple[str, str] | tuple[str, str, str] | Document
"""A text, (id, text), (id, text, second text), or a document, which may have a second text."""


@dataclass(frozen=True)
class Prediction:
    """What a model says of one text, and what that took."""

    text_id: str
    predicted: str | tuple[str, ...]
    """Class with the highest mean probability over the text's windows; where a text has any number of
    labels, those whose mean probability is at least one half, in the model's order."""
    probabilities: dict[str, float]
    """By class or label, mean over the windows."""
    tokens: np.ndarray
    """(layers,) int64: tokens inside each layer, summed over the windows."""
    windows: int
    """Into how many windows the text was cut."""
    flops: int
    """Of the model as it ran, without padding, summed over the windows."""
    flops_dense: int
    """Of the dense model on the same windows, without padding."""


def classify(
    model: Model,
    tokenizer: Any,
    texts: Iterable[Text],
    *,
    batch_size: int = 32,
    pool: int = 16,
    max_tokens: int | None = None,
    too_long: TooLong = "windows",
    segmenter: Segmenter = "unicode",
) -> Iterator[Prediction]:
    """Classify texts one after the other, in the order given; nothing is read before the first `next`.

    `pool * batch_size` texts are read at a time, run in batches of windows of similar length, and handed
    out before the next ones are read: memory does not depend on the number of texts. On the CPU this
    changes how the process allocates memory, for good: see `workbench.storage.malloc`. A warning tells
    once of texts without the second one that the model was trained with, or with one it never saw.

    Args:
        model, tokenizer: A trained classifier, InputError for one that predicts a value; its tokenizer.
        texts: A plain string's id is its place among all texts, from "0". A document's label and
            rationale are not looked at, so that its windows depend on its words alone. A pool stands
            alone: an id that comes twice in one is refused, an id that comes again in a later pool is
            just another text.
        batch_size, pool: At least 1.
        max_tokens: A longer text (special tokens included; default: the model's positions, at least 8)
            is cut into windows, never truncated.
        too_long: `refuse` refuses it instead.
        segmenter: What finds words in scripts without spaces, as `data.segmenter` of the run.

    Raises:
        InputError: At once for wrong arguments. Later, naming the text's id, and before any text of its
            pool is run: for a text that is empty, of the wrong type, not valid Unicode, refused for its
            length, or twice in the pool, and as `encode` raises.

    Example:
        >>> import workbench
        >>> model, tokenizer = workbench.load_classifier("runs/demo/models/adapler")
        >>> texts = ["the film is warm .", ("review-7", "one of the best of the year .")]
        >>> first, second = workbench.classify(model, tokenizer, texts)
        >>> second.text_id
        'review-7'
    """
    check_pool(batch_size, pool)
    if too_long not in get_args(TooLong):
        raise InputError(f"too_long {too_long!r}: one of {', '.join(get_args(TooLong))}")
    if isinstance(texts, str):
        raise InputError("texts is a single string; give a list of texts")
    max_tokens = model.window_limit(max_tokens)
    model.task_type.require_probabilities("texts are put into classes")
    if model.on_cpu:
        map_large_blocks()
    # No documents: only the tokenizer and max_tokens are checked.
    encode([], model.task_type, tokenizer, max_tokens)
    documents = (
        _document(number, text, model.task_type.any_label, segmenter)
        for number, text in enumerate(texts)
    )

    told = False

    def run(members: list[Document]) -> list[Prediction]:
        nonlocal told
        unlike = unlike_training(model, [bool(document.second) for document in members])
        if unlike and not told:
            warnings.warn(unlike, stacklevel=3)
            told = True
        return _classified(model, tokenizer, members, batch_size, max_tokens, too_long)

    return in_pools(documents, pool * batch_size, run)


def _classified(
    model: Model,
    tokenizer: Any,
    documents: Sequence[Document],
    batch_size: int,
    max_tokens: int,
    too_long: TooLong,
) -> list[Prediction]:
    encoding = encode(documents, model.task_type, tokenizer, max_tokens)
    if too_long == "refuse":
        encoding.refuse_cut()
    rows = predict(model, encoding.windows, "", batch_size).to_dict("records")
    return [
        Prediction(
            text_id=row["text_id"],
            predicted=row["predicted"],
            probabilities={name: float(row[f"prob_{name}"]) for name in model.labels},
            tokens=np.array(row["tokens"], dtype=np.int64),
            windows=len(encoding.of_text(row["text_id"])),
            flops=int(row["flops"]),
            flops_dense=int(row["flops_dense"]),
        )
        for row in rows
    ]


def _document(number: int, text: Text, label: str, segmenter: Segmenter) -> Document:
    def words(content: str) -> tuple[str, ...]:
        return tuple(split_words(content, segmenter))

    match text:
        case Document():
            document = replace(text.unmarked(), label=label, label_shares=None)
        case str():
            document = Document(str(number), words(text), label)
        case (str() as text_id, str() as content):
            document = Document(text_id, words(content), label)
        case (str() as text_id, str() as content, str() as other):
            document = Document(text_id, words(content), label, second=words(other))
            if not document.second:
                raise InputError(f"text {text_id!r}: the second text is empty")
        case _:
            kind = type(text).__name__
            raise InputError(
                f"text '{number}' is {kind}, not a string, (id, text), (id, text, second) or a Document"
            )
    if not document.words:
        raise InputError(f"text {document.id!r} is empty")
    if not is_encodable(" ".join((document.id, *document.words, *document.second))):
        raise InputError(f"text {document.id!r} is not valid Unicode (a lone surrogate)")
    return document
