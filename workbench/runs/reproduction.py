"""What differs between a run and the same run made again."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.metrics.schemas import PREDICTIONS, RUN_TABLES
from workbench.runs.tables import RunData
from workbench.storage.tables import read_table

ROUNDING = 1e-6
"""Numbers are equal that differ by no more than this, or by no more than this share of the larger."""
SHOWN = 5
"""Differences of a column that are told one by one, the largest first."""
_KEYS = {f"metrics/{name}": schema.keys for name, schema in RUN_TABLES.items()} | {
    "predictions": PREDICTIONS.keys
}
_OTHER_KEYS = ("scorer", "method", "text_id", "window", "layer", "token_index")
"""Columns that say what a row is about; all others are compared."""
_NOT_COMPARED = tuple(
    f"metrics/{name}" for name in ("stopwatch", "bench", "bench_rounds", "limits", "engines")
)
"""The stopwatch's rounds are summed up in `efficiency`; the others come from `workbench bench`."""


@dataclass
class Reproduction:
    """Sentences about two runs; `numbers` alone says that the second is not the same."""

    numbers: list[str] = field(default_factory=list)
    """Deterministic values that differ beyond rounding, or are in the recorded run only."""
    surroundings: list[str] = field(default_factory=list)
    """Settings, versions, commit and machine that differ, and what there is nothing to compare with."""
    timings: list[str] = field(default_factory=list)
    """What a clock decided, again / recorded: no two are ever equal."""
    compared: int = 0
    """Deterministic values that were looked at."""


def compare_runs(recorded: RunData, again: RunData) -> Reproduction:
    """Compare all that two finished runs of one configuration say; InputError for damaged files."""
    result = Reproduction()
    for kind in ("config", "environment"):
        one, other = (_flat(getattr(run, kind), kind) for run in (recorded, again))
        # When a run was started always differs.
        result.surroundings += _differences(one, other, leave_out="environment.started")
    if "data" in recorded.about:
        first, second = (_flat(run.about.get("data"), "data") for run in (recorded, again))
        result.numbers += _differences(first, second)
        result.compared += len(first)
    else:
        result.surroundings.append(
            "data: its counts were not recorded, there is nothing to compare with"
        )
    for name in _tables(recorded.folder) | _tables(again.folder):
        files = [run.folder / f"{name}.parquet" for run in (recorded, again)]
        exists = [path.is_file() for path in files]
        if not exists[0]:
            result.surroundings.append(f"{name}: was not recorded, there is nothing to compare with")
        elif not exists[1]:
            result.numbers.append(f"{name}: is only in the run recorded")
        else:
            _compare_tables(name, read_table(files[0]), read_table(files[1]), result)
    return result


def _differences(one: dict[str, Any], other: dict[str, Any], leave_out: str = "") -> list[str]:
    return [
        f"{name}: recorded {one.get(name, 'nothing')}, again {other.get(name, 'nothing')}"
        for name in one | other
        if name != leave_out and one.get(name, "nothing") != other.get(name, "nothing")
    ]


def _flat(values: Any, name: str) -> dict[str, Any]:
    """The leaves of nested mappings and lists under dotted names."""
    if isinstance(values, list):
        values = dict(enumerate(values))
    if not isinstance(values, dict):
        return {name: values}
    return {
        path: leaf
        for key, value in values.items()
        for path, leaf in _flat(value, f"{name}.{key}").items()
    }


def _tables(folder: Path) -> dict[str, None]:
    """Names of the tables of a run that are compared, in their order."""
    paths = (p for part in ("metrics/", "", "scores/") for p in sorted(folder.glob(f"{part}*.parquet")))
    names = (str(path.relative_to(folder).with_suffix("")) for path in paths)
    return {name: None for name in names if name not in _NOT_COMPARED}


