"""The tables of a comparison: methods, curves' areas, pairs, searches, cells."""

import numpy as np
import pandas as pd

from workbench.metrics.registry import METRICS
from workbench.metrics.stats.tradeoff import curve, mean_quality, shared_range
from workbench.reporting.tables.main import (
    QUALITY_NAMES,
    RANKS_BUT_DENSE,
    SPEED_CONVENTIONS,
    method_marks,
)
from workbench.reporting.tables.over_seeds import quantities, seeds_line, seeds_words, timed_batches
from workbench.reporting.tables.significance import significance_table
from workbench.reporting.tables.table import Table
from workbench.reporting.text.wording import method_name, percent, seconds, spread, times
from workbench.runs.comparison import COUNTED, ComparisonData

AXES = {"counted": "FLOPs, unpadded", "measured": "vs stock"}


def comparison_table(data: ComparisonData) -> Table:
    """One row per method, or per method and strength: mean and standard deviation over seeds, and n.

    In `frame` qualities are shares and every quantity has a column and one ending in _sd (n - 1 in the
    denominator; NaN for one seed).
    """
    lines, shown = [], []
    named = quantities(data.trials)
    for group in data.groups:
        rows = data.rows(group)
        line: dict[str, object] = {"method": group.key, "kind": group.kind, "seeds": len(rows)}
        line |= {"strength_low": rows["strength"].min(), "strength_high": rows["strength"].max()}
        text = {"method": method_name(group.method), "strength": _strengths(rows), "seeds": len(rows)}
        numbers, words = seeds_line(rows, named)
        lines.append(line | numbers)
        shown.append(text | words)
    caption = (
        f"Quality and speed on split {data.split}. {seeds_words(data.about['seeds'])} {_matching(data)}"
        f"{SPEED_CONVENTIONS} {RANKS_BUT_DENSE}"
    )
    frame, texts = pd.DataFrame(lines), pd.DataFrame(shown)
    marks = method_marks(frame, texts, named)
    return Table("comparison", caption, frame, texts, ("method", "strength"), marks)


def _strengths(rows: pd.DataFrame) -> str:
    low, high = rows["strength"].min(), rows["strength"].max()
    if pd.isna(low):
        return "–"
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def _matching(data: ComparisonData) -> str:
    match = data.about["match"]
    if match is None:
        return ""
    goal = (
        f"{match['flops']:g} times fewer unpadded FLOPs"
        if match["flops"] is not None
        else f"{match['drop']:g} points of {METRICS[data.quality].label} below dense"
    )
    where = "on the first seed, its strength used for the others" if match["search_seed_only"] else ""
    return f"Strengths searched for {goal} on dev{', ' + where if where else ''}. "


def curve_points(data: ComparisonData) -> pd.DataFrame:
    """Every cell as a point of its method's and seed's curve, the dense model at the head of each.

    Columns method, seed, axis (counted, measured), batch_size, speedup, metric, quality, kind. Counted
    is the unpadded FLOPs speed-up, measured that over the stock model at the largest batch size timed.
    """
    axes: list[tuple[str, str, int | None]] = [("counted", COUNTED, None)]
    batches = timed_batches(data.trials)
    if batches:
        axes.append(("measured", f"speedup_vs_hf_b{batches[-1]}", batches[-1]))
    parts = []
    dense = data.trials[data.trials["method"] == "dense"]
    for method in dict.fromkeys(g.method for g in data.groups if g.method != "dense"):
        own = data.trials[data.trials["method"] == method]
        rows = pd.concat([dense[dense["seed"].isin(own["seed"])], own])
        for axis, column, batch in axes:
            points = rows[["seed", "kind"]].assign(
                method=method, axis=axis, batch_size=batch, speedup=rows[column],
                metric=data.quality, quality=rows[data.quality],
            )  # fmt: skip
            parts.append(points.dropna(subset=["speedup"]))
    columns = ["method", "seed", "axis", "batch_size", "speedup", "metric", "quality", "kind"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns].astype({"batch_size": "Int64"})


