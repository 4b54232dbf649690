"""Texts for token classification: a tag a word, from columns, from lists, or from rationales."""

import reprlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.config.data import DataSettings
from workbench.core.counts import counted, counted_notes, first_few
from workbench.core.documents import Document, mask, runs
from workbench.core.tagging import OUTSIDE, TAG, TaggedSet, TaggedText, spell_entities
from workbench.data.corpus import load_corpus
from workbench.data.files.records import FORMS, records_of
from workbench.data.rationales.forms import tag_name, whole_number
from workbench.data.readers.conll_columns import column_number, column_texts, token_column
from workbench.data.readers.files import file_options
from workbench.data.readers.split_files import split_files
from workbench.data.rows import (
    Row,
    checked_label,
    checked_text,
    corpus_name,
    require_keys,
    split_of,
)
from workbench.data.splits import SPLITS, fill_splits, limit
from workbench.errors import InputError

SHARES = 0.8, 0.1, 0.1
"""Of the texts to train, dev and test, where the files have training texts only."""
MARKED = "rationale"
"""The type of the entities that rationales are."""


@dataclass(frozen=True)
class _Tagged:
    """A row before it has a split, and its words and tags."""

    row: Row
    words: tuple[str, ...]
    tags: tuple[str, ...]


def load_tagged(settings: DataSettings, names: Sequence[str] | None = None) -> TaggedSet:
    """Return the tagged texts that `settings` describe, in train, dev and test.

    `data.source` says where tags come from. `conll`: columns of tokens and tags, without a class; the
    tags are in the last, or in that of the number `data.label_column`. `file` without
    `data.rationale_column`: a list of words (`data.text_column`) and one of tags (`data.label_column`)
    per row. Any other: its rationales, as `B-rationale` and `I-rationale`.

    Args:
        settings: Names the files, and how they are written.
        names: What tags are called that are numbers in a file, in their order.

    Raises:
        InputError: Names file and line of a text that has not a tag a word, of an id that occurs twice,
            and of a tag that no training text has; and says that all words of the training texts have
            one tag.
    """
    own = settings.source == "file" and settings.rationale_column is None
    if not own and settings.source != "conll":
        if names is not None:
            raise InputError("tagging.names: rationales have tags of their own; leave it out")
        return _checked(_from_rationales(settings))
    read: dict[str, list[_Tagged]] = {}
    texts = (_from_lists if own else _from_columns)(settings, names)
    for split, text in texts:
        read.setdefault(split, []).append(text)
    members = [one for split in read.values() for one in split]
    if not members:
        raise InputError(f"{settings.path or corpus_name(settings)}: holds no texts")
    by_id: dict[str, _Tagged] = {}
    for one in members:
        if by_id.setdefault(one.row.id, one) is not one:
            raise InputError(f"{one.row.where}: the id {one.row.id!r} occurs twice")
    rows, notes = fill_splits(
        {split: [one.row for one in found] for split, found in read.items()}, SHARES
    )
    splits = {}
    for split, most in zip(
        SPLITS, (settings.max_train, settings.max_dev, settings.max_test), strict=True
    ):
        kept, more = limit([replace(row, label="") for row in rows.get(split, [])], most, split)
        notes += more
        splits[split] = tuple(_text(by_id[row.id].words, by_id[row.id].tags, row.id) for row in kept)
    return _checked(TaggedSet(corpus_name(settings), (), splits, tuple(notes)))


def _text(words: tuple[str, ...], tags: tuple[str, ...], text_id: str) -> TaggedText:
    marked = runs([tag != OUTSIDE for tag in tags])
    return TaggedText(Document(text_id, words, "", rationale=marked), tags)


def _from_columns(settings: DataSettings, names: Sequence[str] | None) -> Iterator[tuple[str, _Tagged]]:
    if settings.rationale_column or settings.rationale_labels:
        raise InputError("tags of 'conll' are in column data.label_column; leave data.rationale_* out")
    token = token_column(settings)
    column = settings.label_column
    default = column == DataSettings.model_fields["label_column"].default
    tag = -1 if default else column_number(column)
    for file_split, row_id, text in column_texts(settings):
        split = file_split or split_of(text.said, settings.split_column, text.place)
        tags = [_named(said, names, where) for where, said in text.tags(tag)]
        yield split, _tagged(text.id(settings, row_id), text.tokens(token), tags, text.place)


def _from_lists(settings: DataSettings, names: Sequence[str] | None) -> Iterator[tuple[str, _Tagged]]:
    files = split_files(settings, FORMS)
    for file_split, path in files:
        with records_of(path, file_options(settings)) as records:
            for number, (where, record) in enumerate(records, start=1):
                needed = settings.text_column, settings.label_column, settings.id_column
                require_keys(record, needed, where)
                split = file_split or split_of(record, settings.split_column, where)
                row_id = f"row-{number}" if len(files) == 1 else f"{split}-{number}"
                if settings.id_column:
                    row_id = checked_label(
                        record.get(settings.id_column), f"{where}: {settings.id_column}"
                    )
                words = _list(record, settings.text_column, where)
                tags = _list(record, settings.label_column, where)
                named = [_named(tag, names, where) for tag in tags]
                yield (
                    split,
                    _tagged(row_id, [_word(word, where) for word in words], named, where),
                )


