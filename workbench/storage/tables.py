"""Tables as files: Parquet, and the same rows as CSV beside it."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from workbench.errors import InputError
from workbench.storage.atomic import replacing
from workbench.storage.spreadsheets import csv_text, undone


def write_table(frame: pd.DataFrame, path: Path, *, csv: bool = False, group: int | None = None) -> None:
    """Write a table, whole or not at all.

    Args:
        frame, path: The rows, without their index; a Parquet file.
        csv: Write the same rows as CSV beside it.
        group: How many rows a row group may have.
    """
    with replacing(path) as scratch:
        frame.to_parquet(scratch, index=False, row_group_size=group)
    if csv:
        with replacing(path.with_suffix(".csv")) as scratch:
            scratch.write_text(csv_text(frame), encoding="utf-8", newline="")


def write_parts(frames: Sequence[pd.DataFrame], path: Path) -> None:
    """Write the frames, one below the other, as a table and as CSV; without any, remove the table."""
    if frames:
        write_table(pd.concat(frames, ignore_index=True), path, csv=True)
    else:
        remove_table(path)


def remove_table(path: Path) -> None:
    """Remove what `write_table` wrote, if it is there."""
    for kind in (".parquet", ".csv"):
        path.with_suffix(kind).unlink(missing_ok=True)


def read_table(path: Path) -> pd.DataFrame:
    """Read Parquet, or CSV by its ending; InputError for a missing or broken file."""
    if not path.is_file():
        raise InputError(f"{path}: missing; run `workbench evaluate` on this folder")
    try:
        return undone(pd.read_csv(path)) if path.suffix == ".csv" else pd.read_parquet(path)
    except (OSError, ValueError) as error:
        kind = "CSV" if path.suffix == ".csv" else "Parquet"
        raise InputError(f"{path}: cannot be read as {kind}: {' '.join(str(error).split())}") from None
