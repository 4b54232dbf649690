"""The numbers of README and docs: frames that commands wrote, kept small, and the tables made from them.

python docs/tools/stored_numbers.py                       render every marked table again
python docs/tools/stored_numbers.py runs/demo             first keep the frames of a run (or comparison)
python docs/tools/stored_numbers.py runs/other --as demo  under another name than its folder's

A marked table stands between `<!-- table: KIND run=NAME ... -->` and `<!-- end of table -->`. KIND and
the rest are as in analyses/pages/markdown_tables.py, NAME is a folder of docs/numbers.
"""

import argparse
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from analyses.costs.attribution_cost import COSTS
from analyses.lib.study import run_script
from analyses.pages.markdown_tables import CAMPAIGN, SCORERS, table
from workbench.config.comparison import pruner
from workbench.config.loading import dump_config
from workbench.errors import InputError
from workbench.metrics.classification import judged_by
from workbench.runs.folder import BENCH, COMPARISON, CONFIG, ENGINE_BENCH, Run, load_run
from workbench.storage.atomic import read_json, write_text
from workbench.storage.tables import write_table

ROOT = Path(__file__).parents[2]
STORED = ROOT / "docs" / "numbers"
CELL = "cell"
"""Column of a comparison's stored frames: the run that a row comes from."""
KEPT: dict[str, dict[str, tuple[str | int, ...]]] = {
    "classification": {},
    "efficiency": {},
    "bench": {},
    "limits": {},
    "engines": {
        "batch_size": (1, 32),
        "quantity": (
            "texts_per_second",
            "speedup_vs_stock",
            "realised_share",
            "flops_speedup_timed",
            "flops_speedup_timed_computed",
            "seconds_median",
            "milliseconds_first",
            "milliseconds_p50",
            "milliseconds_p95",
            "milliseconds_p50_tokenised",
            "milliseconds_p95_tokenised",
        ),
    },
    "plausibility": {
        "unit": ("token",),
        "universe": ("with-evidence",),
        "selection": ("none", "uniform"),
        "metric": ("ap", "fpr", "tpr", "soft_ap"),
    },
    "comparisons": {"unit": ("token",), "universe": ("with-evidence",)},
    "controls": {"metric": ("accuracy",)},
}
"""Metric table -> the rows of it that are kept; all where nothing is said."""
CLOCKED = ("bench", "limits", "engines")
"""Tables of what a clock measured: six digits of it are kept."""
MARKED = re.compile(
    r"(<!-- table: (?P<kind>[\w-]+) run=(?P<run>\S+)(?P<rest>[^>]*?) -->\n\n)"
    # No comment inside: an empty table must not reach to the end of the next one.
    r"(?P<table>(?:(?!<!-- ).)*?)\n*(<!-- end of table -->)",
    re.S,
)


def pages() -> list[Path]:
    """Return the files whose tables are looked after."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def store(run: Path, into: Path) -> None:
    """Keep what the tables need of a run's, comparison's or campaign's folder, and replace `into`."""
    shutil.rmtree(into, ignore_errors=True)
    if (run / CAMPAIGN).is_file():
        # Where an attack failed stands in lines that name folders of that machine.
        kept = {key: read_json(run / CAMPAIGN)[key] for key in ("seed", "counts")}
        _write_json(into / CAMPAIGN, kept)
        return
    read = _comparison_frames if (run / COMPARISON).is_file() else _run_frames
    for name, frame in read(run, into):
        if len(frame):
            digits = "%.6g" if name in CLOCKED else None
            text = frame.to_csv(index=False, lineterminator="\n", float_format=digits)
            write_text(into / "metrics" / f"{name}.csv", text)


def _write_json(path: Path, value: Any) -> None:
    """Write JSON in a line: these files are kept for programs, and kept small."""
    write_text(path, json.dumps(value, ensure_ascii=False) + "\n")


