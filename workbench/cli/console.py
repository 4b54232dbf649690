"""What the commands print: progress, and tables for the terminal."""

from datetime import datetime
from typing import Self

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text
from transformers.utils import logging as transformers_logging

from workbench.core.token_scores import TokenScores
from workbench.inference.explain import Explained
from workbench.metrics.classification import judged_by
from workbench.pipeline.job import Reporter
from workbench.runs.folder import Run


class ConsoleReporter(Reporter):
    """A progress bar per stage, with losses and time left; notes as lines above it.

    Where the output is no terminal, such as a file, it prints a line at the beginning and at every tenth
    of a stage; where nobody knows how much there is to do, whenever twice as much is done, and at the
    end.
    """

    def __init__(self, console: Console, warned: set[str] | None = None) -> None:
        """Print on `console`; `warned` are warnings that were printed, which others may share."""
        self.warned = set() if warned is None else warned
        self.progress_bar = Progress(
            TextColumn("{task.description:>12}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[values]}"),
            console=console,
        )
        self.task: TaskID | None = None
        self.name, self.step, self.logged = "", 0, 0
        self.noted: set[str] = set()
        self.short: list[str] = []
        """What was asked for and is not reached."""

    def __enter__(self) -> Self:
        # The library's own bars would tear ours.
        self.their_bars = transformers_logging.is_progress_bar_enabled()
        transformers_logging.disable_progress_bar()
        self.progress_bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.progress_bar.stop()
        if self.their_bars:
            transformers_logging.enable_progress_bar()

    def stage(self, name: str, skipped: bool) -> None:
        values = "unchanged, skipped" if skipped else ""
        total = 1 if skipped else None
        self.task = self.progress_bar.add_task(name, total=total, completed=int(skipped), values=values)
        self.name, self.step, self.logged = name, 0, 0
        self._log(values or "begins")

    def progress(self, done: int, total: int, values: dict[str, float]) -> None:
        if self.task is not None:
            shown = "  ".join(f"{name} {value:.3g}" for name, value in values.items())
            self.progress_bar.update(self.task, completed=done, total=total or None, values=shown)
            # Without a total, as many steps as `done` has binary digits.
            step = 10 * done // total if total else done.bit_length()
            ended = 0 < total == done != self.logged
            if step > self.step or ended:
                self.step, self.logged = step, done
                self._log(
                    f"{done} of {total}  {shown}".rstrip() if total else f"{done}  {shown}".rstrip()
                )

    def _log(self, line: str) -> None:
        console = self.progress_bar.console
        if not console.is_terminal:
            console.print(Text(f"{datetime.now():%H:%M:%S} {self.name}: {line}"), soft_wrap=True)

    def missed(self, text: str) -> None:
        self.short.append(text)
        self.note(text)

    def note(self, text: str) -> None:
        if text not in self.noted:
            self.noted.add(text)
            self._print(f"note: {text}")

    def warning(self, text: str) -> None:
        if text not in self.warned:
            self.warned.add(text)
            self._print(f"warning: {text}")

    def _print(self, line: str) -> None:
        self.progress_bar.console.print(Text(line), soft_wrap=True)


def explanation_table(explained: Explained, record: TokenScores) -> Table:
    """Return tokens down and layers across; a dropped token is struck out from its last layer on."""
    assert record.kept is not None
    window = f", window {record.window + 1} of {len(explained.records)}"
    table = _token_table(
        f"{record.method}: {explained.said}{window if len(explained.records) > 1 else ''}"
    )
    for layer in range(record.layers):
        table.add_column(str(layer), justify="right")
    for index, token in enumerate(record.tokens):
        if index == record.second_start:
            table.add_section()
            table.add_row(Text("second text:", style="italic"))
        cells = [
            _cell(*pair) for pair in zip(record.scores[:, index], record.kept[:, index], strict=True)
        ]
        table.add_row(Text(token, style="" if record.kept[-1, index] else "strike dim"), *cells)
    table.add_section()
    table.add_row("tokens left", *(str(int(row.sum())) for row in record.kept))
    return table


def side_by_side(explained: Explained, layer: int) -> Table:
    """Return tokens down and scorers across, at `layer`, or at a scorer's last where it has none."""
    records = explained.stitched()
    table = _token_table(explained.said)
    shown = [_layer_shown(record, layer) for record in records]
    for record, at in zip(records, shown, strict=True):
        table.add_column(f"{record.scorer}\nlayer {at}", justify="right")
    for index, token in enumerate(records[0].tokens):
        cells = [
            _cell(record.scores[at, index], record.kept is None or bool(record.kept[at, index]))
            for record, at in zip(records, shown, strict=True)
        ]
        table.add_row(Text(token), *cells)
    return table


def _token_table(title: str) -> Table:
    # Not as a string: a class called "[x]" is no markup, and a narrow table must not break the line.
    table = Table(title=Text(title, no_wrap=True, overflow="ignore", style="table.title"), box=None)
    table.add_column("token")
    return table


def _layer_shown(record: TokenScores, layer: int) -> int:
    """Return `layer`, or the last one that has scores where it has none."""
    scored = np.flatnonzero(~np.isnan(record.scores).all(axis=1))
    return layer if layer in scored or not len(scored) else int(scored[-1])


def _cell(score: float, kept: bool) -> Text:
    shown = "" if score != score else f"{score:.3f}"
    return Text(shown or "·") if kept else Text(shown or "–", style="strike dim")


def frame_table(frame: pd.DataFrame) -> Table:
    """Return a data frame of formatted text as a table for the terminal."""
    table = Table(*frame.columns, box=None)
    for row in frame.itertuples(index=False):
        table.add_row(*(str(cell) for cell in row))
    return table


def summary_table(run: Run) -> Table:
    """Return one row per method and split: its quality, and how much faster it is."""
    quality, speed = run.metrics("classification"), run.metrics("efficiency")
    metric = judged_by(quality)
    table = Table(
        "method", "split", metric, "95 % interval", "FLOPs speed-up", "measured vs stock", box=None
    )
    for row in quality[quality["metric"] == metric].itertuples():
        measures = speed[(speed["method"] == row.method) & (speed["split"] == row.split)]
        flops = measures.loc[measures["quantity"] == "flops_speedup_unpadded", "value"]
        timed = measures[measures["quantity"] == "speedup_vs_hf"].sort_values("batch_size")
        table.add_row(
            str(row.method),
            str(row.split),
            f"{row.value:.3f}",
            f"{row.ci_low:.3f} to {row.ci_high:.3f}",
            f"{flops.iloc[0]:.2f}x" if len(flops) else "",
            ", ".join(f"{r.value:.2f}x at batch {r.batch_size}" for r in timed.itertuples()),
        )
    return table
