"""Exporting a run's scores in ERASER's format, and judging such files, through the command line."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.helpers.tiny_runs import SAMPLE
from workbench.config.data import DataSettings
from workbench.config.loading import dump_config
from workbench.config.run import RunConfig
from workbench.core.token_scores import TokenScores, to_frame
from workbench.data.corpus import load_corpus
from workbench.runs.folder import CONFIG, PREDICTIONS
from workbench.storage.atomic import write_text
from workbench.storage.tables import write_table

LAYERS = 2


def oracle(document):
    """Layer 0 knows nothing; layer 1 is the rationale."""
    n = len(document.words)
    marks = np.zeros(n, dtype=bool)
    for span in document.rationale:
        marks[span.start : span.end] = True
    scores = np.stack([np.ones(n), 0.1 + marks])
    kept = np.stack([np.ones(n, dtype=bool), marks])
    return TokenScores(
        "cp", "adapler", document.id, 0, document.words, np.arange(n), scores, kept, marks
    )


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """What export-predictions looks at of a run over the sample."""
    folder = tmp_path_factory.mktemp("scored") / "run"
    data = DataSettings(source="eraser", path=str(SAMPLE), rationales="annotated")
    write_text(folder / CONFIG, dump_config(RunConfig(data=data)))
    documents = load_corpus(data).splits["test"]
    write_table(to_frame([oracle(d) for d in documents]), folder / "scores" / "cp.parquet")
    rows = [
        {"method": "adapler", "split": "test", "text_id": d.id, "label": d.label, "predicted": "POS",
         "tokens": 8, "prob_NEG": 0.25, "prob_POS": 0.75}
        for d in documents
    ]  # fmt: skip
    write_table(pd.DataFrame(rows), folder / PREDICTIONS)
    return folder


def test_what_is_exported_can_be_judged(workbench, run_folder, tmp_path):
    path = tmp_path / "cp.jsonl"
    answer = workbench("export-predictions", "--run", run_folder, "--scorer", "cp", "--out", path)
    assert answer.code == 0
    assert answer.out == f"{path}: 20 predictions of 10 texts\n"
    first = json.loads(path.read_text(encoding="utf-8").splitlines()[1])
    assert (first["scorer"], first["method"], first["layer"]) == ("cp", "adapler", 1)
    assert first["classification_scores"] == {"NEG": 0.25, "POS": 0.75}
    answer = workbench("evaluate", "--predictions", path, "--data", SAMPLE, "--out", tmp_path / "judged")
    assert answer.code == 0
    table = pd.read_csv(tmp_path / "judged" / "plausibility.csv")
    ap = table[(table["metric"] == "ap") & (table["universe"] == "all")].set_index("layer")["value"]
    assert ap[1] == 1
    assert ap[0] < 0.6
    quality = pd.read_csv(tmp_path / "judged" / "classification.csv").set_index("metric")["value"]
    assert quality["accuracy"] == 0.5
    assert (tmp_path / "judged" / "plausibility_counts.csv").is_file()
    assert "accuracy" in answer.out


def test_one_layer_and_the_kept_words(workbench, run_folder, tmp_path):
    path = tmp_path / "cp.jsonl"
    options = ("--scorer", "cp", "--layer", 1, "--selection", "kept", "--out", path)
    answer = workbench("export-predictions", "--run", run_folder, *options)
    assert answer.out.endswith("10 predictions of 10 texts\n")
    documents = {d.id: d for d in load_corpus(
        DataSettings(source="eraser", path=str(SAMPLE), rationales="annotated")
    ).splits["test"]}  # fmt: skip
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        (entry,) = record["rationales"]
        assert entry["docid"] == record["annotation_id"]
        hard = [(s["start_token"], s["end_token"]) for s in entry["hard_rationale_predictions"]]
        assert hard == [(s.start, s.end) for s in documents[record["annotation_id"]].rationale]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--scorer", "lime"), "no scores of 'lime' (there: cp)"),
        (("--scorer", "cp", "--layer", 9), "nothing is scored at layer 9; there are: 0, 1"),
        (("--scorer", "cp", "--split", "dev"), "no text of the dev split was scored by cp"),
    ],
)
def test_what_cannot_be_exported_is_named(workbench, run_folder, tmp_path, options, told):
    answer = workbench(
        "export-predictions", "--run", run_folder, *options, "--out", tmp_path / "x.jsonl"
    )
    assert answer.code == 2
    assert told in answer.error
    assert not list(tmp_path.iterdir())


def test_a_bad_prediction_file_is_named_and_nothing_written(workbench, tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"annotation_id": "x", "rationales": []}\n', encoding="utf-8")
    answer = workbench("evaluate", "--predictions", path, "--data", SAMPLE, "--out", tmp_path / "judged")
    assert answer.code == 2
    assert "bad.jsonl:1: x: no text of that id in the split" in answer.error
    assert not (tmp_path / "judged").exists()


@pytest.mark.parametrize(
    "options",
    [(), ("--predictions", "x"), ("--data", "x"), ("--run", "x", "--data", "x"), ("--partial",)],
)
def test_evaluate_needs_a_run_or_predictions_with_data(workbench, options):
    answer = workbench("evaluate", *options)
    assert answer.code == 2
    assert "either --run alone, or --predictions with --data" in answer.error


def test_data_check_shows_what_two_splits_share_and_what_does_not_match(workbench, tmp_path):
    task = {"id": 1, "data": {"text": "good film", "label": "a"}, "annotations": [{"result": [
        {"type": "labels", "from_name": "why", "value": {"start": 0, "end": 4, "text": "bad"}}
    ]}]}  # fmt: skip
    other = {"id": 2, "data": {"text": "dull", "label": "b"}, "annotations": [{"result": []}]}
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task, other]), encoding="utf-8")
    answer = workbench("data", "check", path)
    assert answer.code == 2
    assert "item 1 (1): span [0, 4] has the text 'bad', but there stands 'good'" in answer.error
    answer = workbench("data", "check", SAMPLE)
    lines = [line.split() for line in answer.out.splitlines()]
    assert ["mismatching_spans", "0", "0", "0"] in lines
    assert ["without_evidence", "1", "0", "0"] in lines
    assert ["train", "test", "0", "0"] in lines
