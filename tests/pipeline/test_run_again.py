"""A finished stage is skipped, a changed one repeated, a killed one continued with the same numbers."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.helpers.tiny_runs import CLOCK, METHODS, SCORERS, call, digests, times, without_cards
from workbench.runs.folder import Run, load_run
from workbench.runs.manifest import read_stages
from workbench.storage.atomic import write_text
from workbench.training.objectives.adapler import AdaplerObjective
from workbench.training.objectives.dense import DenseObjective
from workbench.training.objectives.top import TopObjective

OBJECTIVES = {"dense": DenseObjective, "adapler": AdaplerObjective, "top": TopObjective}


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    """The report is not what is tested here, and takes most of a tiny run's time."""
    import workbench.reporting.pages.run as report

    monkeypatch.setattr(report, "write_report", lambda folder: folder / "report.html")


@pytest.fixture
def steps(monkeypatch):
    """Counts the optimiser steps of each method; `steps.kill = (method, n)` stops at the n-th."""

    class Steps(dict):
        kill = (None, 0)

    counted = Steps.fromkeys(METHODS, 0)
    for method, kind in OBJECTIVES.items():

        def after_step(objective, method=method, original=kind.after_step):
            original(objective)
            counted[method] += 1
            if counted.kill == (method, counted[method]):
                raise KeyboardInterrupt

        monkeypatch.setattr(kind, "after_step", after_step)
    return counted


def assert_same_numbers(one: Run, other: Run) -> None:
    """Equal to the last bit, apart from what a stopwatch says."""
    pd.testing.assert_frame_equal(one.predictions, other.predictions, check_exact=True)
    for scorer in SCORERS:
        pd.testing.assert_frame_equal(one.scores(scorer), other.scores(scorer), check_exact=True)
    for name in ("classification", "plausibility", "comparisons"):
        pd.testing.assert_frame_equal(one.metrics(name), other.metrics(name), check_exact=True)
    tables = [run.metrics("efficiency") for run in (one, other)]
    counted = [table[~table["quantity"].isin(CLOCK)] for table in tables]
    pd.testing.assert_frame_equal(*counted, check_exact=True)


def stages(folder) -> dict:
    return read_stages(folder)["stages"]


def test_a_second_run_changes_nothing(tiny, copied, steps):
    before = times(copied)
    assert call("run", tiny.config, "--out", copied) == 0
    changed = {name for name, time in times(copied).items() if time != before[name]}
    assert changed == set()
    assert sum(steps.values()) == 0


def test_a_folder_keeps_to_the_run_it_holds(tiny, copied, steps, capsys):
    before = times(copied)
    assert call("run", tiny.config, "--out", copied, "--set", "name=other") == 2
    assert "holds the run 'tiny', not 'other'" in " ".join(capsys.readouterr().err.split())
    assert times(copied) == before


def test_a_changed_method_is_repeated_alone_with_the_evaluation(tiny, copied, steps):
    before, old = times(copied), stages(copied)
    assert call("run", tiny.config, "--out", copied, "--set", "adapler.phi=0.4") == 0
    assert steps == {"dense": 0, "adapler": 6, "top": 0}
    after, new = times(copied), stages(copied)
    assert {name for name in old if old[name]["key"] != new[name]["key"]} == {
        "adapler", "predictions", "plausibility", "efficiency",
    }  # fmt: skip
    for name, time in without_cards(before).items():
        if name.startswith(("models/dense", "models/top", "checkpoints", "targets")):
            assert after[name] == time, name
    again = ("models/adapler/policy.safetensors", "predictions.parquet", "scores/cp.parquet")
    for name in (*again, "environment.json"):
        assert after[name] != before[name]
    assert Run(copied).config.adapler.phi == 0.4


def test_a_changed_evaluation_trains_nothing(tiny, copied, steps):
    before = without_cards(times(copied / "models"))
    assert call("run", tiny.config, "--out", copied, "--set", "evaluation.splits=[dev]") == 0
    assert sum(steps.values()) == 0
    assert without_cards(times(copied / "models")) == before
    assert set(Run(copied).metrics("plausibility")["split"]) == {"dev"}


def test_no_rounds_count_flops_and_time_nothing(tiny, copied, finished, steps):
    assert call("run", tiny.config, "--out", copied, "--set", "efficiency.repeats=0") == 0
    assert sum(steps.values()) == 0
    table, before = Run(copied).metrics("efficiency"), finished.metrics("efficiency")
    assert table["batch_size"].isna().all()
    counted = before[before["batch_size"].isna()].reset_index(drop=True)
    pd.testing.assert_frame_equal(table, counted, check_exact=True)
    assert not list(copied.glob("metrics/stopwatch.*"))


@pytest.mark.parametrize("method", METHODS)
def test_a_killed_training_ends_with_the_same_numbers(tiny, finished, tmp_path, steps, method, capsys):
    folder = tmp_path / "killed"
    steps.kill = (method, 5)
    assert call("run", tiny.config, "--out", folder) == 130
    assert method not in stages(folder) if (folder / "stages.json").exists() else method == "dense"
    assert "the same command resumes" in capsys.readouterr().err.splitlines()[-1]
    steps.kill = (None, 0)
    assert call("run", tiny.config, "--out", folder) == 0
    # Checkpoints are 2 steps apart: the fifth step, and no other, was lost.
    assert steps[method] == 5 + 2
    assert all(steps[other] == 6 for other in METHODS if other != method)
    assert_same_numbers(load_run(folder), finished)


