"""What the commands print: progress and the table of an explained text."""

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
from workbench.pipeline.job import Reporter


class ConsoleReporter(Reporter):
    """A progress bar per stage, with losses and time left; notes as lines above it.

    Where the output is no terminal, such as a file, a line at the begin and at every tenth of a stage.
    """

    def __init__(self, console: Console) -> None:
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
        self.name, self.tenths = "", 0
        self.told: set[str] = set()

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
        self.name, self.tenths = name, 0
        self._tell(values or "begins")

    def progress(self, done: int, total: int, values: dict[str, float]) -> None:
        if self.task is not None:
            shown = "  ".join(f"{name} {value:.3g}" for name, value in values.items())
            self.progress_bar.update(self.task, completed=done, total=total, values=shown)
            tenths = 10 * done // max(total, 1)
            if tenths > self.tenths:
                self.tenths = tenths
                self._tell(f"{done} of {total}  {shown}".rstrip())

    def _tell(self, what: str) -> None:
        console = self.progress_bar.console
        if not console.is_terminal:
            console.print(Text(f"{datetime.now():%H:%M:%S} {self.name}: {what}"), soft_wrap=True)

    def note(self, text: str) -> None:
        if text not in self.told:
            self.told.add(text)
            self.progress_bar.console.print(Text(f"note: {text}"), soft_wrap=True)


def explanation_table(explained: Explained, record: TokenScores) -> Table:
    """Tokens down, layers across; a dropped token is struck out from the layer that drops it on."""
    assert record.kept is not None
    title = (
        f"{record.method}: {explained.predicted} ({explained.probabilities[explained.predicted]:.3f})"
    )
    if len(explained.records) > 1:
        title += f", window {record.window + 1} of {len(explained.records)}"
    # Not as a string: a class called "[x]" is no markup, and a narrow table must not break the line.
    table = Table(title=Text(title, no_wrap=True, overflow="ignore", style="table.title"), box=None)
    table.add_column("token")
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
    """Tokens down, scorers across, at a layer; one that is silent there shows its last instead."""
    records = explained.stitched()
    title = f"{explained.predicted} ({explained.probabilities[explained.predicted]:.3f})"
    table = Table(title=Text(title, no_wrap=True, overflow="ignore", style="table.title"), box=None)
    table.add_column("token")
    shown = [_spoken(record, layer) for record in records]
    for record, at in zip(records, shown, strict=True):
        table.add_column(f"{record.scorer}\nlayer {at}", justify="right")
    for index, token in enumerate(records[0].tokens):
        cells = [
            _cell(record.scores[at, index], record.kept is None or bool(record.kept[at, index]))
            for record, at in zip(records, shown, strict=True)
        ]
        table.add_row(Text(token), *cells)
    return table


def _spoken(record: TokenScores, layer: int) -> int:
    """`layer`, or the last one that has scores where it has none."""
    speaks = np.flatnonzero(~np.isnan(record.scores).all(axis=1))
    return layer if layer in speaks or not len(speaks) else int(speaks[-1])


def _cell(score: float, kept: bool) -> Text:
    shown = "" if score != score else f"{score:.3f}"
    return Text(shown or "·") if kept else Text(shown or "–", style="strike dim")


def frame_table(frame: pd.DataFrame) -> Table:
    """A data frame of formatted text as a table for the terminal."""
    table = Table(*frame.columns, box=None)
    for row in frame.itertuples(index=False):
        table.add_row(*(str(cell) for cell in row))
    return table
