"""ERASER's spans as annotated and as predicted, beside the runs of units that `iou_*` takes."""

import numpy as np
import pytest

from tests.helpers.eraser_scorer import span_scores
from workbench.core.documents import Document, Span, mask, runs
from workbench.core.token_scores import TokenScores
from workbench.metrics import schemas
from workbench.metrics.plausibility.annotated_spans import annotated_iou, exact_spans
from workbench.metrics.plausibility.table import summarise
from workbench.metrics.plausibility.text_values import text_values
from workbench.metrics.registry import ANNOTATED, LISTED


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
    runs_of_same_name = {f"eraser_{k}": v for k, v in as_runs.items() if f"eraser_{k}" in ours}
    assert len(ours) == len(ANNOTATED)
    assert ours == pytest.approx(runs_of_same_name, abs=1e-12)


def record_of(kept: list[int], rationale: tuple[Span, ...], words: int = 8) -> TokenScores:
    """A record of a text `t` whose tokens are words, with the words kept."""
    chosen = np.isin(np.arange(words), kept)
    return TokenScores(
        "cp", "m", "t", 0, ("w",) * words, np.arange(words), chosen[None].astype(float), chosen[None],
        mask(rationale, words),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rationale", "listed", "precision", "recall"),
    [
        # As a run, words 0 to 4 hit nothing; two spans that touch are two, and one of them hits.
        ((Span(0, 2),), (Span(0, 2), Span(2, 5)), 1 / 2, 1),
        # Two predicted spans hit one annotated span: ERASER's recall is 2.
        ((Span(0, 4),), (Span(0, 2), Span(2, 4)), 1, 2),
        # An empty annotated span is one that nothing hits.
        ((Span(0, 2), Span(5, 5)), (Span(0, 2),), 1, 1 / 2),
        ((Span(3, 3),), (), 0, 0),
        ((), (Span(0, 2), Span(2, 4)), 0, 0),
    ],
)
def test_spans_as_a_file_lists_them(rationale, listed, precision, recall) -> None:
    kept = [word for span in listed for word in range(span.start, span.end)]
    record = record_of(kept, rationale)
    document = Document("t", ("w",) * 8, "x", rationale)
    values = text_values([record])
    listed = {"t": listed}
    found = by_metric(annotated_iou(values, [record], [document], "test", 0, listed=listed))
    for kind in ("iou", "iou_micro"):
        assert found[f"eraser_{kind}_precision"] == precision
        assert found[f"eraser_{kind}_recall"] == recall
        f1 = 2 * precision * recall / (precision + recall) if precision else 0
        assert found[f"eraser_{kind}_f1"] == pytest.approx(f1)


def test_exact_spans_by_hand() -> None:
    """Of three predicted spans one is an annotated one, of two annotated spans."""
    rationale, listed = (Span(0, 2), Span(5, 7)), (Span(0, 2), Span(2, 3), Span(5, 6))
    values = text_values([record_of([0, 1, 2, 5], rationale)])
    document = Document("t", ("w",) * 8, "x", rationale)
    found = exact_spans(values, [document], {"t": listed}, "test", bootstrap=20)
    assert set(found["metric"]) == {metric.name for metric in LISTED}
    ours = by_metric(found)
    for micro in ("", "micro_"):
        expected = {"precision": 1 / 3, "recall": 1 / 2, "f1": 2 / 5}
        for name, value in expected.items():
            assert ours[f"eraser_exact_{micro}{name}"] == pytest.approx(value)


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
