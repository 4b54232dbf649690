"""The tables of a comparison: methods, curves' areas, pairs, searches, cells."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from workbench.metrics.registry import METRICS
from workbench.metrics.stats.tradeoff import curve, mean_quality, shared_range
from workbench.reporting.tables.main import (
    MEASURED_SPEED,
    QUALITY_NAMES,
    aimed,
    method_marks,
    or_dash,
    speed_words,
)
from workbench.reporting.tables.over_seeds import quantities, seeds_line, seeds_words, timed_batches
from workbench.reporting.tables.significance import significance_table
from workbench.reporting.tables.table import Table, formatted
from workbench.reporting.text.aims import mark_missed, missed
from workbench.reporting.text.render import caption
from workbench.reporting.text.wording import method_name, percent, seconds, spread, times
from workbench.runs.comparison import COUNTED, ComparisonData, in_words

AXES = {"counted": "FLOPs, unpadded", "measured": "vs stock"}


def comparison_table(data: ComparisonData) -> Table:
    """Build a row per method, or per method and strength: mean and standard deviation over seeds, and n.

    In `frame` qualities are shares and every quantity has a column and one ending in _sd (n - 1 in the
    denominator; NaN for one seed).
    """
    lines, shown = [], []
    shown_as = quantities(data.trials)
    for group in data.groups:
        rows = data.rows(group)
        line: dict[str, object] = {"method": group.key, "kind": group.kind, "seeds": len(rows)}
        line |= {"cut": rows["cut"].iloc[0]}
        line |= {"strength_low": rows["strength"].min(), "strength_high": rows["strength"].max()}
        text: dict[str, object] = {
            "method": method_name(group.method),
            "cut": or_dash(rows["cut"].iloc[0]),
        }
        text |= {"strength": _strengths(rows), "seeds": len(rows)}
        numbers, words = seeds_line(rows, shown_as)
        lines.append(line | numbers)
        shown.append(text | words)
    frame, texts = pd.DataFrame(lines), pd.DataFrame(shown)
    note = caption(
        "comparison", split=data.split, seeds=seeds_words(data.about["seeds"]), matching=_matching(data),
        speed=speed_words(frame),
    )  # fmt: skip
    marked = mark_missed(texts, frame["method"], _missed(data), aimed(QUALITY_NAMES[data.quality]))
    marks = method_marks(frame, texts, {name: heading for name, (heading, _) in shown_as.items()})
    note += f" {caption('missed_search')}" if marked else ""
    return Table("comparison", note, frame, texts, ("method", "strength"), marks)


def _missed(data: ComparisonData) -> pd.DataFrame:
    """What fell short on dev, by group: the aims of its trials, and the searches for its strength."""
    rows = [
        (group.key, quantity)
        for group in data.groups
        for name in group.trials
        for quantity in missed(data.aims.get(name))["quantity"]
    ]
    about = {"speedup": "flops_saved", "loss": "quality_lost"}
    short = {
        in_words(s["method"]): about[s["quantity"]] for s in data.about["searches"] if not s["reached"]
    }
    rows += [
        (group.key, short[group.method])
        for group in data.groups
        if group.kind == "matched" and group.method in short
    ]
    return pd.DataFrame(rows, columns=["method", "quantity"])


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
    return f"Strengths searched for {goal} on dev{', ' + where if where else ''}."


def curve_points(data: ComparisonData) -> pd.DataFrame:
    """Return the cells of a comparison as points, see `speed_points`."""
    methods = dict.fromkeys(group.method for group in data.groups)
    return speed_points(data.trials, data.quality, methods)


def speed_points(cells: pd.DataFrame, metric: str, methods: Iterable[str]) -> pd.DataFrame:
    """Return every cell as a point of its method's and seed's curve, the dense model heading each.

    Args:
        cells: A row per trained model: method, seed, kind, `metric`, and the speed-ups of
            `speed_row`.
        metric: Column of the quality.
        methods: Methods in the order of the curves.

    Returns:
        Columns method, seed, axis (counted: unpadded FLOPs; measured: over the stock model at the
        largest batch size timed), batch_size, speedup, metric, quality, kind.
    """
    axes: dict[str, tuple[str, int | None]] = {"counted": (COUNTED, None)}
    batches = timed_batches(cells)
    if batches:
        axes["measured"] = (f"{MEASURED_SPEED}{batches[-1]}", batches[-1])
    columns = ["method", "seed", "axis", "batch_size", "speedup", "metric", "quality", "kind"]
    parts = [pd.DataFrame(columns=columns)]
    dense = cells[cells["method"] == "dense"]
    for method in methods:
        trained = cells[cells["method"] == method]
        rows = pd.concat([dense[dense["seed"].isin(trained["seed"])], trained])
        for axis, (column, batch) in axes.items() if method != "dense" else ():
            points = rows[["seed", "kind"]].assign(
                method=method, axis=axis, batch_size=batch, speedup=rows[column], metric=metric,
                quality=rows[metric],
            )  # fmt: skip
            parts.append(points.dropna(subset=["speedup", "quality"])[columns])
    filled = [part for part in parts if len(part)] or parts
    return pd.concat(filled, ignore_index=True).astype({"batch_size": "Int64"})


def area_table(points: pd.DataFrame) -> Table:
    """Build the mean quality of every curve over the speed-ups that all share: mean and sd over seeds.

    `points` are those of `speed_points`; see `tradeoff.mean_quality` for the area and
    `tradeoff.shared_range` for the range, which all methods and seeds of an axis share. NaN for none.
    """
    lines = []
    for axis, part in points.groupby("axis", sort=False):
        curves = {
            key: curve(chosen["speedup"].tolist(), chosen["quality"].tolist())
            for key, chosen in part.groupby(["method", "seed"], sort=False)
        }
        span = shared_range(list(curves.values()))
        low, high = span or (np.nan, np.nan)
        for method in part["method"].drop_duplicates():
            chosen = [xy for (name, _), xy in curves.items() if name == method]
            areas = pd.Series([mean_quality(*xy, low, high) for xy in chosen] if span else [np.nan])
            lines.append(
                {"axis": axis, "method": method, "low": low, "high": high, "mean_quality": areas.mean(),
                 "mean_quality_sd": areas.std(ddof=1), "seeds": len(chosen)}
            )  # fmt: skip
    names = ["axis", "method", "low", "high", "mean_quality", "mean_quality_sd", "seeds"]
    frame = pd.DataFrame(lines, columns=names)
    name = QUALITY_NAMES[points["metric"].iloc[0]] if len(points) else "quality"
    columns = {
        "speed-up": ("axis", AXES.get), "method": ("method", method_name), "from": ("low", times),
        "to": ("high", times),
        f"mean {name}": ("mean_quality", "mean_quality_sd", partial(spread, write=percent)),
        "seeds": ("seeds",),
    }  # fmt: skip
    return Table("areas", caption("areas"), frame, formatted(frame, columns), ("speed-up", "method"))


def pairs_table(data: ComparisonData, *, resamples: int = 1000, randomisations: int = 10_000) -> Table:
    """Test every pair of compared groups on the same texts; see `significance.significance_table`.

    Args:
        data: The comparison.
        resamples: Bootstrap resamples of each interval.
        randomisations: Sign flips of each test.
    """
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
    """Build a row per search: its target on dev, what was reached, and what was odd."""
    rows = [
        {"method": in_words(search["method"])}
        | {name: search[name] for name in ("seed", "quantity", "target", "slack")}
        | (search["nearest"] or {"strength": np.nan, "value": np.nan})
        | {"reached": search["reached"], "tries": len(search["tries"]),
           "notes": "; ".join(search["notes"])}
        for search in data.about["searches"]
    ]  # fmt: skip
    if not rows:
        return None
    frame = pd.DataFrame(rows)
    writers: dict[str, Callable[[Any], Any]] = {
        "method": method_name, "value": times, "reached": {True: "yes", False: "no"}.get,
    }  # fmt: skip
    writers |= dict.fromkeys(("strength", "slack", "target"), "{:g}".format)
    shown = frame.assign(**{name: frame[name].map(write) for name, write in writers.items()})
    text_columns = ("method", "quantity", "reached", "notes")
    return Table("searches", caption("searches"), frame, shown, text_columns)


def cells_table(data: ComparisonData) -> Table:
    """Build a row per run that finished, tries included."""
    columns = {
        "run": ("name",), "part": ("kind",),
        f"dev {QUALITY_NAMES[data.quality]}": ("dev_quality", percent),
        "dev FLOPs, unpadded": ("dev_speedup", times),
        **{heading: (name, write) for name, (heading, write) in quantities(data.trials).items()},
        "seconds": ("seconds", seconds),
    }  # fmt: skip
    words = caption("cells", split=data.split)
    return Table("cells", words, data.trials, formatted(data.trials, columns), ("run", "part"))
