"""`workbench export`: folders that transformers loads, and the hub, which is a stand-in here."""

import os
import subprocess
from types import SimpleNamespace

import pytest
import torch
from huggingface_hub import RepoUrl
from transformers import AutoModelForSequenceClassification, BertForSequenceClassification

import workbench as package
from tests.helpers.tiny_runs import forget
from workbench.data.windows.encode import encode_corpus
from workbench.pipeline import export as export_module
from workbench.storage.scratch import scratch_folder, sweep_once


@pytest.fixture
def hub(monkeypatch):
    """Remembers what would be uploaded; `hub.error` is raised instead where it is set."""
    calls = SimpleNamespace(made=[], uploaded=[], error=None)

    class Api:
        def create_repo(self, name, **more):
            if calls.error is not None:
                raise calls.error
            calls.made.append((name, more))
            return RepoUrl(f"https://huggingface.co/me/{name.split('/')[-1]}")

        def upload_folder(self, *, repo_id, folder_path):
            calls.uploaded.append((repo_id, {path.name for path in folder_path.iterdir()}))

    monkeypatch.setattr(export_module, "HfApi", Api)
    monkeypatch.setattr(export_module, "get_token", lambda: "token")
    return calls


@pytest.mark.parametrize("method", ["dense", "adapler", "top"])
def test_an_exported_model_gives_the_runs_predictions(workbench, tiny, tmp_path, method):
    answer = workbench("export", "--run", tiny.folder, "--method", method, "--to", tmp_path / "out")
    assert (answer.code, answer.out) == (0, f"{tmp_path / 'out'}\n")
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "out", trust_remote_code=False)
    assert (type(model) is BertForSequenceClassification) == (method == "dense")
    found = package.load_run(tiny.folder)
    _, tokenizer = package.load_classifier(found.model_folder(method))
    corpus = package.load_corpus(found.config.data)
    encoding = encode_corpus(corpus, tokenizer, found.config.data.max_tokens)["test"]
    rows = found.predictions.query(f"method == '{method}' and split == 'test'").set_index("text_id")
    for text_id, row in rows.iterrows():
        shares = []
        for window in encoding.windows[encoding._places[text_id]]:
            tensors = [torch.from_numpy(v)[None] for v in (window.input_ids, window.token_type_ids)]
            with torch.no_grad():
                shares.append(model(tensors[0], token_type_ids=tensors[1]).logits.softmax(1)[0])
        mean = torch.stack(shares).mean(0)
        assert mean.tolist() == pytest.approx(
            [row[f"prob_{label}"] for label in corpus.labels], abs=1e-5
        )
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "README.md",
        "data_card.md",
    }  # fmt: skip
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "AutoModelForSequenceClassification" in card
    assert str(tiny.folder) not in card


def test_every_model_folder_of_a_run_has_cards(tiny):
    for method in ("dense", "adapler", "top"):
        folder = tiny.folder / "models" / method
        assert f"# tiny-{method}" in (folder / "README.md").read_text(encoding="utf-8")
        assert "| texts | 24 | 10 | 10 |" in (folder / "data_card.md").read_text(encoding="utf-8")


def test_report_writes_the_cards_again(workbench, copied, monkeypatch):
    monkeypatch.setattr(
        "workbench.reporting.pages.run.write_report", lambda folder: folder / "report.html"
    )
    card = copied / "models" / "top" / "README.md"
    text = card.read_text(encoding="utf-8")
    card.unlink()
    assert workbench("report", "--run", copied).code == 0
    assert card.read_text(encoding="utf-8") == text


def test_an_unknown_method_is_answered_with_those_there(workbench, tiny, tmp_path):
    answer = workbench("export", "--run", tiny.folder, "--method", "ltp", "--to", tmp_path / "out")
    assert answer.code == 2
    assert "no model 'ltp' (there: adapler, dense, top)" in answer.error
    assert not list(tmp_path.iterdir())


def test_a_run_without_models_and_one_still_going_are_refused(workbench, copied, tmp_path):
    forget(copied, "top")
    answer = workbench("export", "--run", copied, "--method", "top", "--to", tmp_path / "out")
    assert answer.code == 2
    assert "the training of top has not ended; finish the run first" in answer.error
    (copied / "models").rename(tmp_path / "models")
    answer = workbench("export", "--run", copied, "--method", "top", "--to", tmp_path / "out")
    assert answer.code == 2
    assert "no model 'top' (there: none yet)" in answer.error
    assert not (tmp_path / "out").exists()


def test_a_run_that_is_not_evaluated_is_exported_and_its_card_says_so(workbench, copied, tmp_path):
    for path in [*copied.glob("metrics/*"), copied / "predictions.parquet", copied / "about.json"]:
        path.unlink()
    answer = workbench("export", "--run", copied, "--method", "top", "--to", tmp_path / "out")
    assert answer.code == 0
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "Not recorded: the run has not been evaluated to its end." in card