def test_a_kill_between_training_and_targets_loses_nothing(tiny, finished, tmp_path, steps, monkeypatch):
    import workbench.pipeline.train as train

    folder = tmp_path / "killed"
    with monkeypatch.context() as patch:
        patch.setattr(train, "saliency_targets", kill)
        assert call("run", tiny.config, "--out", folder) == 130
    assert call("run", tiny.config, "--out", folder) == 0
    assert steps == {"dense": 6, "adapler": 6, "top": 6}
    assert_same_numbers(load_run(folder), finished)


def test_evaluate_repeats_the_evaluation_with_the_same_numbers(copied, finished, steps):
    models = without_cards(times(copied / "models"))
    for path in [copied / "predictions.parquet", *copied.glob("scores/*"), *copied.glob("metrics/*")]:
        path.unlink()
    assert call("evaluate", "--run", copied) == 0
    assert sum(steps.values()) == 0
    assert without_cards(times(copied / "models")) == models
    assert_same_numbers(load_run(copied), finished)


def test_a_killed_evaluation_is_repeated(tiny, copied, finished, monkeypatch):
    import workbench.pipeline.evaluate as evaluate

    with monkeypatch.context() as patch:
        patch.setattr(evaluate, "classification", kill)
        assert call("evaluate", "--run", copied) == 130
    assert_same_numbers(load_run(copied), finished)
    (copied / "predictions.parquet").unlink()
    assert call("run", tiny.config, "--out", copied) == 0
    assert_same_numbers(load_run(copied), finished)


def test_a_rerun_with_other_settings_that_is_killed_leaves_the_old_results_as_they_were(
    tiny, copied, steps
):
    before = times(copied)
    steps.kill = ("dense", 3)
    assert call("run", tiny.config, "--out", copied, "--set", "seed=5") == 130
    after = times(copied)
    assert {name: after[name] for name in before} == before
    assert {Path(name).parts[0] for name in after.keys() - before.keys()} == {"checkpoints"}
    assert load_run(copied).config.seed == 0
    steps.kill = (None, 0)
    assert call("run", tiny.config, "--out", copied) == 0
    assert times(copied) == before


def test_a_refused_rerun_changes_nothing(tiny, copied, capsys):
    before = times(copied)
    too_late = "evaluation.faithfulness.scorers=[saliency]"
    for setting in ("backbone=/no/such", "top.first_layer=9", too_late):
        more = ("--set", "evaluation.faithfulness.layers=[7]")
        assert call("run", tiny.config, "--out", copied, "--set", setting, *more) == 2
        lines = capsys.readouterr().err.splitlines()
        assert [line for line in lines if not line.startswith(("note: ", "warning: "))] == lines[-1:]
    assert times(copied) == before


def test_going_back_to_old_settings_trains_again(tiny, copied, finished, steps):
    """The model of the new settings was in place already when the kill came."""
    old = without_cards(digests(copied / "models" / "adapler"))
    steps.kill = ("top", 1)
    more = ["--set", "adapler.phi=0.4", "--set", "top.target_sparsity=0.3"]
    assert call("run", tiny.config, "--out", copied, *more) == 130
    assert without_cards(digests(copied / "models" / "adapler")) != old
    assert sorted(path.name for path in copied.glob("models/*")) == ["adapler", "dense"]
    assert not list(copied.glob("predictions.parquet"))
    steps.kill = (None, 0)
    assert call("run", tiny.config, "--out", copied) == 0
    assert without_cards(digests(copied / "models" / "adapler")) == old
    assert_same_numbers(load_run(copied), finished)


def test_the_report_keeps_what_earlier_commands_left_out(tiny, tmp_path):
    config = yaml.safe_load(tiny.config.read_text())
    config["methods"] = ["dense"]
    config["data"]["training_windows"] = "with-evidence"
    config["evaluation"]["max_scored"] = 4
    write_text(tmp_path / "notes.yaml", yaml.safe_dump(config))
    folder = tmp_path / "run"
    assert call("run", tmp_path / "notes.yaml", "--out", folder) == 0
    notes = json.loads((folder / "about.json").read_text())["notes"]
    for told in ("training on", "scoring the first 4 of 10 texts", "cp left out", "top left out"):
        assert any(told in note for note in notes), told
    assert load_run(folder).scores("saliency")["text_id"].nunique() == 4

    more = ["--set", "efficiency.repeats=3"]
    assert call("run", tmp_path / "notes.yaml", "--out", folder, *more) == 0
    assert set(json.loads((folder / "about.json").read_text())["notes"]) == set(notes)


def test_scores_of_models_that_are_gone_do_not_stay(tiny, copied):
    own = copied / "scores" / "mine.parquet"
    own.write_bytes((copied / "scores" / "random.parquet").read_bytes())
    more = ["--set", "methods=[dense]", "--set", "evaluation.scorers=[saliency, cp]"]
    assert call("run", tiny.config, "--out", copied, *more) == 0
    assert load_run(copied).scorers == ["mine", "saliency"]


def kill(*_, **__):
    raise KeyboardInterrupt
