"""From scores to faithfulness with a classifier that adds up word weights; all numbers by hand."""

import numpy as np
import pytest

from tests.helpers.bag_of_words import BagOfWords
from tests.helpers.toys import CLS, RAGGED, SEP, texts, window
from workbench.config.evaluation import FaithfulnessSettings
from workbench.inference.faithfulness_probe import probe
from workbench.metrics import schemas
from workbench.metrics.faithfulness.table import Selections, summarise, text_measures

A, B, C, D, MASK = 5, 6, 7, 8, 4
NAN = np.nan
MODEL = BagOfWords({A: 2.0, B: 1.0, C: -0.5, D: 0.0})
TEXT = window([CLS, A, B, C, D, SEP], "x")
GOOD, BAD = [9, 4, 3, 1, 2, 9.0], [9, 1, 2, 4, 3, 9.0]
SMALL = {"bins": [0.25, 0.5], "curve_steps": 4, "max_texts": None}


def sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


def measure(scores, windows=(TEXT,), model=MODEL, **more):
    """(selection, metric) -> (T, L) values of one scorer."""
    settings = FaithfulnessSettings(**SMALL | more)
    rows = [np.atleast_2d(np.asarray(one, dtype=float)) for one in scores]
    probed = probe(model, windows, {"s": rows}, settings, mask_id=MASK)["s"]
    return text_measures(probed, Selections.of(settings.bins, settings.curve_steps))


def test_hard_metrics_by_hand() -> None:
    """Weights 2, 1, -0.5 and 0: the whole text has the logit 2.5."""
    found = {name: values[0].tolist() for name, values in measure([[GOOD, BAD]]).items()}
    full = sigmoid(2.5)
    approx = pytest.approx
    assert found["top-25%", "comprehensiveness"] == approx(
        [full - sigmoid(0.5), full - sigmoid(3.0)], abs=1e-6
    )
    assert found["top-50%", "sufficiency"] == approx(
        [full - sigmoid(3.0), full - sigmoid(-0.5)], abs=1e-6
    )
    comprehensiveness = [full - sigmoid(0.5), full - sigmoid(-0.5)]
    assert found["bins", "aopc_comprehensiveness"][0] == approx(np.mean(comprehensiveness), abs=1e-6)
    # Without A and B the logit is -0.5: another class. C and D never turn it.
    assert found["top-25%", "flip"] == [0, 0]
    assert found["top-50%", "flip"] == [1, 0]
    assert found["curve", "flip_point"] == [0.5, 1.0]
    # In the order A, B, D, C.
    deletion = [2.5, 0.5, -0.5, -0.5, 0.0]
    insertion = [0.0, 2.0, 3.0, 3.0, 2.5]
    for name, logits in (("deletion", deletion), ("insertion", insertion)):
        points = [sigmoid(x) for x in logits]
        for share, point in zip((0, 25, 50, 75, 100), points, strict=True):
            assert found[f"top-{share}%", name][0] == approx(point, abs=1e-6)
        area = np.mean([(a + b) / 2 for a, b in zip(points[1:], points[:-1], strict=True)])
        assert found["curve", f"{name}_area"][0] == approx(area, abs=1e-6)


def test_leave_one_out_ranks_the_units_by_weight() -> None:
    values = measure([[GOOD, BAD, [0, 2, 1, -0.5, 0, 0]]])["none", "loo_kendall"]
    # Effects: A > B > D > C. GOOD has that order; BAD (C > D > B > A) its opposite.
    np.testing.assert_allclose(values, [[1.0, -1.0, 1.0]])


def test_the_empty_rationale_takes_nothing_away() -> None:
    found = measure([np.zeros(6)])
    assert found["uniform", "comprehensiveness"].tolist() == [[0.0]]
    # Nothing but an empty rationale is the bare window, whose logit is 0.
    assert found["uniform", "sufficiency"][0, 0] == pytest.approx(sigmoid(2.5) - 0.5, abs=1e-6)


def test_a_hard_rationale_is_removed_as_it_is() -> None:
    found = measure([[0, 1, 0, 1, 0, 0]])
    full = sigmoid(2.5)
    assert found["uniform", "comprehensiveness"][0, 0] == pytest.approx(full - sigmoid(1.0), abs=1e-6)
    assert found["uniform", "sufficiency"][0, 0] == pytest.approx(full - sigmoid(1.5), abs=1e-6)


def test_full_removal_is_the_prior_of_the_bare_window() -> None:
    model = BagOfWords({A: 2.0, B: 1.0}, bias=-0.7)
    found = measure([GOOD], model=model)
    assert found["top-100%", "deletion"][0, 0] == pytest.approx(sigmoid(-0.7), abs=1e-6)
    assert found["top-0%", "insertion"] == found["top-100%", "deletion"]


