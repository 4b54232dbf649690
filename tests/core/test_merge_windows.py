"""Windows of one text, put back together."""

import numpy as np
import pytest

from workbench.core.merge_windows import join_windows, places, stitched
from workbench.core.token_scores import TokenScores


def part(number: int, tokens: str, words: list[int], scores: list[float], **more) -> TokenScores:
    text_id, pieces = more.pop("text_id", "t"), tuple(tokens.split())
    return TokenScores("s", "m", text_id, number, pieces, np.array(words), np.array([scores]), **more)


def test_inner_special_tokens_go() -> None:
    whole = stitched([
        part(1, "[CLS] c [SEP]", [-1, 2, -1], [4, 5, 6], seconds=1.0, error=np.array([0.2])),
        part(0, "[CLS] a b [SEP]", [-1, 0, 1, -1], [0, 1, 2, 3], seconds=2.0, error=np.array([0.1])),
    ])  # fmt: skip
    assert whole.tokens == ("[CLS]", "a", "b", "c", "[SEP]")
    assert whole.scores.tolist() == [[0, 1, 2, 5, 6]]
    assert whole.word_index.tolist() == [-1, 0, 1, 2, -1]
    assert (whole.seconds, whole.error.tolist()) == (3.0, [0.2])


def test_a_second_text_comes_once() -> None:
    one = part(0, "[CLS] a [SEP] z [SEP]", [-1, 0, -1, 2, -1], [0, 1, 2, 3, 4])
    two = part(1, "[CLS] b [SEP] z [SEP]", [-1, 1, -1, 2, -1], [5, 6, 7, 8, 9])
    assert stitched([one, two]).tokens == ("[CLS]", "a", "b", "[SEP]", "z", "[SEP]")
    assert stitched([one, two]).scores.tolist() == [[0, 1, 6, 7, 8, 9]]


def test_two_tokens_between_texts() -> None:
    words = [-1, 0, 1, -1, -1, 3, -1]
    one = part(0, "<s> a b </s> </s> z </s>", words, [0, 1, 2, 3, 4, 5, 6])
    two = part(1, "<s> c </s> </s> z </s>", [-1, 2, -1, -1, 3, -1], [7, 8, 9, 10, 11, 12])
    assert (one.first_end, one.second_start, two.first_end, two.second_start) == (3, 5, 2, 4)
    whole = stitched([one, two])
    assert whole.tokens == ("<s>", "a", "b", "c", "</s>", "</s>", "z", "</s>")
    assert whole.scores.tolist() == [[0, 1, 2, 8, 9, 10, 11, 12]]
    assert (whole.first_end, whole.second_start) == (4, 6)
    assert [place.tolist() for place in places([one, two])] == [
        [0, 1, 2, -1, -1, 6, 7], [-1, 3, 4, 5, 6, 7],
    ]  # fmt: skip
    judged = join_windows([one, two])
    assert judged.tokens == ("a", "b", "c", "", "z")
    assert judged.scores[0, [0, 1, 2, 4]].tolist() == [1, 2, 8, 11]


def test_one_window_stays_as_it_is() -> None:
    one = part(0, "[CLS] a [SEP]", [-1, 0, -1], [0, 1, 2], kept=np.ones((1, 3), dtype=bool))
    assert stitched([one]).tokens == one.tokens
    assert stitched([one]).kept.all()


def test_two_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="one text"):
        stitched([part(0, "a", [0], [1]), part(0, "a", [0], [1], text_id="u")])
