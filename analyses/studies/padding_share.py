"""What part of ToP's published 8.1x is padding, recomputed from the lengths in its own code.

ToP (arXiv 2306.14393, abstract: 8.1x fewer FLOPs on GLUE) divides by a BERT-base that computes
every text at a fixed padded length. Per task: speed-up without padding = 1 / (1 - sparsity target);
padding factor = dense FLOPs at the padded length / dense FLOPs at the mean length, both from the
released code (`workbench.reporting.published.top_settings`); their product should be what the authors
report. What is assumed: the target is met exactly; every text has the mean length. What differs: it
is arithmetic on settings, no model of theirs was run. Below, the runs' own methods: padded over
unpadded speed-up, from their metrics.

    python analyses/studies/padding_share.py --runs runs/demo --out out
"""

import numpy as np
import pandas as pd

from analyses.lib.drawing import draw_factors
from analyses.lib.study import Analysis, run_analysis
from workbench.reporting.published import padding_share, published, recomputed, top_settings
from workbench.reporting.tables.over_seeds import results
from workbench.reporting.tables.table import Table, formatted
from workbench.reporting.text.wording import method_name, percent, times
from workbench.runs.many import Runs

FACTORS = (("speedup_unpadded", "dropped tokens"), ("padding_factor", "padding left out"))
COLUMNS = {
    "what": ("label", str), "unpadded": ("speedup_unpadded", times),
    "padding": ("padding_factor", times), "product": ("speedup_padded", times),
    "reported": ("reported", times), "padding's share %": ("padding_share", percent),
}  # fmt: skip
CAPTION = (
    "Speed-up in FLOPs as a product: without padding, and what leaving out the dense model's "
    "padding adds. Padding's share: log(padding) / log(product). GLUE rows: ToP with BERT-base, "
    "recomputed from the authors' lengths and sparsity targets, beside what they report; other "
    "rows: runs of this project."
)


def build(runs: Runs) -> Analysis:
    """Build a row per GLUE task, their mean, and one per method of the runs."""
    top = published().query("method == 'top' and convention == 'padded'")
    settings = top_settings()
    tasks = recomputed(settings).assign(
        label="ToP, " + settings["dataset"], reported=settings["speedup_padded"]
    )
    mean = tasks[["speedup_unpadded", "padding_factor", "speedup_padded", "padding_share"]].mean()
    abstract = top.loc[top["dataset"] == "glue", "flops_speedup"].item()
    whole = pd.DataFrame([mean.to_dict() | {"label": "mean of tasks", "reported": abstract}])
    frame = pd.concat([tasks, whole, own_rows(runs)], ignore_index=True)
    table = Table("padding_share", CAPTION, frame, formatted(frame, COLUMNS), ("what",))
    notes = (
        f"Mean of the tasks' recomputed speed-ups: {mean['speedup_padded']:.2f}x; the paper's abstract: "
        f"{abstract:g}x; without padding on either side: {mean['speedup_unpadded']:.2f}x.",
        "A mean of products is not the product of the means. The authors give RTE MRPC's number, 7.71x.",
        "Sources: github.com/microsoft/Moonlit, ToP/models/l0_module.py and ToP/README.md.",
    )
    figure = draw_factors(frame[frame["label"] != "mean of tasks"], FACTORS)
    return Analysis("padding_share", frame, (table,), {"": figure}, notes)


def own_rows(runs: Runs) -> pd.DataFrame:
    """Return padded and unpadded speed-up of the runs' methods that have both."""
    frame = results(runs).dropna(subset=["flops_speedup_unpadded", "flops_speedup_padded"])
    where = frame["run"] if frame["run"].nunique() > 1 else frame["data"]
    rows = pd.DataFrame({"label": frame["variant"].map(method_name) + " (" + where + ")"})
    rows["dataset"], rows["reported"] = frame["data"], np.nan
    rows["speedup_unpadded"] = frame["flops_speedup_unpadded"]
    rows["speedup_padded"] = frame["flops_speedup_padded"]
    rows["padding_factor"] = rows["speedup_padded"] / rows["speedup_unpadded"]
    rows["padding_share"] = padding_share(rows["padding_factor"], rows["speedup_padded"])
    return rows


if __name__ == "__main__":
    run_analysis(build, __doc__)
