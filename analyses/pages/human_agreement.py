"""How well HateXplain's annotators agree with each other on what they marked, as Markdown.

python analyses/pages/human_agreement.py path/to/dataset.json

The file has HateXplain's own layout. Each annotator in turn is held against the others, both by what
more than half of them marked (majority) and by what any of them did (union): an upper bound to read a
scorer's plausibility on these posts against.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from analyses.lib.human_agreement import human_values
from analyses.lib.study import run_script
from workbench.errors import InputError
from workbench.metrics.plausibility.table import summarise
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


if __name__ == "__main__":
    run_script(main, __doc__, {"file": {"type": Path}})
