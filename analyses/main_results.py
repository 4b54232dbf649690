"""Quality and FLOPs of every method on every data set.

The form of Table 1 of AdapLeR (arXiv 2203.08991, ACL 2022): a row per method, two columns per data
set. What differs: quality is accuracy everywhere (the paper has F1 on MRPC), on this project's test
split instead of the GLUE server's; speed-ups are counted for our backbone (the paper: BERT-base),
each text at its own length, without the authors' counting of the last layer against eta; intervals
and seeds are shown. Published numbers stand below, where there are any for the data set.

    python analyses/main_results.py --runs runs/demo --out out
"""

import pandas as pd

from workbench.literature import published
from workbench.reporting.analysis import Analysis, run_analysis
from workbench.reporting.frames import Runs
from workbench.reporting.results import over_seeds, results, seeds_note, with_spread
from workbench.reporting.table import Table
from workbench.reporting.wording import method_name, percent, times

COLUMNS = {"accuracy": ("accuracy %", percent), "flops_speedup_unpadded": ("FLOPs", times)}
CAPTION = (
    "Quality and FLOPs speed-up. FLOPs: dense / method, unpadded (each text at its own length), a "
    "ratio of sums over texts. A dash: not measured, or no such run."
)
SEVERAL = "Data sets stand in columns of their own and are never averaged."
PUBLISHED = "Published: BERT-base; GLUE sets on its test server, MRPC by F1; see workbench.published()."


def build(runs: Runs) -> Analysis:
    """A row per method (and settings, where runs differ in them), column pairs per data set."""
    frame = results(runs)
    means = over_seeds(frame, list(COLUMNS))
    place = means.set_index(["variant", "data", "quantity"])
    rows = []
    for variant in frame["variant"].drop_duplicates():
        row = {"method": method_name(variant)}
        for data in runs.data:
            for quantity, (heading, write) in COLUMNS.items():
                key = (variant, data, quantity)
                cell = place.loc[key].to_dict() if key in place.index else None
                row[f"{data} {heading}"] = with_spread(cell, write)
        rows.append(row)
    told = published_rows(runs.data)
    shown = pd.DataFrame([*rows, *told])
    table = Table("main_results", CAPTION, means, shown, ("method",))
    return Analysis(
        "main_results",
        frame,
        (table,),
        notes=(seeds_note(means), *(SEVERAL for _ in runs.data[1:2]), *(PUBLISHED for _ in told[:1])),
    )


def published_rows(data: list[str]) -> list[dict[str, str]]:
    """What papers report for these data sets, as rows of the table."""
    frame = published()
    frame = frame[frame["convention"] == "unpadded"].assign(value=frame["value"] / 100)
    rows = []
    for method in frame["method"].drop_duplicates():
        row = {"method": f"{method_name(method)}, published"}
        for name in data:
            own = frame[(frame["method"] == method) & (frame["dataset"] == name.rpartition("/")[2])]
            for column, (heading, write) in zip(
                ("value", "flops_speedup"), COLUMNS.values(), strict=True
            ):
                row[f"{name} {heading}"] = write(own[column].max())
        if set(row.values()) - {row["method"], "–"}:
            rows.append(row)
    return rows


if __name__ == "__main__":
    run_analysis(build, __doc__)
