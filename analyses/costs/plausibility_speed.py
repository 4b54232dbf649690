"""What measuring plausibility costs, against scikit-learn text by text and layer by layer.

python analyses/costs/plausibility_speed.py --texts 1000 --looped 20

Synthetic scores of full length. Both compute AP, FPR, TPR, IoU precision and recall, and token
precision, recall and F1; ours computes every other measure as well, with --annotators the soft ones too,
since the texts then have the shares of so many people. The loop runs on a few texts of one
scorer and its time is multiplied: that number is extrapolated and called so. Times are of the processor,
not the clock, so that other work on the machine does not count; ours runs in one thread.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from time import process_time

import numpy as np
from sklearn.metrics import average_precision_score, confusion_matrix, precision_recall_fscore_support

from analyses.lib.study import run_script
from workbench.core.documents import runs
from workbench.metrics.plausibility.measures import MEASURED
from workbench.metrics.plausibility.selection import listed_span_counts
from workbench.metrics.plausibility.text_values import window_values
from workbench.metrics.plausibility.units import Units

COMPARED = (
    ("none", "ap"), ("uniform", "fpr"), ("uniform", "tpr"), ("uniform", "token_precision"),
    ("uniform", "token_recall"), ("uniform", "token_f1"), ("uniform", "iou_precision"),
    ("uniform", "iou_recall"),
)  # fmt: skip


OPTIONS = {
    "--texts": {"type": int, "default": 1000},
    "--layers": {"type": int, "default": 12},
    "--scorers": {"type": int, "default": 8},
    "--tokens": {"type": int, "default": 512},
    "--annotators": {"type": int, "default": 0, "help": "people behind the shares; 0: no shares"},
    "--looped": {"type": int, "default": 20, "help": "texts of one scorer that are looped over"},
}


def main(options: argparse.Namespace) -> None:
    """Print both times, their ratio, and the largest difference."""
    rng = np.random.default_rng(0)
    seconds, texts = 0.0, list[Units]()
    for _ in range(options.scorers):
        texts = _synthetic(rng, options.texts, options.layers, options.tokens)
        texts = [_with_shares(rng, text, options.annotators) for text in texts]
        start = process_time()
        values = window_values(texts)
        seconds += process_time() - start
    rows = options.texts * options.layers * options.scorers
    print(f"vectorised: {seconds:.2f} s for {rows:,} rows of {options.tokens} tokens")

    start = process_time()
    looped = loop(texts[: options.looped])
    each = (process_time() - start) / (looped.shape[0] * looped.shape[1])
    columns = [MEASURED.index(key) for key in COMPARED]
    apart = np.nanmax(np.abs(values[: len(looped), :, columns] - looped))
    same = np.array_equal(np.isnan(values[: len(looped), :, columns]), np.isnan(looped))
    print(f"loop: {1000 * each:.2f} ms a row, extrapolated {each * rows:.0f} s for as many rows")
    print(f"ratio {each * rows / seconds:.1f}; largest difference {apart:.1e}, undefined alike: {same}")


def _synthetic(rng: np.random.Generator, texts: int, layers: int, tokens: int) -> list[Units]:
    """Texts of random scores, some tied, and rationales of a few spans (30 % of the tokens)."""
    made = []
    follows = np.arange(tokens) > 0
    for _ in range(texts):
        scores = rng.random((layers, tokens)).round(3)
        starts = rng.integers(tokens, size=6)
        marks = (np.abs(np.arange(tokens) - starts[:, None]) < tokens // 36).any(axis=0)
        made.append(Units(scores, None, marks, follows, np.ones(layers, dtype=bool)))
    return made


def _with_shares(rng: np.random.Generator, text: Units, annotators: int) -> Units:
    """The text as so many people see it, each agreeing with the rationale on 80 % of the tokens."""
    if not annotators:
        return text
    same = rng.random((annotators, len(text.marks))) < 0.8
    return replace(text, shares=(same == text.marks).mean(axis=0))


def loop(texts: Sequence[Units]) -> np.ndarray:
    """Compute `COMPARED` by scikit-learn, spans by hand: (texts, layers, measures)."""
    return np.array([[one_row(scores, text.marks) for scores in text.scores] for text in texts])


def one_row(scores: np.ndarray, marks: np.ndarray) -> list[float]:
    """Compute all compared measures of one text in one layer."""
    selected = scores >= scores.sum() / len(scores) * (1 - 1e-6)
    negative, false, missed, hits = confusion_matrix(marks, selected, labels=[False, True]).ravel()
    precision, recall, f1, _ = precision_recall_fscore_support(
        marks, selected, average="binary", zero_division=0
    )
    span_hits, chosen, true = listed_span_counts(spans(selected), spans(marks))
    return [
        average_precision_score(marks, scores), false / (false + negative), hits / (hits + missed),
        precision, recall, f1, span_hits / chosen if chosen else np.nan,
        span_hits / true if true else np.nan,
    ]  # fmt: skip


def spans(mask: np.ndarray) -> list[tuple[int, int]]:
    """Return the longest runs of a mask as [start, end)."""
    return [(span.start, span.end) for span in runs(mask)]


if __name__ == "__main__":
    run_script(main, __doc__, OPTIONS)