def test_soft_metrics_of_marks_are_their_hard_ones() -> None:
    """With importances 0 and 1 nothing is left to chance; A stays or goes whole."""
    found = measure([[0, 1, 0, 0, 0, 0]])
    full, span = sigmoid(2.5), sigmoid(2.5) - 0.5
    removed, retained = full - sigmoid(0.5), full - sigmoid(2.0)
    assert found["none", "soft_comprehensiveness"][0, 0] == pytest.approx(removed / span, abs=1e-5)
    assert found["none", "soft_sufficiency"][0, 0] == pytest.approx(1 - retained / span, abs=1e-5)


def test_words_go_as_a_whole_and_tokens_alone() -> None:
    """A and B are one word: with it gone the logit is -0.5."""
    text = window([CLS, A, B, C, D, SEP], "x")
    text.word_index[:] = [-1, 0, 0, 1, 2, -1]
    scores = [[0, 4, 0, 3, 1, 0.0]]
    one = {"bins": [0.01], "curve_steps": 0}
    full = sigmoid(2.5)
    for unit, left in (("word", -0.5), ("token", 0.5)):
        found = measure(scores, (text,), unit=unit, **one)
        drop = found["top-1%", "comprehensiveness"][0, 0]
        assert drop == pytest.approx(full - sigmoid(left), abs=1e-6)


def test_masking_leaves_a_mask() -> None:
    model = BagOfWords({A: 2.0, B: 1.0, C: -0.5, MASK: 0.25})
    found = measure([GOOD], model=model, removal="mask")
    drop = found["top-25%", "comprehensiveness"][0, 0]
    assert drop == pytest.approx(sigmoid(2.5) - sigmoid(0.75), abs=1e-6)
    with pytest.raises(ValueError, match=r"needs the id of \[MASK\]"):
        probe(MODEL, [TEXT], {}, FaithfulnessSettings(removal="mask"))


def test_windows_are_averaged_and_the_class_is_the_texts() -> None:
    """Logits 3 and -1: positive on the whole, though the second window alone is not."""
    windows = [window([CLS, A, B, SEP], "x"), window([CLS, C, C, SEP], "x", window=1)]
    found = measure([[0, 1, 0, 0], [0, 1, 0, 0]], windows, bins=[0.5])
    full = (sigmoid(3.0) + sigmoid(-1.0)) / 2
    without = (sigmoid(1.0) + sigmoid(-0.5)) / 2
    drop = found["top-50%", "comprehensiveness"]
    assert drop.shape == (1, 1)
    assert drop[0, 0] == pytest.approx(full - without, abs=1e-6)
    # In the first window A has the larger effect (1), the two C's are equal (no value).
    assert found["none", "loo_kendall"].tolist() == [[1.0]]


def test_silent_layers_and_signed_scores_have_no_value() -> None:
    found = measure([[[NAN] * 6, [0, 1, -1, 0, 0, 0]]])
    for (selection, _), values in found.items():
        assert np.isnan(values[0, 0])
        assert np.isnan(values[0, 1]) == (selection == "uniform")


def test_options_leave_out_what_they_say() -> None:
    found = measure([GOOD], leave_one_out=False, soft_draws=0, curve_steps=0)
    assert {metric for _, metric in found} == {
        "comprehensiveness", "sufficiency", "flip", "aopc_comprehensiveness", "aopc_sufficiency",
    }  # fmt: skip


@pytest.mark.parametrize("method", ["dense", "adapler", "powerbert"])
def test_batch_size_and_company_do_not_matter(make_model, method: str) -> None:
    model, windows = make_model(method), texts(RAGGED[1:])
    rng = np.random.default_rng(0)
    scores = {name: [rng.random((2, n)) for n in RAGGED[1:]] for name in "ab"}
    settings = FaithfulnessSettings(soft_draws=2)
    whole = probe(model, windows, scores, settings, batch_size=64)
    narrow = FaithfulnessSettings(soft_draws=2, pool=3)
    parts = [
        probe(model, [w], {"b": [scores["b"][number]]}, narrow, batch_size=2)["b"]
        for number, w in enumerate(windows)
    ]
    for name in ("full", "without", "only", "agreement", "blank", "faded_out", "faded_in"):
        alone = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_allclose(getattr(whole["b"], name), alone, atol=1e-5)


def test_the_table_has_means_intervals_and_counts() -> None:
    facts = {"scorer": "s", "method": "m", "split": "test", "unit": "word", "removal": "delete"}
    columns = {
        ("bins", "aopc_comprehensiveness"): np.array([[0.25, NAN], [0.75, NAN], [0.5, 0.1]]),
        ("none", "loo_kendall"): np.array([[NAN, NAN]] * 3),
    }
    frame = summarise(columns, [2, 5], facts, bootstrap=50)
    assert tuple(frame.columns) == schemas.FAITHFULNESS.columns
    assert frame["layer"].tolist() == [2, 5]
    assert frame["value"].tolist() == pytest.approx([0.5, 0.1])
    assert frame["n"].tolist() == [3, 1]
    assert (frame["ci_low"] <= frame["value"]).all()
    assert frame.loc[0, "ci_low"] < 0.5 < frame.loc[0, "ci_high"]
    assert set(frame["selection"]) == {"bins"}
