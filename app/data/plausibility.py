"""Plausibility: the run's tables, what is not measured, and the texts behind a point of a curve."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from workbench.core.task_type import answer_text
from workbench.metrics.plausibility.measures import MEASURES
from workbench.metrics.plausibility.score_rows import JUDGED, layer_rows
from workbench.metrics.plausibility.text_values import layer_text_values
from workbench.metrics.plausibility.units import UNITS
from workbench.metrics.registry import METRICS
from workbench.reporting.figures.plausibility import in_order
from workbench.reporting.tables.main import faithfulness_table, plausibility_table
from workbench.reporting.text.wording import scorer_name
from workbench.runs.scores import ScoreTable
from workbench.runs.tables import RunData

TABLES = {
    "plausibility": (
        "AP, FPR, TPR and share selected, by layer",
        "The report's table: average precision, and FPR, TPR and share selected by uniform selection; "
        "the soft metrics where texts have several annotators.",
    ),
    "human_bound": (
        "What people reach",
        "Each annotator's marks as scores and selection, against what the other annotators of the text "
        "marked; soft metrics against their shares. Each text's value is the mean over its annotators.",
    ),
    "comparisons": (
        "Against random scores, paired",
        "Average precision minus random's on the same texts, 95 % bootstrap interval, sign-flip test, "
        "Holm's correction over the table.",
    ),
    "fpr_comparisons": (
        "FPR against saliency's and attention's, paired",
        "False positive rate of a pruner's own scores minus that of the dense model's saliency or "
        "attention on the same texts (uniform selection), Holm's correction over the table.",
    ),
    "chance": (
        "Chance",
        "What scores that know nothing give on these texts: in closed form, or the mean of draws.",
    ),
    "earliest": (
        "Earliest layer",
        "First layer with a mean FPR below and a mean TPR above the levels; the share of texts that "
        "pass at some layer by themselves, and the median of their first layers.",
    ),
    "plausibility_counts": ("Texts and windows that count", "What each rule kept and dropped."),
    "faithfulness": (
        "Faithfulness",
        "What the model itself says of texts without their highest-scored units, in the run's own unit.",
    ),
}
"""Title and caption by the name of the file under metrics/."""


def extra_table(run: RunData, name: str, split: str, unit: str, window_set: str) -> pd.DataFrame | None:
    """Return the rows of one of `TABLES` about the split, unit and window set; None without any.

    `plausibility` and `faithfulness` are scorer by layer as in the report, as text; the others as they
    are, in full.

    Args:
        run: Whose tables.
        name: A key of `TABLES`.
        split: Whose texts.
        unit: `token` or `word`; faithfulness has its own.
        window_set: Which windows count.
    """
    rows = run.rows(name, split)
    if rows is None:
        return None
    if name == "plausibility":
        return plausibility_table(rows, unit=unit, window_set=window_set).shown
    if name == "faithfulness":
        return faithfulness_table(rows).shown
    rows = rows[(rows["unit"] == unit) & (rows["universe"] == window_set)]
    return rows.drop(columns=["split", "unit", "universe"]).reset_index(drop=True) if len(rows) else None


def absence(name: str) -> str:
    """Return why one of `TABLES` is not there, and what makes it."""
    if name == "faithfulness":
        return "faithfulness was not asked for; name scorers in the key evaluation.faithfulness.scorers."
    if name == "human_bound":
        return "no text of this run has the marks of two annotators."
    return f"metrics/{name} is not there; `workbench evaluate --run` makes it."


def not_measured(plausibility: pd.DataFrame, frame: pd.DataFrame, selection: str) -> list[str]:
    """Return a sentence for each scorer, or layer of one, without a value in the chosen `frame`.

    Args:
        plausibility: All rows.
        frame: Rows of `layer_frame`.
        selection: That of `frame`.
    """
    shown = set(frame["scorer"].astype(str))
    layers = set(plausibility["layer"].astype(int))
    sentences = []
    for scorer in in_order(plausibility)["scorer"].unique():
        name = scorer_name(scorer)
        if scorer not in shown:
            if selection != "kept":
                sentences.append(f"{name}: not measured, because no text has a value for this choice.")
            continue
        lacking = sorted(layers - set(frame.loc[frame["scorer"] == scorer, "layer"].astype(int)))
        if lacking:
            listed = ", ".join(map(str, lacking))
            sentences.append(f"{name}: not measured in layer {listed}, of which it says nothing.")
    if selection == "kept":
        sentences.append(
            "Scorers on a model that drops nothing have no kept tokens; of several scorers on one model "
            "the first is shown, because what the model keeps is the same for all."
        )
    return sentences


CONTEXT = (("none", "ap"), ("uniform", "fpr"), ("uniform", "tpr"), ("uniform", "selected"))
"""Measures that are shown with the chosen one."""


def column(selection: str, metric: str) -> str:
    """Return the name of a measure's column: `ap`, `fpr (uniform)`."""
    return metric if selection == "none" else f"{metric} ({selection})"


