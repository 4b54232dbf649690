"""From what a model said of whole and altered texts to the tidy rows of metrics/faithfulness."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.metrics.faithfulness.values import (
    aopc,
    curve_area,
    flip_point,
    flipped,
    of_class,
    probability_drop,
    soft_comprehensiveness,
    soft_sufficiency,
)
from workbench.metrics.schemas import FAITHFULNESS
from workbench.metrics.stats.resampling import mean_interval

HARD = "uniform"
"""Name of the selection that the scores make by themselves, at the uniform level."""


@dataclass(frozen=True)
class Selections:
    """The sets of units that are taken away, or left alone, for every layer of scores."""

    bins: tuple[float, ...]
    """Ascending shares behind AOPC."""
    curve: tuple[float, ...]
    """Ascending shares behind the curves, the last one 1; empty without curves."""

    @classmethod
    def of(cls, bins: Sequence[float], steps: int) -> "Selections":
        """From ERASER's bins and the number of steps of a curve (0: none)."""
        return cls(tuple(sorted(bins)), tuple(step / steps for step in range(1, steps + 1)))

    @property
    def shares(self) -> tuple[float, ...]:
        """Every share once."""
        return tuple(sorted({*self.bins, *self.curve}))

    @property
    def names(self) -> tuple[str, ...]:
        """K names: one per share, then `HARD`."""
        return (*(f"top-{100 * share:g}%" for share in self.shares), HARD)

    def places(self, shares: Sequence[float]) -> list[int]:
        """Where these shares stand among the names."""
        return [self.shares.index(share) for share in shares]


@dataclass(frozen=True)
class Probed:
    """Class probabilities of T texts, whole and altered by L layers of scores; means over windows.

    NaN where the scorer says nothing about a layer, or has no such selection.
    """

    full: np.ndarray
    """(T, classes)."""
    without: np.ndarray
    """(T, L, K, classes): the units of each selection taken away."""
    only: np.ndarray
    """(T, L, K, classes): nothing but them."""
    agreement: np.ndarray | None = None
    """(T, L): Kendall's tau-b with leave-one-out, mean over the windows that have one."""
    blank: np.ndarray | None = None
    """(T, classes): every unit faded out."""
    faded_out: np.ndarray | None = None
    """(T, L, classes): units faded out by their scores."""
    faded_in: np.ndarray | None = None
    """(T, L, classes): units faded in by their scores."""


Columns = dict[tuple[str, str], np.ndarray]
"""(selection, metric) -> (T, L) values."""


def text_measures(probed: Probed, selections: Selections) -> Columns:
    """Return every measure of every text, for the class predicted on the full text."""
    predicted = probed.full.argmax(axis=-1)
    full, c = probed.full[:, None, None, :], predicted[:, None, None]
    lost = probability_drop(full, probed.without, c)
    missing = probability_drop(full, probed.only, c)
    flips = np.where(np.isnan(lost), np.nan, flipped(probed.without, c))
    columns: Columns = {}
    bins = selections.places(selections.bins)
    for place in [*bins, len(selections.names) - 1]:
        name = selections.names[place]
        columns[name, "comprehensiveness"] = lost[..., place]
        columns[name, "sufficiency"] = missing[..., place]
        columns[name, "flip"] = flips[..., place]
    columns["bins", "aopc_comprehensiveness"] = aopc(lost[..., bins])
    columns["bins", "aopc_sufficiency"] = aopc(missing[..., bins])
    if selections.curve:
        columns |= _curves(probed, selections, flips)
    if probed.agreement is not None:
        columns["none", "loo_kendall"] = probed.agreement
    return columns | _soft(probed, predicted)


def _curves(probed: Probed, selections: Selections, flips: np.ndarray) -> Columns:
    """The curves from share 0 to share 1, their areas, and where the decision flips on the way."""
    places = selections.places(selections.curve)
    c = probed.full.argmax(axis=-1)[:, None, None]
    deletion = of_class(probed.without[:, :, places], c)
    insertion = of_class(probed.only[:, :, places], c)
    whole, nothing = insertion[..., -1:], deletion[..., -1:]
    shares = np.array([0.0, *selections.curve])
    columns: Columns = {}
    for name, first, rest in (("deletion", whole, deletion), ("insertion", nothing, insertion)):
        curve = np.concatenate([first, rest], axis=-1)
        for number, share in enumerate(shares):
            columns[f"top-{100 * share:g}%", name] = curve[..., number]
        columns["curve", f"{name}_area"] = curve_area(shares, curve)
    undefined = np.isnan(deletion).any(axis=-1)
    point = flip_point(shares[1:], flips[..., places] == 1)
    columns["curve", "flip_point"] = np.where(undefined, np.nan, point)
    return columns


def _soft(probed: Probed, predicted: np.ndarray) -> Columns:
    if probed.blank is None or probed.faded_out is None or probed.faded_in is None:
        return {}
    c = predicted[:, None]
    full, blank = (of_class(part[:, None], c) for part in (probed.full, probed.blank))
    removed, retained = (of_class(part, c) for part in (probed.faded_out, probed.faded_in))
    return {
        ("none", "soft_comprehensiveness"): soft_comprehensiveness(full, removed, blank),
        ("none", "soft_sufficiency"): soft_sufficiency(full, retained, blank),
    }


def summarise(
    columns: Columns,
    layers: Sequence[int],
    facts: dict[str, str],
    *,
    bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return means over texts with 95 % bootstrap intervals, columns of `schemas.FAITHFULNESS`.

    What no text has a value for gets no row.

    Args:
        columns: (T, L) values by (selection, metric).
        layers: The L layer numbers.
        facts: scorer, method, split, unit and removal.
        bootstrap, seed: As of `mean_interval`.
    """
    values = np.stack(list(columns.values()), axis=-1)
    n = (~np.isnan(values)).sum(axis=0)
    total = np.nansum(values, axis=0)
    low, high = mean_interval(values, bootstrap, seed)
    rows = []
    for place, layer in enumerate(layers):
        for number, (selection, metric) in enumerate(columns):
            at = place, number
            if n[at]:
                numbers = (total[at] / n[at], low[at], high[at], int(n[at]))
                known = {**facts, "layer": layer, "selection": selection, "metric": metric}
                rows.append((*map(known.get, FAITHFULNESS.keys), *numbers))
    return FAITHFULNESS.frame(rows)
