"""Pruned models against controls at their own token budget: the table and what it says."""

from collections.abc import Hashable, Mapping

import pandas as pd

from workbench.metrics.classification import QUALITIES, judged_by
from workbench.metrics.efficiency.matched_budget import CONVENTION
from workbench.metrics.registry import METRICS
from workbench.reporting.tables.main import QUALITY_NAMES, percentages
from workbench.reporting.tables.table import Table
from workbench.reporting.text.wording import credit_writers, interval, method_name, p_value, said
from workbench.runs.tables import METHOD_ORDER, RunData, ordered

NAMES = {"random": "random", "first": "first tokens", "oracle": "rationale tokens first"}
ORDER = ("random", "first", "oracle")


def controls_table(controls: pd.DataFrame, compared: pd.DataFrame, conventions: str = "") -> Table:
    """One row per method and control: quality of the control, and how much the method has above it.

    Both of one split, with the columns of `evaluation.matched_budget`. Shares in `frame`, percentages
    and points in `shown`; a regression's squared errors as they are.
    """
    quality = controls.astype({"method": str, "control": str}).set_index(["method", "control"])
    frame = in_order(compared)
    shares = QUALITIES[judged_by(controls)]
    for metric in shares:
        own = quality.loc[quality["metric"] == metric, ["value", "ci_low", "ci_high"]]
        own.columns = [metric, f"{metric}_low", f"{metric}_high"]
        frame = frame.join(own, on=["method", "control"])
    compares = str(frame["metric"].iloc[0])
    credit = METRICS[compares].label
    level, difference = credit_writers(compares)
    shown = pd.DataFrame(
        {
            "method": frame["method"].map(method_name),
            "control": frame["control"].map(lambda name: NAMES.get(name, name)),
            "n": frame["n"],
            f"method, {QUALITY_NAMES.get(compares, credit)}": frame["method_value"].map(level),
            **{f"control, {QUALITY_NAMES[metric]}": percentages(frame, metric) for metric in shares},
            "method − control": [
                interval(value, low, high, difference)
                for value, low, high in frame[["difference", "ci_low", "ci_high"]].to_numpy(dtype=float)
            ],
            "p (Holm)": frame["p_holm"].map(p_value),
        }
    )
    draws = int(frame["draws"].max())
    caption = (
        f"Controls at the same token budget ({CONVENTION}): as many tokens as the method kept in every "
        f"text and layer. The method's {credit} minus the control's is on the same n texts"
        f"{', in points' if compares in QUALITY_NAMES else ''}. "
        f"random: mean over {draws} draws of each text. Intervals: 95 % bootstrap over texts; p: paired "
        f"randomisation test, Holm-corrected over this table. {conventions}"
    ).strip()
    return Table("controls_table", caption, frame, shown, ("method", "control"))


def in_order(compared: pd.DataFrame) -> pd.DataFrame:
    """Rows by method and control, in the order of the other tables."""
    frame = compared.astype({"method": str, "control": str})
    ranks = {
        "method": ordered(frame["method"], METHOD_ORDER),
        "control": ordered(frame["control"], ORDER),
    }
    return frame.sort_values(
        ["method", "control"],
        key=lambda column: column.map(ranks[str(column.name)].index),
        kind="stable",
    ).reset_index(drop=True)


def control_sentences(run: RunData) -> list[str]:
    """Per pruned method: whether its choice of tokens beats a random one at the same budget."""
    compared = run.rows("control_comparisons")
    if compared is None:
        return []
    rows = in_order(compared[compared["control"].astype(str) == "random"]).to_dict("records")
    return [
        f"{method_name(row['method'])} keeps its tokens {_verdict(row)} at random at the same budget: "
        f"{said(row['metric'], row['method_value'])} against "
        f"{credit_writers(row['metric'])[0](row['control_value'])} "
        f"(mean of {int(row['draws'])} draws, n = {int(row['n'])}; paired test, "
        f"Holm-corrected p: {p_value(row['p_holm'])})."
        for row in rows
    ]


def _verdict(row: Mapping[Hashable, float]) -> str:
    if not row["p_holm"] < 0.05:
        return "no better, beyond what drawing other texts would explain, than"
    return "better than" if row["difference"] > 0 else "worse than"