def layer_values(
    table: ScoreTable,
    method: str,
    layer: int,
    ids: frozenset[str] | None = None,
    units: Sequence[str] = UNITS,
) -> dict[tuple[str, str], pd.DataFrame]:
    """Return every measure of one layer text by text, of which the plausibility table has the means.

    Args:
        table: A scorer's; InputError where it is damaged or its scores are signed.
        method: Whose model is explained.
        layer: Only its rows are read.
        ids: Texts, such as those of a split; None: all.
        units: In which it is measured.

    Returns:
        By (unit, window set) a frame with text_id and a column per (selection, metric) of
        `measures.MEASURES`, named by `column`; NaN where a text has no value.
    """
    rows = table.layer(layer, JUDGED)
    rows = rows[rows["method"] == method]
    if ids is not None:
        rows = rows[rows["text_id"].isin(ids)]
    values = {}
    for part in layer_text_values(layer_rows(rows), method, units) if len(rows) else []:
        frame = pd.DataFrame(
            part.values[:, 0, : len(MEASURES)], columns=[column(*key) for key in MEASURES]
        )
        frame.insert(0, "text_id", list(part.text_ids))
        values[part.unit, part.window_set] = frame
    return values


def has_text_values(selection: str, metric: str) -> bool:
    """Return whether the metric has a value per text; micro averages and F1 of means do not."""
    return (selection, metric) in MEASURES


def texts_behind(
    values: pd.DataFrame, selection: str, metric: str, predictions: pd.DataFrame | None
) -> pd.DataFrame:
    """Return texts with a value, worst first: text_id, label, predicted, value, and those of `CONTEXT`.

    Worst is the lowest value where higher is better, the highest where lower is; where neither is, the
    lowest comes first. Equal values keep the order of the score table.

    Args:
        values: A frame of `layer_values`.
        selection: Which units count as chosen.
        metric: Whose values.
        predictions: Rows of the model that was explained; label and predicted, text or a regression's
            numbers, are missing without.
    """
    chosen = column(selection, metric)
    frame = values.assign(value=values[chosen]).dropna(subset=["value"])
    if predictions is None:
        frame = frame.assign(label=None, predicted=None)
    else:
        names = ["text_id", "label", "predicted"]
        known = predictions[names].copy()
        for name in names:
            if not is_numeric_dtype(known[name]):
                known[name] = known[name].map(answer_text)
        frame = frame.merge(known.drop_duplicates("text_id"), on="text_id", how="left")
    ascending = METRICS[metric].higher_is_better is not False
    frame = frame.sort_values("value", ascending=ascending, kind="stable")
    context = [column(*key) for key in CONTEXT if column(*key) != chosen]
    return frame[["text_id", "label", "predicted", "value", *context]].reset_index(drop=True)


def without_value(values: pd.DataFrame, selection: str, metric: str) -> int:
    """Return how many texts have no value of a metric.

    Args:
        values: A row per text.
        selection: Rule that selects units.
        metric: The metric.
    """
    return int(np.isnan(values[column(selection, metric)]).sum())
