"""From documents to encoder inputs: sub-words, windows that split no word and no rationale span."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from workbench.core.documents import Corpus, Document, Window, mask
from workbench.core.task_type import Target, TaskType, task_type_of
from workbench.data.windows.cutting import cut_windows
from workbench.data.windows.encodings import Encoding, with_evidence
from workbench.errors import InputError

__all__ = ["Encoding", "encode", "encode_corpus", "with_evidence"]

BATCH = 256
"""Documents tokenized in one call."""


def encode_corpus(corpus: Corpus, tokenizer: Any, max_tokens: int) -> dict[str, Encoding]:
    """Encode each split of a corpus.

    Args:
        corpus, tokenizer, max_tokens: The texts by split; the others as of `encode`.
    """
    return {
        split: encode(documents, corpus.task_type, tokenizer, max_tokens)
        for split, documents in corpus.splits.items()
    }


def encode(
    documents: Sequence[Document], labels: Sequence[str] | TaskType, tokenizer: Any, max_tokens: int
) -> Encoding:
    """Cut documents into windows.

    Windows are as full as they can be without splitting a word or a rationale span; a span that alone
    does not fit is split and counted. A second text is repeated in every window with token type 1.

    Args:
        documents: Texts whose labels are among `labels`.
        labels: What the model's outputs mean; names alone as `task_type_of` understands them.
        tokenizer: A fast BERT tokenizer.
        max_tokens: Longest window, special tokens included.

    Raises:
        InputError: Names the id of a document or second text without tokens, of an unknown label, and of
            a second text that needs more than half of a window while the pair does not fit into one.
    """
    _check_tokenizer(tokenizer, max_tokens)
    task_type = labels if isinstance(labels, TaskType) else task_type_of(labels)
    encoding = Encoding([], len(documents), max_tokens)
    split_spans, split_words, unknown = [], [], []
    for document, first, second in _tokenized(documents, tokenizer):
        try:
            target = task_type.target(document.label)
        except ValueError as error:
            raise InputError(f"text {document.id!r}: {error}") from None
        if document.id in encoding._places:
            raise InputError(f"text id {document.id!r} occurs twice")
        pair = _Pair(document, first, second, tokenizer, target)
        cut = cut_windows(first.words, document.rationale or (), pair.room(max_tokens))
        at = len(encoding.windows)
        encoding.windows.extend(pair.windows(cut.starts))
        encoding._places[document.id] = slice(at, len(encoding.windows))
        if cut.split_spans:
            split_spans.append((document.id, cut.split_spans))
        if cut.split_words:
            split_words.append(document.id)
        if np.all(first.ids == tokenizer.unk_token_id):
            unknown.append(document.id)
    return replace(
        encoding,
        split_spans=tuple(split_spans),
        split_words=tuple(split_words),
        unknown_only=tuple(unknown),
    )


class _Tokens(NamedTuple):
    ids: np.ndarray
    """(n,) int64, no special tokens."""
    words: np.ndarray
    """(n,) int64, each token's word, never falling."""


def _tokenized(
    documents: Iterable[Document], tokenizer: Any
) -> Iterator[tuple[Document, _Tokens, _Tokens | None]]:
    iterator = iter(documents)
    while batch := list(islice(iterator, BATCH)):
        firsts = _sub_words([document.words for document in batch], tokenizer)
        seconds = iter(_sub_words([one.second for one in batch if one.second], tokenizer))
        for document, first in zip(batch, firsts, strict=True):
            second = next(seconds) if document.second else None
            for name, tokens in (("it", first), ("its second text", second)):
                if tokens is not None and not len(tokens.ids):
                    raise InputError(f"text {document.id!r}: the tokenizer finds no token in {name}")
            yield document, first, second


