"""The tables of a report: numbers for CSV, the same numbers in words for LaTeX and HTML."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.evaluation.metrics import METRICS
from workbench.files import write_text
from workbench.reporting.figures import in_order, one_control
from workbench.reporting.latex import latex_table
from workbench.reporting.run_data import CONTROLS, METHOD_ORDER, ordered
from workbench.reporting.wording import method_name, percent, quartiles, scorer_name, seconds, times

SPEED_CONVENTIONS = (
    "FLOPs unpadded: dense / method, each text at its own length; padded: a dense model that computes "
    "padding / the method without padding. vs stock: seconds of the ordinary padded Hugging Face model "
    "/ the method's, the same texts in the same process."
)
AGREEMENT = (("none", "ap"), ("uniform", "fpr"), ("uniform", "tpr"), ("uniform", "selected"))


@dataclass(frozen=True)
class Table:
    """One table: `frame` with full numbers, `shown` with the same rows as formatted text."""

    name: str
    caption: str
    frame: pd.DataFrame
    shown: pd.DataFrame
    text_columns: tuple[str, ...]
    """Columns of `shown` that hold words; the others hold numbers."""

    def write(self, run_dir: Path) -> tuple[Path, Path]:
        """Write tables/`name`.csv and .tex, each whole or not at all; returns both paths."""
        csv, tex = (run_dir / "tables" / f"{self.name}.{kind}" for kind in ("csv", "tex"))
        write_text(csv, self.frame.to_csv(index=False, lineterminator="\n"))
        write_text(tex, latex_table(self.shown, self.caption, self.name, self.text_columns))
        return csv, tex


def main_table(
    classification: pd.DataFrame, efficiency: pd.DataFrame | None, conventions: str = ""
) -> Table:
    """One row per method: quality, counted and measured speed-up, tokens kept, of one split.

    Quality and the tokens kept are shares in `frame`, percentages in `shown`; speed-ups are ratios. A
    quantity that was not measured is NaN and shown as a dash; a quality that no method has is left out
    (runs of earlier versions have no Matthews correlation).
    """
    methods = ordered(classification["method"], METHOD_ORDER)
    there = [name for name in QUALITY_NAMES if (classification["metric"] == name).any()]
    quality = pd.DataFrame([quality_row(classification, m, there) for m in methods])
    speeds = pd.DataFrame([speed_row(m, efficiency) for m in methods])
    frame = pd.concat([quality, speeds], axis=1)
    shown = pd.DataFrame({"method": frame["method"].map(method_name), "n": frame["n"]})
    for metric in there:
        shown[QUALITY_NAMES[metric]] = with_interval(frame, metric)
    for column in map(str, speeds.columns):
        text = percent if column == "tokens_kept_share" else times
        shown[_SPEED_NAMES.get(column, column.replace("speedup_vs_hf_b", "vs stock, batch "))] = frame[
            column
        ].map(text)
    caption = (
        "Quality and speed by method. Intervals: 95 % bootstrap over texts. "
        f"{SPEED_CONVENTIONS} {conventions}"
    ).strip()
    return Table("main", caption, frame, shown, ("method",))


QUALITY_NAMES = {
    "accuracy": "accuracy %",
    "macro_f1": "macro F1 %",
    "matthews": "Matthews × 100",
    "pearson": "Pearson × 100",
    "spearman": "Spearman × 100",
}
"""Headings of what is shown in hundredths."""
QUALITIES = {"accuracy": ("accuracy", "macro_f1"), "pearson": ("pearson", "spearman")}
"""The headline metric, and those shown in a small table; see `classification.headline`."""
_SPEED_NAMES = {
    "flops_speedup_unpadded": "FLOPs, unpadded",
    "flops_speedup_padded": "FLOPs, padded",
    "tokens_kept_share": "tokens kept %",
}


def quality_row(classification: pd.DataFrame, method: str, metrics: Iterable[str]) -> dict[str, object]:
    """One method's name, n, and these metrics with their intervals, of one split."""
    own = classification[classification["method"].astype(str) == method]
    row: dict[str, object] = {"method": method, "n": int(own["n"].max())}
    for metric in metrics:
        found = own[own["metric"] == metric]
        for column, suffix in (("value", ""), ("ci_low", "_low"), ("ci_high", "_high")):
            row[metric + suffix] = float(found[column].iloc[0]) if len(found) else np.nan
    return row


def speed_row(method: str, efficiency: pd.DataFrame | None) -> dict[str, object]:
    """One method's counted speed-ups, tokens kept, and `speedup_vs_hf_b<batch size>` where measured."""
    values: dict[str, object] = dict.fromkeys(_SPEED_NAMES, np.nan)
    if efficiency is None:
        return values
    own = efficiency[efficiency["method"].astype(str) == method]
    for quantity in _SPEED_NAMES:
        found = own.loc[own["quantity"] == quantity, "value"]
        values[quantity] = float(found.iloc[0]) if len(found) else np.nan
    measured = efficiency[efficiency["quantity"] == "speedup_vs_hf"]
    for batch in sorted(measured["batch_size"].dropna().unique()):
        at = own[(own["quantity"] == "speedup_vs_hf") & (own["batch_size"] == batch)]
        values[f"speedup_vs_hf_b{int(batch)}"] = float(at["value"].iloc[0]) if len(at) else np.nan
    return values


def with_interval(frame: pd.DataFrame, name: str) -> list[str]:
    """The shares of column `name` as percentages, with the intervals of `name`_low and `name`_high."""
    texts = []
    for value, low, high in frame[[name, f"{name}_low", f"{name}_high"]].itertuples(index=False):
        interval = "" if low != low else f" [{percent(low)}, {percent(high)}]"
        texts.append(percent(value) + interval)
    return texts


