"""Values of texts straight from rows are those of the records behind the rows, to the last bit."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.helpers.annotated_scores import record
from workbench.core.token_scores import TokenScores, from_frame, to_frame
from workbench.errors import InputError
from workbench.metrics.plausibility.score_rows import flat_units, layer_rows
from workbench.metrics.plausibility.text_values import layer_text_values, text_values

LAYERS = 3


def drawn(seed: int, drops: bool, shares: bool) -> list[TokenScores]:
    """Texts of one to three windows: sub-words, unannotated, special tokens alone, silent layers."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(30):
        for window in range(1 + number % 3):
            n = int(rng.integers(1, 12))
            words = np.sort(rng.integers(0, n, n)).tolist()
            if number % 5 == 0:
                words = rng.permutation(words).tolist()
            scores = rng.random((LAYERS, n + 2)).round(1)
            kept = None
            if drops and number % 4:
                kept = np.logical_and.accumulate(rng.random((LAYERS, n + 2)) < 0.7, axis=0)
                scores[1:][~kept[:-1]] = np.nan
            elif number % 7 == 1:
                scores[0] = np.nan
            marks = None if number == 11 else (rng.random(n) < 0.3 * (number % 4)).astype(int).tolist()
            one = record(scores, marks, words=words, kept=kept, text_id=f"t{number}", window=window)
            if number == 13:
                one = replace(one, word_index=np.full(n + 2, -1))
            if shares and number % 3:
                one = replace(one, shares=rng.integers(0, 4, n + 2) / 3)
            made.append(one)
    return made


def one_layer(records: list[TokenScores], layer: int) -> pd.DataFrame:
    rows = to_frame(records)
    return rows[rows["layer"] == layer]


@pytest.mark.parametrize("shares", [False, True])
@pytest.mark.parametrize("drops", [False, True])
@pytest.mark.parametrize("shuffled", [False, True])
def test_values_are_those_of_the_records(drops: bool, shares: bool, shuffled: bool) -> None:
    records = drawn(3, drops, shares)
    for layer in range(LAYERS):
        rows = one_layer(records, layer)
        if shuffled:
            rows = rows.sample(frac=1, random_state=layer)
        expected = text_values(from_frame(rows.assign(layer=0)))
        found = layer_text_values(layer_rows(rows), "adapler")
        assert len(found) == len(expected) == 4
        for ours, theirs in zip(found, expected, strict=True):
            assert replace(ours, values=theirs.values) == theirs
            np.testing.assert_array_equal(ours.values, theirs.values)


def test_the_units_asked_for_are_measured() -> None:
    found = layer_text_values(layer_rows(one_layer(drawn(0, True, False), 1)), "adapler", ["word"])
    assert [(part.unit, part.window_set) for part in found] == [
        ("word", "with-evidence"),
        ("word", "all"),
    ]


def test_a_word_has_its_best_token_by_hand() -> None:
    one = record([0.9, 0.1, 0.4, 0.2, 0.9], [1, 0, 0], words=[0, 0, 1])
    units = flat_units(layer_rows(to_frame([one])), "word")
    np.testing.assert_allclose(units.scores, [0.4, 0.2], rtol=1e-6)
    assert units.marks.tolist() == [True, False]
    assert units.follows.tolist() == [False, True]
    assert units.starts.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([0.1, 0.2, -0.3, 0.4, 0.1], "t1: cp scores must be finite and not negative"),
        ([0.1, 0.2, np.inf, 0.4, 0.1], "t1: cp scores must be finite and not negative"),
        ([0.1, 0.2, np.nan, 0.4, 0.1], "t1: cp scores of layer 0 are NaN in part"),
    ],
)
def test_what_records_refuse_is_refused_by_text(scores: list[float], message: str) -> None:
    good = record([0.1, 0.2, 0.3, 0.4, 0.1], [1, 0, 0], text_id="t0")
    bad = record(scores, [1, 0, 0], text_id="t1")
    with pytest.raises(InputError, match=message):
        layer_text_values(layer_rows(to_frame([good, bad])), "adapler")
