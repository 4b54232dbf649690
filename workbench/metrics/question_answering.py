"""Exact match and F1 of answers to questions, as SQuAD's two scripts and MLQA's define them.

Sources: Rajpurkar et al. 2016 (evaluate-v1.1.py), Rajpurkar, Jia and Liang 2018 (evaluate-v2.0.py),
Lewis et al. 2020 (mlqa_evaluation_v1.py). The scripts print percentages; here all is in [0, 1].
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from workbench.core.questions import Question
from workbench.metrics.stats.resampling import mean_interval

Rules = Literal["squad-1.1", "squad-2.0", "mlqa-zh"]
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_ASCII_MARKS = frozenset(string.punctuation)
_HAN = re.compile(r"([\u4e00-\u9fa5])")
"""MLQA's range of Chinese characters, which is that of its script."""


def answer_tokens(text: str, rules: Rules = "squad-2.0") -> list[str]:
    """Return what of an answer counts.

    SQuAD: lower case, without ASCII's punctuation, without `a`, `an`, `the` as words, cut at white
    space. The marks go first, so that `it's` is `its`, and `U.S.` `us`. A Chinese answer without spaces
    is a single token, with its full-width marks, so its F1 is hardly more than exact match.

    Args:
        text: An answer.
        rules: `mlqa-zh` is the variant by characters: a Chinese character is a token, anything else is
            cut at white space, every mark of Unicode's goes, and articles stay.
    """
    text = text.lower()
    if rules == "mlqa-zh":
        text = "".join(
            sign for sign in text if sign not in _ASCII_MARKS and unicodedata.category(sign)[0] != "P"
        )
        return _HAN.sub(r" \1 ", text).split()
    text = "".join(sign for sign in text if sign not in _ASCII_MARKS)
    return _ARTICLES.sub(" ", text).split()


def exact_match_and_f1(
    prediction: str, golds: Sequence[str], rules: Rules = "squad-2.0"
) -> tuple[float, float]:
    """Return exact match (0 or 1) and token F1 of an answer, each the highest over the gold answers.

    Args:
        prediction: Empty: no answer.
        golds: What people answered. Empty: the passage does not answer, and so must the prediction not;
            by rules without that case every prediction is wrong.
        rules: As of `answer_tokens`. `squad-2.0` leaves out golds that hold nothing that counts, and
            gives two answers without tokens an F1 of 1; the other two give them 0.
    """
    given = answer_tokens(prediction, rules)
    truths = [answer_tokens(gold, rules) for gold in golds]
    if rules == "squad-2.0":
        truths = [truth for truth in truths if truth] or [[]]
    exact = max((float(given == truth) for truth in truths), default=0.0)
    f1 = max((_f1(given, truth, rules == "squad-2.0") for truth in truths), default=0.0)
    return exact, f1


def _f1(given: list[str], truth: list[str], empty_agree: bool) -> float:
    if not given or not truth:
        return float(empty_agree and given == truth)
    same = sum((Counter(given) & Counter(truth)).values())
    return 2 * same / (len(given) + len(truth))


@dataclass(frozen=True)
class AnswerValues:
    """What each question's answer is worth, in the questions' order, for paired tests."""

    exact: np.ndarray
    """(questions,) float64, 0 or 1."""
    f1: np.ndarray
    """(questions,) float64."""
    has_answer: np.ndarray
    """(questions,) bool: the passage answers."""


def answer_values(
    questions: Sequence[Question], predictions: Mapping[str, str], rules: Rules = "squad-2.0"
) -> AnswerValues:
    """Return the values of predicted answers.

    Args:
        questions: With what people answered.
        predictions: Id -> answer; ValueError where one is missing. (SQuAD 1.1's script counts such as
            wrong, 2.0's leaves it out.)
        rules: As of `exact_match_and_f1`.
    """
    missing = [one.id for one in questions if one.id not in predictions]
    if missing:
        raise ValueError(f"{len(missing)} questions have no prediction, the first is {missing[0]!r}")
    pairs = [
        exact_match_and_f1(predictions[one.id], [answer.text for answer in one.answers], rules)
        for one in questions
    ]
    values = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    has_answer = np.array([bool(one.answers) for one in questions], dtype=bool)
    return AnswerValues(values[:, 0], values[:, 1], has_answer)


def answer_quality(
    values: AnswerValues, resamples: int, seed: int
) -> Iterator[tuple[str, float, float, float, int]]:
    """Yield (metric, value, ci_low, ci_high, n): `f1` and `exact`, over all and over either kind alone.

    `has_answer_*` are over questions that the passage answers, `no_answer_*` over the others (the 2.0
    script's HasAns and NoAns); a kind that does not occur has no rows.

    Args:
        values, resamples, seed: Of the answers; the others as of `mean_interval`.
    """
    kinds = {"": np.ones_like(values.has_answer)}
    if not values.has_answer.all():
        kinds |= {"has_answer_": values.has_answer, "no_answer_": ~values.has_answer}
    for kind, members in kinds.items():
        for metric, column in (("f1", values.f1), ("exact", values.exact)):
            if members.any():
                low, high = mean_interval(column[members], resamples, seed)
                mean = float(column[members].mean())
                yield f"{kind}{metric}", mean, float(low), float(high), int(members.sum())


def best_null_threshold(
    values: np.ndarray, answered: np.ndarray, has_answer: np.ndarray, null_odds: np.ndarray
) -> tuple[float, float]:
    """Return the highest mean that a threshold on `null_odds` reaches, and the least such threshold.

    An answer stays where its odds are at most the threshold. As in the 2.0 script, questions enter one
    by one in the order of their odds, also those of equal odds, which no threshold divides. Where it is
    best to answer nothing, the threshold is -inf (the script says 0, for its odds are probabilities).

    Args:
        values: (questions,): exact match or F1 of the best spans, whatever no answer scored.
        answered: (questions,) bool: that span's text is not empty.
        has_answer: (questions,) bool.
        null_odds: (questions,): how much rather there is no answer.
    """
    order = np.argsort(null_odds, kind="stable")
    gain = np.where(has_answer, values, -answered.astype(np.float64))[order]
    sums = (~has_answer).sum() + np.concatenate([[0.0], np.cumsum(gain)])
    best = int(sums.argmax())
    return float(sums[best] / len(values)), float(null_odds[order][best - 1]) if best else -np.inf
