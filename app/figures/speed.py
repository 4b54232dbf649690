"""Quality, counted operations and measured time on the screen, from the report's frames."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.figures.theme import dress, series_style, shown
from workbench.metrics.efficiency.table import MASKED
from workbench.reporting.figures.comparison import (
    SPEED_TICKS,
    limits,
    mean_curve,
    outside,
    quality_points,
)
from workbench.reporting.tables.main import QUALITY_NAMES, efficiency_table
from workbench.reporting.text.wording import method_name

SPEEDUPS = {
    "flops_speedup_unpadded": "FLOPs, unpadded: dense FLOPs / method FLOPs, no padding in either",
    "flops_speedup_padded": "FLOPs, padded: FLOPs of a dense model that computes padding / method FLOPs",
}
TIME_COLUMNS = (
    "method", "batch_size", "flops_unpadded", "speedup_vs_dense", "flops_padded", "speedup_vs_hf",
    "realised_share", "seconds_median", "seconds_q25", "seconds_q75", "rounds",
)  # fmt: skip


def speedup_label(column: str) -> str:
    """What a speed-up column of a report's main table is, in words."""
    batch = column.removeprefix("speedup_vs_hf_b")
    if batch == column:
        return SPEEDUPS[column]
    return f"time, batch {batch}: stock padded model's seconds / method's seconds"


def axis_title(column: str) -> str:
    """The label of a speed-up column up to its definition."""
    return f"speed-up, {speedup_label(column).partition(':')[0]}"


def draw_quality(frame: pd.DataFrame, speedup: str, quality: str, *, dark: bool = False) -> go.Figure:
    """A point with its 95 % interval for each of `quality_points`."""
    figure = dress(go.Figure(), dark=dark, height=440, x=axis_title(speedup), y=QUALITY_NAMES[quality])
    for name, number, row in quality_points(frame, speedup, quality):
        style = series_style(row["method"], number, dark=dark)
        value = 100 * row[quality]
        error = {
            "type": "data", "symmetric": False, "array": [100 * row[f"{quality}_high"] - value],
            "arrayminus": [value - 100 * row[f"{quality}_low"]], "thickness": 1.2,
        }  # fmt: skip
        figure.add_trace(
            go.Scatter(
                x=[row[speedup]], y=[value], mode="markers", name=shown(name), error_y=error,
                marker=style["marker"] | {"size": 11},
                hovertemplate=f"%{{x:.2f}}x, %{{y:.1f}}<br>{row['n']} texts",
            )
        )  # fmt: skip
    _speed_axis(figure)
    return figure


def draw_tradeoff(points: pd.DataFrame, axis: str, *, dark: bool = False) -> go.Figure:
    """One axis (counted, measured) of `comparison_tables.curve_points`: cells, and means over seeds."""
    points = points[points["axis"] == axis]
    batch = points["batch_size"].iloc[0] if len(points) else pd.NA
    column = "flops_speedup_unpadded" if pd.isna(batch) else f"speedup_vs_hf_b{batch}"
    figure = dress(go.Figure(), dark=dark, height=480, x=axis_title(column), y=_quality(points))
    for number, (method, own) in enumerate(points.groupby("method", sort=False)):
        style = series_style(str(method), number, dark=dark)
        name = shown(method_name(method))
        x, y = mean_curve(own)
        figure.add_trace(
            go.Scatter(
                x=x, y=100 * y, mode="lines", line=style["line"], name=name, legendgroup=str(method),
                showlegend=False, hoverinfo="skip",
            )
        )  # fmt: skip
        cells = own[own["kind"] != "dense"]
        figure.add_trace(
            go.Scatter(
                x=cells["speedup"], y=100 * cells["quality"], mode="markers", name=name,
                marker=style["marker"], legendgroup=str(method),
                customdata=cells[["seed", "kind"]].to_numpy(),
                hovertemplate="%{x:.2f}x, %{y:.1f}<br>seed %{customdata[0]}, %{customdata[1]}",
            )
        )  # fmt: skip
    dense = points.loc[points["kind"] == "dense", "quality"]
    if len(dense):
        figure.add_hline(100 * dense.mean(), line={"color": "#999999", "width": 1, "dash": "dot"})
    _speed_axis(figure)
    if len(points):
        across, upward = limits(points)
        figure.update_xaxes(range=np.log10(across).tolist())
        figure.update_yaxes(range=list(upward))
        figure.add_annotation(
            text=shown(outside(points)), xref="paper", yref="paper", x=0.01, y=0.02, showarrow=False
        )
    return figure


