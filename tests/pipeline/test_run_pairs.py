"""A task of pairs goes through the whole pipeline: training, predictions, scores, report, explain."""

import io
import json
import shutil
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from tests.helpers.tiny_runs import SAMPLE, TinyRun, call, write_settings
from workbench.cli.console import ConsoleReporter
from workbench.pipeline.bench.run import prepare
from workbench.pipeline.requests import BenchRequest
from workbench.reporting.figures.examples import choose_examples, examples_map
from workbench.reporting.figures.printing import draw
from workbench.reporting.pages import run as report
from workbench.runs.folder import Run, load_run
from workbench.runs.tables import read_run_data

SECOND = ("a", "good", "film")
LONG = 60
"""Words of the longest first text: it needs several windows of 32 tokens."""


def rows() -> list[dict]:
    """Pairs of known words; in each, words 1 and 2 of the first text are marked."""
    text = (SAMPLE / "docs" / "wedding.txt").read_text(encoding="utf-8").lower()
    words = [word for word in text.split() if word.isalpha()]
    found = []
    for k in range(32):
        size = LONG if k == 31 else 8 + k % 8
        first = [words[(k + i) % len(words)] for i in range(size)]
        part = "train" if k < 16 else "dev" if k < 22 else "test"
        found.append({"premise": " ".join(first), "claim": " ".join(SECOND[k % 2 :]),
                      "label": ("no", "yes")[k % 2], "part": part, "why": [[1, 3]]})  # fmt: skip
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    folder = tmp_path_factory.mktemp("pairs")
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows()), encoding="utf-8")
    data = {
        "source": "file", "path": str(path), "text_column": "premise", "second_column": "claim",
        "split_column": "part", "rationale_column": "why", "rationale_offsets": "word",
    }  # fmt: skip
    config = write_settings(folder, data=data, evaluation={"scorers": ["cp", "saliency", "random"]})
    assert call("run", config, "--out", folder / "run", "--set", "methods=[dense, adapler]") == 0
    return TinyRun(config, folder / "run")


@pytest.fixture
def found(made: TinyRun) -> Run:
    return load_run(made.folder)


def test_every_pair_is_predicted_once_with_all_its_tokens(found: Run) -> None:
    frame = found.predictions
    test = frame[(frame["split"] == "test") & (frame["method"] == "dense")].set_index("text_id")
    assert len(test) == 10
    for k, row in enumerate(rows()[22:], start=23):
        first, second = len(row["premise"].split()), len(row["claim"].split())
        tokens = test.loc[f"row-{k}", "tokens"][0]
        if first == LONG:
            windows = round((tokens - first) / (second + 3))
            assert windows > 1
            assert tokens == first + windows * (second + 3)
        else:
            assert tokens == first + second + 3


def test_rationales_of_the_first_text_stay_with_their_words(found: Run) -> None:
    frame = found.scores("saliency")
    first_layer = frame[frame["layer"] == 0]
    for k, row in enumerate(rows()[22:], start=23):
        own = first_layer[first_layer["text_id"] == f"row-{k}"]
        words = [*row["premise"].split(), *row["claim"].split()]
        spoken = own[own["word_index"] >= 0]
        assert [words[index] for index in spoken["word_index"]] == spoken["token"].tolist()
        marked = own[own["rationale"].to_numpy(dtype=bool)]
        assert marked["word_index"].tolist() == [1, 2]
        # The second text stands whole in every window, the first is cut without overlap.
        second = spoken[spoken["word_index"] >= len(row["premise"].split())]
        assert len(second) == own["window"].nunique() * len(row["claim"].split())
        first = spoken[spoken["word_index"] < len(row["premise"].split())]["word_index"]
        assert all(b - a == 1 for a, b in pairwise(first))


def test_the_report_shows_where_the_second_text_begins(made: TinyRun) -> None:
    examples = choose_examples(read_run_data(made.folder))
    assert examples
    for example in examples:
        for record in example.records:
            assert record.second_start is not None
            assert record.tokens[record.second_start - 1] == "[SEP]"
            assert record.tokens[record.second_start : -1] in (SECOND, SECOND[1:])
    page = report.write_report(made.folder).read_text(encoding="utf-8")
    layers = sum(record.layers for example in examples for record in example.records)
    assert page.count(">second text:</i>") == layers
    (axes, *_) = draw(examples_map(examples[:1])).axes
    (line,) = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert np.unique(line.get_xdata()) == [examples[0].records[0].second_start - 0.5]


def test_explain_takes_a_second_text(made: TinyRun, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert call("explain", "--run", made.folder, "--second", "a good film", "the wedding") == 0
    lines = [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:] if line.split()]
    assert lines[:5] == ["[CLS]", "the", "wedding", "[SEP]", "second"]
    assert lines[5:9] == [*SECOND, "[SEP]"]
    assert call("explain", "--run", made.folder, "--second", " ", "the wedding") == 2
    assert "the second text is empty" in capsys.readouterr().err


SINGLE = "dense was trained on pairs; the text has no second one (--second)"


@pytest.mark.parametrize(("more", "code"), [((), 0), (("--strict",), 1)])
def test_explain_says_that_a_second_text_is_missing(made, workbench, more, code) -> None:
    asked = ("explain", "--run", made.folder, "--method", "dense", "the wedding")
    answer = workbench(*asked, *more)
    assert answer.code == code
    assert answer.err.splitlines() == [f"note: {SINGLE}"]
    assert "wedding" in answer.out
    assert workbench(*asked, "--second", "a good film", "--strict").err == ""


def test_a_folder_that_does_not_say_what_it_was_trained_on_is_silent(made, workbench, tmp_path) -> None:
    old = shutil.copytree(made.folder / "models" / "dense", tmp_path / "old")
    values = json.loads((old / "config.json").read_text())
    assert values["workbench"].pop("pairs") is True
    (old / "config.json").write_text(json.dumps(values))
    path = tmp_path / "texts.txt"
    path.write_text("the wedding\na film\n")
    asked = ("--texts", path, "--scorers", "saliency", "--strict")
    answer = workbench("attribute", "--model", old, *asked, "--out", tmp_path / "silent")
    assert (answer.code, "note" in answer.err) == (0, False)
    exported = tmp_path / "exported"
    assert workbench("export", "--run", made.folder, "--method", "adapler", "--to", exported).code == 0
    told = "adapler was trained on pairs; 2 of 2 texts have no second one"
    for _ in range(2):  # Also where every text has its scores.
        answer = workbench("attribute", "--model", exported, *asked, "--out", tmp_path / "told")
        assert answer.code == 1
        assert f"note: {told}" in answer.err.splitlines()
    assert len(pd.read_parquet(tmp_path / "told" / "scores" / "saliency.parquet"))


def test_bench_says_that_second_texts_are_missing(made, tmp_path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("the wedding\na film\n")
    for texts, told in ((None, []), (str(path), ["dense was trained on pairs; 2 of 2 texts have no "])):
        reporter = ConsoleReporter(Console(file=io.StringIO()))
        prepare(BenchRequest(run=made.folder, texts=texts), reporter)
        assert [line.removesuffix("second one") for line in reporter.short] == told
