"""Metrics by layer: a line per metric, scorer and model, a column per layer."""

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from workbench.metrics.registry import METRICS
from workbench.reporting.tables.significance import STAR
from workbench.reporting.tables.table import ranks
from workbench.reporting.text.wording import method_name, scorer_name, spread, three
from workbench.runs.tables import CONTROLS


def by_layer(
    rows: pd.DataFrame,
    measures: Iterable[tuple[str, str]],
    starred: Collection[tuple[object, ...]] = (),
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """One line per (selection, metric) of `measures`, scorer and method: numbers, text, and marks.

    `rows` are ordered and have the columns of a metric table by layer; with `sd` (see
    `over_seeds.over_seeds`) the numbers have a column per layer for it, too. `starred` are the (metric,
    scorer, method, layer) that get a star. Best and second are those of a metric and
    layer; controls have neither.
    """
    layers = list(range(int(rows["layer"].max()) + 1 if len(rows) else 0))
    several = "seeds" in rows and bool((rows["seeds"] > 1).any())
    lines: list[dict[str, object]] = []
    for selection, metric in measures:
        part = rows[(rows["metric"] == metric) & (rows["selection"] == selection)]
        for (scorer, method), own in part.groupby(["scorer", "method"], sort=False):
            values = own.set_index("layer")["value"].reindex(layers)
            line: dict[str, object] = {"metric": metric, "scorer": scorer, "method": method}
            line |= {"n": int(own["n"].max())} | {f"layer_{k}": values[k] for k in layers}
            if several:
                deviations = own.set_index("layer")["sd"].reindex(layers)
                line |= {f"layer_{k}_sd": deviations[k] for k in layers}
            best = pd.NA if scorer in CONTROLS else _best(metric, values)
            lines.append(line | {"best_layer": best})
    named = [f"layer_{k}" for k in layers] + [f"layer_{k}_sd" for k in layers if several]
    columns = ["metric", "scorer", "method", "n", *named, "best_layer"]
    frame = pd.DataFrame(lines, columns=columns).astype({"best_layer": "Int64"})
    return frame, _shown(frame, layers, starred), _marks(frame, layers)


def _best(metric: str, by_layer: pd.Series) -> object:
    better = METRICS[metric].higher_is_better
    if better is None or by_layer.isna().all():
        return pd.NA
    values = by_layer.to_numpy(dtype=np.float64)
    return int(np.nanargmax(values) if better else np.nanargmin(values))


def _shown(
    frame: pd.DataFrame, layers: list[int], starred: Collection[tuple[object, ...]]
) -> pd.DataFrame:
    shown = pd.DataFrame(
        {
            "metric": frame["metric"].map(lambda name: METRICS[name].label),
            "scorer": frame["scorer"].map(scorer_name),
            "model": frame["method"].map(method_name),
            "n": frame["n"],
        }
    )
    keys = [*frame[["metric", "scorer", "method"]].itertuples(index=False, name=None)]
    for layer in layers:
        values = frame[f"layer_{layer}"]
        deviations = frame.get(f"layer_{layer}_sd", pd.Series(np.nan, index=frame.index))
        shown[f"L{layer}"] = [
            spread(value, sd, three)
            + (STAR if (*key, layer) in starred and key[1] not in CONTROLS else "")
            for key, value, sd in zip(keys, values, deviations, strict=True)
        ]
    shown["best"] = frame["best_layer"].map(lambda layer: "" if pd.isna(layer) else f"L{int(layer)}")
    return shown


def _marks(frame: pd.DataFrame, layers: list[int]) -> pd.DataFrame:
    marks = pd.DataFrame("", index=frame.index, columns=[f"L{layer}" for layer in layers])
    scored = frame[~frame["scorer"].isin(CONTROLS)]
    for metric, rows in scored.groupby("metric", sort=False):
        better = METRICS[str(metric)].higher_is_better
        for layer in layers if better is not None else ():
            values, name = rows[f"layer_{layer}"], f"L{layer}"
            marks.loc[rows.index, name] = ranks(values, values.map(three), higher=bool(better))
    return marks
