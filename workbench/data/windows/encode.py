"""From documents to encoder inputs: sub-words, windows that split no word and no rationale span."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from workbench.core.documents import Corpus, Document, Window, mask
from workbench.core.task_type import Target, TaskType, task_type_of
from workbench.data.windows.cutting import cut_windows
from workbench.data.windows.encodings import Encoding, with_evidence
from workbench.data.windows.special_tokens import Template, pair_template, template
from workbench.data.windows.sub_words import TextTokenizer, Tokens, sub_words
from workbench.data.windows.token_texts import space_marks
from workbench.errors import InputError

__all__ = ["Encoding", "encode", "encode_corpus", "with_evidence"]

BATCH = 256
"""Documents tokenized in one call."""


def encode_corpus(corpus: Corpus, tokenizer: TextTokenizer, max_tokens: int) -> dict[str, Encoding]:
    """Encode each split of a corpus.

    Args:
        corpus, tokenizer, max_tokens: The texts by split; the others as of `encode`.
    """
    return {
        split: encode(documents, corpus.task_type, tokenizer, max_tokens)
        for split, documents in corpus.splits.items()
    }


def encode(
    documents: Sequence[Document],
    labels: Sequence[str] | TaskType,
    tokenizer: TextTokenizer,
    max_tokens: int,
) -> Encoding:
    """Cut documents into windows.

    Windows are as full as they can be without splitting a word or a rationale span; a span that alone
    does not fit is split and counted. A second text is repeated in every window with token type 1. Token
    types tell first from second text for every tokenizer, also where the model has none.

    Args:
        documents: Texts whose labels are among `labels`.
        labels: What the model's outputs mean; names alone as `task_type_of` understands them.
        tokenizer: Any fast one that puts one special token before a text, and one after it.
        max_tokens: Longest window, special tokens included.

    Raises:
        InputError: Names the id of a document or second text without tokens, of an unknown label, and of
            a second text that needs more than half of a window while the pair does not fit into one.
            Says what the tokenizer lacks.
    """
    if max_tokens < 8:
        raise InputError(f"data.max_tokens {max_tokens} leaves no room for text; at least 8")
    single = template(tokenizer)
    double = pair_template(tokenizer) if any(document.second for document in documents) else single
    unk = tokenizer.unk_token_id
    unknown_ids = [] if unk is None else [unk, *space_marks(tokenizer)]
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
        pair = _Pair(document, first, second, single if second is None else double, target)
        cut = cut_windows(first.words, document.rationale or (), pair.room(max_tokens))
        at = len(encoding.windows)
        encoding.windows.extend(pair.windows(cut.starts))
        encoding._places[document.id] = slice(at, len(encoding.windows))
        if cut.split_spans:
            split_spans.append((document.id, cut.split_spans))
        if cut.split_words:
            split_words.append(document.id)
        if np.isin(first.ids, unknown_ids).all():
            unknown.append(document.id)
    return replace(
        encoding,
        split_spans=tuple(split_spans),
        split_words=tuple(split_words),
        unknown_only=tuple(unknown),
    )


def _tokenized(
    documents: Iterable[Document], tokenizer: TextTokenizer
) -> Iterator[tuple[Document, Tokens, Tokens | None]]:
    iterator = iter(documents)
    while batch := list(islice(iterator, BATCH)):
        firsts = sub_words([document.words for document in batch], tokenizer)
        seconds = iter(sub_words([one.second for one in batch if one.second], tokenizer))
        for document, first in zip(batch, firsts, strict=True):
            second = next(seconds) if document.second else None
            for name, tokens in (("it", first), ("its second text", second)):
                if tokens is not None and not len(tokens.ids):
                    raise InputError(f"text {document.id!r}: the tokenizer finds no token in {name}")
            yield document, first, second


class _Pair:
    """One document's tokens, and its windows: of the first text a part, and all of the second."""

    def __init__(
        self,
        document: Document,
        first: Tokens,
        second: Tokens | None,
        special: Template,
        label: Target,
    ) -> None:
        self.document, self.label, self.first, self.special = document, label, first, special
        self.head, self.tail, self.tail_words = special.head, special.tail, _no_words(special.tail)
        if second is not None:
            self.tail = np.concatenate([special.middle, second.ids, special.tail])
            words = second.words + len(document.words)
            self.tail_words = np.concatenate([_no_words(special.middle), words, self.tail_words])
        self.marked, self.shares = _marked_words(document), _shares_of_words(document)
        shares = document.label_shares
        self.label_shares = None if shares is None else np.array(shares, dtype=np.float32)

    def room(self, max_tokens: int) -> int:
        """Return tokens that one window has for the first text."""
        room = max_tokens - len(self.head) - len(self.tail)
        second = max_tokens - len(self.special) - room
        if len(self.first.ids) > room and 2 * second > max_tokens - len(self.special):
            raise InputError(
                f"text {self.document.id!r}: the second text has {second} tokens and leaves fewer than"
                f" half of a window of {max_tokens} to the first: raise data.max_tokens"
            )
        return room

    def windows(self, starts: Sequence[int]) -> Iterator[Window]:
        ends = [*starts[1:], len(self.first.ids)]
        for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
            part = self.first.words[start:end]
            words = np.concatenate([_no_words(self.head), part, self.tail_words])
            types = np.zeros(len(words), dtype=np.int64)
            # The first special token after it still belongs to the first text.
            types[len(self.head) + len(part) + 1 :] = 1
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


def _no_words(special: np.ndarray) -> np.ndarray:
    return np.full(len(special), -1, dtype=np.int64)


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
