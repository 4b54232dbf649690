"""One text out of a score table of any size: which rows are whose, read a row group at a time."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.core.token_scores import COLUMNS, TokenScores, from_frame
from workbench.errors import InputError

_Place = tuple[int, int, int]
"""Row group, first row in it, number of rows."""


class ScoreTable:
    """`scores/<scorer>.parquet`, and where each text's rows lie in it.

    Making one reads the column of text ids; after that a text costs the row groups it lies in, and no
    file stays open. A text whose rows are not next to each other is found all the same. Raises
    InputError, from every method too, for a file that is missing or not readable as scores.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: dict[str, list[_Place]] = {}
        for group in range(self._groups()):
            ids = self._read(group, ["text_id"])["text_id"].combine_chunks().dictionary_encode()
            codes, names = ids.indices.to_numpy(), ids.dictionary.to_pylist()
            starts = np.flatnonzero(np.diff(codes, prepend=-1))
            sizes = np.diff(starts, append=len(codes))
            for code, start, size in zip(codes[starts], starts.tolist(), sizes.tolist(), strict=True):
                self._places.setdefault(str(names[code]), []).append((group, start, size))

    @property
    def text_ids(self) -> tuple[str, ...]:
        """Every text of the table, in its order."""
        return tuple(self._places)

    def __contains__(self, text_id: object) -> bool:
        return text_id in self._places

    def records(self, text_id: str) -> list[TokenScores]:
        """The text's windows, in their order; InputError for a text that the table does not have."""
        if text_id not in self:
            raise InputError(f"{self.path}: no scores of text {text_id!r}")
        records = from_frame(self._rows([text_id], list(COLUMNS)))
        return sorted(records, key=lambda record: record.window)

    def beginnings(self, text_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The tokens of each text's first window; texts that the table does not have are left out."""
        columns = ["text_id", "window", "layer", "token_index", "token"]
        there = [name for name in text_ids if name in self]
        if not there:
            return {}
        frame = self._rows(there, columns)
        frame = frame[(frame["layer"] == 0) & (frame["window"] == 0)].sort_values("token_index")
        tokens = frame["token"].astype(str).groupby(frame["text_id"].astype(str)).agg(tuple)
        return {str(name): found for name, found in tokens.items()}

    def layer(self, layer: int, columns: Sequence[str]) -> pd.DataFrame:
        """One layer's rows of all texts, read a row group at a time; none if there is no such layer."""
        parts = []
        for group in range(self._groups()):
            frame = _frame(self._read(group, ["layer", *columns]))
            parts.append(frame[frame["layer"] == layer])
        return pd.concat(parts, ignore_index=True)

    def _rows(self, text_ids: Iterable[str], columns: list[str]) -> pd.DataFrame:
        wanted: dict[int, list[tuple[int, int]]] = {}
        for text_id in text_ids:
            for group, start, size in self._places[text_id]:
                wanted.setdefault(group, []).append((start, size))
        parts = []
        for group, slices in sorted(wanted.items()):
            table = self._read(group, columns)
            parts.append(_frame(pa.concat_tables([table.slice(*place) for place in slices])))
        return pd.concat(parts, ignore_index=True)

    def _groups(self) -> int:
        with self._open() as file:
            return int(file.num_row_groups)

    def _read(self, group: int, columns: list[str]) -> pa.Table:
        with self._open() as file:
            there = [name for name in columns if name in file.schema_arrow.names]
            try:
                return file.read_row_group(group, columns=there)
            except (pa.ArrowException, OSError, IndexError) as error:
                raise self._unreadable(error) from None

    def _open(self) -> pq.ParquetFile:
        if not self.path.is_file():
            raise InputError(f"{self.path}: missing; run `workbench evaluate` on this run")
        try:
            file = pq.ParquetFile(self.path)
        except (pa.ArrowException, OSError) as error:
            raise self._unreadable(error) from None
        needed = {"text_id", "window", "layer", "token_index", "token", "score"}
        lost = sorted(needed - set(file.schema_arrow.names))
        if lost:
            raise InputError(f"{self.path}: not a score table, it lacks {', '.join(lost)}")
        return file

    def _unreadable(self, error: Exception) -> InputError:
        return InputError(f"{self.path}: not readable as scores: {str(error).splitlines()[0]}")


def _frame(table: pa.Table) -> pd.DataFrame:
    return table.to_pandas(ignore_metadata=True)
