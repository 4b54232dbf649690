"""Where sentences end, and which ones a stretch lies in."""

import pytest

from workbench.data.sentences import around, sentence_bounds


@pytest.mark.parametrize(
    "sentences",
    [
        ["One ends.", "Two ends!", "Three? no, here."],
        [
            "The U.S. Army came.",
            "Dr. J. K. Smith said “no.”",
            "Then 3.5 m... were left.",
            "(Why?)",
            "So.",
        ],
        ["It cost $5.", "2 were sold."],
        ["No stop"],
        ["黑豹队排名第六。", "他说：“好！”", "然后 24 次。"],
        ["A heading", "A line."],
    ],
)
def test_sentences(sentences):
    mark = "\n" if sentences[0] == "A heading" else "" if sentences[0][0] == "黑" else "  "
    text = f" {mark.join(sentences)} "
    assert [text[start:end] for start, end in sentence_bounds(text)] == sentences


def test_around_a_stretch():
    text = "One is. Two is. Three is."
    assert text[slice(*around(text, 8, 11))] == "Two is."
    assert text[slice(*around(text, 4, 9))] == "One is. Two is."
    assert around(text, 7, 8) == (7, 8)
