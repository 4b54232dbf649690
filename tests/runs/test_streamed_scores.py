"""Score files: joined from parts once each, whatever was interrupted; damage is named."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.core.token_scores import TokenScores, to_frame
from workbench.errors import InputError
from workbench.runs.scores import SCHEMA, ScoreTable
from workbench.runs.streamed_scores import ScoreFile, Tally


def record(text_id: str) -> TokenScores:
    return TokenScores(
        scorer="alti",
        method="dense",
        text_id=text_id,
        window=0,
        tokens=tuple("abcdefgh"),
        word_index=np.arange(8) - 1,
        scores=np.random.default_rng(len(text_id)).random((4, 8)).astype(np.float32),
        target="a logit",
    )


def add(folder: Path, *text_ids: str, **counted) -> ScoreFile:
    file = ScoreFile(folder, "alti")
    tally = Tally("dense", len(text_ids), len(text_ids), 0.5, **counted)
    file.add([record(text_id) for text_id in text_ids], tally)
    return file


def rows(path: Path) -> int:
    return pq.read_metadata(path).num_rows


def test_tallies_are_those_of_the_parts_and_of_what_was_joined(tmp_path) -> None:
    add(tmp_path, "a", "b", failed={"b": [1]}).join()
    add(tmp_path, "c", warned=1)
    file = ScoreFile(tmp_path, "alti")
    assert file.text_ids() == {"a", "b", "c"}
    assert file.tally == Tally("dense", 3, 3, 1.0, {"b": [1]}, 1)
    file.join()
    assert ScoreFile(tmp_path, "alti").tally == file.tally
    assert rows(file.path) == 3 * 4 * 8
    assert [path.name for path in tmp_path.iterdir()] == ["alti.parquet"]


def test_a_part_that_was_joined_and_not_removed_is_not_joined_again(tmp_path, monkeypatch) -> None:
    add(tmp_path, "a")
    file = add(tmp_path, "b")
    monkeypatch.setattr("workbench.runs.streamed_scores.discard", lambda _: None)
    file.join()
    assert len(list(tmp_path.glob(".alti/*"))) == 2
    monkeypatch.undo()
    again = add(tmp_path, "c")
    assert again.tally.texts == 3
    again.join()
    assert rows(again.path) == 3 * 4 * 8
    assert not (tmp_path / ".alti").exists()


def test_files_of_earlier_versions_without_shares_are_continued(tmp_path) -> None:
    add(tmp_path, "a").join()
    path = tmp_path / "alti.parquet"
    pq.write_table(pq.read_table(path).drop_columns("share"), path, write_page_checksum=True)
    add(tmp_path, "b").join()
    table = pq.read_table(path)
    assert table.schema.equals(SCHEMA)
    assert table["share"].null_count == len(table) == 2 * 4 * 8
    assert ScoreTable(path).records("a")[0].shares is None


def test_a_part_under_another_number_is_named(tmp_path) -> None:
    add(tmp_path, "a")
    part = tmp_path / ".alti" / "000001.parquet"
    part.with_name("000002.parquet").write_bytes(part.read_bytes())
    with pytest.raises(InputError, match=r"000002.parquet: was part 1"):
        ScoreFile(tmp_path, "alti")


@pytest.mark.parametrize(
    ("metadata", "schema", "message"),
    [
        ({}, SCHEMA, "does not say what it holds"),
        ({b"workbench": b"[1, 2]"}, SCHEMA, "checksum"),
        ({b"workbench": b"{"}, SCHEMA, "cannot be read as Parquet"),
    ],
)
def test_a_table_of_others_is_refused(tmp_path, metadata, schema, message) -> None:
    table = pa.Table.from_pandas(to_frame([record("a")]), preserve_index=False).cast(schema)
    path = tmp_path / "alti.parquet"
    pq.write_table(table.replace_schema_metadata(metadata), path)
    with pytest.raises(InputError, match=message) as refused:
        ScoreFile(tmp_path, "alti")
    assert str(refused.value).startswith(f"{path}: ")


def test_a_flipped_bit_is_noticed(tmp_path) -> None:
    file = add(tmp_path, *map(str, range(8)), failed={"5": [1]})
    file.join()
    good = file.path.read_bytes()

    def read() -> list[object]:
        own, table = ScoreFile(tmp_path, "alti"), ScoreTable(file.path)
        read_rows = [table.records(text_id) for text_id in table.text_ids]
        return [own.tally, own.text_ids(), to_frame(r for rs in read_rows for r in rs).to_dict("list")]

    whole, silent = repr(read()), 0
    refusals = []
    for number, position in enumerate(range(5, len(good), 157)):
        damaged = bytearray(good)
        damaged[position] ^= 1 << number % 8
        file.path.write_bytes(damaged)
        try:
            silent += repr(read()) != whole
        except InputError as error:
            refusals.append(str(error))
    # Column names and the pages' headers have no checksum; 2 of 2,707 flips went through there.
    assert silent <= 1
    assert len(refusals) > 20
    assert all(line.startswith(f"{file.path}: ") and "\n" not in line for line in refusals)
