"""The thresholds behind recorded flows, from the numbers of a model's policy, without its network."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from workbench.core.merge_windows import stitched
from workbench.core.token_scores import TokenScores
from workbench.errors import InputError
from workbench.reporting.figures.flow_data import GONE, states

_LEARNED = {"adapler": "eta", "ltp": "thresholds"}
_HALF = ("transkimmer", "trbert")


def recorded_thresholds(model_folder: Path, records: Sequence[TokenScores]) -> np.ndarray | None:
    """(layers, n): the score each token of a text needed to stay, n as in `stitched(records)`.

    AdapLeR: eta / n of the n tokens that came into the layer; LTP: its learned threshold; Transkimmer
    and TR-BERT: a half. NaN where a token met none; None for a method that cuts by rank or not at
    all, and where the run holds no model. InputError for a damaged model folder.
    """
    first = records[0]
    path = model_folder / "policy.safetensors"
    if first.method in _HALF:
        needed = np.full(first.layers, 0.5)
    elif first.method in _LEARNED and path.is_file():
        needed = _read(path, _LEARNED[first.method])
        # Nothing is scored at the first layer of a method that has a threshold less than layers.
        needed = np.concatenate([np.full(first.layers - len(needed), np.nan), needed])
    else:
        return None
    return stitched([replace(record, scores=_placed(record, needed)) for record in records]).scores


def _placed(record: TokenScores, needed: np.ndarray) -> np.ndarray:
    came = states(record) != GONE
    by = came.sum(axis=1) if record.method == "adapler" else np.ones(record.layers)
    return np.where(came & ~np.isnan(record.scores), (needed / by)[:, None], np.nan)


def _read(path: Path, name: str) -> np.ndarray:
    try:
        with safe_open(path, "numpy") as file:
            return np.asarray(file.get_tensor(name), dtype=np.float64)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: not readable: {str(error).splitlines()[0]}") from None
