"""Values by layer as tables: a line per key, a column per layer."""

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import pandas as pd

from workbench.metrics.registry import METRICS
from workbench.reporting.tables.significance import STAR
from workbench.reporting.tables.table import Table, formatted, ranks
from workbench.reporting.text.wording import decimals, method_name, scorer_name, spread
from workbench.runs.tables import CONTROLS

_KEYS = ["metric", "scorer", "method"]


def layer_table(
    name: str, caption: str, frame: pd.DataFrame, keys: Mapping[str, str], digits: int = 3
) -> Table:
    """Put the layers side by side; a layer without a value is a dash, n is the largest of the line.

    Args:
        name: Name of the table and its files.
        caption: Text above it.
        frame: Rows with the columns of `keys`, layer, value and n, and, where values are not to be
            written with `digits`, text.
        keys: Columns that name a line, with their headings; `run` is left out where there is only one.
        digits: Decimals of a value.
    """
    chosen = {key: title for key, title in keys.items() if key != "run" or frame["run"].nunique() > 1}
    if "text" not in frame:
        frame = frame.assign(text=frame["value"].map(lambda value: decimals(value, digits)))
    numbers, texts = _side_by_side(frame, [*chosen])
    words = {title: numbers[key].astype(str) for key, title in (chosen | {"n": "n"}).items()}
    return Table(name, caption, numbers, pd.DataFrame(words | texts), tuple(chosen.values()))


def by_layer(
    rows: pd.DataFrame,
    measures: Iterable[tuple[str, str]],
    starred: Collection[tuple[object, ...]] = (),
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Put a metric table's layers side by side, a line per measure, scorer and method.

    Best and second are those of a metric and layer; controls have neither.

    Args:
        rows: Ordered rows of a metric table by layer; with `sd` (see `over_seeds.over_seeds`) the
            numbers have a column per layer for it, too.
        measures: (selection, metric) of the lines, in their order.
        starred: (metric, scorer, method, layer) of the values that get a star.

    Returns:
        The numbers, the same as text, and the marks of the text's cells.
    """
    parts = [rows[(rows["metric"] == m) & (rows["selection"] == s)] for s, m in measures]
    rows = pd.concat(parts, ignore_index=True)
    several = "seeds" in rows and bool((rows["seeds"] > 1).any())
    deviations = rows["sd"] if "sd" in rows else pd.Series(np.nan, index=rows.index)
    stars = [
        STAR if key in starred and key[1] not in CONTROLS else ""
        for key in rows[[*_KEYS, "layer"]].itertuples(index=False, name=None)
    ]
    values = zip(rows["value"], deviations, stars, strict=True)
    written = [spread(value, sd, decimals) + star for value, sd, star in values]
    frame, texts = _side_by_side(rows.assign(text=written), _KEYS)
    marks = _marks(frame, texts)
    lines, layers = frame.to_dict("records"), [f"layer_{number}" for number in range(len(texts))]
    if several:
        numbers, _ = _side_by_side(rows.assign(value=deviations, text=""), _KEYS)
        frame = frame.join(numbers.drop(columns=[*_KEYS, "n"]).add_suffix("_sd"))
    best = [_best(line["metric"], line["scorer"], [line[k] for k in layers]) for line in lines]
    frame["best_layer"] = pd.Series(best, frame.index, dtype="Int64")
    names = {
        "metric": ("metric", lambda name: METRICS[name].label), "scorer": ("scorer", scorer_name),
        "model": ("method", method_name), "n": ("n",),
    }  # fmt: skip
    shown = formatted(frame, names).assign(**texts)
    shown["best"] = frame["best_layer"].map(lambda layer: "" if pd.isna(layer) else f"L{int(layer)}")
    return frame, shown, marks


def _side_by_side(frame: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """Lines of `keys`, n and the values of each layer; the columns of their texts, dashes for NaN."""
    layers = range(int(frame["layer"].max()) + 1 if len(frame) else 0)
    lines, texts = [], []
    for values, rows in frame.groupby(keys, sort=False, observed=True, dropna=False):
        by_number = rows.set_index("layer")[["value", "text"]].reindex(layers)
        line = dict(zip(keys, values, strict=True)) | {"n": int(rows["n"].max())}
        lines.append(line | {f"layer_{k}": by_number["value"][k] for k in layers})
        texts.append(by_number["text"].where(by_number["value"].notna(), "–"))
    columns = [*keys, "n", *(f"layer_{k}" for k in layers)]
    return pd.DataFrame(lines, columns=columns), {
        f"L{k}": pd.Series([text[k] for text in texts], dtype=object) for k in layers
    }


def _best(metric: str, scorer: str, values: list[float]) -> object:
    better = METRICS[metric].higher_is_better
    if scorer in CONTROLS or better is None or np.isnan(values).all():
        return pd.NA
    return int(np.nanargmax(values) if better else np.nanargmin(values))


def _marks(frame: pd.DataFrame, texts: Mapping[str, pd.Series]) -> pd.DataFrame:
    marks = pd.DataFrame("", index=frame.index, columns=[*texts])
    scored = frame[~frame["scorer"].isin(CONTROLS)]
    for metric, rows in scored.groupby("metric", sort=False):
        better = METRICS[str(metric)].higher_is_better
        for name in texts if better is not None else ():
            values = rows[name.replace("L", "layer_")]
            marks.loc[rows.index, name] = ranks(values, values.map(decimals), higher=bool(better))
    return marks
