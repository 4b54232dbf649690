"""Tables as files: Parquet, and the same rows as CSV beside it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from workbench.errors import InputError
from workbench.storage.atomic import replacing
from workbench.storage.spreadsheets import csv_text, undone

UNREADABLE = (OSError, ValueError, LookupError, TypeError, ArithmeticError, pa.ArrowException)
"""What reading a damaged Parquet file may raise, checksums and broken metadata included."""


@contextmanager
def parquet_errors(path: Path) -> Iterator[None]:
    """Say of whatever reading a damaged Parquet file raises which file it is, as InputError."""
    try:
        yield
    except UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path}: cannot be read as Parquet: {reason}") from None


def write_table(frame: pd.DataFrame, path: Path, *, csv: bool = False, group: int | None = None) -> None:
    """Write a table, whole or not at all.

    Args:
        frame, path: The rows, without their index; a Parquet file.
        csv: Write the same rows as CSV beside it.
        group: How many rows a row group may have.
    """
    with replacing(path) as scratch:
        frame.to_parquet(scratch, index=False, row_group_size=group, write_page_checksum=True)
    if csv:
        with replacing(path.with_suffix(".csv")) as scratch:
            scratch.write_text(csv_text(frame), encoding="utf-8", newline="")


def write_parts(frames: Sequence[pd.DataFrame], path: Path) -> None:
    """Write the frames, one below the other, as a table and as CSV; nothing without any."""
    if frames:
        write_table(pd.concat(frames, ignore_index=True), path, csv=True)


def read_table(path: Path, **selection: Any) -> pd.DataFrame:
    """Read Parquet, or CSV by its ending; InputError for a missing or broken file.

    Args:
        path: The file.
        selection: Which `columns` and rows (`filters`) of a Parquet file; default: all.
    """
    if not path.is_file():
        raise InputError(f"{path}: missing; run `workbench evaluate` on this folder")
    if path.suffix != ".csv":
        with parquet_errors(path):
            return pd.read_parquet(path, page_checksum_verification=True, **selection)
    try:
        return undone(pd.read_csv(path))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as CSV: {' '.join(str(error).split())}") from None
