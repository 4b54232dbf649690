"""Comparisons of tiny runs: shared dense models, going on, failures, what is written."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from tests.helpers.fixtures import save_nothing
from tests.helpers.tiny_comparisons import write_comparison_settings
from tests.helpers.tiny_runs import call, digests, times, without_cards
from workbench.config.comparison import load_comparison
from workbench.errors import WorkbenchError
from workbench.pipeline import run as pipeline
from workbench.pipeline.compare.plan import MEASURED_ON, RATE, encoder_size, plan
from workbench.pipeline.compare.trials import seconds_spent
from workbench.pipeline.job import Job
from workbench.runs.folder import Run, load_run
from workbench.storage.locks import WRITER

CELLS = [
    f"cells/{trial}-seed{seed}" for seed in (0, 1) for trial in ("adapler/0.4", "adapler/0.5",
    "top/0.45")
]  # fmt: skip


@dataclass(frozen=True)
class Made:
    config: Path
    folder: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    """A finished comparison; tests leave it as it is."""
    folder = tmp_path_factory.mktemp("compared")
    config = write_comparison_settings(folder)
    assert call("compare", config, "--out", folder / "out") == 0
    return Made(config, folder / "out")


@pytest.fixture(autouse=True)
def quick_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the fixture above has real pictures: rendering takes most of a second command's time."""
    monkeypatch.setattr(Figure, "savefig", save_nothing)


@pytest.fixture
def copied(made: Made, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.folder, tmp_path / "out"))


@pytest.fixture
def never_train(monkeypatch) -> None:
    def refuse(job) -> None:
        pytest.fail(f"trains {job.config.name}")

    monkeypatch.setattr(pipeline, "train_run", refuse)


def about(folder: Path) -> dict:
    return json.loads((folder / "compare.json").read_text())


def test_every_cell_is_an_ordinary_run_that_shares_its_seeds_dense_model(made) -> None:
    told = about(made.folder)
    assert [trial["name"] for trial in told["cells"]] == [
        "dense/seed0", *CELLS[:3], "dense/seed1", *CELLS[3:],
    ]  # fmt: skip
    shared = {seed: made.folder / "dense" / f"seed{seed}" for seed in (0, 1)}
    for name in CELLS:
        trial = made.folder / name
        dense = shared[int(name[-1])]
        for part in ("models/dense", "targets"):
            assert digests(trial / part) == digests(dense / part)
            assert all((dense / part / f).samefile(trial / part / f) for f in digests(trial / part))
        assert set(load_run(trial).predictions["method"]) == {"dense", name.split("/")[1]}
    assert digests(shared[0] / "models") != digests(shared[1] / "models")


def test_a_cell_has_the_numbers_of_the_same_run_made_alone(made, tmp_path, monkeypatch) -> None:
    import workbench.reporting.pages.run as report

    monkeypatch.setattr(report, "write_report", lambda folder: folder / "report.html")
    trial = made.folder / "cells" / "adapler" / "0.4-seed1"
    alone = tmp_path / "alone"
    assert call("run", trial / "config.yaml", "--out", alone) == 0
    pd.testing.assert_frame_equal(load_run(trial).predictions, load_run(alone).predictions)
    assert without_cards(digests(trial / "models")) == without_cards(digests(alone / "models"))


def test_the_same_command_trains_nothing_again(made, copied, never_train) -> None:
    before = times(copied)
    killed = copied / CELLS[0] / WRITER
    killed.write_text("{}")
    assert call("compare", made.config, "--out", copied) == 0
    assert not killed.exists()
    after = times(copied)
    assert {name for name in before if after[name] != before[name] and name.startswith(("c", "d"))} == {
        "compare.json", "compare.yaml", "comparison.html",
    }  # fmt: skip


def test_seeds_made_apart_and_put_together_train_nothing_again(made, copied, never_train) -> None:
    shutil.rmtree(copied / "dense" / "seed1")
    for trial in CELLS[3:]:
        shutil.rmtree(copied / trial)
    assert call("compare", made.config, "--set", "seeds=[0]", "--out", copied) == 0
    assert about(copied)["seeds"] == [0]
    for name in ("dense/seed1", *CELLS[3:]):
        shutil.copytree(made.folder / name, copied / name)
    assert call("compare", made.config, "--out", copied) == 0
    whole, wanted = about(copied), about(made.folder)
    assert [trial["name"] for trial in whole["cells"]] == [trial["name"] for trial in wanted["cells"]]
    assert whole["groups"] == wanted["groups"]


def test_the_plan_tells_what_is_done_and_estimates_the_rest_from_it(made, copied, capsys) -> None:
    shutil.rmtree(copied / CELLS[0])
    before = times(copied)
    assert call("compare", made.config, "--out", copied, "--dry-run") == 0
    assert times(copied) == before
    steps = {step.part.name: step for step in plan(copied, load_comparison(made.config)).steps}
    left = [name for name, step in steps.items() if step.state != "done"]
    assert left == ["adapler:0.4:0"]
    assert steps["adapler:0.4:0"].part.after == ("dense:fixed:0",)
    adapler = [seconds_spent(copied / cell) for cell in CELLS if "adapler" in cell and cell != CELLS[0]]
    assert steps["adapler:0.4:0"].minutes == pytest.approx(sum(adapler) / len(adapler) / 60)
    told = " ".join(capsys.readouterr().out.split())
    assert "1 training left, at most" in told
    assert "the mean of this folder's finished trainings of the same method" in told