def _sub_words(texts: list[tuple[str, ...]], tokenizer: Any) -> list[_Tokens]:
    if not texts:
        return []
    # An empty list of words is not taken for a pre-split text.
    encoded = tokenizer(
        [list(words) or [" "] for words in texts],
        is_split_into_words=True,
        # What looks like a special token in a text is text.
        split_special_tokens=True,
        add_special_tokens=False,
        return_attention_mask=False,
        return_token_type_ids=False,
        verbose=False,
    )
    return [
        _Tokens(np.asarray(ids, dtype=np.int64), np.asarray(encoded.word_ids(index), dtype=np.int64))
        for index, ids in enumerate(encoded["input_ids"])
    ]


class _Pair:
    """One document's tokens, and its windows: [CLS] part [SEP] or [CLS] part [SEP] second [SEP]."""

    def __init__(
        self, document: Document, first: _Tokens, second: _Tokens | None, tokenizer: Any, label: Target
    ) -> None:
        self.document, self.label, self.first = document, label, first
        self.head = np.array([tokenizer.cls_token_id], dtype=np.int64)
        self.tail = np.array([tokenizer.sep_token_id], dtype=np.int64)
        self.tail_words = np.array([-1], dtype=np.int64)
        if second is not None:
            self.tail = np.concatenate([self.tail, second.ids, self.tail])
            self.tail_words = np.concatenate([[-1], second.words + len(document.words), [-1]])
        self.marked, self.shares = _marked_words(document), _shares_of_words(document)
        shares = document.label_shares
        self.label_shares = None if shares is None else np.array(shares, dtype=np.float32)

    def room(self, max_tokens: int) -> int:
        """Return tokens that one window has for the first text."""
        fixed = len(self.head) + len(self.tail)
        room = max_tokens - fixed
        second = len(self.tail) - 2
        if len(self.first.ids) > room and second > 0 and 2 * second > max_tokens - 3:
            raise InputError(
                f"text {self.document.id!r}: the second text has {second} tokens and leaves fewer than"
                f" half of a window of {max_tokens} to the first: raise data.max_tokens"
            )
        return room

    def windows(self, starts: Sequence[int]) -> Iterator[Window]:
        ends = [*starts[1:], len(self.first.ids)]
        for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
            words = np.concatenate([[-1], self.first.words[start:end], self.tail_words])
            types = np.zeros(len(words), dtype=np.int64)
            # The first [SEP] still belongs to the first text.
            types[end - start + 2 :] = 1
            yield Window(
                text_id=self.document.id,
                window=number,
                label=self.label,
                input_ids=np.concatenate([self.head, self.first.ids[start:end], self.tail]),
                token_type_ids=types,
                word_index=words,
                # Index -1, the special tokens, reads the unmarked element added at the end.
                rationale=None if self.marked is None else self.marked[words],
                label_shares=self.label_shares,
                shares=None if self.shares is None else self.shares[words],
            )


def _marked_words(document: Document) -> np.ndarray | None:
    if document.rationale is None:
        return None
    n = len(document.words) + len(document.second)
    for span in document.rationale:
        if not 0 <= span.start <= span.end <= n:
            raise InputError(
                f"text {document.id!r}: span [{span.start}, {span.end}] is outside its {n} words"
            )
    return mask(document.rationale, n + 1)


def _shares_of_words(document: Document) -> np.ndarray | None:
    if document.shares is None:
        return None
    n = len(document.words) + len(document.second)
    if len(document.shares) != n:
        raise InputError(f"text {document.id!r}: {len(document.shares)} shares for its {n} words")
    return np.array([*document.shares, 0.0], dtype=np.float32)


def _check_tokenizer(tokenizer: Any, max_tokens: int) -> None:
    if not getattr(tokenizer, "is_fast", False):
        raise InputError("the tokenizer has no fast version, which word alignment needs")
    if tokenizer.cls_token_id is None or tokenizer.sep_token_id is None:
        raise InputError("the tokenizer has no [CLS] or [SEP]: not one of a BERT encoder")
    if max_tokens < 8:
        raise InputError(f"data.max_tokens {max_tokens} leaves no room for text; at least 8")
