"""Quality and FLOPs of every method on every data set.

The form of AdapLeR's main results, its Table 1 (arXiv 2203.08991, ACL 2022): a row per method, two
columns per data set. What differs: quality is accuracy, of STS-B Pearson's r (the paper: F1 on MRPC),
on this project's test split instead of the GLUE server's; speed-ups are for our backbone (the paper:
BERT-base), each text at its own length, without the authors' counting of the last layer against eta;
intervals and seeds are shown. Published numbers stand below, where there are any for the data set.

    python analyses/studies/main_results.py --runs runs/demo --out out
"""

import pandas as pd

from analyses.lib.means import Means
from analyses.lib.study import Analysis, run_analysis
from workbench.metrics.classification import QUALITIES
from workbench.reporting.published import published
from workbench.reporting.tables.main import QUALITY_NAMES, RANKS_BUT_DENSE
from workbench.reporting.tables.results import primary_metric, results
from workbench.reporting.tables.table import Table, ranks
from workbench.reporting.text.wording import method_name, percent, times
from workbench.runs.many import Runs

SPEED = "flops_speedup_unpadded"
HEADINGS = QUALITY_NAMES | {SPEED: "FLOPs"}
CAPTION = (
    "Quality and FLOPs speed-up. FLOPs: dense / method, unpadded (each text at its own length), a "
    "ratio of sums over texts. A dash: not measured, or no such run."
)
SEVERAL = "Data sets stand in columns of their own and are never averaged."
PUBLISHED = "Published: BERT-base; GLUE sets on its test server; see workbench.published()."


def build(runs: Runs) -> Analysis:
    """Build a row per method (and settings, where runs differ in them), column pairs per data set."""
    frame = results(runs)
    means = Means(frame, [*QUALITIES, SPEED])
    names = frame["variant"].drop_duplicates().tolist()
    papers = published_rows({data: primary_metric(frame, data) for data in runs.data})
    shown = pd.DataFrame({"method": [method_name(name) for name in names]})
    marks = {}
    for data in runs.data:
        judged = primary_metric(frame, data)
        for quantity, write in ((judged, percent), (SPEED, times)):
            column = f"{data} {HEADINGS[quantity]}"
            shown[column] = [means.text(data, name, quantity, write) for name in names]
            values = [
                float("nan") if name.startswith("dense") else means.value(data, name, quantity)
                for name in names
            ]
            marks[column] = [*ranks(values, shown[column], higher=True), *("" for _ in papers)]
    shown = pd.concat([shown, pd.DataFrame(papers)], ignore_index=True)
    ranked = pd.DataFrame(marks)
    if len(runs.data) == 1:
        for part in (shown, ranked):
            part.columns = part.columns.str.removeprefix(f"{runs.data[0]} ")
    caption = f"{CAPTION} {RANKS_BUT_DENSE} Data: {', '.join(runs.data)}."
    table = Table("main_results", caption, means.frame, shown, ("method",), ranked)
    notes = [means.note, *(SEVERAL for _ in runs.data[1:2]), *(PUBLISHED for _ in papers[:1])]
    return Analysis("main_results", frame, (table,), notes=notes)


def published_rows(judged: dict[str, str]) -> list[dict[str, str]]:
    """Return what papers report for data sets judged by these metrics, as rows of the table."""
    frame = published().query("convention == 'unpadded'").eval("value = value / 100")
    rows = []
    for method in frame["method"].drop_duplicates():
        row = {"method": f"{method_name(method)}, published"}
        for name, metric in judged.items():
            here = frame[(frame["method"] == method) & (frame["dataset"] == name.rpartition("/")[2])]
            value = here.loc[here["metric"] == metric, "value"].max()
            row[f"{name} {HEADINGS[metric]}"] = percent(value)
            row[f"{name} {HEADINGS[SPEED]}"] = times(here["flops_speedup"].max())
        if set(row.values()) - {row["method"], "–"}:
            rows.append(row)
    return rows


if __name__ == "__main__":
    run_analysis(build, __doc__)
