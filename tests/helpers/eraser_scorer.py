"""ERASER's definitions once more, text by text in plain Python, as a second implementation for tests."""

from collections.abc import Sequence

from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_auc_score

Span = tuple[int, int]


def f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision and recall else 0.0


def span_scores(predicted: Sequence[set[Span]], true: Sequence[set[Span]]) -> dict[str, float]:
    """IoU F1 at 0.5, macro and micro, over documents."""
    hits = []
    for spans, others in zip(predicted, true, strict=True):
        best = [max((_iou(span, other) for other in others), default=0.0) for span in spans]
        hits.append(sum(value >= 0.5 for value in best))
    precisions = [h / len(p) for h, p in zip(hits, predicted, strict=True) if p]
    recalls = [h / len(t) for h, t in zip(hits, true, strict=True) if t]
    macro = [sum(values) / len(values) if values else 0.0 for values in (precisions, recalls)]
    sizes = [sum(map(len, spans)) for spans in (predicted, true)]
    micro = [sum(hits) / size if size else 0.0 for size in sizes]
    return {"iou_f1": f1(*macro), "iou_micro_f1": f1(*micro)}


def _iou(a: Span, b: Span) -> float:
    one, other = set(range(*a)), set(range(*b))
    return len(one & other) / len(one | other)


def token_scores(predicted: Sequence[set[int]], true: Sequence[set[int]]) -> dict[str, float]:
    """Token precision, recall and F1 over documents, macro (means of documents' values) and micro."""
    rows = []
    for own, marked in zip(predicted, true, strict=True):
        if own or marked:
            precision = len(own & marked) / len(own) if own else 0.0
            recall = len(own & marked) / len(marked) if marked else 0.0
            rows.append((precision, recall, f1(precision, recall)))
    names = ("precision", "recall", "f1")
    macro = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    hits = sum(len(own & marked) for own, marked in zip(predicted, true, strict=True))
    precision, recall = (hits / sum(map(len, sets)) for sets in (predicted, true))
    micro = (precision, recall, f1(precision, recall))
    return {f"token_{name}": value for name, value in zip(names, macro, strict=True)} | {
        f"token_micro_{name}": value for name, value in zip(names, micro, strict=True)
    }


def soft_scores(scores: Sequence[Sequence[float]], true: Sequence[Sequence[bool]]) -> dict[str, float]:
    """AUPRC over all documents, AP and ROC-AUC over those of two classes."""
    curves = [precision_recall_curve(t, s)[1::-1] for t, s in zip(true, scores, strict=True)]
    pairs = [(t, s) for t, s in zip(true, scores, strict=True) if any(t) and not all(t)]
    return {
        "auprc": _mean(auc(recall, precision) for recall, precision in curves),
        "eraser_ap": _mean(average_precision_score(*pair) for pair in pairs),
        "roc_auc": _mean(roc_auc_score(*pair) for pair in pairs),
    }


def _mean(values) -> float:
    values = list(values)
    return float(sum(values) / len(values))
