"""The thresholds behind recorded flows, from the numbers of a model's policy, without its network."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from app.data.flows import GONE, states
from workbench.catalog.methods import METHODS
from workbench.core.merge_windows import stitched
from workbench.core.token_scores import TokenScores
from workbench.errors import InputError


def recorded_thresholds(model_folder: Path, records: Sequence[TokenScores]) -> np.ndarray | None:
    """Return (layers, n): the score each token of a text needed to stay, n as in `stitched(records)`.

    NaN where a token met none; None for a method that cuts by rank or not at all, and where the run
    holds no model. InputError for a damaged model folder.
    """
    first = records[0]
    threshold = METHODS[first.method].threshold if first.method in METHODS else None
    path = model_folder / "policy.safetensors"
    if threshold is None or (threshold.parameter is not None and not path.is_file()):
        return None
    if threshold.parameter is None:
        needed = np.full(first.layers, threshold.value)
    else:
        needed = _read(path, threshold.parameter)
        # Nothing is scored at the first layer of a method that has a threshold less than layers.
        needed = np.concatenate([np.full(first.layers - len(needed), np.nan), needed])
    scores = [_placed(record, needed, threshold.shared_out) for record in records]
    placed = [replace(record, scores=own) for record, own in zip(records, scores, strict=True)]
    return stitched(placed).scores


def _placed(record: TokenScores, needed: np.ndarray, shared_out: bool) -> np.ndarray:
    came = states(record) != GONE
    by = came.sum(axis=1) if shared_out else np.ones(record.layers)
    return np.where(came & ~np.isnan(record.scores), (needed / by)[:, None], np.nan)


def _read(path: Path, name: str) -> np.ndarray:
    try:
        with safe_open(path, "numpy") as file:
            return np.asarray(file.get_tensor(name), dtype=np.float64)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: not readable: {str(error).splitlines()[0]}") from None
