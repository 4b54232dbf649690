"""What it costs to bring back scores and plausibility of a large run, planted for it.

python analyses/costs/large_run.py --texts 100000 --tokens 27 --out runs/planted

The run is made of random numbers, a part at a time; one that is there already is used again. Told are
seconds of the processor and of the clock, and the memory of the process: for reading the tables, for
finding the texts in the scores, for every text's value in one layer of one scorer, from its scores.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time

from analyses.lib.planted_run import SCORERS, build_big_run
from analyses.lib.study import run_script
from workbench.metrics.plausibility.score_rows import JUDGED, layer_rows
from workbench.metrics.plausibility.text_values import layer_text_values
from workbench.metrics.plausibility.units import UNITS
from workbench.models.stopwatch import resident
from workbench.runs.scores import ScoreTable
from workbench.runs.tables import read_run_data

OPTIONS = {
    "--texts": {"type": int, "default": 100_000},
    "--layers": {"type": int, "default": 12},
    "--tokens": {"type": int, "default": 27, "help": "of a text, on average"},
    "--scorers": {"type": int, "default": 6},
    "--out": {"type": Path, "required": True, "help": "where the planted run lies, or is to lie"},
}


def main(options: argparse.Namespace) -> None:
    """Plant the run where it is not there; print what each step costs."""
    folder = options.out
    if not folder.exists():
        folder.mkdir(parents=True)
        with told("planting"):
            build_big_run(folder, options.texts, options.layers, options.tokens, options.scorers)
    with told("predictions and metrics"):
        read_run_data(folder)
    with told("where the texts lie, all scorers"):
        tables = {path.stem: ScoreTable(path) for path in sorted(folder.glob("scores/*.parquet"))}
    name, table = next(iter(tables.items()))
    with told(f"one text of {len(table.text_ids):,}"):
        table.records(table.text_ids[-1])
    with told(f"{name}, rows of the last layer"):
        rows = layer_rows(table.layer(options.layers - 1, JUDGED))
    for unit in UNITS:
        with told(f"{name}, every measure of the texts, unit {unit}"):
            layer_text_values(rows, SCORERS[name], [unit])


@contextmanager
def told(name: str) -> Iterator[None]:
    """Print what the block takes."""
    processor, clock = process_time(), perf_counter()
    yield
    print(
        f"{name}: {process_time() - processor:.2f} s of the processor, {perf_counter() - clock:.2f} s, "
        f"{resident('VmRSS'):,.0f} MB resident, {resident('VmHWM'):,.0f} MB at most",
        flush=True,
    )


if __name__ == "__main__":
    run_script(main, __doc__, OPTIONS)
