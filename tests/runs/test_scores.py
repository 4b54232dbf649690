"""A score table is opened once and read a row group at a time, whatever is asked of it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.helpers.annotated_scores import corpus
from workbench.core.token_scores import to_frame
from workbench.errors import InputError
from workbench.runs.scores import ScoreTable
from workbench.storage.tables import write_table

GROUP = 100


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_table(to_frame(corpus(60)), tmp_path / "cp.parquet", group=GROUP)
    return tmp_path / "cp.parquet"


def test_a_layer_is_what_a_filter_of_the_whole_gives(path: Path) -> None:
    whole = pd.read_parquet(path)
    columns = ["text_id", "token_index", "score", "kept", "rationale"]
    found = ScoreTable(path).layer(2, columns)
    expected = whole[whole["layer"] == 2].reset_index(drop=True)
    assert found["text_id"].astype(str).tolist() == expected["text_id"].astype(str).tolist()
    for name in ("token_index", "score"):
        np.testing.assert_array_equal(found[name], expected[name])
    assert found["rationale"].astype(bool).tolist() == expected["rationale"].tolist()
    assert found["kept"].isna().all()
    assert ScoreTable(path).layer(7, columns).empty


def test_no_more_than_a_row_group_is_read_at_once(path: Path, monkeypatch) -> None:
    opened, read = [], []

    class Watched(pq.ParquetFile):
        def __init__(self, *given, **options) -> None:
            opened.append(1)
            super().__init__(*given, **options)

        def read_row_group(self, *given, **options):
            table = super().read_row_group(*given, **options)
            read.append((len(table), tuple(table.column_names)))
            return table

    monkeypatch.setattr("workbench.runs.scores.pq.ParquetFile", Watched)
    table = ScoreTable(path)
    groups = pq.read_metadata(path).num_row_groups
    assert groups > 10
    assert (len(opened), len(read)) == (1, groups)
    assert {columns for _, columns in read} == {("text_id",)}
    table.layer(1, ["text_id", "score"])
    assert (len(opened), len(read)) == (2, 2 * groups)
    assert max(rows for rows, _ in read) <= GROUP
    del read[:]
    [record] = table.records("t30")
    rows = record.scores.size
    assert len(read) <= 2 + rows // GROUP


def test_texts_come_back_as_they_were_written(path: Path) -> None:
    table = ScoreTable(path)
    assert table.text_ids == tuple(f"t{number}" for number in range(60))
    for written in corpus(60)[::7]:
        [found] = table.records(written.text_id)
        np.testing.assert_array_equal(found.scores, written.scores.astype(np.float32))
        np.testing.assert_array_equal(found.rationale, written.rationale)
    with pytest.raises(InputError, match="no scores of text 'gone'"):
        table.records("gone")
