"""Token classification from a configuration to its tables: trained, resumed, judged, refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from typer.testing import CliRunner

from tests.helpers.token_trainings import check_resumes
from tests.helpers.toys import save_folder, tiny_config
from workbench.cli.program import app
from workbench.config.systems import load_systems_config
from workbench.config.tagging import TaggingConfig
from workbench.core.token_tasks import TokenTags
from workbench.errors import InputError, WorkbenchError
from workbench.metrics.tagging import tag_quality, tag_values
from workbench.models.classifier import load_classifier
from workbench.models.pretrained import load_backbone
from workbench.models.token_classifier import load_token_classifier
from workbench.pipeline.systems.evaluate import evaluate_systems
from workbench.pipeline.tagging.job import TaggingJob
from workbench.reporting.tables.systems import tags_by_layer_table, tags_table
from workbench.runs.systems import System

VOWELS = "aeiou"


def conll_file(path: Path, texts: int, seed: int) -> Path:
    """Letters, of which vowels are entities: a run of them is one."""
    rng = np.random.default_rng(seed)
    lines = []
    for _ in range(texts):
        inside = False
        for letter in rng.choice(list("abcdefghijklmnopqrstu"), size=int(rng.integers(6, 14))):
            vowel = letter in VOWELS
            lines.append(f"{letter} {'O' if not vowel else 'I-V' if inside else 'B-V'}")
            inside = vowel
        lines.append("")
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def config(tmp_path) -> Path:
    # Small first weights and no dropout, so that the toy learns in a few steps.
    calm = tiny_config(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, initializer_range=0.05)
    backbone = save_folder(tmp_path / "backbone", calm)
    section = {"epochs": 1, "batch_size": 8}
    paths = {
        split: str(conll_file(tmp_path / f"{split}.conll", n, seed))
        for seed, (split, n) in enumerate({"train": 80, "dev": 8, "test": 12}.items())
    }
    values = {
        "run": {
            "name": "tagged", "backbone": str(backbone), "methods": ["dense", "adapler", "top"],
            "data": {"source": "conll", "paths": paths, "max_tokens": 10},
            "dense": section | {"epochs": 8, "learning_rate": 1e-2}, "adapler": section,
            "top": section | {"rank_top_k": 4},
        },
        "strengths": {"top": [0.3, 0.6]},
    }  # fmt: skip
    path = tmp_path / "tagged.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def trained(config: Path, folder: Path, *overrides: str) -> TaggingJob:
    job = TaggingJob(folder, load_systems_config(TaggingConfig, config, list(overrides)))
    job.train()
    return job


def test_from_a_configuration_to_tables(config, tmp_path) -> None:
    job = trained(config, tmp_path / "out")
    frame, layers, _ = evaluate_systems(job)
    test = job.texts.splits["test"]
    assert [system.name for system in job.systems] == ["dense", "adapler", "top-0.3", "top-0.6"]
    for system in job.systems:
        said = json.loads((job.folder / "tags" / f"{system.name}.json").read_text())
        assert [len(said[one.document.id]) for one in test] == [len(one.tags) for one in test]
        values = tag_values(
            [one.tags for one in test], [said[one.document.id] for one in test], job.labels
        )
        rows = frame[frame["system"] == system.title].set_index("metric")["value"]
        for name, value, *_ in tag_quality(values, 0, 0):
            assert rows[name] == pytest.approx(value)
    # A letter says by itself whether it is a vowel.
    dense = frame[frame["system"] == "dense"].set_index("metric")
    assert dense["value"]["accuracy"] > 0.85
    assert dense["ci_low"]["f1"] < dense["value"]["f1"] < dense["ci_high"]["f1"]
    stored = pd.read_parquet(job.folder / "metrics" / "tags.parquet")
    pd.testing.assert_frame_equal(stored, frame)
    main = tags_table(frame, "12 texts", 5000)
    assert main.shown["FLOPs, unpadded"].iloc[0] == "1.00x"
    assert "random_f1" in set(frame[frame["system"] == "ToP 0.6"]["metric"])
    assert set(layers["quantity"]) == {"entities", "other words"}
    assert set(tags_by_layer_table(layers).shown.columns) >= {"L0", "L3"}


def test_a_trained_folder_is_loaded_as_what_it_is(config, tmp_path) -> None:
    job = trained(config, tmp_path / "out", "run.methods=[dense]", "strengths={}")
    folder = job.folder / "models" / "dense"
    model, _ = load_token_classifier(folder, "tokens")
    assert model.task_type == TokenTags(("O", "B-V", "I-V"))
    with pytest.raises(InputError, match="is a BertForTokenClassification; what is needed"):
        load_classifier(folder)
    with pytest.raises(InputError, match="is a BertForTokenClassification; what is needed"):
        load_token_classifier(folder, "answers")


def test_a_head_of_another_kind_is_not_taken(tiny_folder) -> None:
    heads = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        stock = load_backbone(str(tiny_folder), ("O", "B"), head="tokens")
        heads.append(stock.classifier.weight.detach().clone())
    theirs = load_backbone(str(tiny_folder), ("negative", "positive")).classifier.weight
    assert theirs.shape == heads[0].shape
    assert not torch.equal(heads[0], theirs)
    assert not torch.equal(*heads)


def test_a_killed_training_goes_on_with_the_numbers_of_an_unbroken_one(config, tmp_path) -> None:
    more = ["run.methods=[dense]", "strengths={}", "run.dense.checkpoint_steps=1", "run.dense.epochs=1"]
    settings = load_systems_config(TaggingConfig, config, more)
    check_resumes(lambda name: TaggingJob(tmp_path / name, settings), "test")


def test_bfloat16_that_a_processor_imitates_is_warned_of(config, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("workbench.pipeline.checks.multiplies_bfloat16", lambda: False)
    settings = load_systems_config(TaggingConfig, config, ["run.top.mixed_precision=bf16"])
    job, said = TaggingJob(tmp_path / "out", settings), []
    job.reporter.warning = said.append  # type: ignore[method-assign]
    monkeypatch.setattr(TaggingJob, "_train", lambda job, system: None)
    job.train()
    assert [text.split(":")[0] for text in said] == ["top.mixed_precision"]


def test_other_tags_are_learnt_anew(config, tmp_path) -> None:
    more = ("run.methods=[dense]", "strengths={}", "run.dense.epochs=1")
    job = trained(config, tmp_path / "out", *more)
    weights = job.folder / "models" / "dense" / "model.safetensors"
    before = weights.stat().st_mtime_ns
    trained(config, tmp_path / "out", *more)
    assert weights.stat().st_mtime_ns == before
    trained(config, tmp_path / "out", *more, "run.data.max_test=5")
    assert weights.stat().st_mtime_ns == before
    trained(config, tmp_path / "out", *more, "tagging.learnt=all")
    assert weights.stat().st_mtime_ns != before


@pytest.mark.parametrize(("method", "rejoin"), [("trbert", "detached"), ("transkimmer", "gated")])
def test_how_dropped_tokens_rejoin_is_a_setting(config, tmp_path, method: str, rejoin: str) -> None:
    section = f"run.{method}={{epochs: 2, batch_size: 8, learning_rate: 0.01}}"
    more = (f"run.methods=[dense, {method}]", "strengths={}", "run.dense.epochs=1", section)
    weights = []
    for chosen in ("last", rejoin, "null"):
        job = trained(config, tmp_path / "out", *more, f"rejoin={chosen}")
        model = job.model(System(method))
        weights.append(torch.cat([value.flatten() for value in model.parameters()]))
    last, set_, default = weights
    assert not torch.equal(last, set_)
    assert torch.equal(set_, default)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("run.data.max_tokens=100", "run.data.max_tokens is 100, the backbone's limit is 64"),
        ("strengths={ltp: [1]}", "not in run.methods"),
        ("tagging.learnt=last", "tagging.learnt"),
        ("run.data.paths={train: nowhere.conll}", r"nowhere\.conll"),
        ("run.data.label_column='3'", "no column 3"),
    ],
)
def test_wrong_settings_are_refused_in_a_sentence(config, tmp_path, override, said) -> None:
    with pytest.raises((InputError, WorkbenchError), match=said):
        trained(config, tmp_path / "out", override)


def test_the_command(config, tmp_path) -> None:
    arguments = ["tag", str(config), "--out", str(tmp_path / "out"), "--set", "run.methods=[dense]",
                 "--set", "strengths={}"]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "tables" / "tags.md").is_file()
    assert "tables: " in result.output
