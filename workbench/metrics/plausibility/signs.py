"""What becomes of scores that may be negative, before they are judged."""

from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from workbench.errors import InputError

Signs = Literal["refused", "absolute", "signed"]
"""Where scores are negative: they are refused, their sizes count, or all are ranked as they are."""
_OF_SIZES = ("complexity", "sparseness")
"""Metrics, beside the selection `uniform`, that no order of scores can give."""


def chosen_signs(where: object, *, absolute: bool, signed: bool) -> Signs:
    """Return what two flags say; InputError for both.

    Args:
        where: Begins the error's sentence.
        absolute, signed: Whether the flag was given.
    """
    if absolute and signed:
        raise InputError(f"{where}: --signed and --absolute exclude each other: choose one")
    return "absolute" if absolute else "signed" if signed else "refused"


def without_signs(scores: np.ndarray, signs: Signs, where: str) -> np.ndarray:
    """Return (..., n) scores that are not negative; NaN stays.

    `signed` gives ranks from 0 along the last axis, which order and tie as the scores do.

    Args:
        scores: (..., n) float.
        signs: What becomes of negative ones; InputError where they are refused.
        where: Begins the error's sentence.
    """
    if signs == "absolute":
        return np.abs(scores)
    if signs == "signed":
        ranks = rankdata(scores, method="dense", axis=-1, nan_policy="omit") - 1
        return np.asarray(ranks, dtype=np.float64)
    if (scores < 0).any():
        raise InputError(
            f"{where}: a negative score; --signed (signs='signed') ranks scores as they are, "
            "--absolute (signs='absolute') by their sizes"
        )
    return scores


def without_sizes(plausibility: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `schemas.PLAUSIBILITY` that the order of scores alone decides."""
    of_order = (plausibility["selection"] != "uniform") & ~plausibility["metric"].isin(_OF_SIZES)
    return plausibility[of_order]
