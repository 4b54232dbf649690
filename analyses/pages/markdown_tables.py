"""Tables of README and docs from a run, comparison or benchmark, as Markdown.

    python analyses/pages/markdown_tables.py runs/demo
    python analyses/pages/markdown_tables.py runs/demo "plausibility metric=ap selection=none"

Without a table's name: a run's quality and its plausibility by layer in AdapLeR's protocol (token unit,
windows with evidence, FPR and recall by uniform selection), or a comparison's methods beside their
controls. Names and arguments are those of `<!-- table: ... -->` in the documentation.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd

from analyses.costs.attribution_cost import COSTS, side_by_side
from analyses.costs.scorer_table import shown
from analyses.lib.study import run_script, stacked
from workbench.errors import InputError
from workbench.metrics.classification import judged_by
from workbench.metrics.method_rows import quality_row, speed_row
from workbench.reporting.pages.bench import write_bench, write_engines
from workbench.reporting.tables.main import MEASURED_SPEED, QUALITY_NAMES
from workbench.reporting.tables.over_seeds import timed_batches
from workbench.reporting.tables.systems import (
    answers_by_layer_table,
    answers_table,
    tags_by_layer_table,
    tags_table,
)
from workbench.reporting.tables.table import Table, Writer, formatted, markdown
from workbench.reporting.text.wording import decimals, method_name, percent, spread, times
from workbench.runs.comparison import ComparisonData, Group, read_comparison
from workbench.runs.folder import COMPARISON, Run, load_run
from workbench.storage.atomic import read_json

CAMPAIGN = "campaign.json"
"""What `python -m tests.campaigns --out` wrote."""
SCORERS = "scorers"
"""Folder, and table, of `scorer_table.py`."""
_RATIO = "{:.2f}x".format
OPTIONS = {
    "folder": {"type": Path, "help": "a run, a comparison, or a folder with a benchmark"},
    "tables": {"nargs": "*", "metavar": "TABLE", "help": 'such as quality or "bench split=test"'},
}


def main(options: argparse.Namespace) -> None:
    """Print the tables."""
    tables = options.tables or DEFAULT[(options.folder / COMPARISON).is_file()]
    for described in tables:
        print(f"{described}:\n\n{table(options.folder, described)}\n")


def table(folder: Path, described: str) -> str:
    """Render a table.

    Args:
        folder: The run, comparison or benchmark.
        described: Name of the table and its arguments: `plausibility metric=ap selection=none`.

    Raises:
        InputError: An unknown name or argument.
    """
    name, *arguments = described.split()
    if name not in TABLES:
        raise InputError(f"no table {name!r} (there are: {', '.join(TABLES)})")
    try:
        return TABLES[name](folder, **dict(argument.split("=", 1) for argument in arguments))
    except (TypeError, ValueError) as error:
        raise InputError(f"{described}: {error}") from None


def _quality(run: Run, split: str = "test") -> pd.DataFrame:
    """A row per method: quality with interval, FLOPs speed-ups, time against the stock model.

    Times are those of `workbench bench` where it has timed the split, else the run's own.
    """
    judged, speed = (run.metrics(name) for name in ("classification", "efficiency"))
    judged, speed = judged[judged["split"] == split], speed[speed["split"] == split]
    bench = run.table("bench")
    if bench is not None and (bench["split"] == split).any():
        speed = pd.concat([speed[speed["batch_size"].isna()], bench[bench["split"] == split]])
    metric = judged_by(judged)
    methods = judged.loc[judged["metric"] == metric, "method"].astype(str)
    frame = pd.DataFrame([quality_row(judged, m, [metric]) | speed_row(m, speed) for m in methods])
    columns = {
        "method": ("method",),
        f"{metric} (95 %)": (metric, f"{metric}_low", f"{metric}_high", "{:.3f} ({:.3f}–{:.3f})".format),
        "FLOPs, unpadded": ("flops_speedup_unpadded", _RATIO),
        "FLOPs, padded": ("flops_speedup_padded", _RATIO),
        "tokens kept": ("tokens_kept_share", "{:.0%}".format),
    }
    for batch in timed_batches(frame):
        columns[f"time, batch {batch}"] = (f"{MEASURED_SPEED}{batch}", _RATIO)
    realised = speed[speed["quantity"] == "realised_share"]
    if len(realised):  # A run may count FLOPs only.
        largest = realised["batch_size"].max()
        shares = realised[realised["batch_size"] == largest].set_index("method")["value"]
        frame["realised"] = frame["method"].map(shares)
        columns[f"realised share, batch {largest}"] = ("realised", "{:.2f}".format)
    return formatted(frame, columns)


def _plausibility(
    run: Run, metric: str, selection: str, scorers: str = "", split: str = "test"
) -> pd.DataFrame:
    """A row per scorer (of `scorers`, with commas between), a column per layer."""
    frame = run.metrics("plausibility").query(
        "split == @split and unit == 'token' and universe == 'with-evidence' and metric == @metric "
        "and selection == @selection"
    )
    if scorers:
        frame = frame[frame["scorer"].isin(scorers.split(","))]
    values = frame.pivot_table(index=["scorer", "method"], columns="layer", values="value", sort=False)
    return values.map(decimals).reset_index().rename(columns={"method": "model"})


def _comparison(data: ComparisonData) -> pd.DataFrame:
    """A row per method: quality, that of its own weights with other tokens kept, speed-up.

    Mean ± standard deviation over seeds, in percent; controls keep as many tokens everywhere.
    """
    return pd.DataFrame(
        {
            "method": method_name(group.method),
            QUALITY_NAMES[data.quality]: _over_seeds(data.rows(group)[data.quality], percent),
            "as many random tokens": _over_seeds(_control(data, group, "random"), percent),
            "first tokens": _over_seeds(_control(data, group, "first"), percent),
            "FLOPs, unpadded": _over_seeds(data.rows(group)["flops_speedup_unpadded"], times),
        }
        for group in data.compared
    )


def _control(data: ComparisonData, group: Group, kind: str) -> pd.Series:
    """Quality of the control `kind` in each cell of the group that has it."""
    tables = [load_run(data.folder / name).table("controls") for name in group.trials]
    rows = stacked(table for table in tables if table is not None)
    if rows.empty:
        return pd.Series(dtype=float)
    return rows.loc[(rows["control"] == kind) & (rows["metric"] == data.quality), "value"]


def _over_seeds(values: pd.Series, write: Writer) -> str:
    return spread(values.mean(), values.std(), write)


def _costs(folder: Path, of: str) -> str:
    """Tables of `attribution_cost.py` side by side; `of` is such as imdb-128,imdb-512."""
    run = load_run(folder)
    frames = {name: run.metrics(name) for name in (f"{COSTS}-{part}" for part in of.split(","))}
    return markdown(side_by_side(frames))


def _bench_notes(folder: Path, split: str = "test") -> str:
    return "\n".join(f"- {sentence}" for sentence in write_bench(folder, split)[1])


def _said(name: str, build: Callable[[pd.DataFrame], Table], folder: Path) -> str:
    """Return a table of what `workbench answer` or `workbench tag` wrote, from its CSV."""
    return markdown(build(pd.read_csv(folder / "metrics" / f"{name}.csv")).shown)


def _engines(folder: Path, split: str = "test", batches: str = "1,32") -> str:
    """A row per contestant of `bench --engines`: milliseconds of a text, speed-ups, realised shares."""
    shown = write_engines(folder, split)[0].shown
    asked = {f"batch {size}" for size in batches.split(",")}
    kept = [
        name for name in map(str, shown) if ", batch " not in name or name.partition(", ")[2] in asked
    ]
    return markdown(shown[kept])


def _campaign(folder: Path) -> pd.DataFrame:
    """A row per kind of attack of `tests/campaigns`: how many were tried and survived, and by what."""
    rows = []
    for kind, commands in read_json(folder / CAMPAIGN, "counts")["counts"].items():
        tried, survived = (sum(row[k] for row in commands.values()) for k in ("tried", "survived"))
        each = (f"{name} {row['survived']} of {row['tried']}" for name, row in sorted(commands.items()))
        rows.append((kind, tried, survived, ", ".join(each)))
    return pd.DataFrame(rows, columns=["attack", "tried", "survived", "by command"])


def _of_run(build: Callable[..., pd.DataFrame], folder: Path, **arguments: str) -> str:
    return markdown(build(load_run(folder), **arguments))


TABLES: dict[str, Callable[..., str]] = {
    "quality": partial(_of_run, _quality),
    "agreement": partial(_of_run, _plausibility),
    "plausibility": partial(_of_run, _plausibility),
    "campaign": lambda folder: markdown(_campaign(folder)),
    "comparison": lambda folder: markdown(_comparison(read_comparison(folder))),
    "scorers": lambda folder: markdown(shown(load_run(folder).metrics(SCORERS))),
    "costs": _costs,
    "bench": lambda folder, split="test": markdown(write_bench(folder, split)[0].shown),
    "bench-notes": _bench_notes,
    "engines": _engines,
    "answers": partial(_said, "answers", lambda frame: answers_table(frame, "", 0)),
    "answers-by-layer": partial(_said, "answers_by_layer", answers_by_layer_table),
    "tags": partial(_said, "tags", lambda frame: tags_table(frame, "", 0)),
    "tags-by-layer": partial(_said, "tags_by_layer", tags_by_layer_table),
}
"""What can stand in a page, by name."""
DEFAULT = {
    True: ("comparison",),
    False: (
        "quality",
        "plausibility metric=ap selection=none",
        "plausibility metric=fpr selection=uniform",
        "plausibility metric=tpr selection=uniform",
    ),
}
"""What is printed unless tables are named, of a comparison and of a run."""

if __name__ == "__main__":
    run_script(main, __doc__, OPTIONS)
