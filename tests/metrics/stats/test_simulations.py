"""Statistics on made-up data whose truth is known: how often intervals hold it, how often tests err."""

import numpy as np
import pytest

from workbench.metrics.stats.micro_f1 import micro_f1_interval, paired_micro_f1_test
from workbench.metrics.stats.resampling import holm, mean_interval, paired_randomisation_test
from workbench.metrics.stats.text_means import owned_interval

TIMES = 2000
"""Corpora that are drawn: a share near 0.95 has a standard error of 0.005."""


def held(low, high, truth) -> float:
    return float(((low <= truth) & (truth <= high)).mean())


@pytest.mark.parametrize(
    ("drawn", "truth"),
    [
        (lambda rng, shape: rng.exponential(size=shape), 1.0),
        (lambda rng, shape: (rng.random(shape) < 0.8).astype(float), 0.8),
        (lambda rng, shape: rng.beta(0.5, 0.5, size=shape), 0.5),
    ],
    ids=["exponential", "accuracy of 0.8", "most texts near 0 or 1"],
)
def test_intervals_of_100_texts_hold_the_mean_about_95_times_in_100(drawn, truth) -> None:
    values = drawn(np.random.default_rng(1), (100, TIMES))
    assert 0.925 < held(*mean_interval(values, 1000, 0), truth) < 0.965


def test_intervals_of_texts_that_share_an_owner_need_the_owners() -> None:
    rng, owners = np.random.default_rng(2), np.repeat(np.arange(50), 4)
    values = rng.normal(size=(50, TIMES))[owners] + 0.3 * rng.normal(size=(200, TIMES))
    names = [str(owner) for owner in owners]
    assert 0.915 < held(*owned_interval(values, names, 1000, 0), 0.0) < 0.965
    assert held(*mean_interval(values, 1000, 0), 0.0) < 0.75


def test_intervals_of_micro_f1_hold_it() -> None:
    rng, times = np.random.default_rng(3), 400
    true = rng.poisson(3, size=(times, 80))
    right = rng.binomial(true, 0.7)
    said = right + rng.poisson(0.9, size=(times, 80))
    truth = 2 * 2.1 / (3 + 2.1 + 0.9)
    bounds = [
        micro_f1_interval(np.stack([right[at], said[at], true[at]], axis=1), 500, 0)
        for at in range(times)
    ]
    assert 0.91 < held(*np.array(bounds).T, truth) < 0.98


def test_equal_systems_differ_5_times_in_100_at_that_level() -> None:
    """Differences of texts whose spreads differ, symmetric around 0; draws such that 0.05 is a p."""
    rng = np.random.default_rng(4)
    spreads = rng.exponential(size=40)
    p = [
        paired_randomisation_test(spreads * rng.normal(size=40), np.zeros(40), 199, seed)
        for seed in range(TIMES)
    ]
    assert 0.035 < np.mean(np.array(p) <= 0.05) < 0.065
    assert 0.17 < np.mean(np.array(p) <= 0.2) < 0.23


def test_equal_taggers_differ_no_more_often() -> None:
    rng, times = np.random.default_rng(5), 800
    true = rng.poisson(3, size=(times, 60))

    def system() -> np.ndarray:
        right = rng.binomial(true, 0.7)
        return np.stack([right, right + rng.poisson(0.9, size=true.shape), true], axis=2)

    pairs = zip(system(), system(), strict=True)
    p = [paired_micro_f1_test(a, b, 199, seed) for seed, (a, b) in enumerate(pairs)]
    assert 0.03 < np.mean(np.array(p) <= 0.05) < 0.075


def test_a_difference_that_is_there_is_found() -> None:
    rng = np.random.default_rng(6)
    p = [
        paired_randomisation_test(0.5 + rng.normal(size=40), np.zeros(40), 199, seed)
        for seed in range(400)
    ]
    # The t-test's power at d = 0.5 and n = 40 is 0.87.
    assert 0.8 < np.mean(np.array(p) <= 0.05) < 0.93


@pytest.mark.parametrize("real", [0, 3])
def test_holm_errs_in_at_most_5_families_of_100_and_finds_more_than_bonferroni(real: int) -> None:
    rng = np.random.default_rng(7)
    p = rng.random((TIMES, 10))
    p[:, :real] **= 8
    adjusted = np.array([holm(row) for row in p])
    family = (adjusted[:, real:] <= 0.05).any(axis=1).mean()
    assert 0.025 < family < 0.065
    assert (p[:, real:] <= 0.05).any(axis=1).mean() > 0.25  # Without the correction.
    found, bonferroni = (adjusted[:, :real] <= 0.05).sum(), (p[:, :real] * 10 <= 0.05).sum()
    assert found > bonferroni or not real