def _quality(points: pd.DataFrame) -> str:
    return QUALITY_NAMES[points["metric"].iloc[0]] if len(points) else ""


def time_frame(efficiency: pd.DataFrame, stopwatch: pd.DataFrame | None) -> pd.DataFrame:
    """Counted and measured speed-ups by method and batch size, of one split: columns of `TIME_COLUMNS`.

    Two pairs that belong together: `flops_unpadded` (on the timed texts) with `speedup_vs_dense`, our
    dense run that computes no padding; `flops_padded` with `speedup_vs_hf`, the stock model that does.
    Seconds, speed-up over the stock model and realised share are those of the report's table.
    `speedup_vs_dense` is the median over rounds, without recorded rounds counted times realised; where
    the FLOPs of the timed texts were not kept they are what the realised share was divided by. NaN where
    neither can be known. Masked runs and stock models are left out.
    """
    frame = efficiency_table(efficiency, stopwatch).frame
    ours = ~frame["method"].str.startswith("hf") & ~frame["method"].str.endswith(MASKED)
    frame = frame[ours].reset_index(drop=True)
    values = efficiency.set_index(["method", "batch_size", "quantity"])["value"].to_dict()
    whole = (
        efficiency[efficiency["batch_size"].isna()].set_index(["method", "quantity"])["value"].to_dict()
    )
    rows = []
    for row in frame.to_dict("records"):
        method, batch = row["method"], row["batch_size"]
        ratio = _ratio(stopwatch, method, batch)
        counted = values.get((method, batch, "flops_speedup_timed"), ratio / row["realised_share"])
        padded = values.get(
            (method, batch, "flops_speedup_timed_padded"),
            whole.get((method, "flops_speedup_padded"), np.nan),
        )
        if ratio != ratio:
            ratio = counted * row["realised_share"]
        rows.append(row | {"flops_unpadded": counted, "speedup_vs_dense": ratio, "flops_padded": padded})
    return pd.DataFrame(rows, columns=list(TIME_COLUMNS)).astype({"rounds": "Int64"})


def _ratio(stopwatch: pd.DataFrame | None, method: str, batch: int) -> float:
    """Median over rounds of our dense run's seconds / the method's; NaN where either was not timed."""
    if stopwatch is None:
        return np.nan
    rounds = stopwatch[stopwatch["batch_size"] == batch].set_index(["contestant", "round"])["seconds"]
    if not {"dense", method} <= set(rounds.index.get_level_values(0)):
        return np.nan
    return float((rounds["dense"] / rounds[method]).median())


