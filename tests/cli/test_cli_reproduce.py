"""`workbench reproduce`: a run made again, and what differs."""

import json
import shutil

import pandas as pd
import pytest
import yaml

from tests.helpers.tiny_runs import accept_changes, forget
from workbench.storage.atomic import write_json
from workbench.storage.locks import WRITER


@pytest.fixture(scope="module")
def again(tiny, tmp_path_factory):
    """The tiny run made again by the command, and what that printed."""
    from tests.helpers.tiny_runs import call

    out = tmp_path_factory.mktemp("again") / "out"
    assert call("reproduce", tiny.folder, "--out", out) == 0
    return out


def unfinished(folder, tmp_path):
    """A copy of a finished reproduction whose last stage has to be done again."""
    copy = shutil.copytree(folder, tmp_path / "again")
    forget(copy, "efficiency")
    return copy


def test_the_same_numbers_come_out(workbench, tiny, again, tmp_path):
    answer = workbench("reproduce", tiny.folder, "--out", unfinished(again, tmp_path))
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[-1].startswith("the same: ")
    assert "numbers that differ:" not in lines
    assert "timings (expected to differ):" in lines
    assert any(line.startswith("- seconds_median, dense, test, batch 1: recorded ") for line in lines)
    (before, after) = (pd.read_parquet(f / "predictions.parquet") for f in (tiny.folder, again))
    pd.testing.assert_frame_equal(before, after, check_exact=True)


def test_a_tampered_metric_is_told(workbench, copied, again, tmp_path):
    path = copied / "metrics" / "classification.parquet"
    frame = pd.read_parquet(path)
    at = frame.query("method == 'top' and split == 'test' and metric == 'accuracy'").index
    (true,) = frame.loc[at, "value"]
    frame.loc[at, "value"] = true + 0.01
    frame.to_parquet(path)
    environment = json.loads((copied / "environment.json").read_text())
    write_json(copied / "environment.json", environment | {"python": "3.0", "commit": "abc"})
    accept_changes(copied)
    answer = workbench("reproduce", copied, "--out", unfinished(again, tmp_path))
    assert answer.code == 1
    lines = answer.out.splitlines()
    told = f"top test accuracy: recorded {true + 0.01:.7g}, again {true:.7g}"
    assert lines[:2] == ["numbers that differ:", f"- metrics/classification, value: {told}"]
    assert lines[2] == "surroundings that differ:"
    assert any(line.startswith("- environment.python: recorded 3.0, again 3.") for line in lines)
    assert any(line.startswith("- environment.commit: recorded abc, again ") for line in lines)
    assert lines[-1].startswith("not the same: ")


def test_the_default_place_is_beside_the_run(workbench, copied, monkeypatch):
    made = []

    def note(run, out, reporter, write_cards):
        from workbench.runs.reproduction import Reproduction

        made.append(out)
        return Reproduction(compared=3)

    monkeypatch.setattr("workbench.pipeline.reproduce.reproduce", note)
    answer = workbench("reproduce", copied)
    assert answer.code == 0
    assert made == [copied.with_name("run-again")]
    assert answer.out == f"the same: 3 numbers compared; the run made again is in {made[0]}\n"


def test_a_comparison_and_a_folder_that_is_no_run_are_refused(workbench, tmp_path):
    answer = workbench("reproduce", tmp_path)
    assert (answer.code, "not a run folder" in answer.error) == (2, True)
    write_json(tmp_path / "compare.json", {})
    answer = workbench("reproduce", tmp_path)
    assert answer.code == 2
    assert "is a comparison; its trials are ordinary runs: reproduce those" in answer.error


def test_a_run_still_going_is_refused(workbench, copied):
    forget(copied, "adapler", "top", "predictions", "plausibility", "efficiency", "about")
    answer = workbench("reproduce", copied)
    assert answer.code == 2
    missing = "adapler, top, predictions, plausibility, efficiency, about"
    assert f"not at its end (no {missing})" in answer.error
    assert f"workbench run {copied / 'config.yaml'} --out {copied}" in answer.error
    assert not copied.with_name("run-again").exists()


def test_places_that_would_overwrite_something_are_refused(workbench, tiny, again, copied, tmp_path):
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "letters.txt").write_text("mine")
    config = yaml.safe_load((copied / "config.yaml").read_text())
    (copied / "config.yaml").write_text(yaml.safe_dump(config | {"seed": 3}))
    accept_changes(copied)
    for out, told in (
        (tiny.folder, "is the run itself"),
        (tmp_path / "foreign", "neither empty nor a run folder"),
        (copied, "holds a run with another configuration"),
        (again, "holds a finished run already"),
    ):
        answer = workbench("reproduce", tiny.folder, "--out", out)
        assert answer.code == 2
        assert told in answer.error


def test_one_that_was_killed_before_its_cards_gets_them(workbench, tiny, again, tmp_path):
    copy = shutil.copytree(again, tmp_path / "again")
    cards = sorted(copy.glob("models/*/*.md"))
    cards[-1].unlink()
    (copy / WRITER).write_text("{}")
    assert workbench("reproduce", tiny.folder, "--out", copy).code == 0
    assert sorted(copy.glob("models/*/*.md")) == cards
    assert not (copy / WRITER).exists()


def test_data_that_is_gone_is_an_input_error(workbench, copied, tmp_path):
    config = yaml.safe_load((copied / "config.yaml").read_text())
    config["data"]["path"] = str(tmp_path / "gone")
    (copied / "config.yaml").write_text(yaml.safe_dump(config))
    accept_changes(copied)
    answer = workbench("reproduce", copied)
    assert answer.code == 2
    assert str(tmp_path / "gone") in answer.err.splitlines()[-1]
