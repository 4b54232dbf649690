"""An explained text as JSON and as a page of its own: what `workbench explain` saves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.token_scores import TokenScores
from workbench.reporting.text.render import render
from workbench.storage.atomic import write_json, write_text


def save_explained(
    predicted: str,
    probabilities: Mapping[str, float],
    records: Sequence[TokenScores],
    *,
    html: Path | None = None,
    json: Path | None = None,
) -> None:
    """Write an explained text as a page, as JSON, or both; WorkbenchError when the disk refuses.

    Args:
        predicted: The predicted class.
        probabilities: The probability of every class.
        records: Scores of the whole text, one record per scorer.
        html: File of the page; None for none.
        json: File of the JSON; a missing score is null.
    """
    if html is not None:
        title = f"{predicted} ({probabilities[predicted]:.3f})"
        scorers = [_scorer_view(record) for record in records]
        write_text(html, render("explained.html.j2", title=title, scorers=scorers))
    if json is not None:
        scores = [_json(record) for record in records]
        write_json(json, {"predicted": predicted, "probabilities": probabilities, "scorers": scores})


def _json(record: TokenScores) -> dict[str, Any]:
    return {
        "scorer": record.scorer,
        "method": record.method,
        "explains": record.target,
        "tokens": list(record.tokens),
        "word_index": record.word_index.tolist(),
        "scores": [_numbers(row) for row in record.scores],
        "kept": None if record.kept is None else record.kept.tolist(),
        "convergence_error": None if record.error is None else _numbers(record.error),
        "seconds": record.seconds,
        "warnings": list(record.warnings),
    }


def _numbers(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _scorer_view(record: TokenScores) -> dict[str, Any]:
    return {
        "name": f"{record.scorer} on {record.method}",
        "target": record.target,
        "seconds": record.seconds,
        "warnings": record.warnings,
        "layers": record.layers,
        "rows": _rows(record),
    }


def _rows(record: TokenScores) -> list[dict[str, Any]]:
    kept = np.ones(record.scores.shape, dtype=bool) if record.kept is None else record.kept
    sizes = np.nan_to_num(np.abs(record.scores), nan=0.0)
    top = sizes.max(axis=1, keepdims=True)
    shades = np.divide(sizes, top, out=np.zeros_like(sizes), where=top > 0)
    return [
        {
            "token": token,
            "cells": [
                _cell(record.scores[layer, index], shades[layer, index], kept[layer, index])
                for layer in range(record.layers)
            ],
        }
        for index, token in enumerate(record.tokens)
    ]


def _cell(score: float, shade: float, kept: bool) -> dict[str, Any]:
    colour = "213, 94, 0" if score > 0 else "0, 114, 178"
    text = f"{score:.3f}" if np.isfinite(score) else "·" if kept else "–"
    return {"text": text, "gone": not kept, "colour": f"rgba({colour}, {0.8 * shade:.2f})"}
