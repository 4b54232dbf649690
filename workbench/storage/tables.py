"""Tables as files: Parquet, and the same rows as CSV beside it."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from workbench.errors import InputError
from workbench.storage.atomic import replacing


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
            frame.to_csv(scratch, index=False)


def write_parts(frames: Sequence[pd.DataFrame], path: Path) -> None:
    """Write the frames, one below the other, as a table and as CSV; nothing without any."""
    if frames:
        write_table(pd.concat(frames, ignore_index=True), path, csv=True)


def read_table(path: Path) -> pd.DataFrame:
    """Read Parquet, or CSV by its ending; InputError for a missing or broken file."""
    if not path.is_file():
        raise InputError(f"{path}: missing; run `workbench evaluate` on this folder")
    try:
        if path.suffix == ".csv":
            return pd.read_csv(path)
        return pd.read_parquet(path, page_checksum_verification=True)
    except (OSError, ValueError) as error:
        kind = "CSV" if path.suffix == ".csv" else "Parquet"
        raise InputError(f"{path}: cannot be read as {kind}: {' '.join(str(error).split())}") from None
