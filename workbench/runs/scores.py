"""Score tables of any size: written in parts that survive a kill, read a text at a time."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.core.token_scores import COLUMNS, TokenScores, from_frame, to_frame
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
_NEEDED = frozenset({"text_id", "window", "layer", "token_index", "token", "score"})
_Place = tuple[int, int, int]
"""Row group, first row in it, number of rows."""


class ScoreFile:
    """`<folder>/<scorer>.parquet`, and the parts in `<folder>/.<scorer>/` that are not yet in it.

    Parts appear whole or not at all, so a killed run loses at most the texts of one part.
    """

    def __init__(self, folder: Path, scorer: str) -> None:
        self.path = folder / f"{scorer}.parquet"
        self.parts = folder / f".{scorer}"

    def text_ids(self) -> set[str]:
        """Return the ids of the texts, parts included; InputError for a file that is no Parquet."""
        joined = _ids(self.path) if self.path.is_file() else set()
        every = set(joined)
        for part in self._parts():
            ids = _ids(part)
            if ids <= joined:
                # Joined already by a run that was killed before it could remove them.
                part.unlink()
            every |= ids
        return every

    def add(self, records: Sequence[TokenScores]) -> None:
        """Write a part with the records of whole texts."""
        if not records:
            return
        last = max((int(part.stem) for part in self._parts()), default=0)
        table = pa.Table.from_pandas(to_frame(records), preserve_index=False).cast(SCHEMA)
        with replacing(self.parts / f"{last + 1:06d}.parquet") as scratch:
            pq.write_table(table, scratch, row_group_size=ROW_GROUP)

    def join(self) -> None:
        """Append all parts to the file, a row group at a time, and remove them."""
        parts = self._parts()
        if not parts:
            return
        sources = [self.path, *parts] if self.path.is_file() else parts
        with replacing(self.path) as scratch, pq.ParquetWriter(scratch, SCHEMA) as writer:
            for source in sources:
                with pq.ParquetFile(source) as file:
                    for number in range(file.num_row_groups):
                        writer.write_table(file.read_row_group(number))
        for part in parts:
            part.unlink()
        self.parts.rmdir()

    def _parts(self) -> list[Path]:
        return sorted(self.parts.glob("[0-9]*.parquet"))


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
        """Return the text's windows, in their order; InputError for a text that is not in the table."""
        if text_id not in self:
            raise InputError(f"{self.path}: no scores of text {text_id!r}")
        records = from_frame(self._rows([text_id], list(COLUMNS)))
        return sorted(records, key=lambda record: record.window)

    def beginnings(self, text_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the tokens of each text's first window; unknown texts are left out."""
        known = [name for name in text_ids if name in self]
        if not known:
            return {}
        frame = self._rows(known, ["text_id", "window", "layer", "token_index", "token"])
        frame = frame[(frame["layer"] == 0) & (frame["window"] == 0)].sort_values("token_index")
        tokens = frame["token"].astype(str).groupby(frame["text_id"].astype(str)).agg(tuple)
        return {str(name): first for name, first in tokens.items()}

    def layer(self, layer: int, columns: Sequence[str]) -> pd.DataFrame:
        """Return one layer's rows of all texts, read a row group at a time; none without the layer."""
        groups = (_frame(self._read(n, ["layer", *columns])) for n in range(self._groups()))
        return pd.concat([rows[rows["layer"] == layer] for rows in groups], ignore_index=True)

    def _rows(self, text_ids: Iterable[str], columns: list[str]) -> pd.DataFrame:
        slices: dict[int, list[tuple[int, int]]] = {}
        for text_id in text_ids:
            for group, start, size in self._places[text_id]:
                slices.setdefault(group, []).append((start, size))
        parts = []
        for group, places in sorted(slices.items()):
            table = self._read(group, columns)
            parts.append(_frame(pa.concat_tables([table.slice(*place) for place in places])))
        return pd.concat(parts, ignore_index=True)

    def _groups(self) -> int:
        with self._open() as file:
            return int(file.num_row_groups)

    def _read(self, group: int, columns: list[str]) -> pa.Table:
        with self._open() as file:
            present = [name for name in columns if name in file.schema_arrow.names]
            try:
                return file.read_row_group(group, columns=present)
            except (pa.ArrowException, OSError, IndexError) as error:
                raise _unreadable(self.path, error) from None

    def _open(self) -> pq.ParquetFile:
        if not self.path.is_file():
            raise InputError(f"{self.path}: missing; run `workbench evaluate` on this run")
        try:
            file = pq.ParquetFile(self.path)
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(self.path, error) from None
        lost = sorted(_NEEDED - set(file.schema_arrow.names))
        if lost:
            raise InputError(f"{self.path}: not a score table, it lacks {', '.join(lost)}")
        return file


def _ids(path: Path) -> set[str]:
    try:
        return set(pq.read_table(path, columns=["text_id"])["text_id"].unique().to_pylist())
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from None


def _frame(table: pa.Table) -> pd.DataFrame:
    return table.to_pandas(ignore_metadata=True)


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"{path}: not readable as scores: {str(error).splitlines()[0]}")
