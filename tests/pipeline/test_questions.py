"""Question answering from a configuration to its tables: trained, resumed, judged, refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.metrics import average_precision_score
from typer.testing import CliRunner

from tests.helpers.token_trainings import check_resumes
from workbench.attribution.run import score_windows
from workbench.cli.program import app
from workbench.config.questions import QuestionsConfig
from workbench.config.systems import load_systems_config
from workbench.errors import InputError, WorkbenchError
from workbench.metrics.question_answering import exact_match_and_f1
from workbench.models.classifier import load_classifier
from workbench.models.token_classifier import load_token_classifier
from workbench.pipeline.questions.job import QuestionsJob
from workbench.pipeline.questions.plausibility import answers_plausibility
from workbench.pipeline.systems.by_layer import kept_by_layer
from workbench.pipeline.systems.evaluate import evaluate_systems, make_systems
from workbench.reporting.tables.systems import (
    answers_by_layer_table,
    answers_plausibility_tables,
    answers_table,
)
from workbench.runs.systems import System

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def squad_file(path: Path, articles: int = 5, empty: bool = False) -> Path:
    """Passages of letters; the question `x ?` asks for the two letters from x on."""
    rng = np.random.default_rng(0)
    data = []
    for article in range(articles):
        letters = rng.permutation(list(LETTERS))
        context = " ".join(letters)
        asked = []
        for number in range(3):
            place = int(rng.integers(len(letters) - 1))
            answer = {"text": f"{letters[place]} {letters[place + 1]}", "answer_start": 2 * place}
            asked.append(
                {
                    "id": f"{article}-{number}",
                    "question": f"{letters[place]} q",
                    "answers": [] if empty and number == 0 else [answer],
                    "is_impossible": empty and number == 0,
                }
            )
        data.append({"title": f"a{article}", "paragraphs": [{"context": context, "qas": asked}]})
    path.write_text(json.dumps({"version": "2.0", "data": data}))
    return path


@pytest.fixture
def config(tmp_path, tiny_folder) -> Path:
    section = {"epochs": 1, "batch_size": 4}
    values = {
        "run": {
            "name": "asked", "backbone": str(tiny_folder), "methods": ["dense", "adapler", "top"],
            "data": {"source": "squad", "path": str(squad_file(tmp_path / "squad.json"))},
            "dense": section, "adapler": section, "top": section | {"rank_top_k": 4},
        },
        "questions": {"max_tokens": 24, "stride": 4, "dev_share": 0.4},
        "strengths": {"top": [0.3, 0.6]},
    }  # fmt: skip
    path = tmp_path / "asked.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def trained(config: Path, folder: Path, *overrides: str) -> QuestionsJob:
    job = QuestionsJob(folder, load_systems_config(QuestionsConfig, config, list(overrides)))
    job.train()
    return job


def test_from_a_configuration_to_tables(config, tmp_path) -> None:
    job = trained(config, tmp_path / "out")
    frame, layers, _ = evaluate_systems(job)
    dev = job.questions.splits["dev"]
    assert len(dev) == 6
    assert [system.name for system in job.systems] == ["dense", "adapler", "top-0.3", "top-0.6"]
    for system in job.systems:
        said = json.loads((job.folder / "answers" / f"{system.name}.json").read_text())
        assert said.keys() == {one.id for one in dev}
        f1 = np.mean([exact_match_and_f1(said[one.id], [one.answers[0].text])[1] for one in dev])
        row = frame[(frame["system"] == _title(system)) & (frame["metric"] == "f1")]
        assert row["value"].item() == pytest.approx(f1)
        assert row["n"].item() == 6
    speed = frame[frame["metric"] == "flops_speedup_unpadded"].set_index("system")["value"]
    assert speed["dense"] == 1
    assert speed["ToP 0.6"] > speed["ToP 0.3"] > 1
    again = pd.read_parquet(job.folder / "metrics" / "answers_by_layer.parquet")
    pd.testing.assert_frame_equal(again, layers)
    main = answers_table(frame, "6 questions", 5000)
    assert list(main.shown["model"]) == ["dense", "AdapLeR", "ToP 0.3", "ToP 0.6"]
    assert main.shown["F1 % with random tokens"].iloc[0] == "–"
    assert set(answers_by_layer_table(layers).shown.columns) >= {"L0", "L3"}


def _title(system: System) -> str:
    names = {"dense": "dense", "adapler": "AdapLeR", "top": "ToP"}
    name = names[system.method]
    return name if system.strength is None else f"{name} {system.strength:g}"


def test_what_passes_a_layer_by_hand(config, tmp_path) -> None:
    job = trained(config, tmp_path / "out", "run.methods=[dense, top]", "strengths={top: [0.3]}")
    model, encoding = job.model(System("top", 0.3)), job.encodings["dev"]
    chosen, followed = job.followed("dev")
    assert chosen == [n for n, facts in enumerate(encoding.facts) if facts.holds_answer]
    windows = [encoding.windows[number] for number in chosen]
    rows = kept_by_layer(model, windows, followed)
    told = {(layer, name): (value, n) for layer, name, value, n in rows}
    for layer in range(4):
        whole, passage = [], []
        for number in chosen:
            window, facts = encoding.windows[number], encoding.facts[number]
            alive = model([window], execution="masked").traces[layer].passed.alive[0].numpy()
            whole.append(alive[facts.start : facts.end + 1].all())
            others = facts.in_context.copy()
            others[facts.start : facts.end + 1] = False
            passage.append(alive[others].mean())
        assert told[layer, "answer whole"] == (pytest.approx(np.mean(whole)), len(chosen))
        assert told[layer, "passage"] == (pytest.approx(np.mean(passage)), len(chosen))
    assert any(0 < told[layer, "passage"][0] < 1 for layer in range(4))


def test_scorers_are_compared_with_the_answer_and_its_sentence(config, tmp_path) -> None:
    more = ("run.methods=[dense, adapler, top]", "questions.scorers=[saliency, attention-cls, cp]")
    job = trained(config, tmp_path / "out", *more, "run.evaluation.bootstrap=20")
    frame = evaluate_systems(job, answers_plausibility).plausibility
    pd.testing.assert_frame_equal(
        pd.read_parquet(job.folder / "metrics" / "answers_plausibility.parquet"), frame
    )
    ran = set(frame[["scorer", "method"]].itertuples(index=False, name=None))
    systems = ("dense", "adapler", "top 0.3", "top 0.6")
    assert ran == {
        *((scorer, method) for scorer in ("saliency", "attention-cls") for method in systems),
        ("cp", "adapler"), ("random", "dense"), ("position", "dense"),
        *(("kept", method) for method in systems[1:]),
    }  # fmt: skip
    assert frame["value"].between(0, 1).all()
    rows = frame.set_index(["marks", "scorer", "method", "metric", "layer"])["value"].sort_index()
    encoding, model = job.encodings["dev"], job.model(System("top", 0.3))
    chosen = [n for n, facts in enumerate(encoding.facts) if facts.holds_answer]
    # What goes on of the passage outside the answer, as metrics/answers_by_layer has it, by question.
    for layer in range(4):
        fpr, ap, by_question = [], [], [encoding.facts[n].question_id for n in chosen]
        for number in chosen:
            window, facts = encoding.windows[number], encoding.facts[number]
            alive = model([window], execution="masked").traces[layer].passed.alive[0].numpy()
            answer = np.zeros(len(alive), dtype=bool)
            answer[facts.start : facts.end + 1] = True
            inside = facts.in_context
            fpr.append(alive[inside & ~answer].mean())
            ap.append(average_precision_score(answer[inside], alive[inside]))
        for metric, values in (("fpr", fpr), ("ap", ap)):
            mean = pd.Series(values).groupby(by_question).mean().mean()
            assert rows["answer", "kept", "top 0.3", metric, layer] == pytest.approx(mean)
    # A passage of letters is one sentence: all of it is marked, which has no AP and no FPR.
    assert set(frame[frame["marks"] == "sentence"]["metric"]) == {"tpr", "selected"}
    told = answers_plausibility_tables(frame)
    assert [table.name for table in told] == [
        "answers_plausibility_answer",
        "answers_plausibility_sentence",
    ]
    assert {"kept", "position (control)"} <= set(told[0].shown["scorer"])
    assert {"dense", "ToP 0.3"} <= set(told[0].shown["model"])


def test_saliency_of_an_answer_against_the_answer_by_hand(config, tmp_path) -> None:
    more = ("run.methods=[dense]", "strengths={}", "questions.scorers=[saliency]")
    job = trained(config, tmp_path / "out", *more, "run.evaluation.bootstrap=0")
    frame, model, encoding = answers_plausibility(job), job.model(System("dense")), job.encodings["dev"]
    values: dict[str, list[float]] = {}
    for window, facts in zip(encoding.windows, encoding.facts, strict=True):
        assert (window.of_second == facts.in_context).all()
        if facts.holds_answer:
            (record,) = score_windows(["saliency"], model, job.tokenizer, [window])
            places = np.arange(len(window.input_ids))
            marks = (places >= facts.start) & (places <= facts.end)
            own = record.scores[2][facts.in_context]
            values.setdefault(facts.question_id, []).append(
                average_precision_score(marks[facts.in_context], own)
            )
    chosen = frame.query("marks == 'answer' and scorer == 'saliency' and metric == 'ap' and layer == 2")
    assert chosen["value"].item() == pytest.approx(np.mean([np.mean(own) for own in values.values()]))


def test_scorers_change_no_training(config, tmp_path) -> None:
    job = trained(config, tmp_path / "out")
    again = QuestionsJob(
        job.folder, load_systems_config(QuestionsConfig, config, ["questions.scorers=[saliency]"])
    )
    assert all(again._is_done(system) for system in again.systems)


def test_a_trained_model_is_not_trained_again_unless_its_settings_change(config, tmp_path) -> None:
    folder = tmp_path / "out"
    trained(config, folder)
    times = {path: path.stat().st_mtime_ns for path in folder.glob("models/*/model.safetensors")}
    assert len(times) == 4
    trained(config, folder)
    assert {path: path.stat().st_mtime_ns for path in times} == times
    trained(config, folder, "run.adapler.phi=0.1")
    changed = [path.parent.name for path, time in times.items() if path.stat().st_mtime_ns != time]
    assert changed == ["adapler"]


@pytest.mark.parametrize("split", ["train", "dev"])
def test_other_answers_are_learnt_anew(config, tmp_path, split: str) -> None:
    more = ("run.methods=[dense]", "strengths={}")
    job = trained(config, tmp_path / "out", *more)
    changed = job.questions.splits[split][0].id
    path = tmp_path / "squad.json"
    values = json.loads(path.read_text())
    for article in values["data"]:
        for asked in article["paragraphs"][0]["qas"]:
            if asked["id"] == changed:
                text = article["paragraphs"][0]["context"]
                asked["answers"] = [{"text": text[0], "answer_start": 0}]
    path.write_text(json.dumps(values))
    before = (job.folder / "models" / "dense" / "model.safetensors").stat().st_mtime_ns
    trained(config, tmp_path / "out", *more)
    assert (job.folder / "models" / "dense" / "model.safetensors").stat().st_mtime_ns != before


def test_a_killed_training_goes_on_with_the_numbers_of_an_unbroken_one(config, tmp_path) -> None:
    more = ["run.methods=[dense]", "strengths={}", "run.dense.checkpoint_steps=1"]
    settings = load_systems_config(QuestionsConfig, config, more)
    check_resumes(lambda name: QuestionsJob(tmp_path / name, settings), "dev")


def test_questions_without_an_answer_may_be_left_unanswered(config, tmp_path) -> None:
    path = squad_file(tmp_path / "unanswered.json", empty=True)
    job = trained(
        config, tmp_path / "out", f"run.data.path={path}", "run.methods=[dense]", "strengths={}",
        "questions.null_threshold=-1000",
    )  # fmt: skip
    frame, layers, _ = evaluate_systems(job)
    values = frame.set_index("metric")["value"]
    # Below this threshold nothing is ever answered: right where nothing should be.
    assert values["no_answer_exact"] == 1
    assert values["has_answer_exact"] == 0
    assert layers.empty


def test_each_kind_of_model_is_loaded_as_what_it_is(config, tmp_path, tiny_folder) -> None:
    job = trained(config, tmp_path / "out", "run.methods=[dense]", "strengths={}")
    folder = job.folder / "models" / "dense"
    model, _ = load_token_classifier(folder, "answers")
    assert model.labels == ("start", "end")
    with pytest.raises(InputError, match="is a BertForQuestionAnswering; what is needed"):
        load_classifier(folder)
    with pytest.raises(InputError, match="is a BertForSequenceClassification"):
        load_token_classifier(tiny_folder, "answers")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("questions.stride=23", "leaves"),
        ("questions.max_tokens=100", "limit is 64"),
        ("strengths={ltp: [1]}", "not in run.methods"),
        ("strengths={dense: [1]}", "no method with a strength"),
        ("strengths={top: [2]}", "strengths.top: 2"),
        ("strengths={top: [0.1234561, 0.1234562]}", "needs different values"),
        ("run.top.rank_layers=[9]", "the model has layers 0 to 3"),
        ("questions.rules=squad", "rules"),
        ("questions.scorers=[salience]", "unknown scorer 'salience'"),
        ("questions.scorers=[saliency, saliency]", "saliency"),
        ("run.data.path=nowhere.json", "nowhere.json"),
        ("questions.dev_share=0", "dev_share"),
    ],
)
def test_wrong_settings_are_refused_in_a_sentence(config, tmp_path, override, said) -> None:
    with pytest.raises((InputError, WorkbenchError), match=said):
        trained(config, tmp_path / "out", override)


def test_another_folder_is_left_alone(config, tmp_path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        make_systems(QuestionsJob(tmp_path / "other", load_systems_config(QuestionsConfig, config)))


def test_the_command(config, tmp_path) -> None:
    arguments = ["answer", str(config), "--out", str(tmp_path / "out"), "--set", "run.methods=[dense]"]
    arguments += ["--set", "questions.scorers=[saliency, rollout]"]
    result = CliRunner().invoke(app, [*arguments, "--set", "strengths={}"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "tables" / "answers.tex").is_file()
    assert (tmp_path / "out" / "tables" / "answers_plausibility_answer.md").is_file()
    assert "rollout" in result.output
    assert "F1 %" in result.output
