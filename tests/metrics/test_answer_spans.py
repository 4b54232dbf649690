"""The best span over a question's windows: against a slow loop, and case by case."""

import numpy as np
import pytest

from workbench.core.questions import Question, QuestionWindow
from workbench.core.span_search import SpanSearch
from workbench.metrics.answer_spans import find_answers

CONTEXT = "aa bb cc dd ee ff gg hh"
OUTSIDE = [(-1, -1)] * 3


def window(first, words, number=0, best=None, name="q"):
    """[CLS] ? [SEP] and so many words of the passage from one on, and [SEP]."""
    places = [(3 * at, 3 * at + 2) for at in range(first, first + words)]
    offsets = np.array([*OUTSIDE, *places, (-1, -1)], dtype=np.int32)
    most = np.zeros(len(offsets), bool)
    most[3:-1] = True if best is None else best
    return QuestionWindow(name, number, offsets, most, 0, 0, 0, np.zeros(len(offsets), bool))


QUESTION = Question("q", "?", CONTEXT)


def found(facts, starts, ends, **search):
    (answer,) = find_answers([QUESTION], facts, starts, ends, SpanSearch(**search))
    return answer


def logits(one, **at):
    values = np.full(len(one.offsets), -9.0)
    for place, value in at.items():
        values[int(place[1:])] = value
    return values


def test_the_best_span_is_a_text_of_the_passage():
    one = window(0, 4)
    answer = found([one], [logits(one, t4=2, t3=1)], [logits(one, t5=3, t6=1)])
    (best, second, *_) = answer.spans
    assert (answer.text, best.score, best.start, best.end) == ("bb cc", 5, 4, 5)
    assert (second.text, second.score) == ("aa bb cc", 4)
    assert answer.null_score == -18
    assert answer.null_odds == -23


@pytest.mark.parametrize(
    ("start", "end", "search", "text"),
    [
        # The question and special tokens are no answers; nor is an end before the start.
        ({"t1": 9, "t3": 1}, {"t2": 9, "t4": 1}, {}, "aa bb"),
        ({"t5": 9, "t3": 1}, {"t4": 9, "t6": -8}, {}, "aa bb"),
        ({"t3": 9}, {"t6": 9, "t4": 1}, {"max_answer_length": 4}, "aa bb cc dd"),
        ({"t3": 9}, {"t6": 9, "t4": 1}, {"max_answer_length": 3}, "aa bb"),
        # What is not among the highest is not tried, even where these fall away.
        ({"t1": 9, "t3": 1}, {"t2": 9, "t4": 1}, {"n_best": 1}, ""),
        # Equal spans: the first start, then the first end.
        ({"t4": 5, "t3": 5}, {"t6": 5, "t5": 5}, {}, "aa bb cc"),
    ],
)
def test_which_spans_may_be_answers(start, end, search, text):
    one = window(0, 4)
    answer = found([one], [logits(one, **start)], [logits(one, **end)], null=False, **search)
    assert answer.text == text
    assert bool(answer.spans) == bool(text)


def test_no_answer_is_its_least_score_over_windows_against_the_best_span():
    facts = [window(0, 4), window(4, 4, 1)]
    starts = [logits(facts[0], t0=6, t3=2), logits(facts[1], t0=1, t4=3)]
    ends = [logits(facts[0], t0=4, t3=1), logits(facts[1], t0=1, t4=-1)]
    answer = found(facts, starts, ends)
    assert (answer.null_score, answer.spans[0].score, answer.null_odds) == (2, 3, -1)
    assert (answer.text, answer.spans[0].window) == ("aa", 0)
    assert found(facts, starts, ends, null_threshold=-1).text == "aa"  # Not above it.
    refused = found(facts, starts, ends, null_threshold=-1.5)
    assert (refused.text, refused.best_text) == ("", "aa")
    assert found(facts, starts, ends, null_threshold=-1.5, null=False).text == "aa"
    ends[1][0] = 2.5
    assert found(facts, starts, ends).text == ""


def test_a_start_may_have_to_be_where_most_is_around_it():
    facts = [window(0, 4, best=[1, 1, 0, 0]), window(2, 4, 1, best=[0, 0, 1, 1])]
    starts = [logits(facts[0], t3=1, t5=9), logits(facts[1], t5=2)]
    ends = [logits(facts[0], t5=9), logits(facts[1], t6=2)]
    assert found(facts, starts, ends).text == "cc"
    assert found(facts, starts, ends, max_context=True).text == "aa bb cc"


def test_tokens_that_can_be_no_answer():
    one = window(0, 4)
    nothing = np.full(8, -np.inf)
    answer = found([one], [nothing], [nothing], null=False)
    assert (answer.text, answer.best_text, answer.spans) == ("", "", ())
    assert found([one], [nothing], [logits(one)]).null_odds == np.inf


@pytest.mark.parametrize(
    ("facts", "starts", "message"),
    [
        ([window(0, 4)], [np.zeros(7)], r"'q', window 0: 8 tokens, logits of \(7,\) and \(7,\)"),
        ([window(0, 4)], [np.full(8, np.nan)], r"'q', window 0: a logit is NaN"),
        ([window(0, 4)], [np.zeros(8)] * 2, r"1 windows, 2 and 2 of logits"),
        ([], [], r"windows of question 'none' where those of 'q'"),
        ([window(0, 4, name="p")], [np.zeros(8)], r"windows of question 'p' where those of 'q'"),
        ([window(0, 4), window(0, 4, name="p")], [np.zeros(8)] * 2, r"1 windows of no question"),
    ],
)
def test_what_does_not_fit_is_refused(facts, starts, message):
    with pytest.raises(ValueError, match=message):
        list(find_answers([QUESTION], facts, starts, starts))


def by_loops(facts, starts, ends, n_best, longest, only_most):
    """Post-processing as run_qa.py has it, one span at a time."""
    spans = []
    for number, one in enumerate(facts):
        ranked = [
            sorted(range(len(row)), key=lambda at, row=row: (-row[at], at))[:n_best]
            for row in (starts[number], ends[number])
        ]
        for a in ranked[0]:
            for b in ranked[1]:
                inside = one.offsets[a, 0] >= 0 and one.offsets[b, 0] >= 0
                if not inside or b < a or b - a + 1 > longest or (only_most and not one.max_context[a]):
                    continue
                spans.append((-(starts[number][a] + ends[number][b]), number, a, b))
    return sorted(spans)[:n_best], min(s[0] + e[0] for s, e in zip(starts, ends, strict=True))


@pytest.mark.parametrize("seed", range(20))
def test_as_a_slow_loop_finds_them(seed):
    rng = np.random.default_rng(seed)
    bounds = [(0, 5), (2, 5), (4, 4)]
    facts = [window(a, n, i, best=rng.random(n) < 0.5) for i, (a, n) in enumerate(bounds)]
    # Small whole numbers, so that many are equal; every other time hardly any is.
    scale = 1 if seed % 2 else 1000
    starts, ends = (
        [rng.integers(-3 * scale, 3 * scale + 1, len(one.offsets)) for one in facts] for _ in range(2)
    )
    for n_best, longest, only_most in ((20, 30, False), (3, 2, False), (4, 3, True)):
        spans, null = by_loops(facts, starts, ends, n_best, longest, only_most)
        answer = found(
            facts, starts, ends, n_best=n_best, max_answer_length=longest, max_context=only_most
        )
        assert [(-s.score, s.window, s.start, s.end) for s in answer.spans] == spans
        assert answer.null_score == null
        text = "" if not spans or null + spans[0][0] > 0 else answer.best_text
        assert answer.text == text
