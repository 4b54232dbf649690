"""What was asked for and not reached: a line on standard error, and with `--strict` exit code 1."""

import pandas as pd
import pytest

from workbench.runs.folder import Run

TOP = "ToP: on dev it saves {got} % of the dense model's FLOPs, its target_sparsity is 45.0 %"


@pytest.fixture
def sentence(finished) -> str:
    """What is said of the tiny run, from its predictions."""
    dev = finished.predictions.query("split == 'dev' and method == 'top'")
    saved = 1 - dev["flops"].sum() / dev["flops_dense"].sum()
    assert saved < 0.45
    return TOP.format(got=f"{100 * saved:.1f}")


@pytest.mark.parametrize(("more", "code"), [((), 0), (("--strict",), 1)])
def test_a_run_whose_target_was_missed(workbench, tiny, copied, sentence, more, code) -> None:
    answer = workbench("run", tiny.config, "--out", copied, *more)
    assert answer.code == code
    assert answer.err.splitlines()[-1] == f"note: {sentence}"
    assert "unchanged, skipped" in answer.err
    report = (copied / "report.md").read_text(encoding="utf-8")
    assert f"> {sentence}." in report
    (line,) = [line for line in report.splitlines() if line.startswith("| ToP | 10")]
    assert line.count("†") == 1
    card = (copied / "models" / "top" / "README.md").read_text(encoding="utf-8")
    assert f"{sentence}." in card
    assert "†" not in (copied / "models" / "adapler" / "README.md").read_text(encoding="utf-8")


def test_the_aims_of_a_run_are_a_table(finished) -> None:
    aims = finished.metrics("aims").set_index("method")
    assert aims.index.tolist() == ["adapler", "top"]
    assert aims["reached"].tolist() == [True, False]
    assert aims["quantity"].tolist() == ["accuracy_lost", "flops_saved"]
    quality = finished.metrics("classification").query("split == 'dev' and metric == 'accuracy'")
    accuracy = quality.set_index("method")["value"]
    assert aims.loc["adapler", "got"] == pytest.approx(accuracy["dense"] - accuracy["adapler"])
    assert (aims.loc["adapler", "wanted"], aims.loc["top", "slack"]) == (0.01, 0.0)


def test_measuring_again_says_it_too_and_a_reached_aim_is_silent(workbench, copied, sentence) -> None:
    answer = workbench("evaluate", "--run", copied, "--strict")
    assert answer.code == 1
    assert answer.err.splitlines()[-1] == f"note: {sentence}"
    path = Run(copied).table_file("aims")
    assert pd.read_parquet(path)["reached"].tolist() == [True, False]


def test_strict_belongs_to_runs(workbench, tiny, tmp_path) -> None:
    asked = ("evaluate", "--strict", "--predictions", tmp_path / "p.jsonl", "--data", "imdb")
    answer = workbench(*asked)
    assert answer.code == 2
    assert "--strict goes with --run" in answer.error
