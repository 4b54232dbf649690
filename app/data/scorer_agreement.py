"""The run's other tables about agreement with rationales, and what is said where one is not there."""

from dataclasses import dataclass

import pandas as pd

from workbench.reporting.tables.faithfulness import faithfulness_table
from workbench.reporting.tables.main import plausibility_table
from workbench.runs.tables import RunData

_MADE_BY = "is not there; `workbench evaluate --again` makes it."


@dataclass(frozen=True)
class Told:
    """A table's name and captions in words."""

    title: str
    caption: str
    absent: str


TABLES = {
    "plausibility": Told(
        "AP, FPR, TPR and share selected, by layer",
        "The report's table: average precision, and FPR, TPR and share selected by uniform selection.",
        f"metrics/plausibility {_MADE_BY}",
    ),
    "comparisons": Told(
        "Against random scores, paired",
        "Average precision minus random's on the same texts, 95 % bootstrap interval, sign-flip test, "
        "Holm's correction over the table.",
        f"metrics/comparisons {_MADE_BY}",
    ),
    "fpr_comparisons": Told(
        "FPR against saliency's and attention's, paired",
        "False positive rate of a pruner's own scores minus that of the dense model's saliency or "
        "attention on the same texts (uniform selection), Holm's correction over the table.",
        f"metrics/fpr_comparisons {_MADE_BY}",
    ),
    "chance": Told(
        "Chance",
        "What scores that know nothing give on these texts: in closed form, or the mean of draws.",
        f"metrics/chance {_MADE_BY}",
    ),
    "earliest": Told(
        "Earliest layer",
        "First layer with a mean FPR below and a mean TPR above the levels; the share of texts that "
        "pass at some layer by themselves, and the median of their first layers.",
        f"metrics/earliest {_MADE_BY}",
    ),
    "plausibility_counts": Told(
        "Texts and windows that count",
        "What each rule kept and dropped.",
        f"metrics/plausibility_counts {_MADE_BY}",
    ),
    "faithfulness": Told(
        "Faithfulness",
        "What the model itself says of texts without their highest-scored units, in the run's own unit.",
        "faithfulness was not asked for; name scorers in the key evaluation.faithfulness.scorers.",
    ),
}
"""By the name of the file under metrics/."""


def extra_table(run: RunData, name: str, split: str, unit: str, universe: str) -> pd.DataFrame | None:
    """The rows of one of `TABLES` that speak of the split, unit and universe; None without any.

    `plausibility` and `faithfulness` are scorer by layer as in the report, as text; the others as they
    are, in full.
    """
    rows = run.rows(name, split)
    if rows is None:
        return None
    if name == "plausibility":
        return plausibility_table(rows, unit=unit, universe=universe).shown
    if name == "faithfulness":
        return faithfulness_table(rows).shown
    for column, value in (("unit", unit), ("universe", universe)):
        rows = rows[rows[column] == value]
    return rows.drop(columns=["split", "unit", "universe"]).reset_index(drop=True) if len(rows) else None
