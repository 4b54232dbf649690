"""Exact match and F1, worked out by hand from the definitions, and the best threshold for no answer."""

import numpy as np
import pytest

from workbench.core.questions import Answer, Question
from workbench.metrics.question_answering import (
    answer_quality,
    answer_tokens,
    answer_values,
    best_null_threshold,
    exact_match_and_f1,
)

BRONCOS = ["Denver Broncos"]
CASES = [
    # Case, articles, marks and spaces do not count.
    ("Denver Broncos", BRONCOS, 1, 1),
    ("the denver broncos.", BRONCOS, 1, 1),
    ('"Denver  Broncos"\n', BRONCOS, 1, 1),
    ("Denver\u00a0Broncos", BRONCOS, 1, 1),
    ("(Denver) a Broncos an", BRONCOS, 1, 1),
    ("state of the art", ["state of art"], 1, 1),
    ("An apple a day", ["apple day"], 1, 1),
    # They are words of their own only, and go after the marks.
    ("Theatre", ["atre"], 0, 0),
    ("state-of-the-art", ["state of the art"], 0, 0),  # stateoftheart
    ("I. A. Richards", ["IA Richards"], 0, 2 / 4),  # i richards; ia richards
    # Marks inside words.
    ("U.S.", ["us"], 1, 1),
    ("it's", ["its"], 1, 1),
    ("a.m.", ["am"], 1, 1),
    # Only ASCII's marks go.
    ("it’s", ["its"], 0, 0),
    ("«Don Quixote»", ["Don Quixote"], 0, 0),
    ("1185–86", ["1185-86"], 0, 0),
    # Letters are not folded beyond case.
    ("Über", ["über"], 1, 1),
    ("café", ["cafe"], 0, 0),
    ("cafe\u0301", ["caf\u00e9"], 0, 0),
    # Numbers are strings of signs.
    ("1,911", ["1911"], 1, 1),
    ("3.5", ["35"], 1, 1),
    ("$5", ["5"], 1, 1),
    ("5%", ["5 percent"], 0, 2 / 3),
    ("nineteen", ["19"], 0, 0),
    # F1 = 2 same / (tokens given + tokens true).
    ("Broncos", BRONCOS, 0, 2 / 3),
    ("Denver Broncos team", BRONCOS, 0, 4 / 5),
    ("Broncos Denver", BRONCOS, 0, 1),
    ("Carolina Panthers", BRONCOS, 0, 0),
    ("new new york", ["new york"], 0, 4 / 5),
    ("new new york", ["new york new"], 0, 1),
    ("new york city", ["new new york"], 0, 4 / 6),
    # The best of several, for each of the two.
    ("gold anniversary", ["golden anniversary", "gold", "the gold anniversary of"], 0, 4 / 5),
    ("gold", ["golden", "the gold"], 1, 1),
    # No answer.
    ("", [], 1, 1),
    ("the", [], 1, 1),
    ("1911", [], 0, 0),
    ("", ["1911"], 0, 0),
    ("the the", ["dog"], 0, 0),
    ("a", ["the"], 1, 1),
    ("", ["the", "dog"], 0, 0),  # "the" is left out.
]
OTHER_RULES = [
    ("squad-1.1", "Broncos", BRONCOS, 0, 2 / 3),
    ("squad-1.1", "", ["1911"], 0, 0),
    ("squad-1.1", "", [], 0, 0),
    ("squad-1.1", "a", ["the"], 1, 0),
    ("squad-1.1", "", ["the", "dog"], 1, 0),
    # A Chinese answer is one token, with its own marks.
    ("squad-1.1", "黑豹队", ["黑豹"], 0, 0),
    ("squad-1.1", "308分。", ["308分"], 0, 0),
    ("squad-1.1", "24 次", ["24 次拦截"], 0, 2 / 4),
    ("mlqa-zh", "黑豹队", ["黑豹"], 0, 4 / 5),
    ("mlqa-zh", "《308分》。", ["308分"], 1, 1),
    ("mlqa-zh", "24 次", ["24次拦截"], 0, 4 / 6),
    ("mlqa-zh", "the NFL联盟", ["NFL联盟"], 0, 6 / 7),
    ("mlqa-zh", "", ["。"], 1, 0),
]


