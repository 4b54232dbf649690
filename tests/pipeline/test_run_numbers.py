"""The numbers of a run follow from its own tables, recomputed here another way."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from tests.helpers.tiny_runs import METHODS, SCORERS


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("split", ["dev", "test"])
def test_accuracy_and_f1_follow_from_the_predictions(finished, method, split):
    rows = finished.predictions.query("method == @method and split == @split")
    table = finished.metrics("classification").query("method == @method and split == @split")
    values = table.set_index("metric")["value"]
    assert values["accuracy"] == pytest.approx((rows["label"] == rows["predicted"]).mean())
    expected = f1_score(rows["label"], rows["predicted"], average="macro", zero_division=0)
    assert values["macro_f1"] == pytest.approx(expected)


@pytest.mark.parametrize("method", METHODS)
def test_flops_speedup_is_the_ratio_of_the_predictions_sums(finished, method):
    rows = finished.predictions.query("method == @method and split == 'test'")
    ratio = rows["flops_dense"].sum() / rows["flops"].sum()
    assert value(finished, method, "flops_speedup_unpadded") == pytest.approx(ratio)
    assert (ratio == 1) if method == "dense" else (ratio > 1.05)


@pytest.mark.parametrize("method", METHODS)
def test_tokens_kept_share_follows_from_predictions_and_scores(finished, method):
    rows = finished.predictions.query("method == @method and split == 'test'")
    tokens = np.stack(rows["tokens"])
    full = finished.scores("uniform").query("layer == 0").groupby("text_id", observed=True).size()
    share = tokens.sum() / (tokens.shape[1] * full.sum())
    assert value(finished, method, "tokens_kept_share") == pytest.approx(share)


@pytest.mark.parametrize(("scorer", "method"), [("cp", "adapler"), ("top", "top")])
def test_tokens_of_the_predictions_are_those_the_scores_call_kept(finished, scorer, method):
    rows = finished.predictions.query("method == @method and split == 'test'")
    kept = finished.scores(scorer).groupby(["text_id", "layer"], observed=True)["kept"].sum().unstack()
    for row in rows.itertuples():
        passed, tokens = kept.loc[row.text_id].tolist(), list(row.tokens)
        # ToP cuts in the middle: who passes a layer's cut is in the next one's self-attention.
        assert passed[:-1] == tokens[1:] if scorer == "top" else passed == tokens


def average_precision(finished, scorer: str, layer: int) -> float:
    """Mean over windows with evidence and both kinds of token, then over texts; by scikit-learn."""
    frame = finished.scores(scorer).query("layer == @layer and word_index >= 0")
    texts: dict[str, list[float]] = {}
    for (text_id, _), window in frame.groupby(["text_id", "window"], observed=True):
        marks = window["rationale"].to_numpy(dtype=bool)
        if marks.any() and not marks.all():
            # Dropped tokens rank below every living one.
            scores = window["score"].fillna(-1).to_numpy()
            texts.setdefault(str(text_id), []).append(average_precision_score(marks, scores))
    return float(np.mean([np.mean(values) for values in texts.values()]))


@pytest.mark.parametrize("scorer", [name for name in SCORERS if name != "random"])
def test_average_precision_is_scikit_learns(finished, scorer):
    table = finished.metrics("plausibility").query(
        "scorer == @scorer and metric == 'ap' and unit == 'token' and universe == 'with-evidence'"
    )
    for row in table.itertuples():
        assert row.value == pytest.approx(average_precision(finished, scorer, row.layer), abs=1e-9)
        assert row.ci_low <= row.value <= row.ci_high


def test_oracle_is_perfect_and_uniform_is_not(finished):
    table = finished.metrics("plausibility").query(
        "metric == 'ap' and unit == 'token' and universe == 'with-evidence'"
    )
    best = table.groupby("scorer")["value"].max()
    assert best["oracle"] == pytest.approx(1)
    assert best["uniform"] < 0.9


def test_speeds_are_medians_over_the_stopwatchs_rounds(finished):
    rounds = finished.metrics("stopwatch")
    for size in (1, 4):
        wide = rounds.query("batch_size == @size").pivot(
            index="round", columns="contestant", values="seconds"
        )
        for method in METHODS:
            own = wide[method]
            assert value(finished, method, "seconds_median", size) == pytest.approx(own.median())
            assert value(finished, method, "speedup_vs_hf", size) == pytest.approx(
                (wide["hf"] / own).median()
            )


def test_realised_share_is_the_saved_time_over_the_saved_flops(finished):
    """All timed methods run on the same windows, so share x (own / dense seconds) is 1 / FLOPs ratio."""
    rounds = finished.metrics("stopwatch")
    for method in METHODS:
        ratios = []
        for size in (1, 4):
            wide = rounds.query("batch_size == @size").pivot(
                index="round", columns="contestant", values="seconds"
            )
            time_saved = (wide["dense"] / wide[method]).median()
            ratios.append(time_saved / value(finished, method, "realised_share", size))
        assert ratios[0] == pytest.approx(ratios[1])
        assert ratios[0] == pytest.approx(1) if method == "dense" else ratios[0] > 1.05


def value(finished, method: str, quantity: str, batch_size: int | None = None) -> float:
    """The only value of a quantity on the test split."""
    rows = finished.metrics("efficiency").query(
        "method == @method and split == 'test' and quantity == @quantity"
    )
    if batch_size is not None:
        rows = rows[rows["batch_size"] == batch_size]
    (found,) = rows["value"]
    return float(found)
