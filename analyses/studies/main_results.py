"""Quality and FLOPs of every method on every data set.

The form of AdapLeR's main results, its Table 1 (arXiv 2203.08991, ACL 2022): a row per method, two
columns per data set. What differs: quality is accuracy, of STS-B Pearson's r (the paper: F1 on MRPC),
on this project's test split instead of the GLUE server's; speed-ups are for our backbone (the paper:
BERT-base), each text at its own length, without the authors' counting of the last layer against eta;
intervals and seeds are shown. Published numbers stand below, where there are any for the data set.

    python analyses/studies/main_results.py --runs runs/demo --out out
"""

import pandas as pd

from analyses.lib.study import Analysis, run_analysis
from workbench.metrics.classification import QUALITIES
from workbench.reporting.published import published
from workbench.reporting.tables.main import QUALITY_NAMES, RANKS_BUT_DENSE, method_marks
from workbench.reporting.tables.over_seeds import primary_metric, results, seeds_line, seeds_note
from workbench.reporting.tables.table import Table
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
    papers = published_rows({data: primary_metric(frame, data) for data in runs.data})
    names = frame["variant"].drop_duplicates().tolist()
    shown, marks = [pd.DataFrame({"method": map(method_name, names)})], []
    for data in runs.data:
        cells, prefix = frame[frame["data"] == data], f"{data} " if len(runs.data) > 1 else ""
        writers = {primary_metric(frame, data): percent, SPEED: times}
        named = {name: (prefix + HEADINGS[name], write) for name, write in writers.items()}
        lines = [seeds_line(cells[cells["variant"] == name], named) for name in names]
        means = pd.DataFrame([numbers for numbers, _ in lines])
        means["method"] = [name.partition(" ")[0] for name in names]
        shown.append(pd.DataFrame([words for _, words in lines]))
        headings = {name: heading for name, (heading, _) in named.items()}
        marks.append(method_marks(means, shown[-1], headings))
    whole = pd.concat([pd.concat(shown, axis=1), pd.DataFrame(papers)], ignore_index=True)
    ranked = pd.concat(marks, axis=1).reindex(whole.index, fill_value="")
    caption = f"{CAPTION} {RANKS_BUT_DENSE} Data: {', '.join(runs.data)}."
    table = Table("main_results", caption, whole, whole, ("method",), ranked)
    notes = [seeds_note(frame, [*QUALITIES, SPEED])]
    notes += [SEVERAL] * (len(runs.data) > 1) + [PUBLISHED] * (len(papers) > 0)
    return Analysis("main_results", frame, (table,), notes=notes)


def published_rows(judged: dict[str, str]) -> list[dict[str, str]]:
    """Return what papers report for data sets judged by these metrics, as rows of the table."""
    frame = published().query("convention == 'unpadded'")
    rows = []
    for method, numbers in frame.groupby("method", sort=False):
        row = {}
        for name, metric in judged.items():
            here = numbers[numbers["dataset"] == name.rpartition("/")[2]]
            prefix = f"{name} " if len(judged) > 1 else ""
            quality = here.loc[here["metric"] == metric, "value"].max() / 100
            row[prefix + HEADINGS[metric]] = percent(quality)
            row[prefix + HEADINGS[SPEED]] = times(here["flops_speedup"].max())
        if set(row.values()) != {"–"}:
            rows.append({"method": f"{method_name(method)}, published"} | row)
    return rows


if __name__ == "__main__":
    run_analysis(build, __doc__)
