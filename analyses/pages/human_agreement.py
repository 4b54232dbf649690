"""How well HateXplain's annotators agree with each other on what they marked, as Markdown.

python analyses/pages/human_agreement.py path/to/dataset.json

The file has HateXplain's own layout. Each annotator in turn is held against the others, both by what
more than half of them marked (majority) and by what any of them did (union): an upper bound to read a
scorer's plausibility on these posts against.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from analyses.lib.study import run_script
from workbench.core.annotators import Rule, combine
from workbench.errors import InputError
from workbench.metrics.plausibility.measures import MEASURED
from workbench.metrics.plausibility.table import summarise
from workbench.metrics.plausibility.text_values import TextValues, one_class_counts, window_values
from workbench.metrics.plausibility.units import Units
from workbench.metrics.stats.text_means import ByText
from workbench.reporting.tables.table import markdown

SHOWN = ("ap", "auprc", "fpr", "tpr", "selected", "token_f1", "iou_f1")


def main(options: argparse.Namespace) -> None:
    """Print both rules' values with their intervals over posts."""
    annotations = annotated_posts(options.file)
    counts = {}
    for rule in ("majority", "union"):
        values = human_values(annotations, rule)
        counts[rule] = values.counts
        frame = summarise([values], rule).set_index("metric")
        rows = frame.loc[list(SHOWN), ["value", "ci_low", "ci_high", "n"]].reset_index()
        print(f"{rule} of the others:\n\n{markdown(rows.round(3).astype(str))}\n")
    print(f"{counts['majority']}")


def annotated_posts(path: Path) -> dict[str, np.ndarray]:
    """Read (annotators, words) bool by post id, of the posts that have rationales."""
    marks = {}
    for post_id, post in json.loads(path.read_text(encoding="utf-8")).items():
        rows, words = post["rationales"], len(post["post_tokens"])
        if any(len(row) != words for row in rows):
            raise InputError(f"{path}: post {post_id}: a rationale has another length than the post")
        if rows:
            marks[post_id] = np.array(rows)
    return marks


def human_values(annotations: Mapping[str, np.ndarray], rule: Rule = "majority") -> TextValues:
    """Compute every measure of each annotator against the others, leaving one out in turn.

    `annotations` has, by text id, a bool array (annotators, words). The left-out annotator's marks are
    the scores (0 or 1) and the selection, named `kept`; the truth is what the others mark: more than
    half of them, or any of them (`union`). A text's value is the mean over its annotators. The result
    has one layer, scorer "human", method "annotators", unit word and window set all, and goes wherever a
    scorer's values go (`summarise`, `compare_scorers`). Texts of fewer than two annotators are left out
    and counted as `texts_dropped`. Raises InputError naming the text for an array of another shape, one
    that holds other than 0 and 1, and an unknown rule.

    With two others a majority is both of them: stricter than the majority of three that scorers are
    compared with, `union` laxer; report both.
    """
    if rule not in ("majority", "union"):
        raise InputError(f"unknown rule {rule!r}: majority or union")
    pairs = [
        (text_id, units)
        for text_id, marks in annotations.items()
        for units in _left_out(text_id, np.asarray(marks), rule)
    ]
    texts = ByText(text_id for text_id, _ in pairs)
    judged = [units for _, units in pairs]
    values = texts.mean(window_values(judged)) if judged else np.zeros((0, 1, len(MEASURED)))
    # Zeros and ones know one selection.
    values[..., [column for column, key in enumerate(MEASURED) if key[0] == "uniform"]] = np.nan
    counts = {
        "windows": len(judged),
        "windows_dropped": 0,
        "windows_unannotated": 0,
        "texts": len(texts.text_ids),
        "texts_dropped": len(annotations) - len(texts.text_ids),
        **one_class_counts(
            texts,
            np.array([units.marks.sum() for units in judged], dtype=np.int64),
            np.array([len(units.marks) for units in judged], dtype=np.int64),
        ),
    }
    return TextValues("human", "annotators", "word", "all", texts.text_ids, values, counts)


def _left_out(text_id: str, marks: np.ndarray, rule: Rule) -> Iterator[Units]:
    """Each annotator of one text against the others."""
    if marks.ndim != 2 or not marks.shape[1]:
        raise InputError(f"{text_id}: annotations of shape {marks.shape}, expected (annotators, words)")
    if not np.isin(marks, (0, 1)).all():
        raise InputError(f"{text_id}: annotations hold other marks than 0 and 1")
    marks = marks.astype(bool)
    others = len(marks) - 1
    if others < 1:
        return
    follows = np.arange(marks.shape[1]) > 0
    for number, marked in enumerate(marks):
        truth = combine(np.delete(marks, number, axis=0), others, rule)
        scores = marked[None].astype(np.float64)
        yield Units(scores, marked[None], truth, follows, np.array([True]))


if __name__ == "__main__":
    run_script(main, __doc__, {"file": {"type": Path}})
