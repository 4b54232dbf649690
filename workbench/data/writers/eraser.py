"""ERASER's layout (DeYoung et al. 2020): docs.jsonl, and a file of instances with evidence per split."""

from collections.abc import Iterator, Sequence
from typing import Any

from workbench.core.counts import counted_notes
from workbench.core.documents import Corpus, Document, Span
from workbench.data.readers.eraser import FIRST, SECOND, SPLIT_FILES
from workbench.data.writers.written import Written, everyone, json_lines_of, unannotated

DOCUMENTS = "docs.jsonl"
PlacedRecord = tuple[str, int, int]
"""A document's id, and its words [start, end) of the text."""


def write_eraser(corpus: Corpus, annotators: str) -> Written:
    """Return the documents, and the instances of each split that has texts.

    A pair becomes `<id>_premise` and `<id>_hypothesis`; a text that was joined from documents, or has a
    query, becomes these again.

    Args:
        corpus: InputError where a text has any number of labels.
        annotators: As `data.annotators`, for the note on texts that several people marked.
    """
    corpus.task_type.require_one_label("ERASER's format holds one class, jsonl several labels")
    documents = _Documents()
    lines: dict[str, list[dict[str, Any]]] = {split: [] for split in corpus.splits}
    for split, document in everyone(corpus):
        lines[split].append(documents.instance(document))
    files = {DOCUMENTS: json_lines_of({"docid": docid, "document": " ".join(words)}
                                      for docid, words in documents.words.items())}  # fmt: skip
    files |= {SPLIT_FILES[split]: json_lines_of(some) for split, some in lines.items() if some}
    return Written(
        files,
        {"source": "eraser", "rationales": "annotated"},
        notes=[*_notes(corpus, annotators), *_query_note(lines)],
    )


class _Documents:
    """The documents so far; each has one id and one content."""

    def __init__(self) -> None:
        self.words: dict[str, tuple[str, ...]] = {}

    def instance(self, document: Document) -> dict[str, Any]:
        """Return the line of a text, whose documents are taken up."""
        places, query = self._places(document)
        words = document.words + document.second
        return {
            "annotation_id": document.id,
            "classification": document.label,
            "docids": [docid for docid, _, _ in places],
            "evidences": [
                [_evidence(place, span, words)]
                for span in document.rationale or ()
                for place, span in _within(places, span)
            ],
            "query": " ".join(query),
            "query_type": None,
        }

    def _places(self, document: Document) -> tuple[list[PlacedRecord], tuple[str, ...]]:
        """Return where a text's documents lie in it, and its query."""
        first, second, parts = document.words, document.second, document.parts
        if not parts:
            names = self._add(document.id, (FIRST, SECOND) if second else ("",), [first, second])
            return _laid_out(names, [first, second]), ()
        every = first + second
        texts = [every[part.start : part.end] for part in parts]
        is_pair = bool(second) and parts[-1].end == len(every)
        if is_pair:
            # In an instance of its own documents, so that the reader sees the pair.
            stem = parts[0].docid.removesuffix(FIRST)
            return _laid_out(self._add(stem, (FIRST, SECOND), [first, second]), [first, second]), ()
        names = [
            self._add(part.docid, ("",), [text])[0] for part, text in zip(parts, texts, strict=True)
        ]
        return _laid_out(names, texts), second

    def _add(self, stem: str, ends: Sequence[str], texts: Sequence[tuple[str, ...]]) -> list[str]:
        """Take up texts under ids that no other text has and, of a single one, none of a pair."""
        while True:
            names = [f"{stem}{end}" for end in ends]
            free = all(self.words.get(name, text) == text
                       for name, text in zip(names, texts, strict=False))  # fmt: skip
            if free and (len(names) > 1 or not stem.endswith((FIRST, SECOND))):
                self.words.update(zip(names, texts, strict=False))
                return names
            stem += "_"


def _laid_out(names: Sequence[str], texts: Sequence[tuple[str, ...]]) -> list[PlacedRecord]:
    places, start = [], 0
    for name, text in zip(names, texts, strict=False):
        places.append((name, start, start + len(text)))
        start += len(text)
    return places


def _within(places: Sequence[PlacedRecord], span: Span) -> Iterator[tuple[PlacedRecord, Span]]:
    """Yield a span in each document that it touches; one of no words is in the last that may have it."""
    if span.start == span.end:
        yield [place for place in places if place[1] <= span.start][-1], span
        return
    for place in places:
        start, end = max(span.start, place[1]), min(span.end, place[2])
        if start < end:
            yield place, Span(start, end)


def _evidence(place: PlacedRecord, span: Span, words: Sequence[str]) -> dict[str, Any]:
    docid, shift, _ = place
    return {
        "docid": docid,
        "start_token": span.start - shift,
        "end_token": span.end - shift,
        # A document is one line: where its sentences ended is not known.
        "start_sentence": -1,
        "end_sentence": -1,
        "text": " ".join(words[span.start : span.end]),
    }


def _notes(corpus: Corpus, annotators: str) -> list[str]:
    documents = [document for _, document in everyone(corpus)]
    several = [one for one in documents if one.annotations]
    shares = [one for one in documents if one.shares is not None and not one.annotations]
    sentences = [one for one in documents if any((part.sentences or 1) > 1 for part in one.parts)]
    return counted_notes(
        (unannotated(corpus), "text", " that nobody annotated: in ERASER's layout they have no evidence,"
         " as if somebody had marked nothing."),
        (len(several), "text", f" of several annotators: only the rationale that their marks make is"
         f" written (data.annotators: {annotators})."),
        (len(shares), "text", " with shares of annotators: only the rationale that they make is"
         " written."),
        (len(sentences), "text", " whose documents had several sentences: each document is one line."),
    )  # fmt: skip


def _query_note(lines: dict[str, list[dict[str, Any]]]) -> list[str]:
    queries = {line["query"] for some in lines.values() for line in some}
    if len(queries) != 1 or queries == {""}:
        return []
    return [f"The query is the same everywhere, and is left out when read: {queries.pop()!r}."]
