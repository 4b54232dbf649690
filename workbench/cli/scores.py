"""`workbench scores`: scores that other programs computed, checked and judged."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from workbench.catalog.options import Pooling
from workbench.cli.options import Overrides, Split
from workbench.cli.terminal import say

File = Annotated[
    Path,
    typer.Argument(help="Rows with text_id, score and word, or start and end: CSV, JSONL, Parquet."),
]
Data = Annotated[str, typer.Option("--data", help="Texts, named as for `data check`.")]
SplitOption = Annotated[Split, typer.Option("--split", help="Split that was scored.")]


@dataclass(frozen=True)
class Judging:
    """How scores are judged."""

    pooling: Pooling = "max"
    """What a word of several tokens gets."""
    signed: bool = False
    """Rank negative scores as they are."""
    absolute: bool = False
    """Use the sizes of negative scores."""
    uncovered: bool = False
    """Give 0 to words without a score."""
    partial: bool = False
    """Leave out texts that only one side has, and judge each scorer and layer on those it has."""
    out: Path | None = None
    """Folder for the tables."""


def check_file(file: File, data: Data, split: SplitOption = "test", overrides: Overrides = None) -> None:
    """Say what is in a file of scores, and which options it needs to be judged."""
    from workbench.data.sources import data_settings
    from workbench.external.check import check_scores

    say(*check_scores(file, data_settings(data, overrides), split=split))


def evaluate_file(
    file: File, data: Data, how: Judging, split: SplitOption = "test", overrides: Overrides = None
) -> None:
    """Judge scores that another program computed against the rationales of texts."""
    from workbench.data.sources import data_settings
    from workbench.external.evaluate import evaluate_scores
    from workbench.metrics.plausibility.signs import chosen_signs
    from workbench.storage.tables import write_table

    judged = evaluate_scores(
        file, data_settings(data, overrides), split=split, pooling=how.pooling,
        signs=chosen_signs(file, absolute=how.absolute, signed=how.signed),
        uncovered=how.uncovered, partial=how.partial,
    )  # fmt: skip
    if how.out is not None:
        write_table(judged.plausibility, how.out / "plausibility.parquet", csv=True)
        write_table(judged.counts, how.out / "plausibility_counts.parquet", csv=True)
    say(judged.summary.to_string(index=False, float_format="{:.3f}".format))
    say(*(f"- {note}" for note in judged.notes))