def plausibility_table(
    plausibility: pd.DataFrame,
    *,
    unit: str = "token",
    universe: str = "with-evidence",
    conventions: str = "",
    name: str = "plausibility_table",
) -> Table:
    """Scorer by layer: AP, and FPR, TPR and share selected by uniform selection, of one split.

    `best_layer` is the layer with the highest AP or TPR, or the lowest FPR (the first of equals); the
    share selected and the controls have none. A layer that a scorer says nothing about is NaN and shown
    as a dash.
    """
    rows = plausibility[(plausibility["unit"] == unit) & (plausibility["universe"] == universe)]
    frame, shown = by_layer(one_control(in_order(rows)), AGREEMENT)
    caption = f"Agreement with rationales by layer (n: texts with a value). {conventions}".strip()
    return Table(name, caption, frame, shown, ("metric", "scorer", "model"))


def by_layer(
    rows: pd.DataFrame, measures: Iterable[tuple[str, str]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One line per (selection, metric) of `measures`, scorer and method, a column per layer: the numbers
    and the same as text. `rows` are ordered and have the columns of a metric table by layer.
    """
    layers = range(int(rows["layer"].max()) + 1 if len(rows) else 0)
    lines: list[dict[str, object]] = []
    for selection, metric in measures:
        part = rows[(rows["metric"] == metric) & (rows["selection"] == selection)]
        for (scorer, method), own in part.groupby(["scorer", "method"], sort=False):
            by_layer = own.set_index("layer")["value"].reindex(layers)
            line: dict[str, object] = {"metric": metric, "scorer": scorer, "method": method}
            line |= {"n": int(own["n"].max())} | {f"layer_{k}": by_layer[k] for k in layers}
            best = pd.NA if scorer in CONTROLS else _best(metric, by_layer)
            lines.append(line | {"best_layer": best})
    columns = ["metric", "scorer", "method", "n", *(f"layer_{k}" for k in layers), "best_layer"]
    frame = pd.DataFrame(lines, columns=columns).astype({"best_layer": "Int64"})
    return frame, _shown_by_layer(frame)


def _best(metric: str, by_layer: pd.Series) -> object:
    better = METRICS[metric].higher_is_better
    if better is None or by_layer.isna().all():
        return pd.NA
    values = by_layer.to_numpy(dtype=np.float64)
    return int(np.nanargmax(values) if better else np.nanargmin(values))


def _shown_by_layer(frame: pd.DataFrame) -> pd.DataFrame:
    shown = pd.DataFrame(
        {
            "metric": frame["metric"].map(lambda name: METRICS[name].label),
            "scorer": frame["scorer"].map(scorer_name),
            "model": frame["method"].map(method_name),
            "n": frame["n"],
        }
    )
    for column in frame.columns[4:-1]:
        shown[column.replace("layer_", "L")] = frame[column].map(
            lambda value: "–" if value != value else f"{value:.3f}"
        )
    shown["best"] = frame["best_layer"].map(lambda layer: "" if pd.isna(layer) else f"L{int(layer)}")
    return shown


def efficiency_table(
    efficiency: pd.DataFrame, stopwatch: pd.DataFrame | None = None, conventions: str = ""
) -> Table:
    """One row per method and batch size: median seconds, their quartiles, what the time amounts to.

    Quartiles need the recorded rounds (columns of `evaluation.stopwatch.ROUND_COLUMNS`); NaN else.
    """
    measured = efficiency[efficiency["batch_size"].notna()]
    values = measured.set_index(["method", "batch_size", "quantity"])["value"]
    rows: list[dict[str, object]] = []
    for batch in sorted(measured["batch_size"].unique()):
        for method in ordered(measured["method"], ("hf", *METHOD_ORDER)):
            row: dict[str, object] = {"method": method, "batch_size": int(batch)}
            for name in ("seconds_median", "speedup_vs_hf", "realised_share"):
                row[name] = values.get((method, batch, name), np.nan)
            rows.append(row | _quartiles(stopwatch, method, batch))
    columns = [
        "method", "batch_size", "seconds_median", "seconds_q25", "seconds_q75", "rounds",
        "speedup_vs_hf", "realised_share",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns).astype({"rounds": "Int64"})
    shown = pd.DataFrame(
        {
            "method": frame["method"].map(method_name),
            "batch": frame["batch_size"],
            "median s": frame["seconds_median"].map(seconds),
            "quartiles s": [
                quartiles(low, high)
                for low, high in frame[["seconds_q25", "seconds_q75"]].itertuples(index=False)
            ],
            "vs stock": frame["speedup_vs_hf"].map(times),
            "realised share": frame["realised_share"].map(times),
        }
    )
    caption = (
        "Measured seconds for the same texts, contestants in turn in every round. Realised share: "
        "(our unpadded dense seconds / the method's) / the method's unpadded FLOPs speed-up. "
        f"{conventions}"
    ).strip()
    return Table("efficiency", caption, frame, shown, ("method",))


def _quartiles(stopwatch: pd.DataFrame | None, method: str, batch: object) -> dict[str, object]:
    if stopwatch is not None:
        own = stopwatch[(stopwatch["contestant"] == method) & (stopwatch["batch_size"] == batch)]
        if len(own):
            low, high = own["seconds"].quantile([0.25, 0.75])
            return {"seconds_q25": low, "seconds_q75": high, "rounds": len(own)}
    return {"seconds_q25": np.nan, "seconds_q75": np.nan, "rounds": pd.NA}