def test_only_what_is_left_is_made_and_the_rest_stays(made, copied, capsys) -> None:
    for cell in (CELLS[0], CELLS[3]):
        shutil.rmtree(copied / cell)
    assert call("compare", made.config, "--out", copied, "--only", "adapler:0.4:0") == 0
    names = [cell["name"] for cell in about(copied)["cells"]]
    assert CELLS[0] in names
    assert CELLS[5] in names
    assert CELLS[3] not in names
    assert not about(copied)["finished"]
    assert call("compare", made.config, "--out", copied, "--only", "adapler:0.4:1") == 0
    assert about(copied)["finished"]
    assert about(copied)["groups"] == about(made.folder)["groups"]


def test_a_new_folders_plan_states_its_rate(made, tmp_path) -> None:
    config = load_comparison(made.config)
    whole = plan(tmp_path / "new", config)
    tokens = sum(len(w.input_ids) for w in Job(Run(tmp_path), config.dense(0)).training_windows)
    larger = encoder_size(config.run.backbone) / MEASURED_ON
    assert whole.minutes == pytest.approx(8 * tokens * RATE * larger / 60)
    assert f"{tokens:,} tokens" in whole.basis
    assert not (tmp_path / "new").exists()


def test_tables_figures_and_page_are_there(made) -> None:
    table = pd.read_parquet(made.folder / "tables" / "comparison.parquet")
    rows = ["dense", "adapler phi=0.4", "adapler phi=0.5", "top target_sparsity=0.45"]
    assert table["method"].tolist() == rows
    assert set(table["seeds"]) == {2}
    values = []
    for seed in (0, 1):
        frame = load_run(made.folder / f"cells/top/0.45-seed{seed}").metrics("classification")
        frame = frame.query("method == 'top' and split == 'test' and metric == 'accuracy'")
        values.append(frame["value"].item())
    assert table["accuracy"].iloc[3] == pytest.approx(sum(values) / 2)
    assert {"speedup_vs_hf_b1", "speedup_vs_hf_b4", "flops_speedup_padded"} <= set(table)
    assert "random_accuracy" not in table
    for name in ("comparison.csv", "comparison.tex", "areas.csv", "pairs.csv", "cells.csv"):
        assert (made.folder / "tables" / name).stat().st_size
    for name in ("tradeoff.png", "tradeoff.pdf", "tokens.png", "tokens.pdf"):
        assert (made.folder / "figures" / name).stat().st_size
    page = (made.folder / "comparison.html").read_text(encoding="utf-8")
    assert "AdapLeR phi=0.4" in page
    assert page.count("data:image/png") == 2


def test_a_failed_cell_is_not_fatal_and_is_tried_again(made, copied, monkeypatch, capsys) -> None:
    shutil.rmtree(copied / CELLS[0])
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "train_run", failing)
        assert call("compare", made.config, "--out", copied) == 1
    assert f"{CELLS[0]} failed: the disk is full" in " ".join(capsys.readouterr().err.split())
    table = pd.read_parquet(copied / "tables" / "comparison.parquet").set_index("method")
    assert table["seeds"].to_dict()["adapler phi=0.4"] == 1
    assert table["seeds"].to_dict()["adapler phi=0.5"] == 2
    assert call("compare", made.config, "--out", copied) == 0
    models = [digests(folder / CELLS[0] / "models") for folder in (copied, made.folder)]
    assert without_cards(models[0]) == without_cards(models[1])


def test_ctrl_c_ends_with_one_line(made, copied, monkeypatch, capsys) -> None:
    def interrupt(job) -> None:
        raise KeyboardInterrupt

    shutil.rmtree(copied / CELLS[-1])
    monkeypatch.setattr(pipeline, "train_run", interrupt)
    assert call("compare", made.config, "--out", copied) == 130
    assert capsys.readouterr().err.splitlines()[-1].startswith("interrupted; the same command resumes")
    assert not about(copied)["finished"]


def test_a_match_takes_the_nearest_try_and_says_when_it_misses(
    made, copied, never_train, capsys
) -> None:
    # The first try of either method is its own strength, which the grid has trained already.
    wanted = ("--set", "match.tries=1", "--set", "match.search_seed_only=true", "--set", "strengths={}")
    near = ("--match", "flops=1.5", "--set", "match.tolerance=9")
    assert call("compare", made.config, "--out", copied, *wanted, *near) == 0
    table = pd.read_parquet(copied / "tables" / "comparison.parquet")
    assert table["method"].tolist() == ["dense", "adapler", "top"]
    assert table["strength_low"].tolist()[1:] == [0.5, 0.45]
    capsys.readouterr()
    assert call("compare", made.config, "--out", copied, *wanted, "--match", "flops=50") == 1
    error = " ".join(capsys.readouterr().err.split())
    assert "adapler, seed 0: speedup 50 not matched, nearest" in error


def test_a_report_can_be_written_again(made, copied) -> None:
    (copied / "comparison.html").unlink()
    assert call("report", "--run", copied) == 0
    assert (copied / "comparison.html").is_file()


def failing(job) -> None:
    raise WorkbenchError("the disk is full")
