"""What each number is called, where it lives, and which way is better."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """Facts about a metric that tables and figures take their labels from."""

    name: str
    label: str
    higher_is_better: bool | None
    """None: neither way is better by itself."""
    low: float = 0.0
    high: float = 1.0
    needs: str = "scores"
    """`scores` (a ranking), `selection` (a set of units), `predictions`, or `runs` (of the model on
    altered texts)."""
    over: str = "texts"
    """What has a value: `windows` (averaged over a text's first), `texts`, or the `corpus` alone."""
    eraser: str = ""
    """Of agreement with rationales: where it is the same as ERASER's official scorer has of whole texts
    (unit word, universe all), or differs; empty: ERASER's scorer has no such metric."""
    one_class: str = ""
    """Of agreement with rationales: what a text does where nothing, or everything, is marked."""


_SAME = "same where a text is one document without a query"
_EMPTY_SUM = "where the corpus has nothing to divide by the value is 0; ERASER's scorer stops there"
_RUNS = "a true span is a longest run of marked units; ERASER takes annotated spans as they are"
_TOKENS_EMPTY = "0 where nothing is marked, left out where nothing is selected either"
_PARTS = (("precision", "precision"), ("recall", "recall"), ("f1", "F1"))

AGREEMENT = (
    Metric(
        "ap", "average precision", True, over="windows",
        eraser="the mean over a text's windows; eraser_ap is ERASER's", one_class="left out",
    ),
    Metric(
        "fpr", "false positive rate", False, needs="selection", over="windows",
        one_class="left out where all is marked",
    ),
    Metric(
        "tpr", "true positive rate (recall)", True, needs="selection", over="windows",
        one_class="left out where nothing is marked",
    ),
    Metric("selected", "share selected", None, needs="selection", over="windows", one_class="kept"),
    Metric("eraser_ap", "average precision, whole texts", True, eraser=_SAME, one_class="left out"),
    Metric(
        "auprc", "AUPRC", True,
        eraser=f"{_SAME}, as computed with scikit-learn 1.x",
        one_class="kept: 0.5 where nothing is marked, 1 where all is",
    ),
    Metric("roc_auc", "ROC-AUC", True, eraser=_SAME, one_class="left out"),
    *(
        Metric(f"precision_at_{k}", f"precision at {k}", True, one_class="kept") for k in (1, 5, 10)
    ),
    Metric(
        "r_precision", "precision at the number of marked units", True,
        one_class="left out where nothing is marked, 1 where all is",
    ),
    Metric(
        "complexity", "complexity (entropy, nats)", False, high=math.inf, one_class="kept"
    ),
    Metric("sparseness", "sparseness (Gini)", True, one_class="kept"),
    *(
        Metric(
            f"token_{part}", f"token {label}", True, needs="selection", eraser=_SAME,
            one_class=_TOKENS_EMPTY,
        )
        for part, label in _PARTS
    ),
    *(
        Metric(
            f"token_micro_{part}", f"token {label}, micro", True, needs="selection", over="corpus",
            eraser=f"{_SAME}; {_EMPTY_SUM}", one_class="kept",
        )
        for part, label in _PARTS
    ),
    Metric(
        "iou_precision", "IoU precision", True, needs="selection", eraser=_RUNS,
        one_class="0 where nothing is marked; left out where nothing is selected",
    ),
    Metric(
        "iou_recall", "IoU recall", True, needs="selection", eraser=_RUNS,
        one_class="left out where nothing is marked",
    ),
    Metric(
        "iou_f1", "IoU F1 (of mean precision and recall)", True, needs="selection", over="corpus",
        eraser=_RUNS, one_class="as precision and recall",
    ),
    *(
        Metric(
            f"iou_micro_{part}", f"IoU {label}, micro", True, needs="selection", over="corpus",
            eraser=_RUNS, one_class="kept",
        )
        for part, label in _PARTS
    ),
)  # fmt: skip
"""Agreement with human rationales; MEASURES and CORPUS_METRICS compute exactly these and `SOFT`."""

SOFT = (
    Metric(
        "soft_ap", "graded average precision", True,
        one_class="left out where all shares are equal",
    ),
    Metric("soft_mse", "squared error from shares", False, one_class="kept"),
    Metric(
        "soft_cross_entropy", "cross-entropy with shares (nats)", False, high=math.inf,
        one_class="kept",
    ),
    Metric(
        "soft_spearman", "rank correlation with shares", True, low=-1.0,
        one_class="left out where scores or shares are constant",
    ),
    Metric(
        "soft_js", "Jensen-Shannon distance from shares", False,
        one_class="left out where all shares are 0",
    ),
)  # fmt: skip
"""Agreement with the share of annotators that marked each unit, where a text has several annotators; see
`plausibility.soft`. Texts without shares are left out."""

ANNOTATED = tuple(
    Metric(
        f"eraser_iou_{micro}{part}", f"IoU {label}, annotated spans{', micro' if micro else ''}", True,
        high=1.0 if part == "precision" else math.inf, needs="selection", over="corpus", eraser=_SAME,
        one_class="kept" if micro else "left out where there is no span to divide by",
    )
    for micro in ("", "micro_")
    for part, label in _PARTS
)  # fmt: skip
"""The same with spans as annotated, where the corpus has them; see `annotated_spans`. Several predicted
spans may hit one annotated span, so recall can pass 1."""

LISTED = tuple(
    Metric(
        f"eraser_exact_{micro}{part}", f"span {label}, exact{', micro' if micro else ''}", True,
        needs="selection", over="corpus" if micro else "texts", eraser="same",
        one_class="kept" if micro else _TOKENS_EMPTY,
    )
    for micro in ("", "micro_")
    for part, label in _PARTS
)  # fmt: skip
"""Of predictions of others, whose spans are in their file."""

FAITHFULNESS = (
    Metric("comprehensiveness", "comprehensiveness", True, low=-1.0, needs="runs"),
    Metric("sufficiency", "sufficiency", False, low=-1.0, needs="runs"),
    Metric("aopc_comprehensiveness", "comprehensiveness, AOPC", True, low=-1.0, needs="runs"),
    Metric("aopc_sufficiency", "sufficiency, AOPC", False, low=-1.0, needs="runs"),
    Metric("flip", "decision flips, share of texts", True, needs="runs"),
    Metric("flip_point", "share removed until the decision flips", False, needs="runs"),
    Metric("deletion", "probability on the deletion curve", None, needs="runs"),
    Metric("insertion", "probability on the insertion curve", None, needs="runs"),
    Metric("deletion_area", "area under the deletion curve", False, needs="runs"),
    Metric("insertion_area", "area under the insertion curve", True, needs="runs"),
    Metric("loo_kendall", "rank correlation with leave-one-out", True, low=-1.0, needs="runs"),
    Metric("soft_comprehensiveness", "comprehensiveness, soft, normalised", True, needs="runs"),
    Metric("soft_sufficiency", "sufficiency, soft, normalised", True, low=float("-inf"), needs="runs"),
)
"""What the model itself says of altered texts; see `metrics.faithfulness`."""

DIVERGENCES = (
    Metric("comprehensiveness_entropy", "entropy lost without the rationale (nats)", None, low=-math.inf,
           high=math.inf, needs="runs"),
    Metric("comprehensiveness_kl", "KL divergence without the rationale (nats)", True, high=math.inf,
           needs="runs"),
    Metric("sufficiency_entropy", "entropy lost with the rationale alone (nats)", None, low=-math.inf,
           high=math.inf, needs="runs"),
    Metric("sufficiency_kl", "KL divergence of the rationale alone (nats)", False, high=math.inf,
           needs="runs"),
)  # fmt: skip
"""The same of predictions of others, which ERASER's scorer has beside them."""

METRICS = {
    metric.name: metric
    for metric in (
        *AGREEMENT,
        *SOFT,
        *ANNOTATED,
        *LISTED,
        *FAITHFULNESS,
        *DIVERGENCES,
        Metric("accuracy", "accuracy", True, needs="predictions"),
        Metric("macro_f1", "macro F1", True, needs="predictions"),
        Metric("micro_f1", "micro F1", True, needs="predictions"),
        Metric("subset_accuracy", "subset accuracy", True, needs="predictions"),
        Metric("example_f1", "F1 of a text's labels", True, needs="predictions"),
        Metric("matthews", "Matthews correlation", True, low=-1.0, needs="predictions"),
        Metric(
            "label_cross_entropy",
            "cross-entropy with the annotators' labels",
            False,
            high=math.inf,
            needs="predictions",
        ),
        Metric(
            "label_js", "Jensen-Shannon distance to the annotators' labels", False, needs="predictions"
        ),
        Metric("pearson", "Pearson correlation", True, low=-1.0, needs="predictions"),
        Metric("spearman", "Spearman correlation", True, low=-1.0, needs="predictions"),
        Metric(
            "neg_squared_error",
            "minus squared error",
            True,
            low=-math.inf,
            high=0.0,
            needs="predictions",
        ),
    )
}
