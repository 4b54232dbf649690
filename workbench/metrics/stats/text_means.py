"""From values of windows to rows of a table: mean over texts, its interval, and how many texts."""

from collections.abc import Iterable, Iterator

import numpy as np

from workbench.metrics.stats.by_text import ByText
from workbench.metrics.stats.resampling import mean_interval
from workbench.metrics.stats.shares import share


def text_means(
    values: np.ndarray, text_ids: Iterable[str], bootstrap: int, seed: int
) -> Iterator[tuple[tuple[int, ...], tuple[float, float, float, int]]]:
    """(index, (mean, ci_low, ci_high, n)) of every column of `values` (windows, ...) that has a value.

    NaN: the window has no value. A text's value is the mean over its windows, the mean is over texts;
    95 % bootstrap interval over texts, NaN if `bootstrap` is 0.
    """
    by_text = ByText(text_ids).mean(values)
    low, high = mean_interval(by_text, bootstrap, seed)
    n = (~np.isnan(by_text)).sum(axis=0)
    means = share(np.nansum(by_text, axis=0), n)
    for index in zip(*np.nonzero(n), strict=True):
        place = tuple(int(i) for i in index)
        yield place, (float(means[index]), float(low[index]), float(high[index]), int(n[index]))
