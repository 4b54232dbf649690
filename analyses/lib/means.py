"""Means over seeds of what `results` says, and how tables write them."""

from collections.abc import Iterable, Mapping

import pandas as pd

from workbench.metrics.stats.seeds import spread_over_seeds
from workbench.reporting.tables.table import Writer
from workbench.reporting.text.wording import spread


class Means:
    """Means over seeds of some columns of `results`, and how tables write them."""

    def __init__(self, frame: pd.DataFrame, quantities: Iterable[str]) -> None:
        keys = ["data", "variant", "method"]
        known = [name for name in quantities if name in frame]
        long = frame.melt(keys, known, var_name="quantity").astype({"value": float})
        self.frame = spread_over_seeds(long, [*keys, "quantity"])
        """data, variant, method, quantity and `schemas.SPREAD`; what is missing has no row."""
        self._cells = self.frame.set_index(["data", "variant", "quantity"])[["value", "sd_seeds"]]

    def value(self, data: str, variant: str, quantity: str) -> float:
        """Return the mean; NaN for nothing.

        Args:
            data: Name of the data.
            variant: Method, with its settings where they differ.
            quantity: Column of `results`.
        """
        return self._cell(data, variant, quantity)[0]

    def text(self, data: str, variant: str, quantity: str, write: Writer) -> str:
        """Write `mean ± standard deviation`, the mean alone for one seed, a dash for nothing.

        Args:
            data: Name of the data.
            variant: Method, with its settings where they differ.
            quantity: Column of `results`.
            write: Writes one number.
        """
        return spread(*self._cell(data, variant, quantity), write)

    def line(self, data: str, variant: str, columns: Mapping[str, tuple[str, Writer]]) -> dict[str, str]:
        """Write several quantities.

        Args:
            data: Name of the data.
            variant: Method, with its settings where they differ.
            columns: Quantity -> heading, and what writes a number.

        Returns:
            The texts by heading.
        """
        return {
            heading: self.text(data, variant, quantity, write)
            for quantity, (heading, write) in columns.items()
        }

    def _cell(self, *key: str) -> tuple[float, float]:
        if key not in self._cells.index:
            return float("nan"), float("nan")
        value, sd = self._cells.loc[key, :].to_numpy(dtype=float)
        return float(value), float(sd)

    @property
    def note(self) -> str:
        """Say what stands behind ±."""
        counts = sorted(set(self.frame["seeds"].tolist()))
        if counts == [1]:
            return "One seed per method: there is no ±, and a difference may be luck of the seed."
        single = " A number without ± is of one seed." if 1 in counts else ""
        seeds = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        return f"± is the standard deviation over seeds (n - 1); n = {seeds}.{single}"
