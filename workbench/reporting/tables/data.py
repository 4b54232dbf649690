"""What the texts of some runs are, counted from their predictions."""

import numpy as np
import pandas as pd

from workbench.reporting.tables.table import Table, formatted
from workbench.reporting.text.render import caption
from workbench.reporting.text.wording import short_rationales
from workbench.runs.many import Runs

_TOKENS = ("tokens_median", "tokens_q25", "tokens_q75", "tokens_max")


def data_table(runs: Runs) -> Table:
    """Build a row per data set and predicted split: texts, texts per class, tokens of the whole texts.

    Tokens are those that any method has in any layer, special ones included; the training texts are not
    predicted, so not counted here.
    """
    lines = [
        _line(name, str(split), rows)
        for name, same_data in runs.by_data().items()
        for split, rows in same_data.predictions.groupby("split", sort=False, observed=True)
    ]
    frame = pd.DataFrame(lines, columns=["data", "split", "texts", "classes", *_TOKENS])
    columns = {
        "data": ("data",), "split": ("split",), "texts": ("texts",), "texts per class": ("classes",),
        "tokens, median (quartiles)": (*_TOKENS[:3], "{:g} ({:g}–{:g})".format),
        "tokens, most": ("tokens_max",),
    }  # fmt: skip
    sources = {run.data: short_rationales(run.config) for run in runs.runs}
    rationales = "; ".join(f"{name}: {source}" for name, source in sources.items())
    words = caption("data", rationales=rationales)
    shown = formatted(frame, columns)
    return Table("data", words, frame, shown, ("data", "split", "texts per class"))


def _line(data: str, split: str, rows: pd.DataFrame) -> dict[str, object]:
    longest = pd.Series([np.max(tokens) for tokens in rows["tokens"]], index=rows["text_id"].astype(str))
    lengths = longest.groupby(level=0).max()
    labels = rows.drop_duplicates("text_id")["label"]
    low, median, high = lengths.quantile([0.25, 0.5, 0.75])
    return {
        "data": data, "split": split, "texts": len(lengths),
        "classes": _labels(labels),
        "tokens_median": median, "tokens_q25": low, "tokens_q75": high, "tokens_max": int(lengths.max()),
    }  # fmt: skip


def _labels(labels: pd.Series) -> str:
    """Texts per class; of a regression the range of the values."""
    if labels.dtype.kind == "f":
        return f"values {labels.min():g} to {labels.max():g}"
    counts = labels.astype(str).value_counts().sort_index()
    return ", ".join(f"{label} {count}" for label, count in counts.items())
