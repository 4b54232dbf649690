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
    """`scores` (a ranking), `selection` (a set of units), or `predictions`."""


METRICS = {
    metric.name: metric
    for metric in (
        Metric("ap", "average precision", True),
        Metric("fpr", "false positive rate", False, needs="selection"),
        Metric("tpr", "true positive rate (recall)", True, needs="selection"),
        Metric("selected", "share selected", None, needs="selection"),
        Metric("accuracy", "accuracy", True, needs="predictions"),
        Metric("macro_f1", "macro F1", True, needs="predictions"),
        Metric("matthews", "Matthews correlation", True, low=-1.0, needs="predictions"),
    )
}
