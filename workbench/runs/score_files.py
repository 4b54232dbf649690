"""Score tables that grow: parts written whole, joined row group by row group, known by text id."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.lib import ArrowInvalid

from workbench.core.token_scores import COLUMNS, TokenScores, to_frame
from workbench.errors import InputError
from workbench.storage.atomic import replacing

_NAME = pa.dictionary(pa.int32(), pa.string())
_TYPES = {
    "scorer": _NAME, "method": _NAME, "text_id": _NAME, "window": pa.int32(), "layer": pa.int32(),
    "token_index": pa.int32(), "word_index": pa.int32(), "token": _NAME, "score": pa.float32(),
    "kept": pa.bool_(), "rationale": pa.bool_(), "target": _NAME, "error": pa.float32(),
    "seconds": pa.float64(),
}  # fmt: skip
SCHEMA = pa.schema([(name, _TYPES[name]) for name in COLUMNS])


ROW_GROUP = 65_536
"""Rows in a row group at most, so that a text can be read without all the others."""


class ScoreFile:
    """`<folder>/<scorer>.parquet`, and the parts in `<folder>/.<scorer>/` that are not yet in it.

    Parts appear whole or not at all, so a killed run loses at most the texts of one part.
    """

    def __init__(self, folder: Path, scorer: str) -> None:
        self.path = folder / f"{scorer}.parquet"
        self.parts = folder / f".{scorer}"

    def text_ids(self) -> set[str]:
        """Ids of the texts that are there, parts included; InputError for a file that is no Parquet."""
        joined = _ids(self.path) if self.path.is_file() else set()
        found = set(joined)
        for part in self._parts():
            ids = _ids(part)
            if ids <= joined:
                # Joined already by a run that was killed before it could remove them.
                part.unlink()
            found |= ids
        return found

    def add(self, records: Sequence[TokenScores]) -> None:
        """Write a part with the records of whole texts."""
        if not records:
            return
        last = max((int(part.stem) for part in self._parts()), default=0)
        with replacing(self.parts / f"{last + 1:06d}.parquet") as beside:
            pq.write_table(_table(to_frame(records)), beside, row_group_size=ROW_GROUP)

    def join(self) -> None:
        """Put all parts behind what the file holds, a row group at a time, and remove them."""
        parts = self._parts()
        if not parts:
            return
        sources = [self.path, *parts] if self.path.is_file() else parts
        with replacing(self.path) as beside, pq.ParquetWriter(beside, SCHEMA) as writer:
            for group in _row_groups(sources):
                writer.write_table(group)
        for part in parts:
            part.unlink()
        self.parts.rmdir()

    def _parts(self) -> list[Path]:
        return sorted(self.parts.glob("[0-9]*.parquet"))


def _table(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False).cast(SCHEMA)


def _row_groups(paths: Iterable[Path]) -> Iterator[pa.Table]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                yield file.read_row_group(number)


def _ids(path: Path) -> set[str]:
    try:
        return set(pq.read_table(path, columns=["text_id"])["text_id"].unique().to_pylist())
    except (ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not readable as scores: {str(error).splitlines()[0]}") from None
