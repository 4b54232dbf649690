"""On whole texts by words the table gives what ERASER's definitions give, computed text by text."""

import numpy as np
import pytest

from tests.helpers.eraser_scorer import soft_scores, span_scores, token_scores
from workbench.core.token_scores import TokenScores
from workbench.metrics.plausibility.selection import listed_span_counts
from workbench.metrics.plausibility.table import plausibility
from workbench.metrics.registry import AGREEMENT

TEXTS = 40


def runs(mask: np.ndarray) -> set[tuple[int, int]]:
    """Longest runs of a mask as [start, end)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return set(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def documents(
    seed: int,
) -> tuple[list[TokenScores], list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """Documents cut into windows of at most 7 words; some have nothing, some everything marked."""
    rng = np.random.default_rng(seed)
    records, scores, kept, marks = [], [], [], []
    for text in range(TEXTS):
        n = int(rng.integers(1, 24))
        own = rng.integers(4, size=n) / 3
        mask, chosen = (np.cumsum(rng.random(n) < 0.4) % 2 == 1 for _ in range(2))
        if text % 8 == 0:
            mask[:] = text % 16 == 0
        if text % 5 == 0:
            chosen[:] = False
        for number, start in enumerate(range(0, n, 7)):
            part = slice(start, min(start + 7, n))
            size = part.stop - part.start
            words = np.concatenate([[-1], np.arange(n)[part], [-1]])
            padded = [np.concatenate([[0], array[part], [0]]) for array in (own, chosen, mask)]
            records.append(
                TokenScores(
                    "cp", "adapler", f"t{text}", number, ("x",) * (size + 2), words,
                    padded[0][None], padded[1][None].astype(bool), padded[2].astype(bool),
                )
            )  # fmt: skip
        scores.append(own)
        kept.append(chosen)
        marks.append(mask)
    return records, scores, kept, marks


@pytest.mark.parametrize("seed", range(3))
def test_every_metric_that_is_said_to_be_the_same_is(seed: int) -> None:
    records, scores, kept, marks = documents(seed)
    frame = plausibility(records, "test", bootstrap=0).frame
    frame = frame[(frame["unit"] == "word") & (frame["universe"] == "all")]
    ours = frame[frame["selection"].isin(["none", "kept"])].set_index("metric")["value"]
    sets = [[set(np.flatnonzero(mask)) for mask in masks] for masks in (kept, marks)]
    with pytest.warns(UserWarning, match="No positive class"):
        theirs = soft_scores(scores, marks)
    theirs |= token_scores(*sets) | span_scores(*([runs(mask) for mask in m] for m in (kept, marks)))
    for name, value in theirs.items():
        assert ours[name] == pytest.approx(value, abs=1e-9), name
    same = {metric.name for metric in AGREEMENT if metric.eraser.startswith("same")}
    assert same <= set(theirs)


def test_only_texts_of_several_windows_make_ap_another_number() -> None:
    records, *_ = documents(0)
    long = {record.text_id for record in records if record.window == 1}
    short = [record for record in records if record.text_id not in long]
    assert short
    for part, equal in ((short, True), (records, False)):
        frame = plausibility(part, "test", bootstrap=0).frame
        frame = frame[(frame["unit"] == "word") & (frame["universe"] == "all")]
        ours = frame.drop_duplicates("metric").set_index("metric")["value"]
        assert (abs(ours["ap"] - ours["eraser_ap"]) < 1e-12) == equal


def test_annotated_spans_that_touch_are_two_spans_to_eraser_and_one_run_to_us() -> None:
    predicted, true = [(0, 4)], [(0, 2), (2, 4)]
    # Each true span covers half of the predicted one: it hits, and recall is 1/2.
    assert listed_span_counts(predicted, true) == (1, 1, 2)
    # As a run the four words are one span.
    assert listed_span_counts(predicted, sorted(runs(np.ones(4)))) == (1, 1, 1)
    # Two halves of a true span both hit: ERASER's recall is 2.
    assert listed_span_counts(true, predicted) == (2, 2, 1)


@pytest.mark.parametrize("seed", range(3))
def test_listed_spans_equal_the_sets_of_tokens(seed: int) -> None:
    rng = np.random.default_rng(seed)
    predicted, true = (
        [{(int(s), int(s + rng.integers(1, 6))) for s in rng.integers(20, size=rng.integers(0, 5))}
         for _ in range(30)]
        for _ in range(2)
    )  # fmt: skip
    counts = np.array(
        [listed_span_counts(list(p), list(t)) for p, t in zip(predicted, true, strict=True)]
    )
    hits, chosen, marked = counts.sum(axis=0)
    precision, recall = hits / chosen, hits / marked
    theirs = span_scores(predicted, true)["iou_micro_f1"]
    assert 2 * precision * recall / (precision + recall) == pytest.approx(theirs)
