"""Two runs compared: rounding is no difference, everything else is told with its place."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from workbench.runs.reproduction import ROUNDING, SHOWN, Reproduction, compare_runs
from workbench.runs.tables import read_run_data
from workbench.storage.atomic import write_json


@pytest.fixture
def pair(finished_run: Path, tmp_path: Path) -> tuple[Path, Path]:
    return Path(shutil.copytree(finished_run, tmp_path / "run")), Path(
        shutil.copytree(finished_run, tmp_path / "again")
    )


def compared(pair: tuple[Path, Path]) -> Reproduction:
    return compare_runs(*map(read_run_data, pair))


def edit(folder: Path, table: str, change) -> None:
    path = folder / f"{table}.parquet"
    frame = pd.read_parquet(path)
    change(frame)
    frame.to_parquet(path)


def test_a_copy_is_the_same(pair) -> None:
    found = compared(pair)
    assert found.numbers == []
    assert found.compared > 1000
    assert all(line.endswith("ratio 1.00") for line in found.timings)
    assert found.timings


@pytest.mark.parametrize(("by", "told"), [(0.5 * ROUNDING, 0), (3 * ROUNDING, 1)])
def test_only_what_is_beyond_rounding_differs(pair, by, told) -> None:
    def change(frame) -> None:
        frame.loc[1, "value"] += by

    edit(pair[1], "metrics/classification", change)
    assert len(compared(pair).numbers) == told


def test_a_changed_metric_is_told_with_its_place_and_both_values(pair) -> None:
    def change(frame) -> None:
        at = (frame["method"] == "top") & (frame["metric"] == "accuracy")
        frame.loc[at, "value"] = 0.125

    before = pd.read_parquet(pair[0] / "metrics/classification.parquet")
    value = before.query("method == 'top' and metric == 'accuracy'")["value"].item()
    edit(pair[1], "metrics/classification", change)
    assert compared(pair).numbers == [
        f"metrics/classification, value: top test accuracy: recorded {value:.7g}, again 0.125"
    ]


def test_words_and_lists_are_compared_too(pair) -> None:
    def change(frame) -> None:
        frame.loc[0, "predicted"] = "other"
        frame.at[1, "tokens"] = [9, 8, 7, 6, 5, 4]

    edit(pair[1], "predictions", change)
    predicted, tokens = compared(pair).numbers
    assert predicted.startswith("predictions, predicted: dense test text-0: recorded ")
    assert predicted.endswith("again other")
    assert tokens.startswith("predictions, tokens: dense test text-1: recorded [11, 11, ")
    assert tokens.endswith("again [9, 8, 7, 6, 5, 4]")


def test_rows_in_another_order_are_the_same_and_lost_ones_are_named(pair) -> None:
    path = pair[1] / "predictions.parquet"
    frame = pd.read_parquet(path).sample(frac=1, random_state=0)
    frame.to_parquet(path)
    assert compared(pair).numbers == []
    frame[frame["text_id"] != "text-3"].to_parquet(path)
    assert sorted(compared(pair).numbers) == [
        f"predictions: {method} test text-3: is only in the run recorded"
        for method in ("adapler", "dense", "top")
    ]


def test_many_differences_are_counted(pair) -> None:
    def change(frame) -> None:
        frame["score"] += 1.0

    edit(pair[1], "scores/cp", change)
    lines = compared(pair).numbers
    assert len(lines) == SHOWN + 1
    assert f"values differ, the first {SHOWN} are shown" in lines[-1]


def test_a_number_that_became_nothing_differs(pair) -> None:
    def change(frame) -> None:
        frame.loc[0, "ci_low"] = float("nan")

    edit(pair[1], "metrics/classification", change)
    (line,) = compared(pair).numbers
    assert line.endswith("again nan")


def test_seconds_are_ratios_and_never_a_difference(pair) -> None:
    def slower(frame) -> None:
        frame.loc[frame["quantity"] == "seconds_median", "value"] *= 2

    edit(pair[1], "metrics/efficiency", slower)
    edit(pair[1], "metrics/stopwatch", lambda frame: frame.__setitem__("seconds", 1.0))
    found = compared(pair)
    assert found.numbers == []
    assert "seconds_median, hf, test, batch 1: recorded 4.1, again 8.2, ratio 2.00" in found.timings

    def other(frame) -> None:
        frame.loc[frame["quantity"] == "flops_speedup_padded", "value"] *= 2

    edit(pair[1], "metrics/efficiency", other)
    assert len(compared(pair).numbers) == 3


def test_versions_machine_and_settings_are_surroundings(pair) -> None:
    write_json(pair[1] / "environment.json", {"torch": "3.0", "machine": {"gpu": "x"}})
    text = (pair[1] / "config.yaml").read_text()
    (pair[1] / "config.yaml").write_text(text + "later: 1\n")
    found = compared(pair)
    assert found.numbers == []
    assert set(found.surroundings) == {
        "config.later: recorded nothing, again 1",
        "environment.torch: recorded 2.0, again 3.0",
        "environment.machine.gpu: recorded nothing, again x",
        "data: its counts were not recorded, there is nothing to compare with",
    }


def test_counts_of_the_data_are_numbers(pair) -> None:
    for folder, texts in zip(pair, (40, 39), strict=True):
        about = json.loads((folder / "about.json").read_text())
        write_json(folder / "about.json", about | {"data": {"splits": {"test": {"texts": texts}}}})
    assert compared(pair).numbers == ["data.splits.test.texts: recorded 40, again 39"]


def test_a_table_that_is_missing_counts_only_where_it_was_recorded(pair) -> None:
    (pair[1] / "metrics" / "random_spread.parquet").unlink()
    (pair[0] / "scores" / "cp.parquet").unlink()
    found = compared(pair)
    assert found.numbers == ["metrics/random_spread: is only in the run recorded"]
    assert "scores/cp: was not recorded, there is nothing to compare with" in found.surroundings
