"""Scores in the forms that programs have them in, as one frame with a row per score."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.core.documents import Document
from workbench.core.foreign_scores import EXTERNAL
from workbench.data.files.records import records_of
from workbench.errors import InputError

Scores = pd.DataFrame | Mapping[str, Any] | Sequence[Any] | str | Path
"""A frame or a file of rows, arrays by text id, or an array per text."""
KEYS = ["scorer", "method", "text_id"]
_PLACES = (("word",), ("start", "end"))
_INTEGERS = ("word", "start", "end", "layer")


def score_frame(scores: Scores, documents: Sequence[Document]) -> pd.DataFrame:
    """Return scorer, method, text_id, layer, score, and either word or start and end.

    A file or frame has a row per score, or a row per text with a list under `scores`: of words, or a
    list of these for each layer. Scorer, method and layer may be missing.

    Args:
        scores: What was computed elsewhere.
        documents: Whose scores a sequence holds, in this order.

    Raises:
        InputError: Names the missing column, or the row that cannot be read.
    """
    frame = _rows(scores, documents)
    if "text_id" not in frame:
        raise InputError(f"scores: no column text_id (there: {', '.join(map(str, frame.columns))})")
    if "scores" in frame:
        frame = _unpacked(frame)
    if "score" not in frame:
        raise InputError("scores: neither a column score nor a column scores")
    places = next((names for names in _PLACES if set(names) <= set(frame.columns)), None)
    if places is None:
        raise InputError(
            "scores: neither a column word (counted from 0) nor the columns start and end (characters)"
        )
    for name, default in (("scorer", EXTERNAL), ("method", EXTERNAL), ("layer", 0)):
        frame = frame if name in frame else frame.assign(**{name: default})
    frame = frame[[*KEYS, "layer", *places, "score"]].reset_index(drop=True)
    for name in frame.columns.drop(KEYS):
        frame[name] = _numbers(frame, name)
    return frame.assign(**{name: frame[name].astype(str) for name in KEYS})


def _rows(scores: Scores, documents: Sequence[Document]) -> pd.DataFrame:
    if isinstance(scores, pd.DataFrame):
        return scores
    if isinstance(scores, str | Path):
        with records_of(Path(scores)) as records:
            return pd.DataFrame([values for _, values in records])
    if isinstance(scores, Mapping):
        return pd.DataFrame({"text_id": list(scores), "scores": list(scores.values())})
    if len(scores) != len(documents):
        raise InputError(f"scores: {len(scores)} arrays for {len(documents)} texts")
    return pd.DataFrame({"text_id": [one.id for one in documents], "scores": list(scores)})


def _unpacked(frame: pd.DataFrame) -> pd.DataFrame:
    """A row per score from a row per text; a row's own layer is that of its list."""
    parts, others = [], [name for name in ("scorer", "method", "text_id", "layer") if name in frame]
    for row in frame.to_dict("records"):
        matrix = _matrix(row)
        layers, words = np.indices(matrix.shape)
        part = {name: row[name] for name in others}
        if len(matrix) > 1 or "layer" not in part:
            part["layer"] = layers.ravel()
        parts.append(pd.DataFrame({**part, "word": words.ravel(), "score": matrix.ravel()}))
    if not parts:
        raise InputError("scores: there are none")
    return pd.concat(parts, ignore_index=True)


def _matrix(row: Mapping[Any, Any]) -> np.ndarray:
    """(layers, words) float from the list of a row."""
    where = f"text {row['text_id']!r}"
    try:
        given = row["scores"]
        # Parquet gives an array of arrays for a list of lists.
        nested = isinstance(given, np.ndarray) and given.dtype == object
        values = np.asarray(list(map(np.asarray, given)) if nested else given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{where}: its scores are no numbers, or lists of unequal lengths") from None
    if values.ndim not in (1, 2) or not values.size:
        raise InputError(f"{where}: scores {values.shape}, and (words,) or (layers, words) are needed")
    if values.ndim == 2 and len(values) > 1 and "layer" in row:
        raise InputError(f"{where}: a list for each layer, and a layer of its own; give one of both")
    return np.atleast_2d(values)


def _numbers(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column as numbers; InputError names the first row without one."""
    values = pd.to_numeric(frame[name], errors="coerce").astype(np.float64)
    wrong = ~np.isfinite(values)
    if name in _INTEGERS:
        wrong |= (values < 0) | (values % 1 != 0)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        needed = "a whole number from 0" if name in _INTEGERS else "a finite number"
        text, value = frame["text_id"][at], frame[name].tolist()[at]
        raise InputError(f"text {text!r}, row {at + 1}: {name} {value!r} is not {needed}")
    return values.astype(np.int64) if name in _INTEGERS else values
