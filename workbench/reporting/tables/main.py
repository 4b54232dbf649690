"""The tables of a report: numbers for CSV, the same numbers in words for LaTeX and HTML."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.metrics.classification import QUALITIES, judged_by
from workbench.metrics.method_rows import quality_row, speed_row
from workbench.reporting.figures.plausibility import in_order, one_control
from workbench.reporting.tables.by_layer import by_layer
from workbench.reporting.tables.significance import LEVEL, STAR
from workbench.reporting.tables.table import RANKS, Table, ranks
from workbench.reporting.text.wording import interval, method_name, percent, quartiles, seconds, times
from workbench.runs.tables import METHOD_ORDER, ordered

SPEED_CONVENTIONS = (
    "FLOPs unpadded: dense / method, each text at its own length; padded: a dense model that computes "
    "padding / the method without padding. vs stock: seconds of the ordinary padded Hugging Face model "
    "/ the method's, the same texts in the same process."
)
RANKS_BUT_DENSE = f"{RANKS}, the dense model apart."
AGREEMENT = (("none", "ap"), ("uniform", "fpr"), ("uniform", "tpr"), ("uniform", "selected"))


def main_table(
    classification: pd.DataFrame,
    efficiency: pd.DataFrame | None,
    conventions: str = "",
    unlike_dense: Collection[str] = (),
    configured: Iterable[str] = (),
) -> Table:
    """One row per method: quality, counted and measured speed-up, tokens kept, of one split.

    Quality and the tokens kept are shares in `frame`, percentages in `shown`; speed-ups are ratios. A
    quantity that was not measured is NaN and shown as a dash; a quality that no method has is left out
    (runs of earlier versions have no Matthews correlation). The primary metric of those in
    `unlike_dense` gets a star; `configured` methods without a number have a line of dashes.
    """
    methods = ordered([*classification["method"], *configured], METHOD_ORDER)
    there = [name for name in QUALITY_NAMES if (classification["metric"] == name).any()]
    quality = pd.DataFrame([quality_row(classification, m, there) for m in methods])
    speeds = pd.DataFrame([speed_row(m, efficiency) for m in methods])
    frame = pd.concat([quality, speeds], axis=1)
    shown = pd.DataFrame({"method": frame["method"].map(method_name), "n": frame["n"]})
    for metric in there:
        shown[QUALITY_NAMES[metric]] = percentages(frame, metric)
        if metric == judged_by(classification):
            shown[QUALITY_NAMES[metric]] += (
                frame["method"].isin(unlike_dense).map({True: STAR, False: ""})
            )
    named: dict[str, tuple[Any, ...]] = {metric: (QUALITY_NAMES[metric],) for metric in there}
    for column in map(str, speeds.columns):
        heading = _SPEED_NAMES.get(column, column.replace("speedup_vs_hf_b", "vs stock, batch "))
        shown[heading] = frame[column].map(percent if column == "tokens_kept_share" else times)
        named |= {} if column == "tokens_kept_share" else {column: (heading,)}
    marks = method_marks(frame, shown, named)
    ranked = f"{RANKS_BUT_DENSE} " if marks.astype(bool).to_numpy().any() else ""
    caption = (
        "Quality and speed by method. Intervals: 95 % bootstrap over texts. "
        f"{starred(unlike_dense)}{ranked}{SPEED_CONVENTIONS} {conventions}"
    ).strip()
    return Table("main", caption, frame, shown, ("method",), marks)


def starred(unlike_dense: Collection[str]) -> str:
    """What a star at a quality means; nothing where there is none."""
    if not unlike_dense:
        return ""
    return (
        f"{STAR}: unlike dense (paired over texts, Holm-corrected over all pairs of methods, "
        f"p < {LEVEL}). "
    )


QUALITY_NAMES = {
    "accuracy": "accuracy %",
    "macro_f1": "macro F1 %",
    "matthews": "Matthews × 100",
    "pearson": "Pearson × 100",
    "spearman": "Spearman × 100",
}
"""Headings of what is shown in hundredths."""
_SPEED_NAMES = {
    "flops_speedup_unpadded": "FLOPs, unpadded",
    "flops_speedup_padded": "FLOPs, padded",
    "tokens_kept_share": "tokens kept %",
}


def headline_column(frame: pd.DataFrame) -> str | None:
    """The primary metric of a table with a column per metric; None where it has a value of neither."""
    return next((name for name in QUALITIES if name in frame and frame[name].notna().any()), None)


def percentages(frame: pd.DataFrame, name: str) -> list[str]:
    """The shares of column `name` as percentages, with the intervals of `name`_low and `name`_high."""
    rows = frame[[name, f"{name}_low", f"{name}_high"]].itertuples(index=False)
    return [interval(value, low, high, percent) for value, low, high in rows]


def method_marks(
    frame: pd.DataFrame, shown: pd.DataFrame, named: Mapping[str, tuple[Any, ...]]
) -> pd.DataFrame:
    """Best and second of every column of `named` (column -> heading, ...), the dense model apart."""
    pruned = frame["method"].astype(str) != "dense"
    return pd.DataFrame(
        {
            heading: ranks(frame[column].where(pruned), shown[heading], higher=True)
            for column, (heading, *_) in named.items()
        }
    )


def plausibility_table(
    plausibility: pd.DataFrame,
    *,
    unit: str = "token",
    universe: str = "with-evidence",
    conventions: str = "",
    name: str = "plausibility_table",
    tests: pd.DataFrame | None = None,
) -> Table:
    """Scorer by layer: AP, and FPR, TPR and share selected by uniform selection, of one split.

    `best_layer` is the layer with the highest AP or TPR, or the lowest FPR (the first of equals); the
    share selected and the controls have none. A layer that a scorer says nothing about is NaN and shown
    as a dash. `tests`, the table `comparisons` of the same split, stars the AP values above random.
    """
    rows = plausibility[(plausibility["unit"] == unit) & (plausibility["universe"] == universe)]
    starred = _above_random(tests, unit, universe)
    frame, shown, marks = by_layer(one_control(in_order(rows)), AGREEMENT, starred)
    told = f"{STAR}: above random (paired over texts, Holm, p < {LEVEL}). " if starred else ""
    caption = (
        f"Agreement with rationales by layer (n: texts with a value). {RANKS} of each metric and layer, "
        f"controls apart. {told}{conventions}"
    ).strip()
    return Table(name, caption, frame, shown, ("metric", "scorer", "model"), marks)


def _above_random(tests: pd.DataFrame | None, unit: str, universe: str) -> set[tuple[object, ...]]:
    """(metric, scorer, method, layer) of the values that a paired test puts above random."""
    if tests is None:
        return set()
    here = tests[(tests["unit"] == unit) & (tests["universe"] == universe) & (tests["p_holm"] < LEVEL)]
    keys = here.loc[here["difference"] > 0, ["metric", "scorer", "method", "layer"]].astype(object)
    return set(keys.itertuples(index=False, name=None))


def efficiency_table(
    efficiency: pd.DataFrame, stopwatch: pd.DataFrame | None = None, conventions: str = ""
) -> Table:
    """One row per method and batch size: median seconds, their quartiles, what the time amounts to.

    Quartiles need the recorded rounds (columns of `schemas.STOPWATCH`); NaN else.
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
        "Measured seconds for the same texts, systems in turn in every round. Realised share: "
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