def _compare_tables(name: str, one: pd.DataFrame, other: pd.DataFrame, result: Reproduction) -> None:
    if name == "metrics/efficiency":
        # What has no batch size is counted, not timed.
        timed = [table["batch_size"].notna() for table in (one, other)]
        result.timings += _ratios(one[timed[0]], other[timed[1]])
        one, other = one[~timed[0]], other[~timed[1]]
    for column in one.columns.symmetric_difference(other.columns):
        if column in one:
            result.numbers.append(f"{name}, {column}: is only in the run recorded")
        else:
            result.surroundings.append(f"{name}, {column}: was not recorded")
    keys = _KEYS.get(name, _OTHER_KEYS)
    ids = [column for column in keys if column in one and column in other]
    names = _ids(one, ids).merge(_ids(other, ids), on=[*ids, "number"], how="outer")
    for place, where in (("place_y", "recorded"), ("place_x", "made again")):
        alone = names[names[place].isna()]
        told = map(_spelled, alone[ids][:SHOWN].to_numpy())
        result.numbers += [f"{name}: {row}: is only in the run {where}" for row in told]
        if len(alone) > SHOWN:
            result.numbers.append(f"{name}: {len(alone)} rows are only in the run {where}")
    both = names.dropna(subset=["place_x", "place_y"])
    first, second = one.iloc[both["place_x"].astype(int)], other.iloc[both["place_y"].astype(int)]
    for column in one.columns:
        if column in other and column not in ids:
            lines = _column(first[column], second[column], both[ids])
            result.numbers += [f"{name}, {column}: {line}" for line in lines]
            result.compared += len(both)


def _ids(table: pd.DataFrame, ids: list[str]) -> pd.DataFrame:
    """What each row is about, its `number` among rows about the same, and its `place`."""
    texts = {column: str for column in ids if table[column].dtype == "category"}
    names = table[ids].astype(texts).reset_index(drop=True)
    number = names.groupby(ids, dropna=False).cumcount()
    return names.assign(number=number, place=np.arange(len(names)))


def _column(one: pd.Series, other: pd.Series, ids: pd.DataFrame) -> list[str]:
    """The values of a column that differ, row by row; `ids` says what the rows are about."""
    if all(series.dtype.kind in "fiu" for series in (one, other)):
        a, b = (series.to_numpy(dtype=np.float64, na_value=np.nan) for series in (one, other))
        with np.errstate(invalid="ignore"):
            size = np.abs(a - b) / np.maximum(1, np.maximum(np.abs(a), np.abs(b)))
        same = (a == b) | (size <= ROUNDING) | (np.isnan(a) & np.isnan(b))
        size = np.nan_to_num(size, nan=np.inf)
    else:
        a, b = (_texts(series) for series in (one, other))
        same, size = a == b, np.zeros(len(a))
    places = np.flatnonzero(~same)
    lines = [
        f"{_spelled(ids.iloc[at])}: recorded {_text(a[at])}, again {_text(b[at])}"
        for at in places[np.argsort(-size[places], kind="stable")][:SHOWN]
    ]
    if len(places) > SHOWN:
        lines.append(f"{len(places)} of {len(a)} values differ, the first {SHOWN} are shown")
    return lines


def _texts(series: pd.Series) -> np.ndarray:
    """Anything but numbers as text."""
    if series.dtype == object:
        # A long array's own text leaves its middle out.
        series = series.map(lambda value: value.tolist() if isinstance(value, np.ndarray) else value)
    return series.astype(str).fillna("nothing").to_numpy(dtype=object)


def _text(value: object) -> str:
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def _spelled(row: Iterable[object]) -> str:
    """What a row is about, without what does not apply to it."""
    return " ".join(text for text in map(str, row) if text not in ("nan", "<NA>"))


def _ratios(one: pd.DataFrame, other: pd.DataFrame) -> list[str]:
    keys = ["quantity", "method", "split", "batch_size"]
    pairs = one.merge(other, on=keys)[[*keys, "value_x", "value_y"]]
    return [
        f"{quantity}, {method}, {split}, batch {batch}: recorded {a:.4g}, again {b:.4g}, "
        f"ratio {b / a:.2f}"
        for quantity, method, split, batch, a, b in pairs.itertuples(index=False)
    ]