def _list(record: Mapping[str, Any], column: str, where: str) -> list[Any]:
    value = record.get(column)
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise InputError(
            f"{where}: {column} is {type(value).__name__}, not a list with an entry per word"
            " (data.text_column names the words, data.label_column the tags)"
        )
    return list(value)


def _word(word: Any, where: str) -> str:
    if not isinstance(word, str) and whole_number(word) is None:
        raise InputError(f"{where}: the word {reprlib.repr(word)} is no text")
    return "".join(str(word).split())


def _named(tag: Any, names: Sequence[str] | None, where: str) -> str:
    number = int(tag) if isinstance(tag, str) and tag.isdecimal() and names else whole_number(tag)
    if number is None:
        if tag is not None and not isinstance(tag, str):
            raise InputError(f"{where}: the tag {reprlib.repr(tag)} is no text")
        return tag_name(tag)
    if names is None:
        raise InputError(f"{where}: tag {number} is a number; tagging.names says what they are called")
    if not 0 <= number < len(names):
        raise InputError(f"{where}: tag {number}, but tagging.names has {counted(len(names), 'name')}")
    return tag_name(names[number])


def _tagged(text_id: str, words: Sequence[str], tags: Sequence[str], where: str) -> _Tagged:
    if len(words) != len(tags):
        raise InputError(f"{where}: {counted(len(words), 'word')} and {counted(len(tags), 'tag')}")
    if not all(words):
        raise InputError(f"{where}: word {list(words).index('') + 1} is empty")
    joined = checked_text(" ".join(words), f"{where}: the text")
    # As a label the tags tell duplicates from texts that contradict each other.
    return _Tagged(Row(text_id, joined, " ".join(tags), where), tuple(words), tuple(tags))


def _from_rationales(settings: DataSettings) -> TaggedSet:
    corpus = load_corpus(settings.model_copy(update={"rationales": "annotated"}))
    unmarked: Counter[str] = Counter()
    splits: dict[str, tuple[TaggedText, ...]] = {}
    for split, documents in corpus.splits.items():
        texts = []
        for document in documents:
            if document.rationale is None or document.second:
                unmarked["pairs" if document.second else "texts"] += 1
                continue
            tags = [OUTSIDE] * len(document.words)
            # Spans that share words are one.
            for span in runs(mask(document.evidence, len(document.words))):
                tags[span.start : span.end] = [f"I-{MARKED}"] * (span.end - span.start)
                tags[span.start] = f"B-{MARKED}"
            texts.append(_text(document.words, tuple(tags), document.id))
        splits[split] = tuple(texts)
    notes = counted_notes(
        (unmarked["texts"], "text", " without annotation dropped."),
        (unmarked["pairs"], "pair", " dropped: tags are of single texts."),
    )
    return TaggedSet(corpus.name, (), splits, (*corpus.notes, *notes, *corpus.warnings))


def _checked(found: TaggedSet) -> TaggedSet:
    """Give the set its tags; InputError where nothing can be learnt or judged by them."""
    for split in SPLITS:
        if not found.splits.get(split):
            raise InputError(f"{found.name}: the {split} split has no texts")
    tags = sorted({tag for text in found.splits["train"] for tag in text.tags} | {OUTSIDE}, key=_order)
    if len({tag for text in found.splits["train"] for tag in text.tags}) < 2:
        raise InputError(f"{found.name}: all words of the training texts have one tag")
    for split in ("dev", "test"):
        for text in found.splits[split]:
            unknown = set(text.tags) - set(tags)
            if unknown:
                raise InputError(
                    f"{found.name}: {split} text {text.document.id!r} has the tag"
                    f" {reprlib.repr(min(unknown))}, which no training text has"
                )
    notes = () if spell_entities(tags) else (_no_entities(tags),)
    return replace(found, tags=tuple(tags), notes=(*found.notes, *notes))


def _no_entities(tags: Sequence[str]) -> str:
    odd = [tag for tag in tags if not spell_entities([tag])]
    return (
        f"Tags spell no entities ({first_few(odd)} is none of BIO's), so each word is judged: F1 over"
        " all tags is the share of right words."
    )


def _order(tag: str) -> tuple[bool, str, str]:
    """Outside first, then by type, B before I."""
    match = TAG.fullmatch(tag)
    kind = match.group(2) or "" if match else tag
    return tag != OUTSIDE, kind, tag
