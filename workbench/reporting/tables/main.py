"""The main tables of a report: quality and speed, plausibility, faithfulness, measured seconds."""

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from workbench.catalog.methods import METHODS, where_cut
from workbench.catalog.ordering import ordered
from workbench.catalog.scorers import CONTROLS
from workbench.metrics.classification import QUALITIES, judged_by
from workbench.metrics.method_rows import quality_row, speed_row
from workbench.metrics.plausibility.soft import EPSILON
from workbench.metrics.registry import SOFT
from workbench.reporting.figures.plausibility import in_order, one_control
from workbench.reporting.tables.by_layer import by_layer
from workbench.reporting.tables.significance import LEVEL, STAR
from workbench.reporting.tables.table import Table, Writer, formatted, ranks
from workbench.reporting.text.aims import mark_missed, missed
from workbench.reporting.text.render import caption
from workbench.reporting.text.wording import interval, method_name, percent, quartiles, seconds, times

RANKS_BUT_DENSE = f"{caption('ranks')}, the dense model apart."
PLAUSIBILITY = (("none", "ap"), ("uniform", "fpr"), ("uniform", "tpr"), ("uniform", "selected"))
SOFT_LINES = tuple(("none", metric.name) for metric in SOFT)
"""Only data with several annotators to a text have rows of them."""


def main_table(
    classification: pd.DataFrame,
    efficiency: pd.DataFrame | None,
    conventions: str = "",
    unlike_dense: Collection[str] = (),
    config: Mapping[str, Any] = MappingProxyType({}),
    mark_best: bool = True,
    aims: pd.DataFrame | None = None,
) -> Table:
    """Build a row per method: quality, counted and measured speed-up, tokens kept, of one split.

    Quality and the tokens kept are shares in `frame`, percentages in `shown`; speed-ups are ratios. A
    quantity that was not measured is NaN and shown as a dash; a quality that no method has is left out
    (runs of earlier versions have no Matthews correlation).

    Args:
        classification: The table of that name.
        efficiency: The table of that name, where there is one.
        conventions: What the caption adds.
        unlike_dense: Methods whose primary metric gets a star.
        config: The run's configuration: says where each method cuts; methods without a number have a
            line of dashes.
        mark_best: Whether the best of each column is bold.
        aims: The table of that name: a number that falls short of one gets a dagger.
    """
    methods = ordered([*classification["method"], *config.get("methods", [])], METHODS)
    metrics = [name for name in QUALITY_NAMES if (classification["metric"] == name).any()]
    quality = pd.DataFrame([quality_row(classification, m, metrics) for m in methods])
    speeds = pd.DataFrame([speed_row(m, efficiency) for m in methods])
    cuts = [where_cut(method, config) for method in methods]
    if any(cuts):
        quality["cut"] = cuts
    frame = pd.concat([quality, speeds], axis=1)
    headings = {name: QUALITY_NAMES[name] for name in metrics}
    columns: dict[str, tuple[Any, ...]] = {"method": ("method", method_name), "n": ("n",)}
    columns |= {heading: percentage(name) for name, heading in headings.items()}
    columns |= {"cut": ("cut", or_dash)} if "cut" in frame else {}
    for name in map(str, speeds.columns):
        batch = name.replace(MEASURED_SPEED, "vs stock, batch ")
        headings[name], write = SPEEDS.get(name, (batch, times))
        columns[headings[name]] = (name, write)
    shown = formatted(frame, columns)
    stars = frame["method"].isin(unlike_dense).map({True: STAR, False: ""})
    primary = QUALITY_NAMES[judged_by(classification)]
    if primary in shown:
        shown[primary] += stars
    dagger = mark_missed(shown, frame["method"], missed(aims), aimed(primary))
    ranked = {name: title for name, title in headings.items() if name != "tokens_kept_share"}
    marks = method_marks(frame, shown, ranked) if mark_best else None
    ranking = RANKS_BUT_DENSE if marks is not None and marks.astype(bool).to_numpy().any() else ""
    words = caption(
        "main", star=caption("star") if unlike_dense else "", ranking=ranking, speed=speed_words(frame),
        conventions=conventions, missed=caption("missed") if dagger else "",
        intervals=caption("intervals") if quality.filter(regex="_low$").notna().to_numpy().any() else "",
    )  # fmt: skip
    return Table("main", words, frame, shown, ("method",), marks)


