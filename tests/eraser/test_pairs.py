"""Instances of several documents as ERASER judges them: each document by itself."""

from workbench.core.documents import Document, Part, Span
from workbench.eraser.pairs import pairs_of

PARTS = (Part("d1", 0, 3), Part("d2", 3, 5))


def test_documents_become_texts_with_their_own_spans():
    # The query, the second text, is in none; an empty span at the border belongs to what follows.
    whole = Document(
        "i", tuple("abcde"), "x", (Span(1, 3), Span(2, 2), Span(3, 3), Span(4, 5)), ("q",), PARTS
    )
    first, second = pairs_of(whole)
    assert (first.id, first.words, first.label) == ("i/d1", tuple("abc"), "x")
    assert first.rationale == (Span(1, 3), Span(2, 2))
    assert (second.id, second.words) == ("i/d2", tuple("de"))
    assert second.rationale == (Span(0, 0), Span(1, 2))


def test_shares_go_with_their_documents():
    whole = Document("i", tuple("abcde"), "x", (), ("q",), PARTS, shares=(0.5, 0, 1, 0, 0.5, 1))
    assert [one.shares for one in pairs_of(whole)] == [(0.5, 0, 1), (0, 0.5)]


def test_a_single_document_keeps_its_name_and_a_second_text_is_one():
    (only,) = pairs_of(Document("i", tuple("ab"), "x"))
    assert (only.id, only.rationale) == ("i", None)
    pair = pairs_of(Document("i", tuple("ab"), "x", (Span(2, 3),), ("c",)))
    assert [(one.id, one.rationale) for one in pair] == [("i/i", ()), ("i/i_second", (Span(0, 1),))]
