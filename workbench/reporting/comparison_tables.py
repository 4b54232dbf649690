"""The tables of a comparison: methods, curves' areas, pairs, searches, cells."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from workbench.evaluation.classification import by_text
from workbench.evaluation.comparisons import compare_methods
from workbench.evaluation.metrics import METRICS
from workbench.evaluation.tradeoff import curve, mean_quality, shared_range
from workbench.reporting.comparison_data import COUNTED, ComparisonData, Group
from workbench.reporting.tables import QUALITIES, QUALITY_NAMES, SPEED_CONVENTIONS, Table
from workbench.reporting.wording import method_name, percent, seconds, times

Text = Callable[[float], str]
AXES = {"counted": "FLOPs, unpadded", "measured": "vs stock"}


def quantities(data: ComparisonData) -> dict[str, tuple[str, Text]]:
    """Column of `cells` -> its heading and how it is written; only what some cell has."""
    named: dict[str, tuple[str, Text]] = {
        **{name: (QUALITY_NAMES[name], percent) for name in QUALITIES[data.quality]},
        "random_quality": (f"random tokens, {QUALITY_NAMES[data.quality]}", percent),
        COUNTED: ("FLOPs, unpadded", times),
        "flops_speedup_padded": ("FLOPs, padded", times),
    }
    named |= {f"speedup_vs_hf_b{b}": (f"vs stock, batch {b}", times) for b in data.batches}
    return {
        name: what for name, what in named.items()
        if name in data.cells.columns and data.cells[name].notna().any()
    }  # fmt: skip


def comparison_table(data: ComparisonData) -> Table:
    """One row per method, or per method and strength: mean and standard deviation over seeds, and n.

    In `frame` qualities are shares and every quantity has a column and one ending in _sd (n - 1 in the
    denominator; NaN for one seed).
    """
    lines, shown = [], []
    named = quantities(data)
    for group in data.groups:
        rows = data.rows(group)
        line: dict[str, object] = {"method": group.key, "kind": group.kind, "seeds": len(rows)}
        line |= {"strength_low": rows["strength"].min(), "strength_high": rows["strength"].max()}
        text = {"method": method_name(group.method), "strength": _strengths(rows), "seeds": len(rows)}
        for name, (heading, write) in named.items():
            mean, sd = float(rows[name].mean()), float(rows[name].std(ddof=1))
            line |= {name: mean, f"{name}_sd": sd}
            text[heading] = write(mean) + ("" if sd != sd else f" ± {write(sd)}")
        lines.append(line)
        shown.append(text)
    caption = (
        f"Quality and speed on split {data.split}: mean ± standard deviation over seeds "
        f"({', '.join(map(str, data.about['seeds']))}). {_matching(data)}{SPEED_CONVENTIONS}"
    )
    return Table("comparison", caption, pd.DataFrame(lines), pd.DataFrame(shown), ("method", "strength"))


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
    if data.batches:
        axes.append(("measured", f"speedup_vs_hf_b{data.batches[-1]}", data.batches[-1]))
    parts = []
    dense = data.cells[data.cells["method"] == "dense"]
    for method in dict.fromkeys(g.method for g in data.groups if g.method != "dense"):
        own = data.cells[data.cells["method"] == method]
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
                percent(mean) + ("" if sd != sd else f" ± {percent(sd)}")
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
    """Every pair of compared groups on the same texts; see `comparisons.compare_methods`."""
    credits = {group.key: _credits(data, group) for group in data.compared}
    frame = compare_methods(credits, resamples=resamples, randomisations=randomisations)
    accuracy = data.quality == "accuracy"
    what = "Accuracy" if accuracy else "Minus the squared error"
    shown = pd.DataFrame(
        {
            "method": frame["method"].map(method_name),
            "against": frame["against"].map(method_name),
            "difference, points" if accuracy else "difference": [
                f"{100 * mean:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]"
                if accuracy
                else f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"
                for mean, low, high in frame[["difference", "ci_low", "ci_high"]].to_numpy(dtype=float)
            ],
            "p": frame["p"].map(lambda p: f"{p:.4f}"),
            "p, Holm": frame["p_holm"].map(lambda p: f"{p:.4f}"),
            "texts": frame["n"],
            "seeds": frame["seeds"],
        }
    )
    caption = (
        f"{what} of the first minus that of the second on the same texts of split {data.split}, each "
        "text's mean over the seeds; 95 % bootstrap intervals over texts, sign-flip test over texts, "
        "Holm's correction over all pairs."
    )
    return Table("pairs", caption, frame, shown, ("method", "against"))


def _credits(data: ComparisonData, group: Group) -> pd.DataFrame:
    """Text ids x seeds: 1 where the prediction is right; of a regression minus the squared error."""
    columns = {}
    for row in data.rows(group).itertuples():
        own = data.predictions[str(row.name)]
        _, credit = by_text(own["label"].to_numpy(), own["predicted"].to_numpy()[None])
        columns[row.seed] = pd.Series(credit, index=own["text_id"].astype(str))
    return pd.DataFrame(columns)


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
    frame = data.cells
    shown = pd.DataFrame(
        {
            "run": frame["name"],
            "part": frame["kind"],
            f"dev {QUALITY_NAMES[data.quality]}": frame["dev_quality"].map(percent),
            "dev FLOPs, unpadded": frame["dev_speedup"].map(times),
        }
    )
    for name, (heading, write) in quantities(data).items():
        shown[heading] = frame[name].map(write)
    shown["seconds"] = frame["seconds"].map(seconds)
    caption = f"All runs, split {data.split} where not said otherwise; try: what a search passed by."
    return Table("cells", caption, frame, shown, ("run", "part"))