QUALITY_NAMES = {
    "accuracy": "accuracy %",
    "micro_f1": "micro F1 %",
    "macro_f1": "macro F1 %",
    "subset_accuracy": "subset accuracy %",
    "example_f1": "F1 per text %",
    "matthews": "Matthews × 100",
    "pearson": "Pearson × 100",
    "spearman": "Spearman × 100",
}
"""Headings of what is shown in hundredths."""
SPEEDS: dict[str, tuple[str, Writer]] = {
    "flops_speedup_unpadded": ("FLOPs, unpadded", times),
    "flops_speedup_padded": ("FLOPs, padded", times),
    "tokens_kept_share": ("tokens kept %", percent),
}
"""Headings and writers of what is counted."""
MEASURED_SPEED = "speedup_vs_hf_b"
"""Beginning of the columns of measured speed-ups; the batch size follows."""


def or_dash(value: object) -> str:
    """Return a name, and a dash for what is none."""
    return value if isinstance(value, str) else "–"


def speed_words(frame: pd.DataFrame) -> str:
    """Explain those speed-ups that a table's numbers have."""
    there = [str(name) for name in frame.columns if frame[name].notna().any()]
    counted, measured = "flops_speedup_unpadded" in there, any(MEASURED_SPEED in name for name in there)
    return " ".join([caption("speed")] * counted + [caption("stock")] * measured)


def ranking_words(scorers: Iterable[str]) -> str:
    """Say what is bold in a table of scorers by layer."""
    return caption("but_controls" if any(name in CONTROLS for name in scorers) else "but_none")


def aimed(quality: str) -> dict[str, str]:
    """Return the heading of what each quantity of the table `aims` is about; `quality` is that of the
    primary metric."""
    about = {"flops_saved": "flops_speedup_unpadded", "tokens_dropped": "tokens_kept_share"}
    return {"quality_lost": quality} | {quantity: SPEEDS[name][0] for quantity, name in about.items()}


def primary_column(frame: pd.DataFrame) -> str | None:
    """Return the primary metric of a table with a column per metric; None where it has neither."""
    return next((name for name in QUALITIES if name in frame and frame[name].notna().any()), None)


def percentage(name: str) -> tuple[Any, ...]:
    """Describe, for `formatted`, shares as percentages with the intervals of `name`_low, `name`_high."""
    return name, f"{name}_low", f"{name}_high", partial(interval, write=percent)


def method_marks(frame: pd.DataFrame, shown: pd.DataFrame, headings: Mapping[str, str]) -> pd.DataFrame:
    """Mark best and second of some columns, the dense model apart.

    Args:
        frame: The numbers.
        shown: The same as text.
        headings: Column of `frame` -> that of `shown`.
    """
    pruned = frame["method"].astype(str) != "dense"
    return pd.DataFrame(
        {
            heading: ranks(frame[column].where(pruned), shown[heading], higher=True)
            for column, heading in headings.items()
        }
    )


def plausibility_table(
    plausibility: pd.DataFrame,
    *,
    unit: str = "token",
    window_set: str = "with-evidence",
    conventions: str = "",
    name: str = "plausibility_table",
    tests: pd.DataFrame | None = None,
) -> Table:
    """Build scorer by layer: AP, and FPR, TPR and share selected by uniform selection, of one split.

    Where texts have several annotators, the soft metrics follow.

    `best_layer` is the layer with the highest AP or TPR, or the lowest FPR (the first of equals); the
    share selected and the controls have none. A layer without scores is NaN and shown as a dash.

    Args:
        plausibility: The table of that name.
        unit: Unit of the rows shown.
        window_set: Their windows.
        conventions: What the caption adds.
        name: Name of the table and its files.
        tests: The table `comparisons` of the same split: stars the AP values above random.
    """
    rows = plausibility[(plausibility["unit"] == unit) & (plausibility["universe"] == window_set)]
    starred = _above_random(tests, unit, window_set)
    lines = (*PLAUSIBILITY, *SOFT_LINES)
    frame, shown, marks = by_layer(one_control(in_order(rows)), lines, starred)
    soft = frame["metric"].isin(name for _, name in SOFT_LINES).any()
    words = caption(
        "plausibility", ranking=ranking_words(frame["scorer"]),
        star=caption("star_random") if starred else "",
        soft=caption("soft", epsilon=EPSILON) if soft else "", conventions=conventions,
    )  # fmt: skip
    return Table(name, words, frame, shown, ("metric", "scorer", "model"), marks)


