"""`workbench predict`, in torch and in an engine: the run's own answers, a line of JSON per text."""

import json

import pytest
import torch

import workbench as package
from workbench.pipeline.export_graphs import write_graphs


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def texts(tmp_path):
    """Two lines, a blank one between them."""
    path = tmp_path / "texts.txt"
    path.write_text("the film is warm .\n\ndull\n", encoding="utf-8")
    return path


@pytest.fixture
def folder(tiny):
    return package.load_run(tiny.folder).model_folder("adapler")


def test_a_line_has_what_classify_says(workbench, tiny, folder, texts, tmp_path) -> None:
    out = tmp_path / "new" / "out.jsonl"
    asked = ["--run", tiny.folder, "--method", "adapler", "--texts", texts, "--out", out]
    answer = workbench("predict", *asked, "--batch-size", 1)
    assert (answer.code, answer.out) == (0, f"{out}: 2 texts\n")
    model, tokenizer = package.load_classifier(folder)
    expected = package.classify(
        model, tokenizer, [("line-1", "the film is warm ."), ("line-3", "dull")],
        max_tokens=package.load_run(tiny.folder).config.data.max_tokens,
    )  # fmt: skip
    for line, one in zip(lines(out), expected, strict=True):
        assert line["text_id"] == one.text_id
        assert line["predicted"] == one.predicted
        assert line["probabilities"] == pytest.approx(one.probabilities, abs=1e-6)
        assert line["tokens"] == one.tokens.tolist()
        assert (line["windows"], line["flops"]) == (one.windows, one.flops)


def test_an_engine_answers_the_same(workbench, folder, texts, tmp_path) -> None:
    pytest.importorskip("onnxscript", reason="needs the extra [onnx]")
    write_graphs(*package.load_classifier(folder), tmp_path / "graphs")
    found = []
    for number, asked in enumerate(
        (["--model", folder], ["--model", tmp_path / "graphs", "--engine", "onnxruntime"])
    ):
        out = tmp_path / f"{number}.jsonl"
        assert workbench("predict", *asked, "--texts", texts, "--out", out, "--threads", 1).code == 0
        found.append(lines(out))
    for torchs, ours in zip(*found, strict=True):
        assert ours.pop("probabilities") == pytest.approx(torchs.pop("probabilities"), abs=1e-4)
        assert ours == torchs


def test_threads_are_of_the_command_alone(workbench, folder, texts, tmp_path, monkeypatch) -> None:
    before, used = torch.get_num_threads(), []

    def noted(model, *texts, **options):
        infer = model.infer
        monkeypatch.setattr(
            model, "infer", lambda *a: used.append(torch.get_num_threads()) or infer(*a), raising=True
        )
        return package.classify(model, *texts, **options)

    monkeypatch.setattr("workbench.pipeline.predict.classify", noted)
    asked = ["--model", folder, "--texts", texts, "--out", tmp_path / "out.jsonl"]
    assert workbench("predict", *asked, "--threads", before + 1).code == 0
    assert (used, torch.get_num_threads()) == ([before + 1], before)


def test_texts_are_read_as_they_are_classified(workbench, folder, tmp_path, monkeypatch) -> None:
    """A row is read when its pool is, not before: one that is wrong ends what went well so far."""
    texts, out, seen = tmp_path / "texts.jsonl", tmp_path / "out.jsonl", []
    rows = [{"text": f"film {n}"} for n in range(40)]
    texts.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {}]), encoding="utf-8")

    def noted(model, tokenizer, documents, **options):
        for answer in package.classify(model, tokenizer, documents, **options):
            seen.append(answer.text_id)
            yield answer

    monkeypatch.setattr("workbench.pipeline.predict.classify", noted)
    answer = workbench("predict", "--model", folder, "--texts", texts, "--out", out, "--batch-size", 1)
    assert answer.code == 2
    assert f"{texts}:41: no column text" in answer.err
    assert seen == [f"row-{n}" for n in range(1, 33)]  # Two pools of 16.
    assert not out.exists()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ([], "predict needs either --run or --model"),
        (["--run", "RUN"], "--run needs --method, one of dense"),
        (["--run", "RUN", "--method", "no-such"], "no-such"),
        (["--run", "RUN", "--method", "top", "--engine", "onnxruntime"], "with --model"),
        (["--model", "MODEL", "--method", "top"], "--method chooses among the models of a run"),
        (["--model", "MODEL", "--engine", "openvino"], "no exported graphs"),
        (["--model", "MODEL", "--compute", "bf16"], "--compute: is OpenVINO's"),
        (["--model", "MODEL", "--text-column", "a"], "has no columns to be named"),
        (["--model", "MODEL", "--batch-size", "0"], "batch-size"),
    ],
)
def test_what_cannot_be_predicted_is_named(
    workbench, tiny, folder, texts, tmp_path, asked, told
) -> None:
    names = {"RUN": tiny.folder, "MODEL": folder}
    out = tmp_path / "out.jsonl"
    answer = workbench("predict", *(names.get(a, a) for a in asked), "--texts", texts, "--out", out)
    assert answer.code == 2
    assert told in answer.err
    assert not out.exists()
