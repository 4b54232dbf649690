"""The random control: what the metrics give for scores that know nothing."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.core.token_scores import TokenScores
from workbench.metrics.plausibility.table import Plausibility, count_frame, summarise
from workbench.metrics.plausibility.text_values import TextValues, text_values
from workbench.metrics.schemas import RANDOM_SPREAD


@dataclass(frozen=True)
class RandomControl:
    """The random control over several draws."""

    result: Plausibility
    """Rows of scorer `random`: each text's value is its mean over the draws."""
    spread: pd.DataFrame
    """Columns of `schemas.RANDOM_SPREAD`: sd (n - 1) over the draws of the mean over texts."""
    values: list[TextValues]
    """The per-text means, for paired comparisons."""


def random_control(
    records: Iterable[TokenScores],
    split: str,
    *,
    draws: int = 5,
    seed: int = 0,
    bootstrap: int = 1000,
) -> RandomControl:
    """Evaluate several sets of uniform(0, 1) scores.

    Every draw depends on seed, text id, window and draw only, never on the order of the records.
    Intervals are over texts; `spread` holds the sd over draws (NaN for one draw).

    Args:
        records: Give the texts, windows and layers; whatever scored them is ignored, and of several
            scorers on one method's window the first lends its tokens.
        split: Name for the column.
        draws: At least 1.
        seed: Of the draws and the resamples.
        bootstrap: Resamples of an interval; 0: NaN.
    """
    if draws < 1:
        raise ValueError(f"draws must be at least 1, not {draws}")
    distinct: dict[tuple[str, str, int], TokenScores] = {}
    for record in records:
        distinct.setdefault((record.method, record.text_id, record.window), record)
    windows = list(distinct.values())
    drawn = [text_values([_random(w, seed, draw) for w in windows]) for draw in range(draws)]
    # Random scores leave no unit out and select at least one, so a value is undefined in all draws or
    # in none. Counts are averaged too: a corpus-level metric is that of the mean counts.
    mean = [
        replace(parts[0], values=np.mean([part.values for part in parts], axis=0))
        for parts in zip(*drawn, strict=True)
    ]
    result = Plausibility(summarise(mean, split, bootstrap, seed), count_frame(mean, split))
    tables = pd.concat([summarise(values, split, bootstrap=0) for values in drawn])
    spread = tables.groupby(list(RANDOM_SPREAD.keys), sort=False).agg(
        mean=("value", "mean"), sd=("value", "std"), draws=("value", "size"), n=("n", "first")
    )
    return RandomControl(result, spread.reset_index(), mean)


def _random(record: TokenScores, seed: int, draw: int) -> TokenScores:
    rng = np.random.default_rng([seed, draw, record.window, zlib.crc32(record.text_id.encode())])
    return replace(record, scorer="random", scores=rng.random(record.scores.shape), kept=None)