def _above_random(tests: pd.DataFrame | None, unit: str, window_set: str) -> set[tuple[object, ...]]:
    """(metric, scorer, method, layer) of the values that a paired test puts above random."""
    if tests is None:
        return set()
    above = (tests["p_holm"] < LEVEL) & (tests["difference"] > 0)
    rows = tests[(tests["unit"] == unit) & (tests["universe"] == window_set) & above]
    keys = rows[["metric", "scorer", "method", "layer"]].astype(object)
    return set(keys.itertuples(index=False, name=None))


def efficiency_table(
    efficiency: pd.DataFrame, stopwatch: pd.DataFrame | None = None, conventions: str = ""
) -> Table:
    """Build a row per method and batch size: median seconds, quartiles, what the time amounts to.

    Args:
        efficiency: The table of that name.
        stopwatch: The recorded rounds, of which quartiles are taken; without them these are NaN.
        conventions: What the caption adds.
    """
    measured = efficiency[efficiency["batch_size"].notna()]
    values = measured.set_index(["method", "batch_size", "quantity"])["value"]
    rows: list[dict[str, object]] = []
    for batch in sorted(measured["batch_size"].unique()):
        for method in ordered(measured["method"], ("hf", *METHODS)):
            row: dict[str, object] = {"method": method, "batch_size": int(batch)}
            for name in ("seconds_median", "speedup_vs_hf", "realised_share"):
                row[name] = values.get((method, batch, name), np.nan)
            rows.append(row | _quartiles(stopwatch, method, batch))
    names = [
        "method", "batch_size", "seconds_median", "seconds_q25", "seconds_q75", "rounds",
        "speedup_vs_hf", "realised_share",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=names).astype({"rounds": "Int64"})
    columns = {
        "method": ("method", method_name), "batch": ("batch_size",),
        "median s": ("seconds_median", seconds),
        "quartiles s": ("seconds_q25", "seconds_q75", quartiles),
        "vs stock": ("speedup_vs_hf", times), "realised share": ("realised_share", times),
    }  # fmt: skip
    words = caption("efficiency", conventions=conventions)
    return Table("efficiency", words, frame, formatted(frame, columns), ("method",))


def _quartiles(stopwatch: pd.DataFrame | None, method: str, batch: object) -> dict[str, object]:
    if stopwatch is not None:
        timed = (stopwatch["contestant"] == method) & (stopwatch["batch_size"] == batch)
        if timed.any():
            low, high = stopwatch.loc[timed, "seconds"].quantile([0.25, 0.75])
            return {"seconds_q25": low, "seconds_q75": high, "rounds": int(timed.sum())}
    return {"seconds_q25": np.nan, "seconds_q75": np.nan, "rounds": pd.NA}


SHOWN = (
    ("bins", "aopc_comprehensiveness"),
    ("bins", "aopc_sufficiency"),
    ("none", "soft_comprehensiveness"),
    ("none", "soft_sufficiency"),
    ("none", "loo_kendall"),
    ("curve", "deletion_area"),
    ("curve", "insertion_area"),
    ("curve", "flip_point"),
)
"""(selection, metric); single bins, single points of the curves and flips are in metrics/ only."""
_REMOVAL = {
    "delete": "deleted, the shortened text encoded again",
    "mask": "replaced by [MASK]",
}


def faithfulness_table(rows: pd.DataFrame, conventions: str = "") -> Table:
    """Build scorer by layer from the table `faithfulness` of one split.

    The controls stand once per model: what they give depends on it, and is the same in every layer.
    """
    frame, shown, marks = by_layer(in_order(rows), SHOWN)
    unit, removal = str(rows["unit"].iloc[0]), str(rows["removal"].iloc[0])
    hard = rows[(rows["metric"] == "comprehensiveness") & (rows["selection"] != "uniform")]
    bins = ", ".join(hard["selection"].astype(str).unique())
    metrics, scorers = set(frame["metric"]), set(frame["scorer"])
    aopc, soft = (any(name.startswith(kind) for name in metrics) for kind in ("aopc_", "soft_"))
    controls = [name for name in ("random", "oracle") if name in scorers]
    words = caption(
        "faithfulness", unit=unit, removal=_REMOVAL.get(removal, removal),
        aopc=caption("faithfulness_aopc", bins=bins) if aopc else "",
        soft=caption("faithfulness_soft") if soft else "",
        controls=" ".join(caption(f"faithfulness_{name}") for name in controls),
        ranking=ranking_words(scorers), conventions=conventions,
    )  # fmt: skip
    return Table("faithfulness_table", words, frame, shown, ("metric", "scorer", "model"), marks)
