"""What the commands print: progress and the table of an explained text."""

from collections.abc import Sequence
from typing import Self

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

from workbench.explaining import Explanation
from workbench.pipeline.job import Reporter


class ConsoleReporter(Reporter):
    """A progress bar per stage, with losses and time left; notes as lines above it."""

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
        self.told: set[str] = set()

    def __enter__(self) -> Self:
        self.progress_bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.progress_bar.stop()

    def stage(self, name: str, skipped: bool) -> None:
        values = "unchanged, skipped" if skipped else ""
        total = 1 if skipped else None
        self.task = self.progress_bar.add_task(name, total=total, completed=int(skipped), values=values)

    def progress(self, done: int, total: int, values: dict[str, float]) -> None:
        if self.task is not None:
            shown = "  ".join(f"{name} {value:.3g}" for name, value in values.items())
            self.progress_bar.update(self.task, completed=done, total=total, values=shown)

    def note(self, text: str) -> None:
        if text not in self.told:
            self.told.add(text)
            self.progress_bar.console.print(Text(f"note: {text}"), soft_wrap=True)


def explanation_table(explanation: Explanation) -> Table:
    """Tokens down, layers across; a dropped token is struck out from the layer that drops it on."""
    title = f"{explanation.method}: {explanation.predicted} ({explanation.probability:.3f})"
    if explanation.windows > 1:
        title += f", window {explanation.window + 1} of {explanation.windows}"
    table = Table(title=title, box=None)
    table.add_column("token")
    for layer in range(len(explanation.kept)):
        table.add_column(f"{layer}", justify="right")
    for index, token in enumerate(explanation.tokens):
        cells = [_cell(explanation, layer, index) for layer in range(len(explanation.kept))]
        alive = bool(explanation.kept[-1][index])
        table.add_row(Text(token, style="" if alive else "strike dim"), *cells)
    counts: Sequence[str] = [str(int(row.sum())) for row in explanation.kept]
    table.add_section()
    table.add_row("tokens left", *counts)
    return table


def _cell(explanation: Explanation, layer: int, index: int) -> Text:
    score = explanation.scores[layer][index]
    shown = "" if score != score else f"{score:.3f}"
    if explanation.kept[layer][index]:
        return Text(shown or "·")
    return Text(shown or "–", style="strike dim")
