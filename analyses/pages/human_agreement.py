"""How well HateXplain's annotators agree with each other on what they marked, as Markdown.

python analyses/pages/human_agreement.py path/to/dataset.json

The file has HateXplain's own layout. Each annotator in turn is held against the others, both by what
more than half of them marked (majority) and by what any of them did (union): an upper bound to read a
scorer's plausibility on these posts against.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from analyses.lib.study import run_script
from workbench.core.annotators import RULES
from workbench.core.documents import Document, Marked, runs
from workbench.core.token_scores import TokenScores
from workbench.errors import InputError
from workbench.metrics.plausibility.human_bound import human_values as values_of_documents
from workbench.metrics.plausibility.table import summarise
from workbench.metrics.plausibility.text_values import TextValues
from workbench.reporting.tables.table import markdown

SHOWN = ("ap", "auprc", "fpr", "tpr", "selected", "token_f1", "iou_f1")


def main(options: argparse.Namespace) -> None:
    """Print both rules' values with their intervals over posts."""
    annotations = annotated_posts(options.file)
    for rule in RULES:
        frame = summarise(human_values(annotations, rule), rule).set_index("metric")
        rows = frame.loc[list(SHOWN), ["value", "ci_low", "ci_high", "n"]].reset_index()
        print(f"{rule} of the others:\n\n{markdown(rows.round(3).astype(str))}\n")
    alone = sum(len(marks) < 2 for marks in annotations.values())
    print(f"{len(annotations):,} posts, {alone:,} of them with one annotator left out")


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


def human_values(annotations: Mapping[str, np.ndarray], rule: str = "majority") -> list[TextValues]:
    """Compute every measure of each annotator against the others, words as units, all texts.

    Nothing where no text has two annotators. See `human_bound.human_values`; the table `human_bound` of
    a run has the same of the windows that were scored.

    Args:
        annotations: By text id a bool array (annotators, words).
        rule: Of the others, `majority` or `union`.

    Raises:
        InputError: Names the text of an array of another shape, or with other marks than 0 and 1; and
            an unknown rule.
    """
    if rule not in RULES:
        raise InputError(f"unknown rule {rule!r}: {' or '.join(RULES)}")
    documents = [_document(text_id, np.asarray(marks)) for text_id, marks in annotations.items()]
    parts = values_of_documents(map(_record, documents), documents, rule)
    return [part for part in parts if (part.unit, part.window_set) == ("word", "all")]


def _document(text_id: str, marks: np.ndarray) -> Document:
    if marks.ndim != 2 or not marks.shape[1]:
        raise InputError(f"{text_id}: annotations of shape {marks.shape}, expected (annotators, words)")
    if not np.isin(marks, (0, 1)).all():
        raise InputError(f"{text_id}: annotations hold other marks than 0 and 1")
    people = tuple(Marked(str(number), runs(row)) for number, row in enumerate(marks))
    return Document(text_id, ("",) * marks.shape[1], "", annotations=people)


def _record(document: Document) -> TokenScores:
    """A window of all words, for its places alone."""
    n = len(document.words)
    return TokenScores("", "", document.id, 0, document.words, np.arange(n), np.zeros((1, n)))


if __name__ == "__main__":
    run_script(main, __doc__, {"file": {"type": Path}})
