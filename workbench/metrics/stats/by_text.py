"""Which windows belong to which text."""

from collections.abc import Iterable

import numpy as np

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
        """Sums of (windows, ...): (texts, ...)."""
        sums = np.zeros((len(self.text_ids), *counts.shape[1:]), dtype=counts.dtype)
        np.add.at(sums, self.rows, counts)
        return sums

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Means of (windows, ...) over the windows that have a value: (texts, ...), NaN without any."""
        present = ~np.isnan(values)
        total, count = self.total(np.where(present, values, 0.0)), self.total(present.astype(np.int64))
        return share(total, count)
