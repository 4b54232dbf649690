"""Quality with FLOPs in both conventions, below what ToP's authors report for GLUE.

The form of ToP's GLUE table (arXiv 2306.14393, KDD 2023), with tasks as rows. What differs: the
paper divides by a BERT that computes the padding (its `padded` column here; the unpadded one is
what its sparsity target means); our padded column batches texts in the run's own batches instead of
padding to a fixed length per task; accuracy on MRPC (the paper: F1). Values are of our splits, the
paper's of dev.

    python analyses/studies/glue_table.py --runs runs/demo --out out
"""

import pandas as pd

from analyses.lib.study import Analysis, run_analysis
from workbench.reporting.published import recomputed, top_settings
from workbench.reporting.tables.main import QUALITY_NAMES, SPEEDS
from workbench.reporting.tables.over_seeds import primary_metric, results, seeds_line, seeds_note
from workbench.reporting.tables.table import Table
from workbench.reporting.text.wording import method_name, percent, times
from workbench.runs.many import Runs

CAPTION = (
    "Quality and FLOPs speed-up in both conventions. Unpadded: no padding in either model; "
    "padded: the dense model computes the padding, the method does not. Rows of ToP's authors: "
    "what they report with BERT-base on dev, divided by a dense model padded to a fixed length; "
    "their unpadded column is 1 / (1 - sparsity target). A dash: not measured."
)


def build(runs: Runs) -> Analysis:
    """Build a row per data set and method, then the authors' own."""
    frame = results(runs)
    rows = []
    for data in runs.data:
        metric = "matthews" if data.endswith("cola") else primary_metric(frame, data)
        for variant, cells in frame[frame["data"] == data].groupby("variant", sort=False):
            row = {"task": data, "method": method_name(variant), "metric": QUALITY_NAMES[metric]}
            rows.append(row | seeds_line(cells, {metric: ("value", percent)} | SPEEDS)[1])
    shown = pd.DataFrame([*rows, *authors_rows()])
    table = Table("glue_table", CAPTION, shown, shown, ("task", "method", "metric"))
    notes = (
        seeds_note(frame, [*QUALITY_NAMES, *SPEEDS]),
        "The authors' RTE speed-up is the number of MRPC; their own lengths give another "
        "(padding_share.py).",
    )
    return Analysis("glue_table", frame, (table,), notes=notes)


def authors_rows() -> list[dict[str, str]]:
    """Return ToP's tasks as its authors report them."""
    settings = top_settings()
    unpadded = recomputed(settings)["speedup_unpadded"]
    return [
        {
            "task": f"glue/{row['dataset']}", "method": "ToP's authors", "metric": row["metric"],
            "value": f"{row['value']:.1f}", "FLOPs, unpadded": times(target),
            "FLOPs, padded": times(row["speedup_padded"]), "tokens kept %": "–",
        }
        for row, target in zip(settings.to_dict("records"), unpadded, strict=True)
    ]  # fmt: skip


if __name__ == "__main__":
    run_analysis(build, __doc__)
