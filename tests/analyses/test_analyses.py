"""Every script of analyses/ on an invented run: its files, its numbers, and runs that lack something."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from analyses import all as driver
from analyses.lib.study import OVER_RUNS, Analysis, run_script
from tests.helpers.fake_run import LAYERS, TEXTS, build_run
from workbench.errors import InputError
from workbench.metrics.classification import classification
from workbench.runs.many import load_runs

ROOT = Path(__file__).parents[2]
BUILDERS = driver.builders()
NAMES = tuple(BUILDERS)
DRAWS = set(NAMES) - {"main_results", "glue_table", "flipped_texts"}
HOSTILE = {"film": "🙂", "gripping": "فيلم", "a": "שלום"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented run, with emoji and words written from right to left."""
    folder = build_run(tmp_path_factory.mktemp("runs") / "demo")
    for path in (folder / "scores").glob("*.parquet"):
        frame = pd.read_parquet(path)
        frame["token"] = frame["token"].astype(str).replace(HOSTILE)
        frame.to_parquet(path)
    return folder


def build(name: str, *folders: Path) -> Analysis:
    return BUILDERS[name](load_runs(folders))


def drive(runs: Path, out: Path) -> None:
    run_script(driver.main, "Doc.", OVER_RUNS, ["--runs", str(runs), "--out", str(out)])


def another(run: Path, folder: Path, **changes: Any) -> Path:
    """A copy of a run whose configuration says something else."""
    shutil.copytree(run, folder)
    path = folder / "config.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    for key, value in changes.items():
        config[key] = config[key] | value if isinstance(value, dict) else value
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return folder


SCRIPTS = [path for path in (ROOT / "analyses").rglob("*.py") if "__main__" in path.read_text("utf-8")]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_says_how_it_is_called(script: Path) -> None:
    doc = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8")))
    assert doc is not None
    assert str(script.relative_to(ROOT)) in doc or "`make " in doc


