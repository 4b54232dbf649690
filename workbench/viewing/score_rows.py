"""Score tables read in part: which there are, one text's records, one layer's values text by text."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.errors import InputError
from workbench.evaluation.measures import MEASURES
from workbench.evaluation.text_values import text_values
from workbench.evaluation.units import unit_index, unit_names
from workbench.records import TokenScores, from_frame
from workbench.reporting.run_data import CONTROLS, SCORER_ORDER, RunData, ordered

ATTRIBUTED = "attribute/"
"""Before the names of tables that `workbench attribute` wrote into the run."""


def score_tables(run: RunData) -> dict[str, Path]:
    """The run's score tables by name, in the figures' order, then those of `workbench attribute`."""
    own = {path.stem: path for path in run.score_files()}
    more = {path.stem: path for path in run.folder.glob("attribute/scores/*.parquet")}
    names = ordered(more, (*SCORER_ORDER, *CONTROLS))
    return own | {f"{ATTRIBUTED}{name}": more[name] for name in names}


def text_ids(path: Path) -> list[str]:
    """Ids of the texts of a score table, in its order."""
    with _opened(path) as file:
        found: dict[str, None] = {}
        for number in range(file.num_row_groups):
            column = file.read_row_group(number, columns=["text_id"])["text_id"]
            found |= dict.fromkeys(map(str, column.unique().to_pylist()))
    return list(found)


def text_records(path: Path, text_id: str) -> list[TokenScores]:
    """The records of one text, a window each."""
    with _opened(path) as file:
        parts = [_chosen(group, "text_id", [text_id]) for group in _groups(file)]
    return from_frame(pd.concat([part.to_pandas() for part in parts], ignore_index=True))


def openings(path: Path, wanted: Sequence[str], words: int = 25) -> dict[str, str]:
    """How each of the `wanted` texts begins, from its tokens: up to so many words."""
    names = ["text_id", "window", "layer", "token_index", "word_index", "token"]
    found: dict[str, str] = {}
    with _opened(path) as file:
        for number in range(file.num_row_groups):
            group = file.read_row_group(number, columns=names)
            for name, values in (("layer", [0]), ("window", [0]), ("text_id", wanted)):
                group = _chosen(group, name, values)
            rows = group.to_pandas()
            rows = rows[rows["word_index"].between(0, words - 1)].sort_values("token_index")
            for text_id, own in rows.groupby("text_id", sort=False, observed=True):
                joined = unit_names(
                    own["token"].astype(str), unit_index(own["word_index"].to_numpy(), "word")
                )
                found.setdefault(str(text_id), " ".join(joined) + (" …" if len(joined) == words else ""))
    return found


def layer_values(
    path: Path, method: str, layer: int, wanted: frozenset[str] | None = None
) -> dict[tuple[str, str], pd.DataFrame]:
    """Every measure of one layer text by text: by (unit, universe) a frame with text_id and a column per
    (selection, metric) of `measures.MEASURES`, named by `column`; NaN where a text has no value.

    Only this layer's rows are kept, one row group at a time. `wanted` are the ids of a split, None all.
    Raises InputError as `text_values`, and for a file that cannot be read.
    """
    parts: dict[tuple[str, str], list[pd.DataFrame]] = {}
    for records in _layer_records(path, method, layer, wanted):
        for values in text_values(records):
            found = pd.DataFrame(
                values.values[:, 0, : len(MEASURES)], columns=[column(*k) for k in MEASURES]
            )
            found.insert(0, "text_id", list(values.text_ids))
            parts.setdefault((values.unit, values.universe), []).append(found)
    return {key: pd.concat(frames, ignore_index=True) for key, frames in parts.items()}


def column(selection: str, metric: str) -> str:
    """The name of a measure's column: `ap`, `fpr (uniform)`."""
    return metric if selection == "none" else f"{metric} ({selection})"


def _layer_records(
    path: Path, method: str, layer: int, wanted: frozenset[str] | None
) -> Iterator[list[TokenScores]]:
    """Records of one layer (as their only one) of whole texts, a row group's worth at a time."""
    left: pd.DataFrame | None = None
    with _opened(path) as file:
        for group in _groups(file):
            rows = _chosen(_chosen(group, "layer", [layer]), "method", [method]).to_pandas()
            rows = rows if left is None else pd.concat([left, rows], ignore_index=True)
            if rows.empty:
                continue
            # The last text may go on in the next row group.
            last = rows["text_id"].astype(str) == str(rows["text_id"].iloc[-1])
            left = rows[last]
            yield _records(rows[~last], wanted)
    if left is not None:
        yield _records(left, wanted)


def _records(rows: pd.DataFrame, wanted: frozenset[str] | None) -> list[TokenScores]:
    if wanted is not None:
        rows = rows[rows["text_id"].astype(str).isin(wanted)]
    return from_frame(rows.assign(layer=0))


def _chosen(table: pa.Table, name: str, values: Sequence[object]) -> pa.Table:
    column = table[name]
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    return table.filter(pc.is_in(column, value_set=pa.array(values, type=column.type)))


def _groups(file: pq.ParquetFile) -> Iterator[pa.Table]:
    for number in range(file.num_row_groups):
        yield file.read_row_group(number)


def _opened(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not readable as scores: {str(error).splitlines()[0]}") from None
