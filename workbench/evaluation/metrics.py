"""What each number is called, where it lives, and which way is better."""

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


METRICS = {
    metric.name: metric
    for metric in (
        Metric("ap", "average precision", True),
        Metric("fpr", "false positive rate", False, needs="selection"),
        Metric("tpr", "true positive rate (recall)", True, needs="selection"),
        Metric("selected", "share selected", None, needs="selection"),
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
        Metric(
            "soft_sufficiency", "sufficiency, soft, normalised", True, low=float("-inf"), needs="runs"
        ),
        Metric("accuracy", "accuracy", True, needs="predictions"),
        Metric("macro_f1", "macro F1", True, needs="predictions"),
        Metric("matthews", "Matthews correlation", True, low=-1.0, needs="predictions"),
    )
}
