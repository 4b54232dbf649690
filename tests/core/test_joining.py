"""Windows of one text put together: order, gaps, second texts, dropped tokens."""

from dataclasses import replace

import numpy as np

from workbench.core.merge_windows import join_windows, stitched
from workbench.core.token_scores import TokenScores
from workbench.metrics.plausibility.table import plausibility
from workbench.metrics.plausibility.units import scored_units

NAN = np.nan


def window(number: int, words: list[int], scores: list[float], marks: list[int], kept=None):
    return TokenScores(
        "cp", "adapler", "t", number, tuple(f"w{word}" for word in words), np.array(words),
        np.array([scores]), None if kept is None else np.array([kept], dtype=bool),
        np.array(marks, dtype=bool),
    )  # fmt: skip


def test_windows_follow_in_their_order() -> None:
    later = window(1, [-1, 2, -1], [9, 0.3, 9], [0, 1, 0])
    first = window(0, [-1, 0, 1, -1], [9, 0.1, 0.2, 9], [0, 0, 1, 0])
    joined = join_windows([later, first])
    assert joined.tokens == ("w0", "w1", "w2")
    assert joined.scores.tolist() == [[0.1, 0.2, 0.3]]
    units = scored_units(joined, "token")
    assert units.marks.tolist() == [False, True, True]
    assert units.follows.tolist() == [False, True, True]


def test_a_missing_window_leaves_a_gap() -> None:
    parts = [window(n, [-1, 3 * n, 3 * n + 1, -1], [0, 1, 2, 0], [0, 1, 1, 0]) for n in (0, 2)]
    for unit in ("token", "word"):
        assert scored_units(join_windows(parts), unit).follows.tolist() == [False, True, False, True]
    frame = plausibility(parts, "test", bootstrap=0).frame
    # Two spans, not one of four: the words between them are not there.
    row = frame[(frame["metric"] == "iou_recall") & (frame["selection"] == "uniform")]
    # Scores 1, 2, 1, 2 of mean 1.5: the second of each pair is selected, half of its span.
    assert row["value"].tolist() == [1.0] * len(row)


def test_a_second_text_comes_once_with_its_best_score() -> None:
    words, marks = [-1, 0, -1, 5, 6, -1], [0, 1, 0, 0, 1, 0]
    one = window(0, words, [0, 0.1, 0, 0.5, NAN, 0], marks, [1, 1, 1, 1, 0, 1])
    words = [-1, 1, -1, 5, 6, -1]
    other = window(1, words, [0, 0.2, 0, 0.4, 0.7, 0], marks, [1, 0, 1, 0, 1, 1])
    joined = join_windows([one, other])
    assert joined.word_index.tolist() == [0, 1, -1, 5, 6]
    units = scored_units(joined, "token")
    assert units.scores.tolist() == [[0.1, 0.2, 0.5, 0.7]]
    assert units.kept is not None
    assert units.kept.tolist() == [[True, False, True, True]]
    assert units.marks.tolist() == [True, True, False, True]
    # Word 5 would follow on word 1 by position; it is another text.
    assert units.follows.tolist() == [False, True, False, True]
    assert not np.isnan(one.scores[0, 3])


def test_shares_go_with_their_tokens() -> None:
    words, marks = [-1, 0, -1, 5, -1], [0, 1, 0, 0, 0]
    one = replace(window(0, words, [0, 0.1, 0, 0.5, 0], marks), shares=np.array([0, 2 / 3, 0, 1 / 3, 0]))
    words = [-1, 1, -1, 5, -1]
    other = replace(window(1, words, [0, 0.2, 0, 0.4, 0], marks), shares=np.array([0, 1, 0, 1 / 3, 0]))
    joined = join_windows([one, other])
    assert joined.word_index.tolist() == [0, 1, -1, 5]
    assert joined.shares is not None
    assert joined.shares.tolist() == [2 / 3, 1, 0, 1 / 3]
    assert scored_units(joined, "word").shares.tolist() == [2 / 3, 1, 1 / 3]
    assert stitched([one, other]).shares.tolist() == [0, 2 / 3, 1, 0, 1 / 3, 0]
    assert join_windows([one, replace(other, shares=None)]).shares is None


def test_ranks_go_over_the_whole_text() -> None:
    parts = [
        window(0, [-1, 0, 1, -1], [0, 0.9, 0.8, 0], [0, 1, 0, 0]),
        window(1, [-1, 2, 3, -1], [0, 0.1, 0.05, 0], [0, 1, 0, 0]),
    ]
    frame = plausibility(parts, "test", bootstrap=0).frame
    ours = frame[(frame["unit"] == "word") & (frame["universe"] == "all")].set_index("metric")["value"]
    assert ours["ap"] == 1
    # Ranked: marked, not, marked, not.
    assert abs(ours["eraser_ap"] - (1 + 2 / 3) / 2) < 1e-12
