"""Seeds as a level: intervals that know of them, means over runs, effect sizes."""

import numpy as np
import pytest

from tests.helpers.annotated_scores import corpus, record
from workbench.errors import InputError
from workbench.metrics import schemas
from workbench.metrics.plausibility.measures import MEASURES
from workbench.metrics.plausibility.paired_tests import compare_scorers
from workbench.metrics.plausibility.text_values import text_values
from workbench.metrics.stats.resampling import cohens_dz, mean_interval, sign_balance
from workbench.metrics.stats.seeds import crossed_interval, mean_over_seeds, summarise_seeds


def test_one_seed_is_the_bootstrap_over_texts() -> None:
    values = np.random.default_rng(0).random((1, 200))
    low, high = crossed_interval(values, 2000, 0)
    expected = mean_interval(values[0], 2000, 0)
    assert (low, high) == (pytest.approx(expected[0], abs=0.01), pytest.approx(expected[1], abs=0.01))


def test_seeds_that_differ_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    texts = rng.random((1, 200, 2))
    values = np.repeat(texts, 3, axis=0)
    values[..., 1] += np.array([-0.3, 0.0, 0.3])[:, None]
    low, high = crossed_interval(values, 1000, 0)
    width = high - low
    # Equal seeds add nothing; different ones reach from the lowest seed to the highest.
    narrow = np.subtract(*mean_interval(texts[0], 1000, 0)[::-1])
    assert width[0] == pytest.approx(narrow[0], abs=0.02)
    assert width[1] > 0.5


def test_two_seeds_and_one_text_by_hand() -> None:
    # The mean of two draws from 0 and 1 is 0, 0.5 or 1.
    low, high = crossed_interval(np.array([[0.0], [1.0]]), 2000, 0)
    assert (float(low), float(high)) == (0.0, 1.0)


def test_missing_values() -> None:
    values = np.random.default_rng(0).random((2, 30, 3))
    values[..., 1] = np.nan
    values[0, :5, 2] = np.nan
    low, high = crossed_interval(values, 50, 0)
    assert np.isnan([low[1], high[1]]).all()
    assert low[2] < np.nanmean(values[..., 2]) < high[2]
    assert np.isnan(crossed_interval(values, 0, 0)[0]).all()
    assert np.isnan(crossed_interval(np.zeros((2, 0, 1)), 10, 0)[0]).all()


def test_a_table_over_three_runs() -> None:
    runs = {seed: text_values(corpus(15, seed=7)) for seed in range(3)}
    for seed, parts in runs.items():
        for part in parts:
            part.values[..., MEASURES.index(("none", "ap"))] += 0.1 * seed
    table = summarise_seeds(runs, "test", bootstrap=20)
    assert tuple(table.columns) == schemas.OVER_SEEDS.columns
    assert set(zip(table["selection"], table["metric"], strict=True)) <= set(MEASURES)
    ap = table[table["metric"] == "ap"]
    assert ap["sd_seeds"].to_numpy() == pytest.approx(0.1)
    assert (ap["seeds"] == 3).all()
    other = table[table["metric"] == "roc_auc"]
    assert other["sd_seeds"].to_numpy() == pytest.approx(0)
    averaged = mean_over_seeds(runs)
    column = MEASURES.index(("none", "ap"))
    assert averaged[0].values[..., column] == pytest.approx(runs[1][0].values[..., column])


def test_runs_share_texts_and_layers() -> None:
    here = [record([[0, 2, 1, 0]] * 2, [1, 0], text_id=name) for name in ("a", "b")]
    there = [record([0, 1, 2, 0], [1, 0], text_id=name) for name in ("b", "c")]
    table = summarise_seeds({0: text_values(here), 5: text_values(there)}, "test", bootstrap=0)
    ap = table[(table["metric"] == "ap") & (table["unit"] == "token") & (table["universe"] == "all")]
    assert ap["layer"].tolist() == [0]
    # Text "b" alone: AP 1 and 1/2.
    assert (ap["value"].item(), ap["n"].item()) == (0.75, 1)
    with pytest.raises(InputError, match="no runs"):
        summarise_seeds({}, "test")


def test_effect_sizes_by_hand() -> None:
    # Mean 2, standard deviation 1.
    assert cohens_dz(np.array([1.0, 2, 3])) == pytest.approx(2)
    assert np.isnan(cohens_dz(np.array([2.0, 2, 2])))
    assert np.isnan(cohens_dz(np.array([2.0])))
    assert sign_balance(np.array([1.0, 2, 3, -1])) == pytest.approx(0.5)
    assert sign_balance(np.array([0.0, 1])) == 0.5
    assert np.isnan(sign_balance(np.array([])))


def test_scorers_of_two_models_are_compared_by_fpr() -> None:
    good = [record([0, 1, 0, 0, 0], [1, 0, 0], text_id=f"t{n}") for n in range(6)]
    poor = [record([0, 1, 1, 0, 0], [1, 0, 0], text_id=f"t{n}", scorer="saliency") for n in range(6)]
    poor = [type(r)(**{**vars(r), "method": "dense"}) for r in poor]
    ours, theirs = text_values(good), text_values(poor)
    fpr = {"metric": "fpr", "selection": "uniform"}
    assert compare_scorers(ours, theirs, "test", **fpr).empty
    table = compare_scorers(ours, theirs, "test", across_methods=True, **fpr)
    assert (table["difference"] == -0.5).all()
    assert set(table["against_method"]) == {"dense"}
    # 2 of the 2^6 sign patterns are as far from 0.
    assert table["p"].to_numpy() == pytest.approx(2 / 64, abs=0.01)
    assert (table["sign_balance"] == -1).all()
    with pytest.raises(ValueError, match="no measure"):
        compare_scorers(ours, theirs, "test", metric="fpr")
    with pytest.raises(ValueError, match="several references"):
        compare_scorers(ours, [*theirs, *theirs], "test")
