"""Encoders of other families, with tokenizers of other kinds, go through the whole pipeline."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from tests.helpers.family_runs import (
    METHODS,
    SCORERS,
    SECOND,
    WINDOW,
    finished_family_run,
    marked_places,
    rows,
)
from tests.helpers.tiny_runs import TinyRun, call
from workbench.core.sub_words import joined
from workbench.data.words import split_words
from workbench.inference.classify import classify
from workbench.inference.explain import explain_text
from workbench.inference.load import load_classifier as load
from workbench.models.classifier import load_classifier
from workbench.runs.folder import Run, load_run

TEST = {f"row-{k}": row for k, row in enumerate(rows(), start=1) if row["part"] == "test"}
LONGEST = "row-24"
CLASSES = {
    "roberta": "RobertaForSequenceClassification",
    "modernbert": "ModernBertForSequenceClassification",
    "deberta-v2": "DebertaV2ForSequenceClassification",
}


@pytest.fixture(scope="module", params=METHODS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    return finished_family_run(tmp_path_factory, request.param)


@pytest.fixture
def found(made: TinyRun) -> Run:
    return load_run(made.folder)


@pytest.fixture
def second(found: Run) -> str | None:
    return SECOND if found.config.data.second_column else None


@pytest.fixture
def short(tmp_path: Path, second: str | None) -> Path:
    """The test texts as a file of a user."""
    path = tmp_path / "texts.jsonl"
    lines = [json.dumps({"id": name, "text": row["text"]}) for name, row in TEST.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def named_texts(second: str | None) -> list[tuple[str, ...]]:
    return [(name, row["text"], *([second] if second else [])) for name, row in TEST.items()]


def predicted(run: Run, method: str) -> pd.DataFrame:
    frame = run.predictions
    return frame[(frame["split"] == "test") & (frame["method"] == method)].set_index("text_id")


def test_tokens_are_their_words_and_the_marked_ones_are_marked(found: Run, second: str | None) -> None:
    frame = found.scores("saliency")
    frame = frame[(frame["layer"] == 0) & (frame["word_index"] >= 0)]
    assert set(frame["text_id"]) == set(TEST)
    assert frame[frame["text_id"] == LONGEST]["window"].nunique() > 1
    for name, row in TEST.items():
        words = [*split_words(row["text"]), *split_words(second or "")]
        own = frame[frame["text_id"] == name]
        for (_, index), tokens in own.groupby(["window", "word_index"]):
            if "[UNK]" not in "".join(tokens["token"]):
                assert joined(tokens["token"]) == words[index]
        assert set(own["word_index"]) == set(range(len(words)))
        marked = own[own["rationale"].to_numpy(dtype=bool)]["word_index"]
        assert sorted(set(marked)) == marked_places(row)


def test_the_marked_words_are_all_that_the_oracle_finds(found: Run) -> None:
    frame = found.metrics("plausibility")
    rows = frame[(frame["metric"] == "ap") & (frame["scorer"] == "oracle")]
    assert len(rows)
    np.testing.assert_allclose(rows["value"], 1)
    assert set(frame["scorer"]) == {*SCORERS, "random"}


def test_predictions_are_those_of_the_stock_model(
    found: Run, second: str | None, tmp_path: Path
) -> None:
    """transformers alone, from the exported folder, with its own tokenizer and padding."""
    out = tmp_path / "dense"
    assert call("export", "--run", found.folder, "--method", "dense", "--to", out) == 0
    model, tokenizer = (
        kind.from_pretrained(out) for kind in (AutoModelForSequenceClassification, AutoTokenizer)
    )
    assert type(model).__name__ == CLASSES[found.config.name]
    expected = predicted(found, "dense")
    for name, row in TEST.items():
        inputs = tokenizer(row["text"], second, return_tensors="pt")
        inputs = {key: value for key, value in inputs.items() if key != "token_type_ids"}
        if inputs["input_ids"].shape[1] > WINDOW:
            continue
        with torch.no_grad():
            share = model(**inputs).logits.softmax(-1)[0, 1].item()
        assert share == pytest.approx(expected.loc[name, "prob_yes"], abs=1e-5)
        assert inputs["input_ids"].shape[1] == expected.loc[name, "tokens"][0]


@pytest.mark.parametrize("method", ["dense", "adapler", "top"])
def test_commands_and_functions_repeat_what_the_run_predicted(
    found: Run, second: str | None, short: Path, method: str, tmp_path: Path
) -> None:
    expected = predicted(found, method)
    model, tokenizer = load_classifier(found.model_folder(method))
    for answer in classify(model, tokenizer, named_texts(second), max_tokens=WINDOW):
        row = expected.loc[answer.text_id]
        assert answer.probabilities["yes"] == pytest.approx(row["prob_yes"], abs=1e-5)
        assert answer.tokens.tolist() == list(row["tokens"])
    text = TEST[LONGEST]["text"]
    explained = explain_text(model, tokenizer, text, second, max_tokens=WINDOW)
    assert explained.probabilities["yes"] == pytest.approx(expected.loc[LONGEST, "prob_yes"], abs=1e-5)
    kept = sum(record.kept.sum(axis=1) for record in explained.records)
    # Those after a layer's cut; with the cut in its middle, self-attention has more.
    assert (kept <= expected.loc[LONGEST, "tokens"]).all()
    if second is None:
        out = tmp_path / "out.jsonl"
        asked = ("--run", found.folder, "--method", method, "--texts", short, "--out", out)
        assert call("predict", *asked, "--id-column", "id") == 0
        for line in out.read_text(encoding="utf-8").splitlines():
            one = json.loads(line)
            row = expected.loc[one["text_id"]]
            assert one["probabilities"]["yes"] == pytest.approx(row["prob_yes"], abs=1e-5)


def test_explain_shows_the_words(found: Run, second: str | None, capsys) -> None:
    capsys.readouterr()
    more = ("--second", second) if second else ()
    assert call("explain", "--run", found.folder, *more, "the warm film") == 0
    first = [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:] if line.split()]
    head, tail = ("<s>", "</s>") if found.config.name == "roberta" else ("[CLS]", "[SEP]")
    assert first[0] == head
    assert first.index(tail) > first.index("film") > first.index("warm") > first.index("the") == 1


def test_attribute_scores_as_the_run_did(found: Run, short: Path, second: str | None, tmp_path) -> None:
    if second is not None:
        pytest.skip("a file of texts has no second column")
    asked = ("--run", found.folder, "--texts", short, "--id-column", "id", "--out", tmp_path / "scores")
    assert call("attribute", *asked, "--scorers", "attention,alti") == 0
    keys = ["text_id", "window", "layer", "token_index"]
    for name in ("attention", "alti"):
        ours = pd.read_parquet(tmp_path / "scores" / "scores" / f"{name}.parquet").set_index(keys)
        runs = found.scores(name).set_index(keys)
        assert set(ours.index) == set(runs.index)
        np.testing.assert_allclose(ours["score"], runs.loc[ours.index, "score"], atol=1e-5)


@pytest.mark.parametrize("method", ["adapler", "top"])
def test_a_pruned_model_leaves_its_run(found: Run, second: str | None, method: str, tmp_path) -> None:
    name = "row-18"
    expected = predicted(found, method).loc[name, "prob_yes"]
    assert call("export", "--run", found.folder, "--method", method, "--to", tmp_path / "hub") == 0
    model, tokenizer = (
        kind.from_pretrained(tmp_path / "hub")
        for kind in (AutoModelForSequenceClassification, AutoTokenizer)
    )
    assert model.config.model_type == f"workbench-{found.config.name}"
    inputs = tokenizer(TEST[name]["text"], second, return_tensors="pt")
    with torch.no_grad():
        assert model(**inputs).logits.softmax(-1)[0, 1].item() == pytest.approx(expected, abs=1e-5)


def test_the_graph_answers_as_the_run(found: Run, second: str | None, tmp_path) -> None:
    pytest.importorskip("onnxscript", reason="needs the extra [onnx]")
    asked = ("--run", found.folder, "--method", "adapler", "--to", tmp_path / "graphs")
    assert call("export", *asked, "--format", "onnx") == 0
    expected = predicted(found, "adapler")
    for answer in classify(
        *load(tmp_path / "graphs", "onnxruntime"), named_texts(second), max_tokens=WINDOW
    ):
        row = expected.loc[answer.text_id]
        assert answer.probabilities["yes"] == pytest.approx(row["prob_yes"], abs=1e-4)
        assert answer.tokens.tolist() == list(row["tokens"])


def test_report_cards_and_bench_name_what_was_run(found: Run, made: TinyRun, tmp_path) -> None:
    family = found.config.name
    for method in METHODS[family]:
        card = (found.model_folder(method) / "README.md").read_text(encoding="utf-8")
        tags = card.partition("tags:\n")[2].splitlines()[:3]
        assert tags == ["- rationale-workbench", f"- {family}", f"- {method}"]
        assert "BERT classifier" not in card
    page = (found.folder / "report.html").read_text(encoding="utf-8")
    assert "naïve" in page or "great" in page
    asked = ("--run", found.folder, "--out", tmp_path, "--batch", 2, "--rounds", 1, "--limit", 4)
    assert call("bench", *asked) == 0
    timed = pd.read_csv(tmp_path / "metrics" / "bench.csv")
    assert {*METHODS[family], "hf"} <= set(timed["method"])
    full = timed[(timed["method"] == "dense") & (timed["quantity"] == "flops_speedup_unpadded")]
    assert full["value"].tolist() == [1]


def test_the_student_of_another_family_has_half_its_layers(found: Run) -> None:
    if "distilbert" not in METHODS[found.config.name]:
        pytest.skip("trained for one family")
    model, _ = load_classifier(found.model_folder("distilbert"))
    assert (model.layers, type(model.stock).__name__) == (2, CLASSES[found.config.name])
