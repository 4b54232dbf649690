"""The metric tables: which columns each has.

Writers make their frames with `TableSchema.frame`, readers check against `required`, and the
documentation prints `RUN_TABLES`, with what `table_schema.COLUMNS` says of the columns.
"""

from workbench.metrics.table_schema import FLOAT, INT, TableSchema

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
