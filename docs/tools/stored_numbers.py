"""The numbers of README and docs: frames that commands wrote, kept small, and the tables made from them.

python docs/tools/stored_numbers.py                       render every marked table again
python docs/tools/stored_numbers.py runs/demo             first keep the frames of a run (or comparison)
python docs/tools/stored_numbers.py runs/other --as demo  under another name than its folder's

A marked table stands between `<!-- table: KIND run=NAME ... -->` and `<!-- end of table -->`. KIND is
one of TABLES below, NAME a folder of docs/numbers, the rest are the arguments of KIND.
"""

import argparse
import re
import runpy
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.config.loading import dump_config
from workbench.reporting.pages.bench import write_bench
from workbench.reporting.tables.table import markdown
from workbench.runs.comparison import read_comparison
from workbench.runs.folder import COMPARISON, CONFIG, load_run, read_json, write_table
from workbench.storage.atomic import write_json, write_text

ROOT = Path(__file__).parents[2]
STORED = ROOT / "docs" / "numbers"
BENCH = "bench.json"
SCORERS = "scorers"
"""Folder and table of `analyses/scorer_table.py`."""
COSTS = "costs"
"""Folder, and beginning of the tables, of `analyses/attribution_cost.py`."""
CELL = "cell"
"""Column of a comparison's stored frames: the run that a row comes from."""
KEPT: dict[str, dict[str, tuple[str, ...]]] = {
    "classification": {},
    "efficiency": {},
    "limits": {},
    "plausibility": {
        "unit": ("token",),
        "universe": ("with-evidence",),
        "selection": ("none", "uniform"),
        "metric": ("ap", "fpr", "tpr"),
    },
    "comparisons": {"unit": ("token",), "universe": ("with-evidence",)},
    "controls": {"metric": ("accuracy",)},
}
"""Metric table -> the rows of it that are kept; all where nothing is said."""
MARKED = re.compile(
    r"(<!-- table: (?P<what>[^>]+?) -->\n\n)(?P<table>.*?)(\n\n<!-- end of table -->)", re.S
)


def pages() -> list[Path]:
    """The files whose tables are looked after."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def store(run: Path, into: Path) -> None:
    """Keep what the tables need of a run's, or a comparison's, folder; replaces what was there."""
    shutil.rmtree(into, ignore_errors=True)
    frames = dict(
        _comparison_frames(run, into) if (run / COMPARISON).is_file() else _run_frames(run, into)
    )
    for name, frame in frames.items():
        if len(frame):
            write_text(into / "metrics" / f"{name}.csv", frame.to_csv(index=False, lineterminator="\n"))


def _run_frames(run: Path, into: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    _store_config(run, into)
    if (run / BENCH).is_file():
        write_json(into / BENCH, read_json(run / BENCH))
    for name in KEPT:
        if load_run(run).metrics_file(name).is_file():
            yield name, _kept(run, name)
    if (run / SCORERS / f"{SCORERS}.csv").is_file():
        yield SCORERS, pd.read_csv(run / SCORERS / f"{SCORERS}.csv")
    for path in sorted(run.glob(f"{COSTS}/{COSTS}-*.csv")):
        yield path.stem, pd.read_csv(path)


def _comparison_frames(run: Path, into: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Frames over the cells that stand in groups, what a search passed by left out."""
    about = read_json(run / COMPARISON)
    cells = [name for group in about["groups"] for name in group["cells"]]
    write_json(into / COMPARISON, about | {"cells": [c for c in about["cells"] if c["name"] in cells]})
    _store_config(run / cells[0], into)
    for name in ("classification", "efficiency", "controls"):
        frames = [
            _kept(run / cell, name).assign(**{CELL: cell})
            for cell in cells
            if load_run(run / cell).metrics_file(name).is_file()
        ]
        yield name, pd.concat(frames, ignore_index=True)


def _kept(run: Path, name: str) -> pd.DataFrame:
    frame = load_run(run).metrics(name)
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
    """A folder like the one that was stored, as far as the tables read it."""
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


@cache
def _analysis(name: str) -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "analyses" / f"{name}.py"))


def quality(folder: Path) -> str:
    """Accuracy, FLOPs, times of a run's methods."""
    return markdown(_analysis("results_markdown")["quality_table"](load_run(folder)))


def agreement(folder: Path, metric: str, selection: str, scorers: str = "", split: str = "test") -> str:
    """One metric of agreement by scorer and layer."""
    chosen = scorers.split(",") if scorers else None
    table = _analysis("results_markdown")["agreement_table"]
    return markdown(table(load_run(folder), metric, selection, chosen, split))


def scorers(folder: Path) -> str:
    """What `analyses/scorer_table.py` wrote."""
    return markdown(_analysis("scorer_table")["shown"](load_run(folder).metrics(SCORERS)))


def costs(folder: Path, of: str) -> str:
    """Tables of `analyses/attribution_cost.py` side by side; `of` is such as imdb-128,imdb-512."""
    run = load_run(folder)
    frames = {name: run.metrics(name) for name in (f"{COSTS}-{part}" for part in of.split(","))}
    return markdown(_analysis("attribution_cost")["side_by_side"](frames))


def comparison(folder: Path) -> str:
    """Methods at matched cost beside their controls."""
    return markdown(_analysis("comparison_markdown")["table"](read_comparison(folder)))


def bench(folder: Path, split: str = "test") -> str:
    """Texts per second, times, memory of a benchmark."""
    return markdown(write_bench(folder, split)[0].shown)


def bench_notes(folder: Path, split: str = "test") -> str:
    """What the benchmark did, and what limits each run."""
    return "\n".join(f"- {sentence}" for sentence in write_bench(folder, split)[1])


TABLES: dict[str, Callable[..., str]] = {
    "quality": quality,
    "agreement": agreement,
    "comparison": comparison,
    "scorers": scorers,
    "costs": costs,
    "bench": bench,
    "bench-notes": bench_notes,
}


def rendered(text: str, stored: Path = STORED) -> str:
    """`text` with every marked table made again from the stored frames; KeyError for an unknown kind."""
    with tempfile.TemporaryDirectory() as folder:

        def again(found: re.Match[str]) -> str:
            kind, *arguments = found["what"].split()
            options = dict(argument.split("=", 1) for argument in arguments)
            name = options.pop("run")
            restored = Path(folder) / name
            if not restored.is_dir():
                restore(stored / name, restored)
            return f"{found[1]}{TABLES[kind](restored, **options)}{found[4]}"

        return MARKED.sub(again, text)


def main() -> None:
    """Keep the frames of the runs named, then render the tables of README and docs in place."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="*", help="run or comparison folders to keep")
    parser.add_argument("--as", dest="name", help="the name of the only one; default: its folder's")
    options = parser.parse_args()
    if options.name and len(options.runs) != 1:
        parser.error("--as names one run")
    for run in options.runs:
        store(run, STORED / (options.name or run.resolve().name))
    for page in pages():
        text = page.read_text(encoding="utf-8")
        again = rendered(text)
        if again != text:
            write_text(page, again)
            print(f"{page.relative_to(ROOT)}: tables rendered again")


if __name__ == "__main__":
    main()