def worth(frame: pd.DataFrame, convention: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """The rows of `time_frame` with both speed-ups of a convention, `unpadded` or `padded`, and titles
    of the two columns, counted and measured. Our dense run against itself, 1 by definition, is left out.
    """
    counted = f"counted: dense FLOPs / method FLOPs, {convention}"
    if convention == "unpadded":
        frame = frame[frame["method"] != "dense"]
        titles = {
            "flops_unpadded": counted,
            "speedup_vs_dense": "measured: our dense seconds / method's",
        }
    else:
        measured = "measured: stock model's seconds / method's"
        titles = {"flops_padded": counted, "speedup_vs_hf": measured}
    columns = [*titles]
    return frame.dropna(subset=columns)[["method", "batch_size", *columns, "seconds_median"]], titles


def draw_time(frame: pd.DataFrame, convention: str, *, dark: bool = False) -> go.Figure:
    """Measured against counted speed-up of `worth`; diagonal: all of it. Numbers at the points are batch
    sizes."""
    there, titles = worth(frame, convention)
    x, y = titles
    figure = dress(go.Figure(), dark=dark, height=440, x=titles[x], y=titles[y])
    end = 1.1 * there[[x, y]].to_numpy(dtype=np.float64).max(initial=1.5)
    figure.add_trace(
        go.Scatter(
            x=[0, end], y=[0, end], mode="lines", name="every saved operation saved its time",
            line={"color": "#999999", "dash": "dash", "width": 1.2}, hoverinfo="skip",
        )
    )  # fmt: skip
    for number, (method, own) in enumerate(there.groupby("method", sort=False)):
        style = series_style(str(method), number, dark=dark)
        own = own.sort_values("batch_size")
        figure.add_trace(
            go.Scatter(
                x=own[x], y=own[y], mode="lines+markers+text", name=shown(method_name(method)),
                text=[f"{size}" for size in own["batch_size"]], textposition="middle right",
                customdata=own[["batch_size", "seconds_median"]].to_numpy(),
                hovertemplate="batch %{customdata[0]}: counted %{x:.2f}x, measured %{y:.2f}x"
                "<br>median %{customdata[1]:.3g} s", **style,
            )
        )  # fmt: skip
    figure.update_xaxes(range=[0, end])
    figure.update_yaxes(range=[0, end])
    return figure


def draw_realised(frame: pd.DataFrame, *, dark: bool = False) -> go.Figure:
    """Realised share by batch size from `figures_bench.share_frame`."""
    figure = dress(go.Figure(), dark=dark, height=380, x="batch size (texts)", y="realised share")
    for number, (method, own) in enumerate(frame.groupby("method", sort=False)):
        figure.add_trace(
            go.Scatter(
                x=own["batch_size"].astype(str), y=own["realised_share"], mode="lines+markers",
                name=shown(method_name(method)), **series_style(str(method), number, dark=dark),
                hovertemplate="batch %{x}: %{y:.2f}",
            )
        )  # fmt: skip
    figure.add_hline(1, line={"color": "#999999", "dash": "dash", "width": 1.2})
    figure.update_xaxes(type="category")
    figure.update_yaxes(rangemode="tozero")
    return figure


def draw_tokens(frame: pd.DataFrame, *, dark: bool = False) -> go.Figure:
    """A box per method and layer from the rows of `token_frame`: quartiles, whiskers from 5 % to 95 % of
    the texts, a dashed line for the mean."""
    figure = dress(go.Figure(), dark=dark, height=440, x="layer", y="tokens left (% of the text)")
    for number, (method, own) in enumerate(frame.groupby("method", sort=False)):
        style = series_style(str(method), number, dark=dark)
        parts = {name: 100 * own[column] for name, column in _BOX.items()}
        figure.add_trace(
            go.Box(
                x=own["layer"], name=shown(method_name(method)), marker=style["marker"],
                line={"width": 1.5}, boxmean=True, **parts,
            )
        )  # fmt: skip
    figure.update_layout(boxmode="group")
    figure.update_xaxes(dtick=1)
    figure.update_yaxes(range=[0, 104])
    return figure


_BOX = {
    "lowerfence": "q05", "q1": "q25", "median": "median", "q3": "q75", "upperfence": "q95",
    "mean": "mean",
}  # fmt: skip


def _speed_axis(figure: go.Figure) -> None:
    """Equal factors at equal distances, labelled 1x, 2x, 4x."""
    figure.update_xaxes(
        type="log", tickvals=SPEED_TICKS, ticktext=[f"{tick:g}x" for tick in SPEED_TICKS]
    )
