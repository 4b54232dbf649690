"""Faithfulness in the report: scorer by layer for the measures that sum up a text."""

import pandas as pd

from workbench.reporting.figures.plausibility import in_order
from workbench.reporting.tables.by_layer import by_layer
from workbench.reporting.tables.table import Table
from workbench.reporting.text.render import caption

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
    words = caption(
        "faithfulness", unit=unit, removal=_REMOVAL.get(removal, removal), bins=bins,
        conventions=conventions,
    )  # fmt: skip
    return Table("faithfulness_table", words, frame, shown, ("metric", "scorer", "model"), marks)