def area_table(points: pd.DataFrame) -> Table:
    """Mean quality of every curve over the speed-ups that all share, by axis: mean and sd over seeds.

    `points` as from `curve_points`; see `tradeoff.mean_quality` for the area and `tradeoff.shared_range`
    for the range, which is the same for all methods and seeds of an axis. NaN where there is none.
    """
    lines = []
    for axis, part in points.groupby("axis", sort=False):
        curves = {
            key: curve(own["speedup"].tolist(), own["quality"].tolist())
            for key, own in part.groupby(["method", "seed"], sort=False)
        }
        span = shared_range(list(curves.values()))
        low, high = span or (np.nan, np.nan)
        for method in part["method"].drop_duplicates():
            own = [xy for (name, _), xy in curves.items() if name == method]
            areas = pd.Series([mean_quality(*xy, low, high) for xy in own] if span else [np.nan])
            lines.append(
                {"axis": axis, "method": method, "low": low, "high": high, "mean_quality": areas.mean(),
                 "mean_quality_sd": areas.std(ddof=1), "seeds": len(own)}
            )  # fmt: skip
    columns = ["axis", "method", "low", "high", "mean_quality", "mean_quality_sd", "seeds"]
    frame = pd.DataFrame(lines, columns=columns)
    name = QUALITY_NAMES[points["metric"].iloc[0]] if len(points) else "quality"
    shown = pd.DataFrame(
        {
            "speed-up": frame["axis"].map(AXES),
            "method": frame["method"].map(method_name),
            "from": frame["low"].map(times),
            "to": frame["high"].map(times),
            f"mean {name}": [
                spread(mean, sd, percent)
                for mean, sd in frame[["mean_quality", "mean_quality_sd"]].itertuples(index=False)
            ],
            "seeds": frame["seeds"],
        }
    )
    caption = (
        "Area under the curve over the speed-ups that all methods and seeds cover, divided by "
        "the width of that range; the dense model heads each curve."
    )
    return Table("areas", caption, frame, shown, ("speed-up", "method"))


def pairs_table(data: ComparisonData, *, resamples: int = 1000, randomisations: int = 10_000) -> Table:
    """Every pair of compared groups on the same texts; see `significance.significance_table`."""
    parts = [
        data.predictions[name].assign(method=group.key, seed=seed)
        for group in data.compared
        for name, seed in data.rows(group)[["name", "seed"]].itertuples(index=False)
    ]
    predictions = pd.concat(parts, ignore_index=True)
    return significance_table(
        predictions, data.split, "pairs", resamples=resamples, randomisations=randomisations
    )


def searches_table(data: ComparisonData) -> Table | None:
    """One row per search: what was wanted on dev, what was reached, and what was odd."""
    rows = [
        {
            "method": search["method"], "seed": search["seed"], "quantity": search["quantity"],
            "target": search["target"], "slack": search["slack"],
            "strength": (search["nearest"] or {}).get("strength", np.nan),
            "value": (search["nearest"] or {}).get("value", np.nan),
            "reached": search["reached"], "tries": len(search["tries"]),
            "notes": "; ".join(search["notes"]),
        }
        for search in data.about["searches"]
    ]  # fmt: skip
    if not rows:
        return None
    frame = pd.DataFrame(rows)
    shown = frame.assign(
        method=frame["method"].map(method_name),
        strength=frame["strength"].map("{:g}".format),
        value=frame["value"].map(times),
        slack=frame["slack"].map("{:g}".format),
        target=frame["target"].map("{:g}".format),
        reached=frame["reached"].map({True: "yes", False: "no"}),
    )
    caption = "Searches on the dev split (speedup: unpadded FLOPs; loss: points of quality below dense)."
    return Table("searches", caption, frame, shown, ("method", "quantity", "reached", "notes"))


def cells_table(data: ComparisonData) -> Table:
    """Every run that finished, tries included."""
    frame = data.trials
    shown = pd.DataFrame(
        {
            "run": frame["name"],
            "part": frame["kind"],
            f"dev {QUALITY_NAMES[data.quality]}": frame["dev_quality"].map(percent),
            "dev FLOPs, unpadded": frame["dev_speedup"].map(times),
        }
    )
    for name, (heading, write) in quantities(data.trials).items():
        shown[heading] = frame[name].map(write)
    shown["seconds"] = frame["seconds"].map(seconds)
    caption = f"All runs, split {data.split} where not said otherwise; try: what a search passed by."
    return Table("cells", caption, frame, shown, ("run", "part"))
