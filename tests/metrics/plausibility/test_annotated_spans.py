"""ERASER's IoU with spans as annotated: its own numbers where spans touch, `iou_*` where they do not."""

import numpy as np
import pytest

from tests.helpers.eraser_scorer import span_scores
from workbench.core.documents import Document, Span, mask, runs
from workbench.core.token_scores import TokenScores
from workbench.metrics import schemas
from workbench.metrics.plausibility.annotated_spans import annotated_iou
from workbench.metrics.plausibility.table import summarise
from workbench.metrics.plausibility.text_values import text_values
from workbench.metrics.registry import ANNOTATED


def corpus(seed: int, touching: bool) -> tuple[list[TokenScores], list[Document], list[set]]:
    """Texts in windows of at most 6 words of two sub-words each, with kept words."""
    rng = np.random.default_rng(seed)
    records, documents, kept_spans = [], [], []
    for text in range(30):
        n = int(rng.integers(1, 15))
        drawn = {(s, min(n, s + int(rng.integers(1, 5)))) for s in rng.integers(n, size=3).tolist()}
        spans = tuple(Span(*pair) for pair in sorted(drawn)) if text % 7 else ()
        marks = mask(spans, n)
        if not touching:
            spans = runs(marks.tolist())
        documents.append(Document(f"t{text}", ("w",) * n, "pos", spans))
        kept = np.cumsum(rng.random(n) < 0.4) % 2 == 1
        kept_spans.append({(span.start, span.end) for span in runs(kept.tolist())})
        for number, start in enumerate(range(0, n, 6)):
            words = np.repeat(np.arange(start, min(start + 6, n)), 2)
            inside = np.concatenate([[-1], words, [-1]])
            shown = np.concatenate([[False], kept[words], [False]])
            records.append(
                TokenScores(
                    "cp", "adapler", f"t{text}", number, ("x",) * len(inside), inside,
                    shown[None].astype(float), shown[None],
                    np.concatenate([[False], marks[words], [False]]),
                )
            )  # fmt: skip
    return records, documents, kept_spans


def by_metric(frame) -> dict[str, float]:
    rows = frame[(frame["selection"] == "kept") & (frame["unit"] == "word")]
    return rows[rows["universe"] == "all"].set_index("metric")["value"].to_dict()


@pytest.mark.parametrize("seed", range(3))
def test_equal_to_erasers_definition_where_spans_touch_and_overlap(seed: int) -> None:
    records, documents, kept = corpus(seed, touching=True)
    values = text_values(records)
    frame = annotated_iou(values, records, documents, "test", bootstrap=20)
    assert list(frame.columns) == list(schemas.PLAUSIBILITY.columns)
    assert set(frame["metric"]) == {metric.name for metric in ANNOTATED}
    assert (frame["ci_low"] <= frame["ci_high"]).all()
    true = [{(span.start, span.end) for span in document.rationale} for document in documents]
    theirs = span_scores(kept, true)
    ours = by_metric(frame)
    for name in ("iou_f1", "iou_micro_f1"):
        assert ours[f"eraser_{name}"] == pytest.approx(theirs[name], abs=1e-12)
    as_runs = by_metric(summarise(values, "test", bootstrap=0))
    assert ours["eraser_iou_f1"] != pytest.approx(as_runs["iou_f1"])


def test_equal_to_runs_where_annotated_spans_are_runs() -> None:
    records, documents, _ = corpus(0, touching=False)
    values = text_values(records)
    ours = by_metric(annotated_iou(values, records, documents, "test", bootstrap=0))
    as_runs = by_metric(summarise(values, "test", bootstrap=0))
    assert ours == {f"eraser_{k}": v for k, v in as_runs.items() if f"eraser_{k}" in ours}


def test_by_hand() -> None:
    """Two halves of four kept words: as a run one hit of one, as annotated one hit, recall a half."""
    shown = np.array([[False, True, True, True, True, False]])
    record = TokenScores(
        "cp", "adapler", "t", 0, ("x",) * 6, np.array([-1, 0, 1, 2, 3, -1]), shown.astype(float), shown,
        shown[0],
    )  # fmt: skip
    document = Document("t", ("w",) * 4, "pos", (Span(0, 2), Span(2, 4)))
    values = text_values([record])
    found = by_metric(annotated_iou(values, [record], [document], "test", bootstrap=0))
    assert found["eraser_iou_micro_precision"] == 1.0
    assert found["eraser_iou_micro_recall"] == 0.5
    assert found["eraser_iou_f1"] == pytest.approx(2 / 3)
    assert by_metric(summarise(values, "test", bootstrap=0))["iou_f1"] == 1.0
