"""How well HateXplain's annotators agree with each other on what they marked, as Markdown.

python analyses/human_agreement.py path/to/dataset.json

The file has HateXplain's own layout. Each annotator in turn is held against the others, both by what
more than half of them marked (majority) and by what any of them did (union): an upper bound to read a
scorer's agreement with these posts against.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from analyses.lib.human_agreement import human_values
from workbench.errors import InputError
from workbench.metrics.plausibility.table import summarise
from workbench.reporting.tables.table import markdown

SHOWN = ("ap", "auprc", "fpr", "tpr", "selected", "token_f1", "iou_f1")


def main() -> None:
    """Print both rules' values with their intervals over posts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    annotations = annotated_posts(options.file)
    majority, union = human_values(annotations, "majority"), human_values(annotations, "union")
    table = summarise([majority], "majority").set_index("metric")
    other = summarise([union], "union").set_index("metric")
    for name, frame in (("majority of the others", table), ("union of the others", other)):
        rows = frame.loc[list(SHOWN), ["value", "ci_low", "ci_high", "n"]].reset_index()
        print(f"{name}:\n\n{markdown(rows.round(3).astype(str))}\n")
    print(f"{majority.counts}")


def annotated_posts(path: Path) -> dict[str, np.ndarray]:
    """(annotators, words) bool by post id, of the posts that have rationales."""
    found = {}
    for post_id, post in json.loads(path.read_text(encoding="utf-8")).items():
        rows, words = post["rationales"], len(post["post_tokens"])
        if any(len(row) != words for row in rows):
            raise InputError(f"{path}: post {post_id}: a rationale has another length than the post")
        if rows:
            found[post_id] = np.array(rows)
    return found


if __name__ == "__main__":
    main()