@pytest.mark.parametrize(
    ("rules", "given", "golds", "exact", "f1"), [("squad-2.0", *case) for case in CASES] + OTHER_RULES
)
def test_by_hand(rules, given, golds, exact, f1):
    assert exact_match_and_f1(given, golds, rules) == (exact, pytest.approx(f1, abs=1e-15))


def test_what_counts():
    assert answer_tokens("The U.S.-led A-team's 3,000") == ["usled", "ateams", "3000"]
    assert answer_tokens("24 次拦截（NFL）", "mlqa-zh") == ["24", "次", "拦", "截", "nfl"]


def asked(name, *answers):
    return Question(name, "?", "c", tuple(Answer(text, 0) for text in answers), not answers)


def test_values_are_those_of_each_question_and_means_are_by_kind():
    questions = [asked("a", "red fox", "fox"), asked("b"), asked("c", "dog"), asked("d")]
    given = {"d": "cat", "c": "dog cat", "b": "", "a": "big fox"}
    values = answer_values(questions, given)
    assert values.exact.tolist() == [0, 1, 0, 0]
    assert values.f1.tolist() == pytest.approx([2 / 3, 1, 2 / 3, 0])
    assert values.has_answer.tolist() == [True, False, True, False]
    rows = {name: (value, n) for name, value, _, _, n in answer_quality(values, 0, 0)}
    assert rows == {
        "exact": (0.25, 4), "f1": (pytest.approx(7 / 12), 4),
        "has_answer_exact": (0, 2), "has_answer_f1": (pytest.approx(2 / 3), 2),
        "no_answer_exact": (0.5, 2), "no_answer_f1": (0.5, 2),
    }  # fmt: skip
    (_, value, low, high, _), *_ = answer_quality(values, 500, 0)
    assert low <= value <= high
    alone = answer_values(questions[::2], given)
    assert [row[0] for row in answer_quality(alone, 0, 0)] == ["f1", "exact"]
    with pytest.raises(ValueError, match=r"2 questions have no prediction, the first is 'a'"):
        answer_values(questions, {"c": "", "d": ""})


def test_the_best_threshold_by_hand():
    has_answer, answered = np.array([True, False, True, True]), np.ones(4, bool)
    odds, f1 = np.array([-3.0, -1.0, 2.0, 5.0]), np.array([1.0, 0.0, 0.5, 0.0])
    # 1 (nothing answered), 2, 1, 1.5, 1.5 of 4; the other way round 1, 1, 1.5, 0.5, 1.5: the first.
    assert best_null_threshold(f1, answered, has_answer, odds) == (0.5, -3)
    assert best_null_threshold(f1, answered, has_answer, -odds) == (0.375, -2)
    # A span without text answers nothing, and costs nothing.
    assert best_null_threshold(f1, answered & has_answer, has_answer, odds) == (0.625, 2)
    nothing = np.zeros(4, bool)
    assert best_null_threshold(np.zeros(4), answered, nothing, odds) == (1, -np.inf)


@pytest.mark.parametrize("seed", range(5))
def test_the_best_threshold_is_the_best_of_all(seed):
    rng = np.random.default_rng(seed)
    has_answer, answered = rng.random(60) < 0.5, rng.random(60) < 0.9
    values = np.where(has_answer, rng.random(60) * answered, ~answered)
    odds = rng.normal(size=60)
    means = {
        level: float(np.where(odds <= level, values, ~has_answer).mean()) for level in (-np.inf, *odds)
    }
    best, level = best_null_threshold(values, answered, has_answer, odds)
    assert best == pytest.approx(max(means.values()))
    assert means[level] == pytest.approx(best)
