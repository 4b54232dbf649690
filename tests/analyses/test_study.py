"""The shared runner of the scripts in analyses/: files, and errors that say what to do."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from analyses.lib.study import Analysis, run_analysis
from tests.helpers.fake_comparison import add_run
from workbench.reporting.figures.page import print_axes
from workbench.reporting.tables.table import Table
from workbench.runs.many import Runs


def build(runs: Runs) -> Analysis:
    runs.need("classification")
    frame = runs.classification
    table = Table("quality", "Quality, 100 %.", frame, frame[["method", "value"]], ("method",))
    figure, _ = print_axes(2, 2)
    return Analysis("main_results", frame, (table,), {"": figure}, ("One seed: no ±.",))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    add_run(tmp_path / "run", "dense", "1101", 1.0)
    return tmp_path / "run"


def test_every_file_is_written(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "out"
    run_analysis(build, "Doc.", ["--runs", str(run), "--out", str(out)])
    names = {path.name for path in out.iterdir()}
    assert names == {f"main_results.{kind}" for kind in ("csv", "md", "tex", "pdf", "png")}
    assert len(capsys.readouterr().out.splitlines()) == 5
    assert pd.read_csv(out / "main_results.csv")["value"].iloc[0] == 0.75
    text = (out / "main_results.md").read_text(encoding="utf-8")
    assert text.startswith("# Main results\n\n![main_results](main_results.png)\n\nQuality, 100 %.")
    assert "| dense | 0.75 |" in text
    assert "- One seed: no ±." in text
    assert r"\toprule" in (out / "main_results.tex").read_text(encoding="utf-8")


TOLD = {"no run": "no such folder", "no table": "'classification'", "out is a file": "--out"}


@pytest.mark.parametrize("problem", TOLD)
def test_errors_are_a_sentence_and_code_2(
    run: Path, tmp_path: Path, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    if problem == "no table":
        (run / "metrics" / "classification.parquet").unlink()
    if problem == "out is a file":
        out.write_text("mine", encoding="utf-8")
    runs = tmp_path / "nowhere" if problem == "no run" else run
    with pytest.raises(SystemExit) as ended:
        run_analysis(build, "Doc.", ["--runs", str(runs), "--out", str(out)])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert told.count("\n") == 1
    assert {"no run": "no such folder", "no table": "'classification'", "out is a file": "--out"}[
        problem
    ] in told


def test_reading_frames_imports_no_torch() -> None:
    code = "import workbench; workbench.load_runs; import sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
