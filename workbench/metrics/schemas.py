"""The columns of every metric table: what each means, its type, and which of them name a row.

Writers make their frames with `TableSchema.frame`, readers check against `required`, and the
documentation prints `COLUMNS` and `RUN_TABLES`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

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

    def frame(self, rows: Iterable[tuple[object, ...]]) -> pd.DataFrame:
        """Return the rows as a table with these columns and their types."""
        kinds = {name: self.own.get(name, COLUMNS[name][0]) for name in self.columns}
        frame = pd.DataFrame(list(rows), columns=list(self.columns))
        return frame.astype({name: kind for name, kind in kinds.items() if kind != TEXT})


_SCORES = ("scorer", "method", "split", "layer", "unit", "universe", "selection", "metric")
_INTERVAL = ("value", "ci_low", "ci_high", "n")
_PAIRED = ("difference", "ci_low", "ci_high", "d_z", "sign_balance", "p", "p_holm", "n")
_AGAINST = ("scorer", "method", "against", "against_method", *_SCORES[2:])

CLASSIFICATION = TableSchema(
    ("method", "split", "metric"), _INTERVAL,
    "accuracy, macro F1, Matthews correlation (of a regression: Pearson, Spearman) of every method",
)  # fmt: skip
SYSTEMS = TableSchema(
    ("system", "method", "metric"), _INTERVAL,
    "F1 and more of answers or tags, the same with random tokens, and FLOPs",
)  # fmt: skip
SYSTEMS_BY_LAYER = TableSchema(
    ("system", "method", "layer", "quantity"), ("value", "n"),
    "what goes on past each layer of answers and passages, or of entities",
)  # fmt: skip
ANSWERS_PLAUSIBILITY = TableSchema(
    ("scorer", "method", "marks", "layer", "selection", "metric"), _INTERVAL,
    "agreement of scorers, and of the tokens that go on, with answers and their sentences by layer",
)  # fmt: skip
PLAUSIBILITY = TableSchema(
    _SCORES, _INTERVAL, "every metric of plausibility by scorer, layer, unit, window set and selection"
)
EFFICIENCY = TableSchema(
    ("method", "split", "quantity", "batch_size"), ("value",),
    "FLOPs speed-ups, share of tokens kept, times and realised shares by batch size",
)  # fmt: skip
PLAUSIBILITY_COUNTS = TableSchema(
    ("scorer", "method", "split", "unit", "universe"),
    (
        "windows", "windows_dropped", "windows_unannotated", "windows_one_class", "texts",
        "texts_dropped", "texts_without_ap", "texts_unmarked", "texts_all_marked",
    ),
    "how many windows and texts each rule kept and dropped",
    later=frozenset({"windows_unannotated", "windows_one_class", "texts_without_ap", "texts_unmarked",
                     "texts_all_marked"}),
)  # fmt: skip
RANDOM_SPREAD = TableSchema(
    _SCORES, ("mean", "sd", "draws", "n"),
    "mean and standard deviation of the random control over its draws",
    later=frozenset({"selection", "mean", "n"}),
)  # fmt: skip
COMPARISONS = TableSchema(
    _AGAINST, _PAIRED, "paired tests of scorers, Holm-corrected",
    later=frozenset({"against", "against_method", "selection", *_PAIRED} - {"difference", "p_holm"}),
)  # fmt: skip
FPR_COMPARISONS = TableSchema(
    _AGAINST, _PAIRED, "the same of the predictors' false positive rate",
    later=frozenset({"against_method", *_PAIRED} - {"difference", "p_holm", "n"}),
)  # fmt: skip
CONTROLS = TableSchema(
    ("method", "control", "split", "seed", "metric"), (*_INTERVAL, "draws"),
    "models with other tokens kept, if `evaluation.controls` asks for it",
    later=frozenset({"seed", "draws"}),
)  # fmt: skip
CONTROL_COMPARISONS = TableSchema(
    ("method", "control", "split", "seed", "metric"),
    ("method_value", "control_value", "difference", "ci_low", "ci_high", "p", "p_holm", "n", "draws"),
    "the methods minus those, paired over texts",
    later=frozenset({"seed", "metric", "p"}),
)  # fmt: skip
FAITHFULNESS = TableSchema(
    ("scorer", "method", "split", "layer", "unit", "removal", "selection", "metric"), _INTERVAL,
    "models on altered texts, if `evaluation.faithfulness` asks for it",
)  # fmt: skip
STOPWATCH = TableSchema(
    ("contestant", "split", "batch_size", "round"), ("seconds",),
    "seconds of every contestant in every round", own={"batch_size": INT},
)  # fmt: skip
ENGINE_TIMES = TableSchema(
    ("engine", "dtype", "method", "order", "split", "quantity", "batch_size"), ("value",),
    "times of the stock model, the dense and the pruned ones in every engine of `bench --engines`",
    own={"batch_size": INT},
)  # fmt: skip
BENCH_TIMES = TableSchema(
    EFFICIENCY.keys, ("value",), "the same of `workbench bench`, on the texts that it timed",
)  # fmt: skip
BENCH_ROUNDS = TableSchema(
    STOPWATCH.keys, ("seconds",), "seconds of every contestant in every round of `bench`",
    own={"batch_size": INT},
)  # fmt: skip
LIMITS = TableSchema(
    ("method", "split", "batch_size"), ("measured", "predicted", "limit"),
    "what the cost model of `bench` says of every packed run",
    own={"batch_size": INT, "predicted": FLOAT},
)  # fmt: skip
CHANCE = TableSchema(
    ("split", "unit", "universe", "selection", "metric"), ("value", "how", "draws", "n"),
    "the chance level of each metric",
)  # fmt: skip
EARLIEST = TableSchema(
    ("scorer", "method", "split", "unit", "universe", "selection", "fpr_below", "tpr_above"),
    ("layer", "texts_share", "texts_median", "n"),
    "the first layer whose kept set has a low FPR and a high TPR",
    own={"layer": FLOAT},
)  # fmt: skip
AGREEMENT = TableSchema(
    (
        "scorer", "method", "layer", "against", "against_method", "against_layer", "split", "unit",
        "metric",
    ),
    _INTERVAL,
    "rank correlation between scorers, and between layers of one",
)  # fmt: skip
HUMAN_BOUND = TableSchema(
    ("split", "unit", "universe", "selection", "metric"), (*_INTERVAL, "annotators"),
    "each annotator against the others, where texts have several: what people reach",
)  # fmt: skip
AIMS = TableSchema(
    ("method", "split", "setting", "quantity"), ("wanted", "slack", "got", "reached"),
    "what settings ask of a method's model, and what it is on dev, if a method has such a setting",
)  # fmt: skip

CLASSES = TableSchema(
    ("method", "split", "class"), ("precision", "recall", "f1", "n"),
    "every class, then their means (`macro avg`) and those weighted by texts (`weighted avg`)",
)  # fmt: skip
"""Of predictions of others, and of runs whose texts have any number of labels (without the means)."""
RUN_TABLES = {
    "classification": CLASSIFICATION,
    "labels": CLASSES,
    "plausibility": PLAUSIBILITY,
    "efficiency": EFFICIENCY,
    "plausibility_counts": PLAUSIBILITY_COUNTS,
    "random_spread": RANDOM_SPREAD,
    "comparisons": COMPARISONS,
    "control_comparisons": CONTROL_COMPARISONS,
    "faithfulness": FAITHFULNESS,
    "controls": CONTROLS,
    "stopwatch": STOPWATCH,
    "bench": BENCH_TIMES,
    "bench_rounds": BENCH_ROUNDS,
    "limits": LIMITS,
    "engines": ENGINE_TIMES,
    "chance": CHANCE,
    "earliest": EARLIEST,
    "agreement": AGREEMENT,
    "fpr_comparisons": FPR_COMPARISONS,
    "human_bound": HUMAN_BOUND,
    "aims": AIMS,
}
"""The tables of a run's metrics/, by the name of their file."""
PREDICTIONS = TableSchema(
    ("method", "split", "text_id"), ("label", "predicted", "tokens", "flops", "flops_dense"),
    "a row per method, split and text", later=frozenset({"flops", "flops_dense"}),
)  # fmt: skip
"""predictions.parquet; it also has `prob_<class>` for every class, and `share_<class>` where several
annotators labelled texts."""

ERASER = TableSchema(
    ("scorer", "method", "split", "layer", "metric"), ("value",),
    "what ERASER's scorer answers, under its own names",
)  # fmt: skip
"""Of predictions of others."""
METHOD_COMPARISONS = TableSchema(
    ("method", "against"),
    ("difference", "ci_low", "ci_high", "d_z", "sd_seeds", "p", "p_holm", "n", "seeds"),
    "paired tests of methods over several seeds",
)
OUTCOMES = TableSchema(
    ("method", "outcome", "tokens", "measure", "split"), _INTERVAL,
    "what a model dropped, by what became of the text",
)  # fmt: skip
FLIPPED_WORDS = TableSchema(
    ("method", "outcome", "text_id", "label", "reference", "predicted", "word"),
    ("left_layer", "rationale", "rating"),
    "every word of the texts whose prediction changed",
)
OVER_SEEDS = TableSchema(
    _SCORES, ("value", "ci_low", "ci_high", "sd_seeds", "n", "seeds"), "means over seeds and texts"
)
QUALITY_OVER_SEEDS = TableSchema(
    ("method",), ("value", "sd_seeds", "se_texts", "ci_low", "ci_high", "disagreement", "n", "seeds"),
    "the primary metric over seeds",
)  # fmt: skip
