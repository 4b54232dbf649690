"""Words of texts tagged by a trained or exported model, text by text, with memory that stays flat."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.core.documents import Document
from workbench.core.tagging import TaggedText
from workbench.data.windows.tags import encode_tagged
from workbench.data.words import split_words
from workbench.errors import InputError
from workbench.inference.model import Tagger
from workbench.inference.pools import check_pool, in_pools, refuse_repeated
from workbench.storage.jsonl import is_encodable
from workbench.storage.malloc import map_large_blocks

Untagged = str | list[str] | tuple[str, str | list[str]]
"""A text or a list of its words; in a tuple, behind its id."""


@dataclass(frozen=True)
class TaggedPrediction:
    """What a model says of one text's words, and what that took."""

    text_id: str
    words: tuple[str, ...]
    tags: tuple[str, ...]
    """One per word: what the first token of the word says."""
    tokens: np.ndarray
    """(layers,) int64: tokens inside each layer, summed over the windows."""
    windows: int
    """Into how many windows the text was cut."""
    flops: int
    """Of the model as it ran, without padding, summed over the windows."""
    flops_dense: int
    """Of the dense model on the same windows, without padding."""


def tag_texts(
    model: Tagger,
    tokenizer: Any,
    texts: Iterable[Untagged],
    *,
    max_tokens: int | None = None,
    batch_size: int = 32,
    pool: int = 8,
) -> Iterator[TaggedPrediction]:
    """Tag texts one after the other, in the order given; nothing is read before the first `next`.

    At a time `pool * batch_size` texts are read, and their windows run in batches of similar length.

    Args:
        model, tokenizer: What `load_tagger` returns.
        texts: A string is cut into words as a corpus is; without an id its place, from "0", is its id.
        max_tokens: Of the longest window; default: the model's longest.
        batch_size: Windows that run together.
        pool: How many times as many texts are read.

    Raises:
        InputError: At once for wrong arguments. Later, naming the text, for one that is none, has no
            word, is not valid Unicode, or has an id that comes twice in its pool.

    Example:
        >>> import workbench
        >>> model, tokenizer = workbench.load_tagger("runs/tags/models/top-0.3")
        >>> (tagged,) = workbench.tag_texts(model, tokenizer, ["a b c"])
        >>> len(tagged.tags)
        3
    """
    check_pool(batch_size, pool)
    if isinstance(texts, str):
        raise InputError("texts is a single string; give a list of texts")
    longest = model.window_limit(max_tokens)
    if model.on_cpu:
        map_large_blocks()
    given = (_text(number, one, model.labels[0]) for number, one in enumerate(texts))

    def run(members: list[TaggedText]) -> list[TaggedPrediction]:
        return _tagged(model, tokenizer, members, longest, batch_size)

    return in_pools(given, pool * batch_size, run)


def _tagged(
    model: Tagger, tokenizer: Any, texts: Sequence[TaggedText], max_tokens: int, batch_size: int
) -> list[TaggedPrediction]:
    names = [text.document.id for text in texts]
    refuse_repeated(names, "text")
    encoding = encode_tagged(texts, model.labels, tokenizer, max_tokens=max_tokens)
    windows = encoding.windows
    logits, tokens, tokens_ffn = model.infer_tokens(windows, batch_size)
    flops, dense = model.costs.of_windows(windows, tokens, tokens_ffn)
    tags = encoding.tags(texts, logits, model.labels)
    places: dict[str, list[int]] = {name: [] for name in names}
    for number, window in enumerate(windows):
        places[window.text_id].append(number)
    return [
        TaggedPrediction(
            text.document.id, text.document.words, tuple(said),
            tokens=tokens[own].sum(axis=0), windows=len(own),
            flops=int(flops[own].sum()), flops_dense=int(dense[own].sum()),
        )
        for text, said, own in zip(texts, tags, places.values(), strict=True)
    ]  # fmt: skip


def _text(number: int, given: Untagged, tag: str) -> TaggedText:
    """A text whose tags nobody looks at; InputError for what is none."""
    name, text = given if isinstance(given, tuple) and len(given) == 2 else (str(number), given)
    words = tuple(split_words(text) if isinstance(text, str) else text if isinstance(text, list) else ())
    if not isinstance(name, str):
        raise InputError(f"text {name!r}: its id is no string")
    if not words or not all(isinstance(word, str) and word.strip() for word in words):
        raise InputError(f"text {name!r}: not a text, or a list of words that are not empty")
    if not is_encodable(name + " ".join(words)):
        raise InputError(f"text {name!r} is not valid Unicode (a lone surrogate)")
    return TaggedText(Document(name, words, ""), (tag,) * len(words))
