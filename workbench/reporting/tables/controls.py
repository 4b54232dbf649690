"""Pruned models against controls at their own token budget: the table and what it says."""

from collections.abc import Hashable, Mapping
from functools import partial

import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.metrics.classification import QUALITIES, judged_by
from workbench.metrics.efficiency.matched_budget import CONVENTION
from workbench.metrics.registry import METRICS
from workbench.reporting.tables.main import QUALITY_NAMES, percentage
from workbench.reporting.tables.table import Table, formatted, sorted_by
from workbench.reporting.text.render import caption
from workbench.reporting.text.wording import (
    difference_writer,
    interval,
    method_name,
    p_value,
    quality_words,
    quality_writer,
)
from workbench.runs.tables import RunData

NAMES = {"random": "random", "first": "first tokens", "oracle": "rationale tokens first"}


def controls_table(controls: pd.DataFrame, compared: pd.DataFrame, conventions: str = "") -> Table:
    """Build a row per method and control: quality of the control, and what the method has above it.

    Shares in `frame`, percentages and points in `shown`; a regression's squared errors as they are.

    Args:
        controls: The table `controls` of one split.
        compared: The table `control_comparisons` of the same split.
        conventions: What the caption adds.
    """
    quality = controls.astype({"method": str, "control": str}).set_index(["method", "control"])
    frame = in_order(compared)
    shares = QUALITIES[judged_by(controls)]
    for metric in shares:
        values = quality.loc[quality["metric"] == metric, ["value", "ci_low", "ci_high"]]
        values.columns = [metric, f"{metric}_low", f"{metric}_high"]
        frame = frame.join(values, on=["method", "control"])
    compares = str(frame["metric"].iloc[0])
    credit = METRICS[compares].label
    write = difference_writer(compares)
    columns = {
        "method": ("method", method_name), "control": ("control", lambda name: NAMES.get(name, name)),
        "n": ("n",),
        f"method, {QUALITY_NAMES.get(compares, credit)}": ("method_value", quality_writer(compares)),
        **{f"control, {QUALITY_NAMES[metric]}": percentage(metric) for metric in shares},
        "method − control": ("difference", "ci_low", "ci_high", partial(interval, write=write)),
        "p (Holm)": ("p_holm", p_value),
    }  # fmt: skip
    words = caption(
        "controls", budget=CONVENTION, credit=credit, draws=int(frame["draws"].max()),
        unit=", in points" if compares in QUALITY_NAMES else "", conventions=conventions,
    )  # fmt: skip
    return Table("controls_table", words, frame, formatted(frame, columns), ("method", "control"))


def in_order(compared: pd.DataFrame) -> pd.DataFrame:
    """Sort rows by method and control, as the other tables do."""
    frame = compared.astype({"method": str, "control": str})
    methods, controls = ordered(frame["method"], METHODS), ordered(frame["control"], NAMES)
    return sorted_by(frame, {"method": methods, "control": controls})


def control_sentences(run: RunData) -> list[str]:
    """Say of each pruned method whether its choice of tokens beats a random one at the same budget."""
    compared = run.rows("control_comparisons")
    if compared is None:
        return []
    rows = in_order(compared[compared["control"].astype(str) == "random"]).to_dict("records")
    return [
        f"{method_name(row['method'])} keeps its tokens {_verdict(row)} at random at the same budget: "
        f"{quality_words(row['metric'], row['method_value'])} against "
        f"{quality_writer(row['metric'])(row['control_value'])} "
        f"(mean of {int(row['draws'])} draws, n = {int(row['n'])}; paired test, "
        f"Holm-corrected p: {p_value(row['p_holm'])})."
        for row in rows
    ]


def _verdict(row: Mapping[Hashable, float]) -> str:
    if not row["p_holm"] < 0.05:
        return "no better, beyond what drawing other texts would explain, than"
    return "better than" if row["difference"] > 0 else "worse than"
