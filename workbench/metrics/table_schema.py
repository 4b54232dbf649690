"""A metric table's columns: what each means, its type, and which of them name a row."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from workbench.errors import InputError

INT, FLOAT, MAYBE_INT, TEXT = "int64", "float64", "Int64", "object"

COLUMNS: dict[str, tuple[str, str]] = {
    "scorer": (TEXT, "whose scores"),
    "method": (TEXT, "the model: what was trained, scored or timed"),
    "system": (TEXT, "a method at a strength, as tables call it"),
    "control": (TEXT, "what replaces the method's choice of tokens"),
    "against": (TEXT, "the other side: a scorer, or a method"),
    "against_method": (TEXT, "the model of the other side"),
    "against_layer": (INT, "the layer of the other side"),
    "contestant": (TEXT, "what was timed: a method, perhaps with a suffix, or the stock model"),
    "engine": (TEXT, "who ran it: torch, torch.compile, onnxruntime or openvino"),
    "dtype": (TEXT, "what linear layers multiply in: fp32, bf16, int8 or int8 static"),
    "order": (TEXT, "of the texts in batches: given, or by length"),
    "split": (TEXT, "whose texts"),
    "seed": (INT, "of the control's draws"),
    "text_id": (TEXT, "the text"),
    "layer": (INT, "from 0; the scores are those at its entry"),
    "unit": (TEXT, "what is scored: `token` or `word`"),
    "universe": (TEXT, "which windows count: `with-evidence` or `all`"),
    "removal": (TEXT, "how units are taken away: `delete`, `mask`, or `external` (by others)"),
    "selection": (TEXT, "which units are chosen; `none` for what needs scores only"),
    "metric": (TEXT, "see the metrics"),
    "quantity": (TEXT, "a speed-up, a share, a time"),
    "batch_size": (MAYBE_INT, "texts in a batch; missing for what is counted"),
    "round": (INT, "of the stopwatch"),
    "outcome": (TEXT, "right or wrong before and after"),
    "tokens": (TEXT, "a list: tokens in each layer's self-attention, summed over windows"),
    "flops": (INT, "of the text as it ran, without padding"),
    "flops_dense": (INT, "of the dense model on the same windows"),
    "measure": (TEXT, "`dropped` or `layers`"),
    "fpr_below": (FLOAT, "level that the false positive rate must stay below"),
    "tpr_above": (FLOAT, "level that the true positive rate must pass"),
    "value": (FLOAT, "the mean over texts, in the metric's unit"),
    "ci_low": (FLOAT, "lower end of the 95 % bootstrap interval over texts"),
    "ci_high": (FLOAT, "upper end of it"),
    "n": (INT, "texts behind the value"),
    "mean": (FLOAT, "over the draws"),
    "sd": (FLOAT, "over the draws (n - 1)"),
    "annotators": (INT, "annotations that were each held against the others of their text"),
    "draws": (INT, "independent draws behind the value; 0: an exact expectation"),
    "how": (TEXT, "`exact` or `draws`"),
    "difference": (FLOAT, "the row's side minus the other, mean over texts"),
    "method_value": (FLOAT, "of the method"),
    "control_value": (FLOAT, "of the control"),
    "d_z": (FLOAT, "Cohen's effect size of paired differences"),
    "sign_balance": (FLOAT, "share of texts with a positive difference minus the share with a negative"),
    "p": (FLOAT, "two-sided, of the paired randomisation test"),
    "p_holm": (FLOAT, "the same after Holm's correction over the table"),
    "sd_seeds": (FLOAT, "standard deviation over seeds (n - 1)"),
    "se_texts": (FLOAT, "standard error when only the texts are drawn again"),
    "disagreement": (FLOAT, "mean over pairs of seeds: share of texts put into different classes"),
    "seeds": (INT, "training seeds behind the value"),
    "lowest": (FLOAT, "over seeds"),
    "highest": (FLOAT, "over seeds"),
    "texts_share": (FLOAT, "share of texts that pass the levels at some layer"),
    "texts_median": (FLOAT, "median of their first layers"),
    "windows": (INT, "windows that count"),
    "windows_dropped": (INT, "windows that do not"),
    "windows_unannotated": (INT, "windows of texts that nobody annotated"),
    "windows_one_class": (INT, "windows with nothing, or everything, marked"),
    "texts": (INT, "texts that count"),
    "texts_dropped": (INT, "texts that do not"),
    "texts_without_ap": (INT, "texts without a window of both classes"),
    "texts_unmarked": (INT, "texts with nothing marked"),
    "texts_all_marked": (INT, "texts with everything marked"),
    "seconds": (FLOAT, "on the stopwatch"),
    "measured": (FLOAT, "median seconds"),
    "predicted": (
        TEXT,
        "by the model: a class, a value or a list of labels; of `limits`, seconds by the cost model",
    ),
    "limit": (TEXT, "the part of the cost model that takes longest"),
    "label": (TEXT, "what the text is"),
    "class": (TEXT, "the class or label, or how their values are averaged"),
    "precision": (FLOAT, "share right of the texts put into the class"),
    "recall": (FLOAT, "share of the class's texts put into it"),
    "f1": (FLOAT, "their harmonic mean"),
    "reference": (TEXT, "what the reference predicts"),
    "word": (TEXT, "put together from its sub-words"),
    "left_layer": (MAYBE_INT, "layer at whose entry its last sub-word was dropped"),
    "marks": (TEXT, "what scores are compared with: answer or sentence"),
    "rationale": ("boolean", "whether people marked it"),
    "rating": (FLOAT, "its valence"),
    "setting": (TEXT, "of the method: what asks for it"),
    "wanted": (FLOAT, "what the setting asks for"),
    "slack": (FLOAT, "how far from it still counts as reached"),
    "got": (FLOAT, "what the trained model is"),
    "reached": ("bool", "whether it is what was asked for"),
}
"""Name -> (dtype, meaning)."""


@dataclass(frozen=True)
class TableSchema:
    """The columns of one table, in their order."""

    keys: tuple[str, ...]
    """Say what a row is about."""
    values: tuple[str, ...]
    about: str
    later: frozenset[str] = frozenset()
    """Columns that a reader does not rely on: tables written by earlier versions may lack them."""
    own: dict[str, str] = field(default_factory=dict)
    """dtypes that differ from those of `COLUMNS`."""

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them, as written."""
        return self.keys + self.values

    @property
    def required(self) -> tuple[str, ...]:
        """What every such table has."""
        return tuple(name for name in self.columns if name not in self.later)

    def refuse_lacking(self, frame: pd.DataFrame, path: Path) -> None:
        """Raise InputError where a table, read from the file `path`, lacks a required column."""
        lost = [name for name in self.required if name not in frame.columns]
        if lost:
            raise InputError(f"{path}: lacks the column(s) {', '.join(lost)}")

    def frame(self, rows: Iterable[tuple[object, ...]]) -> pd.DataFrame:
        """Return the rows as a table with these columns and their types."""
        kinds = {name: self.own.get(name, COLUMNS[name][0]) for name in self.columns}
        frame = pd.DataFrame(list(rows), columns=list(self.columns))
        return frame.astype({name: kind for name, kind in kinds.items() if kind != TEXT})
