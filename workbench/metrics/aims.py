"""What settings ask of a trained model, held against what it is on the dev split."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.metrics.classification import primary_metric
from workbench.metrics.schemas import AIMS

LOST = "_lost"
"""Ending of a quantity that is a quality below the dense model's."""
SPLIT = "dev"
_ROUNDING = 1e-9
"""A loss of 0.85 - 0.84 reaches a tolerance of 0.01."""


@dataclass(frozen=True)
class Aim:
    """What a setting asks of its method's model."""

    method: str
    setting: str
    quantity: str
    """`quality_lost`, at most; `flops_saved` or `tokens_dropped`, at least: of the dense model's, in
    shares of 1."""
    wanted: float
    slack: float = 0.0
    """How far from it still counts as reached."""


def held_aims(predictions: pd.DataFrame, aims: Iterable[Aim]) -> pd.DataFrame:
    """Return a row per aim, columns of `schemas.AIMS`.

    Args:
        predictions: Rows of `schemas.PREDICTIONS`, those of the dense model on the dev split among them.
        aims: What was asked for.
    """
    rows = predictions[predictions["split"] == SPLIT]
    of = dict(list(rows.groupby(rows["method"].astype(str))))
    return AIMS.frame(_held(aim, of["dense"], of[aim.method]) for aim in aims)


def _held(aim: Aim, dense: pd.DataFrame, own: pd.DataFrame) -> tuple[object, ...]:
    quantity, got = _MEASURED[aim.quantity](dense, own)
    over = got - aim.wanted if aim.quantity == "quality_lost" else aim.wanted - got
    reached = over <= aim.slack + _ROUNDING
    return aim.method, SPLIT, aim.setting, quantity, aim.wanted, aim.slack, got, reached


def _quality_lost(dense: pd.DataFrame, own: pd.DataFrame) -> tuple[str, float]:
    (metric, whole), (_, value) = (
        primary_metric(part["label"].to_numpy(), part["predicted"].to_numpy()) for part in (dense, own)
    )
    return metric + LOST, whole - value


def _flops_saved(_: pd.DataFrame, own: pd.DataFrame) -> tuple[str, float]:
    return "flops_saved", 1 - float(own["flops"].sum() / own["flops_dense"].sum())


def _tokens_dropped(dense: pd.DataFrame, own: pd.DataFrame) -> tuple[str, float]:
    """Of the tokens that the layers would have if the first one's stayed."""
    whole, left = (np.stack([np.asarray(row) for row in part["tokens"]]) for part in (dense, own))
    return "tokens_dropped", 1 - float(left.sum() / (left.shape[1] * whole[:, 0].sum()))


_MEASURED: dict[str, Callable[[pd.DataFrame, pd.DataFrame], tuple[str, float]]] = {
    "quality_lost": _quality_lost,
    "flops_saved": _flops_saved,
    "tokens_dropped": _tokens_dropped,
}
"""What each quantity is called in the table, and its value, of the dense model's and a method's rows."""
