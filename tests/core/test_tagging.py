"""Entities that tags spell, by hand and as seqeval reads them."""

import random

import pytest

from workbench.core.tagging import Entity, entities


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("O O", []),
        ("B-A I-A O B-A", [("A", 0, 2), ("A", 3, 4)]),
        # Neighbours of one type: the second begins at its B.
        ("B-A B-A", [("A", 0, 1), ("A", 1, 2)]),
        # IOB1: an I begins where the word before is outside, or of another type.
        ("I-A I-A I-B", [("A", 0, 2), ("B", 2, 3)]),
        ("B-A I-B", [("A", 0, 1), ("B", 1, 2)]),
        # BIOES and BILOU.
        ("S-A B-A I-A E-A I-A", [("A", 0, 1), ("A", 1, 4), ("A", 4, 5)]),
        ("U-A B-B L-B", [("A", 0, 1), ("B", 1, 3)]),
        # Without types; types that hold a hyphen.
        ("B I O I", [("", 0, 2), ("", 3, 4)]),
        ("B-A-b I-A-b", [("A-b", 0, 2)]),
    ],
)
def test_entities_by_hand(tags: str, found: list[tuple[str, int, int]]) -> None:
    assert list(entities(tags.split())) == [Entity(*one) for one in found]


def test_entities_are_those_of_seqeval() -> None:
    labeling = pytest.importorskip("seqeval.metrics.sequence_labeling", reason="needs seqeval")
    drawing = random.Random(0)
    for _ in range(300):
        tags = drawing.choices(["O", "B-A", "I-A", "E-A", "S-A", "B-B", "I-B"], k=drawing.randint(1, 9))
        expected = [(kind, start, end + 1) for kind, start, end in labeling.get_entities(tags)]
        assert [*map(tuple, entities(tags))] == expected, tags
