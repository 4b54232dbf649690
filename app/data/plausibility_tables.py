"""The run's tables about plausibility, and what is said where something is not measured."""

import pandas as pd

from workbench.reporting.figures.plausibility import in_order
from workbench.reporting.tables.faithfulness import faithfulness_table
from workbench.reporting.tables.main import plausibility_table
from workbench.reporting.text.wording import scorer_name
from workbench.runs.tables import RunData

TABLES = {
    "plausibility": (
        "AP, FPR, TPR and share selected, by layer",
        "The report's table: average precision, and FPR, TPR and share selected by uniform selection.",
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


def extra_table(run: RunData, name: str, split: str, unit: str, universe: str) -> pd.DataFrame | None:
    """Return the rows of one of `TABLES` about the split, unit and universe; None without any.

    `plausibility` and `faithfulness` are scorer by layer as in the report, as text; the others as they
    are, in full.

    Args:
        run: Whose tables.
        name: A key of `TABLES`.
        split: Whose texts.
        unit: `token` or `word`; faithfulness has its own.
        universe: Which windows count.
    """
    rows = run.rows(name, split)
    if rows is None:
        return None
    if name == "plausibility":
        return plausibility_table(rows, unit=unit, universe=universe).shown
    if name == "faithfulness":
        return faithfulness_table(rows).shown
    rows = rows[(rows["unit"] == unit) & (rows["universe"] == universe)]
    return rows.drop(columns=["split", "unit", "universe"]).reset_index(drop=True) if len(rows) else None


def absence(name: str) -> str:
    """Return why one of `TABLES` is not there, and what makes it."""
    if name == "faithfulness":
        return "faithfulness was not asked for; name scorers in the key evaluation.faithfulness.scorers."
    return f"metrics/{name} is not there; `workbench evaluate --again` makes it."


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