def _run_frames(run: Path, into: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    if (run / CONFIG).is_file():  # A benchmark of a model alone has none.
        _store_config(run, into)
    for name in (BENCH, ENGINE_BENCH):
        if (run / name).is_file():
            _write_json(into / name, read_json(run / name))
    for name in KEPT:
        if (run / "metrics" / f"{name}.parquet").is_file():
            yield name, _kept(run, name)
    if (run / SCORERS / f"{SCORERS}.csv").is_file():
        yield SCORERS, pd.read_csv(run / SCORERS / f"{SCORERS}.csv")
    for path in sorted(run.glob(f"{COSTS}/{COSTS}-*.csv")):
        yield path.stem, pd.read_csv(path)
    for said in ("answers", "tags"):
        for path in sorted((run / "metrics").glob(f"{said}*.csv")):
            yield path.stem, pd.read_csv(path)


def _comparison_frames(run: Path, into: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Frames over the cells that stand in groups, what a search passed by left out."""
    about = read_json(run / COMPARISON)
    method = {name: pruner(group["method"]) for group in about["groups"] for name in group["cells"]}
    cells = list(method)
    _write_json(into / COMPARISON, about | {"cells": [c for c in about["cells"] if c["name"] in cells]})
    _store_config(run / cells[0], into)
    for name in ("classification", "efficiency", "controls"):
        frames = [
            _kept(run / cell, name).assign(**{CELL: cell})
            for cell in cells
            if load_run(run / cell).table_file(name).is_file()
        ]
        if not frames:
            continue
        frame = pd.concat(frames, ignore_index=True)
        # A cell's dense rows are those of its seed's dense cell.
        frame = frame[frame["method"] == frame[CELL].map(method)]
        yield name, frame[frame["metric"] == judged_by(frame)] if name == "classification" else frame


def _kept(run: Path, name: str) -> pd.DataFrame:
    frame = Run(run).metrics(name)
    for column, values in KEPT[name].items():
        frame = frame[frame[column].isin(values)]
    return frame


def _store_config(run: Path, into: Path) -> None:
    """The run's configuration, paths reduced to their last part: they say nothing elsewhere."""
    config = load_run(run).config
    path = config.data.path and Path(config.data.path).name
    changed = {
        "data": config.data.model_copy(update={"path": path}),
        "backbone": Path(config.backbone).name,
    }
    write_text(into / CONFIG, dump_config(config.model_copy(update=changed)))


def restore(stored: Path, into: Path) -> Path:
    """Make a folder like the one that was stored, as far as the tables read it."""
    shutil.copytree(stored, into)
    frames = {path.stem: _read(path) for path in (into / "metrics").glob("*.csv")}
    for name, frame in frames.items():
        for cell, rows in frame.groupby(CELL) if CELL in frame else [("", frame)]:
            write_table(
                rows.drop(columns=CELL, errors="ignore"), into / cell / "metrics" / f"{name}.parquet"
            )
    if (into / COMPARISON).is_file():
        for cell in frames["classification"][CELL].unique():
            shutil.copy(into / CONFIG, into / cell)
            # A comparison is read with its predictions, of which no table here speaks.
            columns = ("method", "split", "text_id", "label", "predicted", "tokens")
            write_table(
                pd.DataFrame(columns=columns, data=[("none", "test", "", "", "", [])]),
                into / cell / "predictions.parquet",
            )
    return into


def _read(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path)
    # Whole numbers with gaps, which CSV does not tell from others.
    return frame.astype({name: "Int64" for name in ("batch_size",) if name in frame})


def rendered(text: str, stored: Path = STORED) -> str:
    """Return `text`, its marked tables made again from stored frames; InputError for another kind."""
    with tempfile.TemporaryDirectory() as folder:

        def again(marked: re.Match[str]) -> str:
            name = marked["run"]
            restored = Path(folder) / name
            if not restored.is_dir():
                restore(stored / name, restored)
            made = table(restored, marked["kind"] + marked["rest"])
            return f"{marked[1]}{made}\n\n{marked[6]}"

        return MARKED.sub(again, text)


def main(options: argparse.Namespace) -> None:
    """Keep the frames of the runs named, then render the tables of README and docs in place."""
    if options.name and len(options.runs) != 1:
        raise InputError("--as names one run")
    for run in options.runs:
        store(run, STORED / (options.name or run.resolve().name))
    for page in pages():
        text = page.read_text(encoding="utf-8")
        again = rendered(text)
        if again != text:
            write_text(page, again)
            print(f"{page.relative_to(ROOT)}: tables rendered again")


OPTIONS = {
    "runs": {"type": Path, "nargs": "*", "help": "run or comparison folders to keep"},
    "--as": {"dest": "name", "help": "the name of the only one; default: its folder's"},
}

if __name__ == "__main__":
    run_script(main, __doc__, OPTIONS)
