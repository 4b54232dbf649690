"""`workbench export` and `ask` on a folder of `workbench answer`, and the same from Python."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from transformers import AutoModelForQuestionAnswering

import workbench as package
from tests.helpers.toys import save_folder, tiny_config
from tests.pipeline.test_questions import squad_file
from workbench.config.questions import QuestionsConfig
from workbench.config.systems import load_systems_config
from workbench.engines.manifest import MANIFEST, read_manifest
from workbench.errors import InputError
from workbench.pipeline.bench import contestants
from workbench.pipeline.questions.job import QuestionsJob
from workbench.pipeline.systems.evaluate import evaluate_systems

SYSTEM = "top-0.3"


@pytest.fixture(scope="module")
def job(tmp_path_factory) -> QuestionsJob:
    """Trained and judged: dense, and ToP at two strengths; three layers, since graphs are made."""
    folder = tmp_path_factory.mktemp("answers")
    backbone = save_folder(folder / "backbone", tiny_config(layers=3))
    section = {"epochs": 1, "batch_size": 4}
    values = {
        "run": {
            "name": "asked", "backbone": str(backbone), "methods": ["dense", "top"],
            "data": {"source": "squad", "path": str(squad_file(folder / "squad.json"))},
            "dense": section, "top": section | {"rank_top_k": 4},
        },
        "questions": {"max_tokens": 24, "stride": 4, "dev_share": 0.4, "rules": "squad-1.1"},
        "strengths": {"top": [0.3, 0.6]},
    }  # fmt: skip
    (folder / "asked.yaml").write_text(yaml.safe_dump(values))
    made = QuestionsJob(folder / "out", load_systems_config(QuestionsConfig, folder / "asked.yaml"))
    made.train()
    evaluate_systems(made)
    return made


def said(job: QuestionsJob, system: str = SYSTEM) -> dict[str, str]:
    """What `workbench answer` found."""
    return json.loads((job.folder / "answers" / f"{system}.json").read_text())


def dev(job: QuestionsJob):
    return job.questions.splits["dev"]


def test_answers_to_the_dev_questions_are_those_of_training(job) -> None:
    folder = job.folder / "models" / SYSTEM
    model, tokenizer = package.load_answerer(folder)
    assert model.asked == job.config.questions
    found = list(package.answer_questions(model, tokenizer, dev(job), batch_size=2, pool=1))
    assert {one.question_id: one.text for one in found} == said(job)
    (system,) = [one for one in job.systems if one.name == SYSTEM]
    tokens = job.model(system).infer_tokens(job.windows("dev")).tokens
    assert sum(one.windows for one in found) == len(tokens) > len(found)
    np.testing.assert_array_equal(sum(one.tokens for one in found), tokens.sum(axis=0))
    for one, question in zip(found, dev(job), strict=True):
        assert question.context[one.start : one.end] == one.best_text == one.text
        assert one.flops < one.flops_dense


def test_no_answer_is_the_answer_above_a_threshold(job) -> None:
    model, tokenizer = package.load_answerer(job.folder / "models" / "dense")
    settings = job.config.questions.model_copy(update={"rules": "squad-2.0", "null_threshold": -1e6})
    pair = (dev(job)[0].text, dev(job)[0].context)
    (none,) = package.answer_questions(model, tokenizer, [pair], settings=settings)
    (some,) = package.answer_questions(model, tokenizer, [("x", *pair)])
    assert (none.question_id, some.question_id) == ("0", "x")
    assert (none.text, none.best_text, some.text) == ("", some.text, some.best_text)
    assert (none.start, none.end, none.score) == (some.start, some.end, some.score)


@pytest.mark.parametrize(
    ("questions", "told"),
    [
        ("who", "a single string"),
        ([("who",)], "question '0' is tuple, not a pair"),
        ([("who", " ")], "question '0': its context is empty"),
        ([("a", "q", "c"), ("a", "q", "c")], "question 'a' comes twice"),
        ([("q", "c \ud800")], "not valid Unicode"),
    ],
)
def test_questions_that_are_none_are_named(job, questions, told: str) -> None:
    model, tokenizer = package.load_answerer(job.folder / "models" / "dense")
    with pytest.raises(InputError, match=told):
        list(package.answer_questions(model, tokenizer, questions))


def test_nothing_is_read_beyond_a_pool(job) -> None:
    model, tokenizer = package.load_answerer(job.folder / "models" / "dense")
    read = []

    def questions():
        for number in range(20):
            read.append(number)
            yield "a q", "b c d"

    answers = package.answer_questions(model, tokenizer, questions(), batch_size=2, pool=3)
    assert not read
    assert next(answers).question_id == "0"
    assert len(read) == 6


@pytest.mark.parametrize("system", ["dense", SYSTEM])
def test_an_exported_answerer_is_loaded_by_transformers(workbench, job, tmp_path, system) -> None:
    out = tmp_path / "out"
    answer = workbench("export", "--run", job.folder, "--method", system, "--to", out)
    assert (answer.code, answer.out) == (0, f"{out}\n")
    loaded = AutoModelForQuestionAnswering.from_pretrained(out, trust_remote_code=False)
    assert loaded.config.model_type == ("bert" if system == "dense" else "workbench-bert")
    card = (out / "README.md").read_text()
    assert "pipeline_tag: question-answering" in card
    assert ("ToP 0.3" in card, "ToP 0.6" in card) == (system == SYSTEM, False)
    assert str(job.folder.parent) not in card
    model, tokenizer = package.load_answerer(out)
    assert model.asked == job.config.questions
    found = package.answer_questions(model, tokenizer, dev(job))
    assert {one.question_id: one.text for one in found} == said(job, system)


@pytest.fixture(scope="module")
def graphs(job, tmp_path_factory) -> Path:
    pytest.importorskip("onnxruntime", reason="needs the extra [onnx]")
    pytest.importorskip("onnxscript", reason="needs the extra [onnx]")
    from typer.testing import CliRunner

    from workbench.cli.program import app

    out = tmp_path_factory.mktemp("graphs") / "out"
    command = ["export", "--run", job.folder, "--method", SYSTEM, "--to", out, "--format", "onnx"]
    answer = CliRunner().invoke(app, [*map(str, command), "--batched"])
    assert answer.exit_code == 0
    assert "F1" in answer.output
    return out


def test_graphs_are_held_against_torch(job, graphs) -> None:
    manifest = read_manifest(graphs)
    assert (manifest.task, manifest.questions) == ("answers", job.config.questions)
    agreed = manifest.dev
    assert (agreed.questions, agreed.windows) == (6, len(job.encodings["dev"].windows))
    assert agreed.same_answer == agreed.same_tokens == 1
    assert agreed.largest_difference < 1e-4
    rows = evaluate_rows(job)
    assert agreed.f1 == agreed.f1_torch == pytest.approx(rows["f1"])
    assert agreed.exact_match == agreed.exact_match_torch == pytest.approx(rows["exact"])
    assert manifest.in_words() in (graphs / "README.md").read_text()


def evaluate_rows(job: QuestionsJob) -> dict[str, float]:
    frame = pd.read_parquet(job.folder / "metrics" / "answers.parquet")
    return frame[frame["system"] == "ToP 0.3"].set_index("metric")["value"].to_dict()


def test_questions_of_a_file_are_answered(workbench, job, tmp_path) -> None:
    asked = tmp_path / "asked.jsonl"
    rows = [{"question": one.text, "context": one.context, "key": one.id} for one in dev(job)]
    asked.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = ("ask", "--run", job.folder, "--method", SYSTEM, "--questions", asked, "--id-column", "key")
    answer = workbench(*run, "--out", tmp_path / "found.json")
    assert (answer.code, answer.out) == (0, f"{tmp_path / 'found.json'}: 6 answers\n")
    assert json.loads((tmp_path / "found.json").read_text()) == said(job)
    assert workbench(*run, "--out", tmp_path / "found.jsonl", "--limit", 2).code == 0
    lines = [json.loads(line) for line in (tmp_path / "found.jsonl").read_text().splitlines()]
    assert [line["question_id"] for line in lines] == [one.id for one in dev(job)[:2]]
    assert len(lines[0]["tokens"]) == 3


def test_squads_own_file_without_its_answers_is_asked_of_graphs(
    workbench, job, graphs, tmp_path
) -> None:
    values = json.loads((job.folder.parent / "squad.json").read_text())
    for article in values["data"]:
        for one in article["paragraphs"][0]["qas"]:
            del one["answers"]
    path = tmp_path / "test.json"
    path.write_text(json.dumps(values))
    answer = workbench(
        "ask", "--model", graphs, "--engine", "onnxruntime", "--threads", 1, "--questions", path,
        "--out", tmp_path / "found.json",
    )  # fmt: skip
    assert answer.code == 0
    found = json.loads((tmp_path / "found.json").read_text())
    assert len(found) == 15
    assert {name: found[name] for name in said(job)} == said(job)


def test_a_process_without_torch_answers(graphs) -> None:
    program = (
        "import sys, workbench\n"
        "model, tokenizer = workbench.load_answerer(sys.argv[1], engine='onnxruntime', threads=1)\n"
        "for one in workbench.answer_questions(model, tokenizer, [('a q', 'b c a d ' * 20)]):\n"
        "    print(one.question_id, one.windows)\n"
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, graphs], capture_output=True, text=True, check=True
    )
    first, modules = answer.stdout.splitlines()
    assert first.split()[0] == "0"
    assert int(first.split()[1]) > 1
    assert modules == "[]"


def test_wrong_use_is_one_sentence(workbench, job, graphs, tiny_folder, tmp_path) -> None:
    questions = job.folder.parent / "squad.json"
    ask = ("ask", "--questions", questions, "--out", tmp_path / "out.jsonl")
    model = job.folder / "models" / SYSTEM
    texts = tmp_path / "texts.txt"
    texts.write_text("a b c\n")
    predict = ("predict", "--texts", texts, "--out", tmp_path / "out.jsonl")
    export = ("export", "--run", job.folder, "--to", tmp_path / "to")
    wrong = [
        ((*predict, "--model", model), "BertForQuestionAnswering; what is needed here ends in"),
        ((*predict, "--model", graphs, "--engine", "onnxruntime"), "workbench ask"),
        ((*predict, "--run", job.folder, "--method", "dense"), "models that answer questions"),
        (("explain", "a b", "--run", job.folder), "models that answer questions"),
        ((*ask, "--model", tiny_folder), "BertForSequenceClassification; what is needed here ends in"),
        ((*ask, "--run", job.folder), "--run needs --method"),
        ((*ask, "--run", job.folder, "--method", "top"), "no trained model 'top' (there: dense, top-"),
        ((*ask, "--run", tmp_path, "--method", "top"), "not a folder of `workbench answer`"),
        ((*ask[:3], "--out", "out.txt", "--model", model), "ends in .jsonl (lines) or .json"),
        ((*export, "--method", "top-0.4"), "no trained model 'top-0.4' (there: dense"),
        ((*export, "--method", "dense", "--batched"), "are of --format onnx"),
        (("export", "--run", job.folder, "--method", "dense", "--to", graphs), "not an empty folder"),
    ]  # fmt: skip
    for command, told in wrong:
        answer = workbench(*command)
        assert answer.code == 2, command
        assert told in answer.err
        assert answer.err.count("\n") == 1


def test_graphs_of_another_format_are_refused(graphs, tmp_path) -> None:
    for path in graphs.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    values = json.loads((tmp_path / MANIFEST).read_text())
    (tmp_path / MANIFEST).write_text(json.dumps(values | {"format": 1}))
    with pytest.raises(InputError, match=r"written in format 1 by workbench .*export the model again"):
        package.load_answerer(tmp_path, engine="onnxruntime")
    (tmp_path / MANIFEST).write_text(json.dumps(values | {"task": "tokens", "questions": None}))
    with pytest.raises(InputError, match="tags words, and one that answers questions is needed"):
        package.load_answerer(tmp_path, engine="onnxruntime")


def test_a_folder_of_answers_is_timed_beside_the_stock_model(
    workbench, job, tmp_path, monkeypatch
) -> None:
    pytest.importorskip("onnxruntime", reason="needs the extra [onnx]")
    monkeypatch.setattr(
        "workbench.pipeline.bench.contestants._KINDS", {"onnxruntime": (contestants._FP32,)}
    )
    bench = ("bench", "--run", job.folder, "--out", tmp_path)
    times = ("--batch", 2, "--rounds", 1, "--limit", 3)
    assert workbench(*bench, "--engines", "onnxruntime", *times).code == 0
    rows = pd.read_csv(tmp_path / "metrics" / "engines.csv")
    timed = rows[rows["quantity"] == "seconds_median"]
    assert set(timed["method"]) == {"stock", "dense", SYSTEM, "top-0.6"}
    assert set(timed["engine"]) == {"torch", "onnxruntime"}
    saved = rows[rows["quantity"] == "flops_speedup_timed"].groupby("method")["value"].first()
    assert saved["top-0.6"] > saved[SYSTEM] > saved["dense"] == 1
    for wrong in ((), ("--engines", "onnxruntime", "--max-tokens", 32)):
        answer = workbench(*bench, *wrong)
        assert (answer.code, answer.err.count("\n")) == (2, 1)
        assert "bench of models that answer questions: " in answer.err
