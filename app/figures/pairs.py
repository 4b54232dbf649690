"""How much scorers agree on one text: a matrix of rank correlations."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.figures.theme import dress, scale, shown
from workbench.core.token_scores import TokenScores
from workbench.metrics.scorer_agreement.table import agreement
from workbench.reporting.figures.heatmap import STRONG, pair_matrix


def sizes_of(record: TokenScores) -> TokenScores:
    """The record with absolute scores, as the evaluation takes them."""
    return replace(record, scores=np.abs(record.scores))


def pair_frame(records: Sequence[TokenScores], layer: int, unit: str, metric: str) -> pd.DataFrame:
    """Rank correlation (`spearman` or `kendall`) of every two records in one layer: scorer, method,
    against, against_method, value.

    The records are of one window; sizes of signed scores are compared, dropped units tie at the bottom.
    A pair without a correlation (a silent layer, constant scores) has no row. InputError where the
    scorers saw different tokens.
    """
    rows = [_row(record, layer) for record in records if layer < record.layers]
    frame = agreement(rows, "", bootstrap=0)
    frame = frame[(frame["unit"] == unit) & (frame["metric"] == metric)]
    return frame[["scorer", "method", "against", "against_method", "value"]].reset_index(drop=True)


def _row(record: TokenScores, layer: int) -> TokenScores:
    kept = None if record.kept is None else record.kept[[layer]]
    return replace(sizes_of(record), scores=np.abs(record.scores[[layer]]), kept=kept, error=None)


def draw_pairs(
    frame: pd.DataFrame, who: Sequence[tuple[str, str]], metric: str, *, dark: bool = False
) -> go.Figure:
    """The matrix of `pair_frame` for these (scorer, method), with the value in each cell; a cell without
    a correlation is blank."""
    own_names, values, texts = pair_matrix(frame, who)
    names = [shown(name) for name in own_names]
    figure = dress(go.Figure(), dark=dark, height=120 + 46 * len(who))
    figure.add_trace(
        go.Heatmap(
            x=names, y=names, z=values, zmin=-1, zmax=1, colorscale=scale(signed=True, dark=dark),
            text=texts, xgap=1, ygap=1, showscale=False,
            hovertemplate=f"%{{x}}<br>%{{y}}<br>{shown(metric)} %{{text}}<extra></extra>",
        )
    )  # fmt: skip
    for i, row in enumerate(texts):
        for j, text in enumerate(row):
            strong = abs(values[i, j]) > STRONG
            on_colour = {"color": "#111111" if dark else "#FFFFFF"} if strong else None
            figure.add_annotation(x=j, y=i, text=text, showarrow=False, font=on_colour)
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure
