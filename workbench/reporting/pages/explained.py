"""An explained text as JSON and as a page of its own: what `workbench explain` saves."""

from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.explained import Explained
from workbench.core.token_scores import TokenScores
from workbench.reporting.pages.render import render
from workbench.storage.atomic import write_json, write_text

TEMPLATE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title><style>
body { font: 14px/1.5 sans-serif; margin: 2em; } table { border-collapse: collapse; }
td, th { padding: 1px 6px; text-align: right; } td:first-child { text-align: left; }
.gone { color: #999; text-decoration: line-through; } .warn { color: #a00; }
</style></head><body>
<h1>{{ title }}</h1>
<p>Red speaks for the class explained, blue against it; shades are relative to the layer's largest size.
Struck out: the token was dropped. A dot: no score.</p>
{% for one in scorers %}
<h2>{{ one.name }}</h2>
<p>{{ one.target }}{% if one.seconds is not none %}; {{ "%.3f"|format(one.seconds) }} s{% endif %}</p>
{% for warning in one.warnings %}
<p class="warn">{{ warning }}</p>
{% endfor %}
<table><tr><th>token</th>{% for layer in range(one.layers) %}<th>{{ layer }}</th>{% endfor %}</tr>
{% for row in one.rows %}
<tr><td>{{ row.token }}</td>{% for cell in row.cells %}
<td style="background: {{ cell.colour }}"{% if cell.gone %} class="gone"{% endif %}>{{ cell.text }}</td>
{% endfor %}</tr>
{% endfor %}
</table>
{% endfor %}
</body></html>
"""


def save_explained(explained: Explained, html: Path | None, json: Path | None) -> None:
    """Write page and JSON, where asked for; WorkbenchError when the disk refuses."""
    if html is not None:
        write_text(html, explained_page(explained))
    if json is not None:
        write_json(json, explained_json(explained))


def explained_json(explained: Explained) -> dict[str, Any]:
    """Prediction and scores as JSON values; a missing score is null."""
    return {
        "predicted": explained.predicted,
        "probabilities": explained.probabilities,
        "scorers": [_json(record) for record in explained.stitched()],
    }


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


def explained_page(explained: Explained) -> str:
    """A page with a table of tokens and layers for every scorer."""
    likely = explained.probabilities[explained.predicted]
    scorers = [
        {
            "name": f"{record.scorer} on {record.method}",
            "target": record.target,
            "seconds": record.seconds,
            "warnings": record.warnings,
            "layers": record.layers,
            "rows": _rows(record),
        }
        for record in explained.stitched()
    ]
    return render(TEMPLATE, {}, title=f"{explained.predicted} ({likely:.3f})", scorers=scorers)


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
