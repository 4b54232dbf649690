"""ERASER's unit of judgement: the pair of an instance and one of its documents."""

from workbench.core.documents import Document, Part, Span


def parts_of(document: Document) -> tuple[Part, ...]:
    """The documents to predict for: ERASER's own; else the text under its id, a second as `<id>_second`.

    A query is nobody's document and has no part.
    """
    if document.parts:
        return document.parts
    first, whole = len(document.words), len(document.words) + len(document.second)
    parts = (Part(document.id, 0, first), Part(f"{document.id}_second", first, whole))
    return parts if document.second else parts[:1]


def pairs_of(document: Document) -> tuple[Document, ...]:
    """Return each of `parts_of` as a text of its own, with the spans that lie in it.

    The only part of an instance keeps the instance's id, one of several is `<id>/<docid>`.
    """
    parts = parts_of(document)
    words = (*document.words, *document.second)
    pairs = []
    for part in parts:
        spans = None
        if document.rationale is not None:
            spans = tuple(
                Span(span.start - part.start, span.end - part.start)
                for span in document.rationale
                # An empty span begins where its document does not end yet.
                if part.start <= span.start < part.end and span.end <= part.end
            )
        name = document.id if len(parts) == 1 else f"{document.id}/{part.docid}"
        shares = None if document.shares is None else document.shares[part.start : part.end]
        inside = words[part.start : part.end]
        pairs.append(Document(name, inside, document.label, spans, shares=shares))
    return tuple(pairs)
