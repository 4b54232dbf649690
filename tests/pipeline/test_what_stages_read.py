"""A stage is done again when what it reads has changed, by content, and only then."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from safetensors.numpy import load_file, save_file

from tests.helpers.tiny_runs import SAMPLE, TinyRun, call, digests, forget, times, without_cards
from workbench.catalog.plugins import load_plugins, unload_plugins
from workbench.config.data import DataSettings
from workbench.config.loading import load_config
from workbench.config.run import RunConfig
from workbench.data.corpus import load_corpus
from workbench.pipeline.content import Content, Texts, read_content
from workbench.pipeline.job import Job
from workbench.pipeline.recipes import Recipes
from workbench.runs.check import check_runs
from workbench.runs.folder import Run
from workbench.runs.manifest import read_stages

EVALUATIONS = {"predictions", "plausibility", "efficiency", "about"}


@pytest.fixture(autouse=True)
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    import workbench.reporting.pages.run as report

    monkeypatch.setattr(report, "write_report", lambda folder: folder / "report.html")


@pytest.fixture
def own_data(tiny: TinyRun, copied: Path, tmp_path: Path) -> TinyRun:
    """The finished run, copied, with copies of the data and the backbone that a test may change."""
    config = yaml.safe_load(tiny.config.read_text())
    shutil.copytree(SAMPLE, tmp_path / "data")
    shutil.copytree(config["backbone"], tmp_path / "bert")
    config["data"]["path"], config["backbone"] = str(tmp_path / "data"), str(tmp_path / "bert")
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(config))
    return TinyRun(path, copied)


def to_do(run: TinyRun, *overrides: str) -> dict[str, str]:
    """The stages that a command would carry out, and why."""
    config = load_config(run.config, list(overrides))
    job = Job(Run(run.folder), config)
    names = [*config.methods, "predictions", "plausibility", "efficiency", "about"]
    return {n: job.stages.why(n, job.recipe(n)) for n in names if not job.is_done(n)}


def test_moved_files_change_nothing_but_what_the_report_says(own_data: TinyRun) -> None:
    moved = to_do(own_data)
    assert moved.keys() == {"about"}
    assert moved["about"].startswith("data.path was ")


def test_flipped_labels_change_everything(own_data: TinyRun) -> None:
    path = own_data.config.parent / "data" / "train.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    other = {"POS": "NEG", "NEG": "POS"}
    for row in rows:
        row["classification"] = other[row["classification"]]
    before = path.stat()
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    left = to_do(own_data)
    assert left.keys() == {"dense", "adapler", "top"} | EVALUATIONS
    assert left["dense"] == "texts.training (content) has changed"
    assert left["top"] == "dense (stages) has changed"


def test_a_test_split_that_changed_trains_nothing(own_data: TinyRun) -> None:
    path = own_data.config.parent / "data" / "test.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[1:]))
    assert to_do(own_data).keys() == EVALUATIONS


def test_rationales_that_cut_no_window_otherwise_train_nothing(own_data: TinyRun) -> None:
    def keys(rationales: str) -> dict[str, str]:
        overrides = ["data.max_tokens=64", f"data.rationales={rationales}"]
        recipes = Job(Run(own_data.folder), load_config(own_data.config, overrides)).recipes
        return {name: recipes.key(name) for name in ("dense", "top", *EVALUATIONS)}

    annotated, none = keys("annotated"), keys("none")
    changed = {name for name, key in annotated.items() if none[name] != key}
    assert changed == {"plausibility", "about"}


def test_settings_of_a_stage_alone_concern_it_alone(own_data: TinyRun) -> None:
    assert to_do(own_data, "evaluation.max_scored=3").keys() == {"plausibility", "about"}
    assert to_do(own_data, "efficiency.repeats=0").keys() == {"efficiency", "about"}
    assert to_do(own_data, "evaluation.bootstrap=7").keys() == {
        "predictions", "plausibility", "efficiency", "about",
    }  # fmt: skip
    assert to_do(own_data, "top.temperature=3").keys() == {
        "top", "predictions", "plausibility", "efficiency", "about",
    }  # fmt: skip


def test_settings_that_came_since_make_nothing_again(
    own_data: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("run", own_data.config, "--out", own_data.folder) == 0
    dumped = DataSettings.model_dump

    def with_one_more(settings: DataSettings, **how: Any) -> dict[str, Any]:
        values = dumped(settings, **how)
        return values if how.get("exclude_defaults") else values | {"came_since": None}

    monkeypatch.setattr(DataSettings, "model_dump", with_one_more)
    assert to_do(own_data) == {}


def test_labels_of_annotators_make_again_only_what_they_are_in() -> None:
    config = RunConfig(methods=("dense", "top"))
    texts = {"training": "t", "dev": "d", "test": "e"}

    def keys(**shares: str) -> dict[str, str]:
        recipes = Recipes(config, Content(texts, {"test": "r"}, ["0", "1"], "b", shares))
        return {name: recipes.key(name) for name in ("dense", "top", *EVALUATIONS)}

    plain = keys()
    for shares, made_again in (
        # Runs of a version that did not know the annotators' labels need not be trained anew.
        ({"dev": "s", "test": "s"}, {"predictions", "efficiency"}),
        ({"training": "s"}, {"dense", "top", "predictions", "plausibility", "efficiency"}),
    ):
        changed = {name for name, key in keys(**shares).items() if plain[name] != key}
        assert changed == made_again


def test_another_backbone_in_the_same_folder_changes_everything(own_data: TinyRun) -> None:
    path = own_data.config.parent / "bert" / "model.safetensors"
    weights = load_file(path)
    weights["bert.pooler.dense.bias"] += 1
    save_file(weights, path, metadata={"format": "pt"})
    left = to_do(own_data)
    assert left.keys() == {"dense", "adapler", "top"} | EVALUATIONS
    assert left["dense"] == "backbone (content) has changed"


def test_texts_are_not_read_again_while_their_files_keep_their_traces(
    own_data: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("run", own_data.config, "--out", own_data.folder) == 0

    def read(*_: object) -> None:
        pytest.fail("reads the texts")

    monkeypatch.setattr("workbench.pipeline.job.load_corpus", read)
    before = times(own_data.folder)
    assert call("run", own_data.config, "--out", own_data.folder) == 0
    assert times(own_data.folder) == before
    (own_data.config.parent / "data" / "train.jsonl").touch()
    with pytest.raises(BaseException, match="reads the texts"):
        call("run", own_data.config, "--out", own_data.folder)


@pytest.mark.parametrize(
    "file",
    ["predictions.parquet", "metrics/plausibility.parquet", "metrics/plausibility.csv", "about.json",
     "scores/saliency.parquet", "models/top/policy.safetensors", "models/top/config.json"],
)  # fmt: skip
@pytest.mark.parametrize("damage", ["removed", "changed"])
def test_what_is_gone_or_changed_is_made_again(
    tiny: TinyRun, copied: Path, file: str, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = digests(copied)
    path = copied / file
    if damage == "removed":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-9])
    assert check_runs(copied).wrong
    assert call("run", tiny.config, "--out", copied) == 0
    assert f"{file} {'is gone' if damage == 'removed' else 'has changed'}" in capsys.readouterr().err
    made = digests(copied)
    same = {"stages.json", "environment.json"} | {name for name in made if "stopwatch" in name}
    assert {n: d for n, d in without_cards(made).items() if n not in same} == {
        n: d for n, d in without_cards(wanted).items() if n not in same
    }
    assert check_runs(copied).wrong == []


def test_targets_that_are_gone_come_back_with_the_dense_model(tiny: TinyRun, copied: Path) -> None:
    wanted = np.load(copied / "targets" / "saliency.npz")["saliency"]
    dense = digests(copied / "models" / "dense")["model.safetensors"]
    (copied / "targets" / "saliency.npz").unlink()
    assert call("run", tiny.config, "--out", copied) == 0
    np.testing.assert_array_equal(np.load(copied / "targets" / "saliency.npz")["saliency"], wanted)
    assert digests(copied / "models" / "dense")["model.safetensors"] == dense


def test_a_kill_before_the_cards_leaves_them_to_the_next_command(tiny: TinyRun, copied: Path) -> None:
    for card in copied.glob("models/*/README.md"):
        card.unlink()
    forget(copied, "about")
    (copied / "about.json").unlink()
    assert call("run", tiny.config, "--out", copied) == 0
    assert len(list(copied.glob("models/*/README.md"))) == 3
    assert (copied / "about.json").is_file()


def test_checkpoints_left_by_a_kill_are_removed(tiny: TinyRun, copied: Path) -> None:
    left = copied / "checkpoints" / "dense-0123"
    left.mkdir(parents=True)
    (left / "epoch-0.safetensors").write_bytes(b"x")
    assert call("run", tiny.config, "--out", copied) == 0
    assert not (copied / "checkpoints").exists()


def test_a_benchmark_keeps_the_record_true(tiny: TinyRun, copied: Path) -> None:
    assert call("bench", "--run", copied, "--batch", "2", "--rounds", "1", "--limit", "4") == 0
    assert check_runs(copied).wrong == []
    assert "metrics/limits.parquet" in read_stages(copied)["stages"]["bench"]["files"]
    bench = pd.read_parquet(copied / "metrics" / "bench.parquet")
    assert {*bench["batch_size"].dropna()} == {2}
    # Other models: what was measured of these must not stay.
    assert call("run", tiny.config, "--out", copied, "--set", "adapler.phi=0.4") == 0
    assert not [*copied.glob("metrics/limits.*"), *copied.glob("metrics/bench*")]
    assert not (copied / "bench.json").exists()
    assert check_runs(copied).wrong == []


PLUGIN = """
import numpy as np
from workbench.catalog.scorers import register_scorer

