"""The windows behind recorded scores: their token ids, from the tokens' texts."""

from collections.abc import Sequence
from itertools import chain, groupby
from operator import itemgetter

import numpy as np

from workbench.core.documents import Window
from workbench.core.sub_words import joined
from workbench.core.token_scores import TokenScores
from workbench.data.windows.special_tokens import pair_template, template
from workbench.data.windows.sub_words import TextTokenizer, backend_of, sub_words, takes_words
from workbench.data.windows.token_texts import token_texts
from workbench.errors import InputError


def record_windows(tokenizer: TextTokenizer, records: Sequence[TokenScores]) -> list[Window]:
    """Return the windows behind the records of one text, made from their tokens.

    WordPiece's tokens are looked up; other tokenizers cut the text once more, which their tokens' texts
    are put together to. InputError where the records are another tokenizer's, or where a text does not
    show what its tokens were (a character that two windows share).
    """
    records = sorted(records, key=lambda record: record.window)
    looked_up = takes_words(backend_of(tokenizer))
    ids = _looked_up(tokenizer, records) if looked_up else _cut_again(tokenizer, records)
    windows = [_window(record, own) for record, own in zip(records, ids, strict=True)]
    for record, window in zip(records, windows, strict=True):
        if not looked_up and token_texts(window, tokenizer) != record.tokens:
            raise _other_tokens(record)
    return windows


def _window(record: TokenScores, ids: np.ndarray) -> Window:
    types = np.zeros(len(ids), dtype=np.int64)
    if record.second_start is not None:
        types[record.first_end + 1 :] = 1
    words = np.asarray(record.word_index, dtype=np.int64)
    return Window(
        record.text_id, record.window, 0, ids, types, words,
        rationale=record.rationale, shares=record.shares,
    )  # fmt: skip


def _looked_up(tokenizer: TextTokenizer, records: Sequence[TokenScores]) -> list[np.ndarray]:
    backend = backend_of(tokenizer)
    found = []
    for record in records:
        ids = [backend.token_to_id(token) for token in record.tokens]
        if None in ids:
            token = record.tokens[ids.index(None)]
            raise InputError(f"{record.text_id}: the model's tokenizer has no token {token!r}")
        found.append(np.array(ids, dtype=np.int64))
    return found


def _cut_again(tokenizer: TextTokenizer, records: Sequence[TokenScores]) -> list[np.ndarray]:
    start = records[0].second_start
    special = template(tokenizer) if start is None else pair_template(tokenizer)
    parts = [slice(1, record.first_end) for record in records]
    tail = special.tail
    if start is not None:
        (second,) = sub_words([_words(records[:1], [slice(start, -1)])], tokenizer)
        tail = np.concatenate([special.middle, second.ids, tail])
    (first,) = sub_words([_words(records, parts)], tokenizer)
    ends = np.cumsum([part.stop - part.start for part in parts])
    texts = np.split(first.ids, ends[:-1])
    found = [np.concatenate([special.head, text, tail]) for text in texts]
    for record, ids in zip(records, found, strict=True):
        if len(ids) != len(record.tokens):
            raise _other_tokens(record)
    return found


def _words(records: Sequence[TokenScores], parts: Sequence[slice]) -> list[str]:
    """Return the words that the records' tokens make, each record's in its part."""
    tokens = chain.from_iterable(
        zip(record.word_index[part].tolist(), record.tokens[part], strict=True)
        for record, part in zip(records, parts, strict=True)
    )
    return [joined(text for _, text in members) for _, members in groupby(tokens, itemgetter(0))]


def _other_tokens(record: TokenScores) -> InputError:
    return InputError(
        f"{record.text_id}: the model's tokenizer does not give the recorded tokens again; the text can "
        "be typed in"
    )
