"""Score tables of any size, read a text at a time."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.core.token_scores import COLUMNS, TokenScores, from_frame
from workbench.errors import InputError
from workbench.storage.tables import parquet_errors

_NAME = pa.dictionary(pa.int32(), pa.string())
_TYPES = {
    "scorer": _NAME, "method": _NAME, "text_id": _NAME, "window": pa.int32(), "layer": pa.int32(),
    "token_index": pa.int32(), "word_index": pa.int32(), "token": _NAME, "score": pa.float32(),
    "kept": pa.bool_(), "rationale": pa.bool_(), "share": pa.float32(), "target": _NAME,
    "error": pa.float32(), "seconds": pa.float64(),
}  # fmt: skip
SCHEMA = pa.schema([(name, _TYPES[name]) for name in COLUMNS])
ROW_GROUP = 65_536
"""Rows in a row group at most, so that a text can be read without all the others."""
_NEEDED = frozenset({"text_id", "window", "layer", "token_index", "token", "score"})
_Place = tuple[int, int, int]
"""Row group, first row in it, number of rows."""


class ScoreTable:
    """`scores/<scorer>.parquet`, and where each text's rows lie in it.

    Making one reads the column of text ids; after that a text costs the row groups it lies in, and no
    file stays open. A text whose rows are not next to each other is found all the same. Raises
    InputError, from every method too, for a file that is missing, damaged or no score table.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: dict[str, list[_Place]] = {}
        for group, table in self._groups(["text_id"]):
            with parquet_errors(path):
                ids = table["text_id"].combine_chunks().dictionary_encode()
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
        """Return the text's windows, in their order; InputError for a text that is not in the table."""
        if text_id not in self:
            raise InputError(f"{self.path}: no scores of text {text_id!r}")
        with parquet_errors(self.path):
            records = from_frame(self._rows([text_id], list(COLUMNS)))
        return sorted(records, key=lambda record: record.window)

    def beginnings(self, text_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the words' tokens in each text's first window; unknown texts are left out."""
        known = [name for name in text_ids if name in self]
        if not known:
            return {}
        columns = ["text_id", "window", "layer", "token_index", "word_index", "token"]
        frame = self._rows(known, columns)
        frame = frame[(frame["layer"] == 0) & (frame["window"] == 0) & (frame["word_index"] >= 0)]
        frame = frame.sort_values("token_index")
        tokens = frame["token"].astype(str).groupby(frame["text_id"].astype(str)).agg(tuple)
        return {str(name): first for name, first in tokens.items()}

    def layer(self, layer: int, columns: Sequence[str]) -> pd.DataFrame:
        """Return one layer's rows of all texts, read a row group at a time; none without the layer."""
        parts = []
        for _, table in self._groups(list(dict.fromkeys(["layer", *columns]))):
            with parquet_errors(self.path):
                rows = table.filter(pc.equal(table["layer"], layer))
            parts.append(rows.unify_dictionaries().combine_chunks())
        with parquet_errors(self.path):
            return self._frame(pa.concat_tables(parts).unify_dictionaries())

    def _rows(self, text_ids: Iterable[str], columns: list[str]) -> pd.DataFrame:
        slices: dict[int, list[tuple[int, int]]] = {}
        for text_id in text_ids:
            for group, start, size in self._places[text_id]:
                slices.setdefault(group, []).append((start, size))
        parts = [
            self._frame(pa.concat_tables([table.slice(*place) for place in slices[group]]))
            for group, table in self._groups(columns, sorted(slices))
        ]
        return pd.concat(parts, ignore_index=True)

    def _groups(
        self, columns: list[str], groups: Iterable[int] | None = None
    ) -> Iterator[tuple[int, pa.Table]]:
        """Some columns of the row groups, by default of all, one after the other."""
        with self._open() as file:
            present = [name for name in columns if name in file.schema_arrow.names]
            for group in range(file.num_row_groups) if groups is None else groups:
                with parquet_errors(self.path):
                    table = file.read_row_group(group, columns=present)
                yield group, table

    def _open(self) -> pq.ParquetFile:
        if not self.path.is_file():
            raise InputError(f"{self.path}: missing; run `workbench evaluate` on this run")
        with parquet_errors(self.path):
            file = pq.ParquetFile(self.path, page_checksum_verification=True)
        lost = sorted(_NEEDED - set(file.schema_arrow.names))
        if lost:
            raise InputError(f"{self.path}: not a score table, it lacks {', '.join(lost)}")
        return file

    def _frame(self, table: pa.Table) -> pd.DataFrame:
        with parquet_errors(self.path):
            return table.to_pandas(ignore_metadata=True)
