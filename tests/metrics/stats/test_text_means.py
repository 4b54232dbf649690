"""Intervals of texts that are not independent."""

import numpy as np

from workbench.metrics.stats.resampling import mean_interval
from workbench.metrics.stats.text_means import owned_interval


def test_texts_of_one_owner_are_drawn_together() -> None:
    rng = np.random.default_rng(0)
    values = rng.random((40, 3, 2))
    alone = [str(number) for number in range(40)]
    np.testing.assert_allclose(
        owned_interval(values, alone, 200, 3), mean_interval(values, 200, 3), rtol=1e-12
    )
    # Four copies of each text tell nothing new.
    low, high = owned_interval(np.repeat(values, 4, axis=0), alone * 4, 200, 3)
    assert (high - low > 0).all()
    copies = [name for name in alone for _ in range(4)]
    np.testing.assert_allclose(
        owned_interval(np.repeat(values, 4, axis=0), copies, 200, 3), mean_interval(values, 200, 3)
    )


def test_the_mean_stays_one_over_texts_and_what_is_missing_is_left_out() -> None:
    # Owner a has two texts, b one; a draw of a alone, b alone, or both: 1, 4 or (1 + 1 + 4) / 3.
    values = np.array([[1.0, np.nan], [1.0, np.nan], [4.0, np.nan]])
    low, high = owned_interval(values, ["a", "a", "b"], 500, 0)
    assert (low[0], high[0]) == (1, 4)
    assert np.isnan([low[1], high[1]]).all()
    assert np.isnan(owned_interval(values, ["a", "a", "b"], 0, 0)).all()