@register_scorer(name="own", title="Own", description="own", group="control", takes="window")
def own(window, layers, seed):
    return np.full((layers, len(window.input_ids)), {value}, dtype=np.float32)
"""


def test_a_plug_in_that_was_edited_is_run_again(own_data: TinyRun, tmp_path: Path) -> None:
    plugin, keys = tmp_path / "own_scorer.py", []
    try:
        for value in (1, 1, 2):
            plugin.write_text(PLUGIN.format(value=value))
            unload_plugins()
            load_plugins([plugin])
            config = load_config(own_data.config, ["evaluation.scorers=[own, saliency]"])
            recipes = Job(Run(own_data.folder), config).recipes
            keys.append((recipes.key("plausibility"), recipes.key("predictions")))
    finally:
        unload_plugins()
    assert keys[0] == keys[1]
    assert keys[2][0] != keys[0][0]
    assert keys[2][1] == keys[0][1]


READER = """
from workbench.catalog.readers import register_reader
from workbench.data.rows import Row, Table

@register_reader(name="own-texts", description="own", usage=", data.path")
def own(settings):
    rows = [Row(f"{{n}}", f"{word} {{n}}", "ab"[n % 2], f"row {{n}}") for n in range(40)]
    return Table("own", {{"train": rows}})
"""


def test_the_texts_of_a_reader_that_was_edited_are_read_again(tiny: TinyRun, tmp_path: Path) -> None:
    plugin, data = tmp_path / "own_reader.py", tmp_path / "texts.txt"
    data.write_text("what the reader would read")
    more = ["data.source=own-texts", f"data.path={data}", "data.rationales=none"]
    known: dict[str, Any] = {}
    read: list[str] = []

    def texts() -> Texts:
        read.append(word)
        return load_corpus(load_config(tiny.config, more).data), {}, []

    try:
        for word in ("film", "film", "plot"):
            plugin.write_text(READER.format(word=word))
            unload_plugins()
            load_plugins([plugin])
            known = read_content(load_config(tiny.config, more), known, texts)
    finally:
        unload_plugins()
    assert read == ["film", "plot"]
