"""The table of controls at a method's budget, and what it says in words."""

from pathlib import Path

import pandas as pd
import pytest

from workbench.metrics import schemas
from workbench.reporting.figures.speed import token_frame
from workbench.reporting.tables.controls import control_sentences, controls_table
from workbench.reporting.tables.of_run import write_tables
from workbench.reporting.text.wording import method_notes
from workbench.runs.tables import read_run_data

QUALITY = pd.DataFrame(
    [
        ("top", "oracle", "test", 0, "accuracy", 0.9, 0.8, 1.0, 8, 1),
        ("top", "oracle", "test", 0, "macro_f1", 0.85, 0.7, 0.95, 8, 1),
        ("top", "random", "test", 0, "accuracy", 0.6, 0.5, 0.7, 10, 5),
        ("top", "random", "test", 0, "macro_f1", 0.5, 0.4, 0.6, 10, 5),
        ("adapler", "random", "test", 0, "accuracy", 0.7, 0.6, 0.8, 10, 5),
        ("adapler", "random", "test", 0, "macro_f1", 0.7, 0.6, 0.8, 10, 5),
    ],
    columns=list(schemas.CONTROLS.columns),
)
COMPARISONS = pd.DataFrame(
    [
        ("top", "oracle", "test", 0, "accuracy", 0.8, 0.9, -0.1, -0.2, 0.02, 0.3, 0.3, 8, 1),
        ("top", "random", "test", 0, "accuracy", 0.8, 0.6, 0.2, 0.1, 0.3, 0.0001, 0.0003, 10, 5),
        ("adapler", "random", "test", 0, "accuracy", 0.72, 0.7, 0.02, -0.1, 0.1, 0.2, 0.4, 10, 5),
    ],
    columns=list(schemas.CONTROL_COMPARISONS.columns),
)


@pytest.fixture
def run(fresh_run: Path) -> Path:
    QUALITY.to_parquet(fresh_run / "metrics" / "controls.parquet")
    COMPARISONS.to_parquet(fresh_run / "metrics" / "control_comparisons.parquet")
    return fresh_run


def test_golden_rows() -> None:
    table = controls_table(QUALITY, COMPARISONS)
    assert table.shown.to_numpy().tolist() == [
        ["AdapLeR", "random", 10, "72.0", "70.0 [60.0, 80.0]", "70.0 [60.0, 80.0]",
         "+2.0 [-10.0, +10.0]", "0.400"],
        ["ToP", "random", 10, "80.0", "60.0 [50.0, 70.0]", "50.0 [40.0, 60.0]",
         "+20.0 [+10.0, +30.0]", "<0.001"],
        ["ToP", "rationale tokens first", 8, "80.0", "90.0 [80.0, 100.0]", "85.0 [70.0, 95.0]",
         "-10.0 [-20.0, +2.0]", "0.300"],
    ]  # fmt: skip
    assert "mean over 5 draws" in table.caption
    assert table.frame["macro_f1"].tolist() == [0.7, 0.5, 0.85]


def test_values_without_intervals_are_shown_alone() -> None:
    bare = [frame.assign(ci_low=float("nan"), ci_high=float("nan")) for frame in (QUALITY, COMPARISONS)]
    shown = controls_table(*bare).shown
    assert shown["control, accuracy %"].tolist() == ["70.0", "60.0", "90.0"]
    assert shown["method − control"].tolist() == ["+2.0", "+20.0", "-10.0"]


def test_sentences_say_who_is_within_noise_of_random(run: Path) -> None:
    first, second = control_sentences(read_run_data(run))
    assert first.startswith("AdapLeR keeps its tokens no better, beyond what drawing other texts")
    assert second.startswith(
        "ToP keeps its tokens better than at random at the same budget: accuracy 80.0 %"
    )


def test_a_method_below_random_is_called_worse(run: Path) -> None:
    below = COMPARISONS.assign(difference=-0.3, p_holm=0.01)
    below.to_parquet(run / "metrics" / "control_comparisons.parquet")
    assert all("worse than at random" in text for text in control_sentences(read_run_data(run)))


def test_the_table_is_written_only_where_there_are_controls(run: Path) -> None:
    assert "controls_table" in write_tables(read_run_data(run))
    (run / "metrics" / "control_comparisons.parquet").unlink()
    data = read_run_data(run)
    assert "controls_table" not in write_tables(data)
    assert control_sentences(data) == []


def test_a_student_has_rows_for_its_own_layers() -> None:
    predictions = pd.DataFrame(
        {
            "method": ["dense", "distilbert"],
            "split": "test",
            "text_id": "a",
            "tokens": [[8, 8, 8, 8], [8, 8]],
        }
    )
    frame = token_frame(predictions)
    assert frame["method"].tolist() == ["dense"] * 4 + ["distilbert"] * 2
    assert (frame["median"] == 1).all()


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "every other layer of the fine-tuned dense model"),
        ({"distilbert": {"checkpoint": None}}, "every other layer of the fine-tuned dense model"),
        (
            {"distilbert": {"checkpoint": "some/distil"}},
            "some/distil, fine-tuned with the dense model as its teacher",
        ),
    ],
)
def test_a_student_says_where_it_comes_from(config: dict, said: str) -> None:
    assert said in method_notes(config, ["dense", "distilbert"])
    assert method_notes(config, ["dense", "top"]) == ""