@pytest.mark.parametrize(
    "how", [["analyses/studies/main_results.py"], ["-m", "analyses.studies.main_results"]]
)
def test_a_script_runs_by_path_and_as_a_module(how: list[str], run: Path, tmp_path: Path) -> None:
    command = [sys.executable, *how, "--runs", str(run), "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "main_results.md").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_a_script_is_thin_and_says_which_paper_it_follows(name: str) -> None:
    text = (ROOT / "analyses" / "studies" / f"{name}.py").read_text(encoding="utf-8")
    doc = ast.get_docstring(ast.parse(text))
    assert doc is not None
    assert "arXiv" in doc or "AdapLeR and ToP" in doc
    assert "differs" in doc or "No paper" in doc or "which they do not show" in doc
    assert f"python analyses/studies/{name}.py --runs" in doc
    assert len(text.splitlines()) < 80


@pytest.mark.parametrize("name", NAMES)
def test_every_script_writes_its_files(
    name: str, run: Path, tmp_path: Path, quick_figures: None
) -> None:
    written = build(name, run).write(tmp_path)
    kinds = {path.suffix for path in written}
    assert kinds == {".csv", ".md", ".tex"} | ({".pdf", ".png"} if name in DRAWS else set())
    assert len(pd.read_csv(tmp_path / f"{name}.csv"))
    tex = (tmp_path / f"{name}.tex").read_text(encoding="utf-8")
    assert tex.isascii()
    assert r"\end{tabular}" in tex


def test_a_drawn_figure_has_its_fonts(run: Path, tmp_path: Path) -> None:
    build("padding_share", run).write(tmp_path)
    assert b"/FontFile2" in (tmp_path / "padding_share.pdf").read_bytes()


def test_main_results_are_the_runs_metrics(run: Path) -> None:
    [table] = build("main_results", run).tables
    assert "Data: rotten-tomatoes." in table.caption
    shown = table.shown.set_index("method")
    quality = pd.read_parquet(run / "metrics" / "classification.parquet")
    own = quality.query("method == 'adapler' and metric == 'accuracy'")["value"].item()
    assert shown.loc["AdapLeR", "accuracy %"] == f"{100 * own:.1f}"
    assert shown.loc["AdapLeR", "FLOPs"] == "2.60"


def test_different_data_stand_apart(run: Path, tmp_path: Path) -> None:
    other = another(run, tmp_path / "imdb", data={"source": "imdb"})
    analysis = build("main_results", run, other)
    shown = analysis.tables[0].shown.set_index("method")
    assert list(shown.columns) == [
        f"{data} {what}" for data in ("rotten-tomatoes", "imdb") for what in ("accuracy %", "FLOPs")
    ]
    assert shown.loc["AdapLeR, published", "imdb accuracy %"] == "91.7"
    assert any("never averaged" in note for note in analysis.notes)
    curves = build("speed_quality", run, other)
    assert set(curves.figures) == {"rotten-tomatoes", "imdb"}
    ranking = build("ranking_quality", run, other)
    assert set(ranking.figures) == {"demo", "imdb"}
    assert set(ranking.tables[0].shown["run"]) == {"demo", "imdb"}


def test_one_seed_has_no_deviation_and_says_so(run: Path) -> None:
    for name in ("main_results", "glue_table", "seed_variance"):
        analysis = build(name, run)
        assert "±" not in analysis.tables[0].shown.to_string()
        assert any(note.startswith("One seed per method") for note in analysis.notes)


def test_seeds_are_averaged_and_other_settings_are_not(run: Path, tmp_path: Path) -> None:
    second = another(run, tmp_path / "second", seed=1)
    stronger = another(run, tmp_path / "stronger", seed=1, adapler={"phi": 0.1})
    shown = build("seed_variance", run, second, stronger).tables[0].shown.set_index("method")
    assert shown.loc["ToP", "seeds"] == "2"
    assert shown.loc["ToP", "FLOPs, unpadded"] == "1.80 ± 0.00"
    assert shown.loc["ToP", "disagree %"] == "0.0"
    assert shown.loc["AdapLeR phi=0.1", "seeds"] == "1"
    assert "±" not in shown.loc["AdapLeR phi=0.1", "FLOPs, unpadded"]


def test_missing_methods_and_metrics_are_dashes(run: Path, tmp_path: Path) -> None:
    lacking = another(run, tmp_path / "lacking", methods=["dense", "adapler", "top", "ltp"])
    (lacking / "metrics" / "efficiency.parquet").unlink()
    shown = build("main_results", lacking).tables[0].shown.set_index("method")
    assert set(shown["FLOPs"]) == {"–"}
    assert shown.loc["LTP"].tolist() == ["–", "–"]
    assert shown.loc["ToP", "accuracy %"] != "–"
    with pytest.raises(InputError, match="has a speed-up"):
        build("speed_quality", lacking)
    curves = build("speed_quality", run, another(lacking, tmp_path / "imdb", data={"source": "imdb"}))
    assert len(curves.figures) == 1
    assert any(note.startswith("imdb: no method") for note in curves.notes)


@pytest.mark.parametrize("name", ["ranking_quality", "predictor_fit", "token_dropping"])
def test_a_run_without_scores_is_told(name: str, run: Path, tmp_path: Path) -> None:
    bare = another(run, tmp_path / "bare")
    shutil.rmtree(bare / "scores")
    with pytest.raises(InputError, match="bare"):
        build(name, bare)
    analysis = build(name, run, bare)
    assert any("bare" in note for note in analysis.notes)
    assert set(analysis.frame["run"]) == {"demo"}


def test_ranking_quality_has_top_beside_its_teacher(run: Path) -> None:
    frame = build("ranking_quality", run).frame
    rho = frame[frame["metric"] == "spearman"]
    taught = rho[(rho["scorer"] == "top") & (rho["against"] == "attention")]
    # The invented ToP speaks from layer 1 on.
    assert taught["layer"].tolist() == list(range(1, LAYERS))
    assert set(taught["against_method"]) == {"dense"}


def test_error_analysis_counts_every_text_once(run: Path) -> None:
    analysis = build("error_analysis", run)
    whole = analysis.frame.query("tokens == 'all' and measure == 'dropped'")
    assert whole.groupby("method")["n"].sum().tolist() == [TEXTS, TEXTS]
    words = build("flipped_texts", run).frame
    flipped = whole[whole["outcome"].isin(["lost", "gained"])]
    assert words.groupby("method")["text_id"].nunique().to_dict() == (
        flipped.groupby("method")["n"].sum().to_dict()
    )


def test_values_instead_of_classes_are_judged_by_pearson(run: Path, tmp_path: Path) -> None:
    folder = another(run, tmp_path / "stsb", data={"source": "glue", "subset": "stsb"})
    frame = pd.read_parquet(folder / "predictions.parquet")
    numbers = frame["text_id"].str.removeprefix("text-").astype(float)
    frame = frame.assign(label=numbers, predicted=numbers + 3.0 * (frame["tokens"].str[0] % 2))
    frame.to_parquet(folder / "predictions.parquet")
    quality = classification(frame, bootstrap=0)
    quality.to_parquet(folder / "metrics" / "classification.parquet")
    shown = build("main_results", run, folder).tables[0].shown.set_index("method")
    pearson = quality.query("method == 'top' and metric == 'pearson'")["value"].item()
    assert shown.loc["ToP", "glue/stsb Pearson × 100"] == f"{100 * pearson:.1f}"
    seeds = build("seed_variance", run, folder, another(folder, tmp_path / "second", seed=1))
    spread = seeds.tables[0].shown.set_index(["data", "method"]).loc["glue/stsb"]
    assert spread.loc["ToP", "Pearson × 100"] == f"{100 * pearson:.1f} ± 0.0"
    assert (spread["apart"] == "0.000").all()
    assert set(spread["disagree %"]) == {"–"}
    assert (spread["texts, points"].astype(float) > 0).all()
    rows = seeds.frame[seeds.frame["data"] == "glue/stsb"]
    assert rows["value"].tolist() == pytest.approx(rows["quality"].tolist())
    assert (rows["ci_low"] < rows["value"]).all()
    assert build("speed_quality", folder).tables[0].frame["mean_quality"].notna().all()
    with pytest.raises(InputError, match="classes"):
        build("error_analysis", folder)


def test_padding_of_a_run_is_padded_over_unpadded(run: Path) -> None:
    frame = build("padding_share", run).frame.set_index("label")
    assert frame.loc["AdapLeR (rotten-tomatoes)", "padding_factor"] == pytest.approx(3.7 / 2.6)
    assert frame.loc["mean of tasks", "speedup_padded"] == pytest.approx(8.04, abs=0.01)


def test_the_driver_goes_on_where_a_run_lacks_something(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    few = {name: BUILDERS[name] for name in ("predictor_fit", "main_results", "glue_table")}
    monkeypatch.setattr(driver, "builders", lambda: few)
    bare = another(run, tmp_path / "bare")
    shutil.rmtree(bare / "scores")
    drive(bare, tmp_path / "out")
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("predictor_fit: skipped: no scores of cp and saliency in bare")
    assert last.startswith("2 of 3 analyses in ")
    assert {path.stem for path in (tmp_path / "out").glob("*.csv")} == {"main_results", "glue_table"}


@pytest.mark.parametrize("wrong", ["runs", "out"])
def test_the_driver_ends_with_code_2(wrong: str, run: Path, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    runs, out = (tmp_path / "nowhere", tmp_path / "out") if wrong == "runs" else (run, tmp_path / "file")
    with pytest.raises(SystemExit) as ended:
        drive(runs, out)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("error: ")
