"""Score tables written in parts, so that a killed command loses the texts of one part at most."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.core.token_scores import TokenScores, to_frame
from workbench.errors import InputError
from workbench.runs.scores import ROW_GROUP, SCHEMA
from workbench.storage.atomic import replacing
from workbench.storage.fingerprints import fingerprint
from workbench.storage.scratch import discard
from workbench.storage.tables import parquet_errors

_FACTS = b"workbench"
"""Key of what a file says of itself in its metadata: its last part's number, its tally, a checksum."""

_SHARE = SCHEMA.get_field_index("share")
_WITHOUT_SHARES = SCHEMA.remove(_SHARE)
"""What earlier versions wrote."""


@dataclass(frozen=True)
class Tally:
    """What the scores of a file have cost, and what is missing from them."""

    method: str
    texts: int = 0
    windows: int = 0
    seconds: float = 0.0
    failed: dict[str, list[int]] = field(default_factory=dict)
    """Text id -> layers in which a window gave NaN or infinity; they hold no scores."""
    warned: int = 0
    """Windows whose convergence error is above the limit."""

    def plus(self, other: "Tally") -> "Tally":
        """Return the tally of both, which share no text."""
        return Tally(
            method=self.method,
            texts=self.texts + other.texts,
            windows=self.windows + other.windows,
            seconds=self.seconds + other.seconds,
            failed=self.failed | other.failed,
            warned=self.warned + other.warned,
        )


class ScoreFile:
    """`<folder>/<scorer>.parquet`, and the parts in `<folder>/.<scorer>/` that are not yet in it.

    Every file appears whole or not at all and tells in its metadata what it holds, so a kill at any
    point leaves no text twice and no wrong count. Parts are numbered on from those joined already: one
    that a killed command could not remove any more is known by its number. Raises InputError, from every
    method, for a file that is damaged or says nothing of itself.
    """

    def __init__(self, folder: Path, scorer: str) -> None:
        self.path = folder / f"{scorer}.parquet"
        self._folder = folder / f".{scorer}"
        self.tally: Tally | None
        self._last, self.tally = _facts(self.path) if self.path.is_file() else (0, None)
        found = [part for part in self._folder.glob("*.parquet") if part.stem.isdecimal()]
        numbers = {int(part.stem): part for part in found}
        self._parts = [numbers[number] for number in sorted(numbers) if number > self._last]
        for part in self._parts:
            self._count(part, *_facts(part))

    def text_ids(self) -> set[str]:
        """Return the ids of the texts, parts included."""
        ids: set[str] = set()
        for path in self._sources():
            for group in _row_groups(path, ["text_id"]):
                with parquet_errors(path):
                    ids.update(group["text_id"].unique().to_pylist())
        return ids

    def add(self, records: Sequence[TokenScores], tally: Tally) -> None:
        """Write a part with the records of whole texts, and their tally."""
        number = self._last + 1
        part = self._folder / f"{number:06d}.parquet"
        table = pa.Table.from_pandas(to_frame(records), preserve_index=False).cast(SCHEMA)
        table = table.replace_schema_metadata(_metadata(number, tally))
        with replacing(part) as scratch:
            pq.write_table(table, scratch, row_group_size=ROW_GROUP, write_page_checksum=True)
        self._parts.append(part)
        self._count(part, number, tally)

    def join(self) -> None:
        """Append all parts to the file, a row group at a time, and remove them."""
        if self._parts:
            assert self.tally is not None
            schema = SCHEMA.with_metadata(_metadata(self._last, self.tally))
            with (
                replacing(self.path) as scratch,
                pq.ParquetWriter(scratch, schema, write_page_checksum=True) as writer,
            ):
                for source in self._sources():
                    for group in _row_groups(source):
                        writer.write_table(group)
            self._parts = []
        # Parts that cannot be removed now, for lack of room, are known as joined and go the next time.
        with suppress(OSError):
            discard(self._folder)

    def _count(self, part: Path, number: int, tally: Tally) -> None:
        if part.stem != f"{number:06d}":
            raise InputError(f"{part}: was part {number}; give it its name back, or remove it")
        self._last = number
        self.tally = tally if self.tally is None else self.tally.plus(tally)

    def _sources(self) -> list[Path]:
        return [self.path, *self._parts] if self.path.is_file() else self._parts


def _metadata(last: int, tally: Tally) -> dict[bytes, bytes]:
    facts = {"last": last, "tally": asdict(tally)}
    return {_FACTS: json.dumps([facts, fingerprint(facts)]).encode()}


def _facts(path: Path) -> tuple[int, Tally]:
    """The number of the last part in a file, and the file's tally."""
    with parquet_errors(path):
        written = pq.read_metadata(path).metadata or {}
    if _FACTS not in written:
        raise InputError(
            f"{path}: does not say what it holds: it is of an earlier version, or was not written by "
            "`workbench attribute`; choose another --out"
        )
    with parquet_errors(path):
        facts, digest = json.loads(written[_FACTS])
        if fingerprint(facts) != digest:
            raise ValueError("its metadata do not fit their checksum")
        return int(facts["last"]), Tally(**facts["tally"])


def _row_groups(path: Path, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """The tables of a file's row groups, checked against their checksums."""
    with parquet_errors(path):
        file = pq.ParquetFile(path, page_checksum_verification=True)
    with file:
        lacks_shares = file.schema_arrow.equals(_WITHOUT_SHARES)
        if not (lacks_shares or file.schema_arrow.equals(SCHEMA)):
            raise InputError(f"{path}: not a score table; remove it, and its texts are scored anew")
        for number in range(file.num_row_groups):
            with parquet_errors(path):
                group = file.read_row_group(number, columns=columns)
            if lacks_shares and columns is None:
                unknown = pa.nulls(len(group), SCHEMA.field(_SHARE).type)
                group = group.add_column(_SHARE, SCHEMA.field(_SHARE), unknown)
            yield group