def test_what_an_export_killed_at_its_end_left_beside_it_is_removed(workbench, tiny, tmp_path):
    killed = subprocess.Popen(["true"])
    killed.wait()
    mine = scratch_folder(tmp_path)
    left = mine.rename(str(mine).replace(f"-{os.getpid()}-", f"-{killed.pid}-"))
    sweep_once.cache_clear()
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    answer = workbench("export", "--run", tiny.folder, "--method", "top", "--to", tmp_path / "model")
    assert answer.code == 2
    assert not left.exists()


def test_a_folder_that_holds_something_is_left_alone(workbench, tiny, tmp_path):
    (tmp_path / "letters.txt").write_text("mine")
    for place in (tmp_path, tmp_path / "letters.txt"):
        answer = workbench("export", "--run", tiny.folder, "--method", "top", "--to", place)
        assert answer.code == 2
        assert "is not an empty folder; choose another --to" in answer.error
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]
    answer = workbench(
        "export", "--run", tiny.folder, "--method", "top", "--to", tmp_path / "letters.txt" / "below"
    )
    assert answer.code == 1
    assert answer.error.startswith("error: cannot write")


def test_pushing_uploads_what_was_written_privately(workbench, tiny, tmp_path, hub):
    to = tmp_path / "out"
    more = ("--run", tiny.folder, "--method", "top", "--to", to, "--push-to-hub", "fast-model")
    answer = workbench("export", *more)
    assert answer.code == 0
    assert answer.out.splitlines() == [str(to), "https://huggingface.co/me/fast-model"]
    assert hub.made == [("fast-model", {"private": True, "exist_ok": True})]
    assert hub.uploaded == [("me/fast-model", {path.name for path in to.iterdir()})]


def test_a_public_repository_has_to_be_asked_for(workbench, tiny, tmp_path, hub):
    more = ("--run", tiny.folder, "--method", "dense", "--to", tmp_path / "out")
    assert workbench("export", *more, "--push-to-hub", "me/model", "--public").code == 0
    assert hub.made == [("me/model", {"private": False, "exist_ok": True})]


def test_without_a_login_or_with_a_wrong_name_nothing_is_written(
    workbench, tiny, tmp_path, hub, monkeypatch
):
    more = ("--run", tiny.folder, "--method", "top", "--to", tmp_path / "out", "--push-to-hub")
    answer = workbench("export", *more, "not a name")
    assert (answer.code, "--push-to-hub not a name: " in answer.error) == (2, True)
    monkeypatch.setattr(export_module, "get_token", lambda: None)
    answer = workbench("export", *more, "me/model")
    assert answer.code == 2
    assert "not logged in to the hub; run `hf auth login` first" in answer.error
    assert not (tmp_path / "out").exists()
    assert not hub.made


def test_a_hub_that_refuses_leaves_the_folder_and_says_so(workbench, tiny, tmp_path, hub):
    hub.error = ConnectionError("offline mode is on")
    to = tmp_path / "out"
    answer = workbench(
        "export", "--run", tiny.folder, "--method", "top", "--to", to, "--push-to-hub", "me/model"
    )
    assert answer.code == 1
    told = "the hub did not take me/model"
    assert f"{told} ({to} is written): offline mode is on" in answer.error
    assert (to / "model.safetensors").is_file()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--format", "onnx", "--quantisation", "static"], "are of --precision int8"),
        (["--format", "onnx", "--calibration", "5"], "are of --precision int8"),
        (
            ["--format", "onnx", "--precision", "int8", "--calibration", "0"],
            "--calibration 0: at least 1",
        ),
        (["--precision", "int8"], "--precision and --batched are of --format onnx"),
    ],
)
def test_options_of_int8_that_do_not_fit_are_refused(workbench, tiny, tmp_path, more, told) -> None:
    to = tmp_path / "out"
    answer = workbench("export", "--run", tiny.folder, "--method", "top", "--to", to, *more)
    assert (answer.code, told in answer.error, to.exists()) == (2, True, False)


def test_an_int8_export_says_how_both_ways_agree(workbench, tiny, tmp_path) -> None:
    pytest.importorskip("onnxruntime", reason="needs the extra [onnx]")
    pytest.importorskip("onnxscript", reason="needs the extra [onnx]")
    to = tmp_path / "out"
    answer = workbench(
        "export", "--run", tiny.folder, "--method", "adapler", "--to", to, "--format", "onnx",
        "--precision", "int8",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    told = answer.out.splitlines()[0]
    kept, other = sorted(("dynamic", "static"), key=lambda way: f"by {way}, not kept" in told)
    assert f"int8 by {kept} quantisation" in told
    assert f"; by {other}, not kept: 20 windows of dev: accuracy" in told
    assert told in (to / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in to.iterdir()} >= {"model.onnx", "graphs.json", "tokenizer.json"}
    assert not [path for path in to.iterdir() if path.is_dir()]
