"""DistilBERT and the controls at a method's budget go through the whole pipeline."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tests.helpers.families import tiny_model
from tests.helpers.tiny_runs import LAYERS, TinyRun, call, times, write_settings
from workbench.inference.explain import explain_text
from workbench.models.classifier import load_classifier
from workbench.models.policies.base import Sizes
from workbench.models.pretrained import load_tokenizer
from workbench.pipeline.bench.run import subject_of_model, subject_of_run
from workbench.reporting.pages import run as report
from workbench.runs.folder import Run, load_run

SETTINGS = (
    "methods=[dense, distilbert, top]",
    "distilbert={epochs: 1, batch_size: 8}",
    "evaluation.scorers=[random]",
    "evaluation.controls=[random, first, oracle]",
)


def run(config, folder, *more: str) -> int:
    return call(
        "run", config, "--out", folder, *(part for s in (*SETTINGS, *more) for part in ("--set", s))
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    folder = tmp_path_factory.mktemp("student")
    config = write_settings(folder)
    assert run(config, folder / "run") == 0
    return TinyRun(config, folder / "run")


@pytest.fixture
def found(made: TinyRun) -> Run:
    return load_run(made.folder)


def test_the_student_has_half_of_the_layers(made: TinyRun, found: Run) -> None:
    folder = found.model_folder("distilbert")
    described = json.loads((folder / "config.json").read_text())
    sizes = Sizes(LAYERS, 16, 32)._asdict()
    assert described["workbench"] == {"method": "distilbert", "policy": sizes, "pairs": False}
    assert load_classifier(folder)[0].layers == described["num_hidden_layers"] == 2
    assert not list((made.folder / "checkpoints").glob("distilbert-*"))


def test_its_flops_are_compared_with_the_whole_depth(found: Run) -> None:
    frame = found.predictions.set_index(["method", "split", "text_id"])
    dense, student = frame.loc["dense"], frame.loc["distilbert"]
    assert student["tokens"].map(len).eq(2).all()
    assert dense["tokens"].map(len).eq(LAYERS).all()
    assert student["flops_dense"].equals(dense["flops"])
    assert (student["flops"] < dense["flops"]).all()
    speeds = found.metrics("efficiency").query("batch_size.isna()")
    speeds = speeds.set_index(["method", "quantity"])["value"]
    counted = speeds["distilbert", "flops_speedup_unpadded"]
    assert counted == pytest.approx(dense["flops"]["test"].sum() / student["flops"]["test"].sum())
    assert speeds["distilbert", "tokens_kept_share"] == 1
    padded = speeds["dense", "flops_speedup_padded"]
    assert speeds["distilbert", "flops_speedup_padded"] == pytest.approx(padded * counted)


def test_alone_in_its_folder_a_student_is_benchmarked_as_the_model_it_is(found: Run) -> None:
    folder = found.model_folder("distilbert")
    subject = subject_of_model(str(folder), None, torch.device("cpu"))
    assert subject.models.keys() == {"dense"}
    assert subject.models["dense"].costs.dense.layers == 2
    whole = subject_of_run(found, None, torch.device("cpu"))
    assert whole.models["distilbert"].costs.dense == whole.models["dense"].costs.shape


def test_explaining_shows_the_students_layers(found: Run) -> None:
    explained = explain_text(*load_classifier(found.model_folder("distilbert")), "a fine film")
    assert explained.records[0].kept.all()
    assert explained.records[0].layers == 2
    assert np.isnan(explained.records[0].scores).all()


def test_controls_are_written_for_whoever_drops_tokens(found: Run) -> None:
    frame = found.metrics("controls")
    assert set(frame["method"]) == {"top"}
    rows = set(zip(frame["control"], frame["metric"], strict=True))
    metrics = ("accuracy", "macro_f1", "matthews")
    assert rows == {(c, m) for c in ("random", "first", "oracle") for m in metrics}
    assert frame.set_index("control")["draws"].to_dict() == {"random": 2, "first": 1, "oracle": 1}
    assert (frame["ci_low"] <= frame["ci_high"]).all()
    written = pd.read_csv(found.table_file("controls").with_suffix(".csv"))
    pd.testing.assert_frame_equal(written, frame, check_dtype=False, rtol=1e-12)


def test_the_comparison_is_on_the_texts_that_were_predicted(found: Run) -> None:
    compared = found.metrics("control_comparisons").set_index("control")
    own = found.predictions.query("method == 'top' and split == 'test'")
    assert compared.loc["random", "method_value"] == (own["label"] == own["predicted"]).mean()
    assert compared["n"].between(1, 10).all()
    quality = found.metrics("controls").query("metric == 'accuracy'").set_index("control")
    assert compared["control_value"].to_dict() == pytest.approx(quality["value"].to_dict())
    difference = compared["method_value"] - compared["control_value"]
    np.testing.assert_allclose(compared["difference"], difference)
    assert (compared["p_holm"] >= compared["p"]).all()


def test_the_report_shows_both(made: TinyRun) -> None:
    page = (made.folder / "report.html").read_text(encoding="utf-8")
    assert "every other layer of the fine-tuned dense model" in page
    assert "Other tokens at the same budget" in page
    assert "own weights, choice of tokens replaced" in page
    assert "at random at the same budget" in page
    assert (made.folder / "tables" / "controls_table.tex").is_file()


def test_changed_controls_repeat_nothing_else_and_none_leaves_no_table(
    made: TinyRun, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "write_report", lambda folder: folder / "report.html")
    before = times(made.folder)
    assert run(made.config, made.folder, "evaluation.controls=[]") == 0
    after = times(made.folder)
    gone = {name for name in before if name not in after}
    assert gone == {
        f"metrics/{name}.{kind}"
        for name in ("controls", "control_comparisons")
        for kind in ("csv", "parquet")
    }
    # Cards tell of every evaluation.
    others = {name: time for name, time in after.items() if not name.endswith(".md")}
    changed = {name for name, time in others.items() if time != before[name]}
    assert changed == {
        "config.yaml",
        "params.yaml",
        "metrics.json",
        "environment.json",
        "stages.json",
        "about.json",
    }


def save_checkpoint(folder: Path, family: str, **sizes: int) -> Path:
    """A smaller encoder of a family, and the tokenizer of `folder / "bert"`."""
    tokenizer = load_tokenizer(str(folder / "bert"))
    model = tiny_model(family, vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, **sizes)
    model.base_model.save_pretrained(folder / "small")
    tokenizer.save_pretrained(folder / "small")
    return folder / "small"


def train_checkpoint(config: Path, checkpoint: Path) -> int:
    return run(
        config, config.parent / "run", "methods=[dense, distilbert]", "evaluation.controls=[]",
        f"distilbert={{epochs: 1, batch_size: 8, cosine_weight: 0, checkpoint: {checkpoint}}}",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("family", "sizes"),
    [
        ("distilbert", {"dim": 12, "n_layers": 1, "hidden_dim": 20}),
        ("albert", {"hidden_size": 12, "num_hidden_layers": 1, "intermediate_size": 20}),
    ],
)
def test_a_checkpoint_of_any_family_is_fine_tuned(made: TinyRun, tmp_path, family: str, sizes) -> None:
    config = write_settings(tmp_path)
    assert train_checkpoint(config, save_checkpoint(tmp_path, family, **sizes)) == 0
    student, _ = load_classifier(load_run(tmp_path / "run").model_folder("distilbert"))
    assert (student.layers, student.stock.config.hidden_size) == (1, 12)
    assert student.stock.config.model_type == family
    assert student.policy.reference == Sizes(LAYERS, 16, 32)


def test_a_checkpoint_that_cannot_read_the_windows_is_refused_before_training(
    made: TinyRun, tmp_path, capsys
) -> None:
    config = write_settings(tmp_path)
    checkpoint = save_checkpoint(tmp_path, "distilbert", max_position_embeddings=24)
    told = refused_checkpoint(config, checkpoint, capsys)
    assert "has 24 positions; set data.max_tokens, now 32, to at most that" in told
    tokenizer = load_tokenizer(str(tmp_path / "bert"))
    tokenizer.add_tokens(["unheard"])
    model = tiny_model("distilbert", vocab_size=len(tokenizer))
    model.base_model.save_pretrained(checkpoint)
    tokenizer.save_pretrained(checkpoint)
    told = refused_checkpoint(config, checkpoint, capsys)
    assert "its vocabulary is not that of the backbone" in told


def refused_checkpoint(config: Path, checkpoint: Path, capsys) -> str:
    """What the command says; it has trained nothing."""
    capsys.readouterr()
    assert train_checkpoint(config, checkpoint) == 2
    assert not (config.parent / "run" / "models").exists()
    return " ".join(capsys.readouterr().err.split())
