"""From values of windows to values of texts, and to their means with intervals."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from workbench.metrics.stats.resampling import mean_interval, resample_means
from workbench.metrics.stats.shares import share


class ByText:
    """Sums and means over the windows of each text; texts in order of first appearance."""

    def __init__(self, owners: Iterable[str]) -> None:
        """`owners` names the text of each window."""
        owners = list(owners)
        self.text_ids = tuple(dict.fromkeys(owners))
        rows = {text_id: row for row, text_id in enumerate(self.text_ids)}
        self.rows = np.array([rows[owner] for owner in owners], dtype=np.int64)
        """(windows,) int: each window's text, an index into `text_ids`."""

    def total(self, counts: np.ndarray) -> np.ndarray:
        """Return sums of (windows, ...): (texts, ...)."""
        if len(self.rows) == len(self.text_ids):
            return counts.copy()
        sums = np.zeros((len(self.text_ids), *counts.shape[1:]), dtype=counts.dtype)
        np.add.at(sums, self.rows, counts)
        return sums

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Return means of (windows, ...) over windows with a value: (texts, ...), NaN without any."""
        present = ~np.isnan(values)
        total, count = self.total(np.where(present, values, 0.0)), self.total(present.astype(np.int64))
        return share(total, count)


def text_means(
    values: np.ndarray, text_ids: Iterable[str], bootstrap: int = 1000, seed: int = 0
) -> Iterator[tuple[tuple[int, ...], tuple[float, float, float, int]]]:
    """Yield (index, (mean, ci_low, ci_high, n)) of every column that has a value.

    A text's value is the mean over its windows, the mean is over texts.

    Args:
        values: (windows, ...); NaN: the window has no value.
        text_ids: The text of each window.
        bootstrap, seed: As of `mean_interval`.
    """
    by_text = ByText(text_ids).mean(values)
    low, high = mean_interval(by_text, bootstrap, seed)
    n = (~np.isnan(by_text)).sum(axis=0)
    means = share(np.nansum(by_text, axis=0), n)
    for place in map(tuple, np.argwhere(n).tolist()):
        yield place, (float(means[place]), float(low[place]), float(high[place]), int(n[place]))


def owned_interval(
    values: np.ndarray, owners: Sequence[str], resamples: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return what `mean_interval` does where texts are not independent: owners are drawn, with all of
    their texts, and the mean stays one over texts.

    Args:
        values, resamples, seed: As of `mean_interval`.
        owners: (texts,): whom each text belongs to.
    """
    texts, flat = ByText(owners), values.reshape(len(values), -1)
    drawn = np.full((1, flat.shape[1]), np.nan)
    if resamples and flat.size:
        sums, counts = np.nan_to_num(flat), (~np.isnan(flat)).astype(np.float64)
        drawn = share(*(resample_means(texts.total(part), resamples, seed) for part in (sums, counts)))
    # A draw of owners without any value says nothing.
    low, high = pd.DataFrame(drawn).quantile([0.025, 0.975]).to_numpy()
    return low.reshape(values.shape[1:]), high.reshape(values.shape[1:])
