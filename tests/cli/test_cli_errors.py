"""Wrong use and bad input: exit code 2, one clear line, no traceback; failures of the work: 1."""

import errno
import json
import os
import tarfile

import pytest
import yaml
from safetensors import SafetensorError

from tests.helpers.tiny_runs import SAMPLE, digests
from workbench.runs.folder import load_run


def configuration(tmp_path, **sections):
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(sections), encoding="utf-8")
    return path


@pytest.mark.parametrize("command", [["run"], ["data", "check"]])
def test_a_missing_configuration_is_named(workbench, tmp_path, command):
    answer = workbench(*command, tmp_path / "absent.yaml")
    assert answer.code == 2
    assert "absent.yaml: no such configuration file" in answer.error


def test_a_configuration_that_is_no_yaml_or_no_mapping_is_refused(workbench, tmp_path):
    path = tmp_path / "own.yaml"
    for text in ("a: [1", "- 1\n- 2", "\xff"):
        path.write_bytes(text.encode("latin-1"))
        answer = workbench("run", path, "--out", tmp_path / "run")
        assert answer.code == 2
        assert "own.yaml:" in answer.error
    assert not (tmp_path / "run").exists()


def test_an_unknown_key_is_answered_with_the_nearest(workbench, tmp_path):
    path = configuration(tmp_path, adapler={"fi": 1})
    answer = workbench("run", path, "--out", tmp_path / "run")
    assert answer.code == 2
    assert "unknown key adapler.fi (did you mean phi?)" in answer.error
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("adapler.phi", "expected a.b=value"),
        ("=1", "expected a.b=value"),
        ("adapler..phi=1", "expected a.b=value"),
        ("adapler.fhi=1", "did you mean phi?"),
        ("seed.x=1", "seed"),
        ("adapler.phi=fast", "adapler.phi"),
        ("dense.epochs=0", "dense.epochs"),
        ("methods=[top]", "must start with dense"),
        ("adapler.phi=[1", "not valid YAML"),
    ],
)
def test_a_bad_override_is_named(workbench, tiny, tmp_path, override, told):
    answer = workbench("run", tiny.config, "--out", tmp_path / "run", "--set", override)
    assert answer.code == 2
    assert told in answer.error
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"], ["data", "fly"], ["run", "x.yaml", "--fast"], ["explain", "text"], ["run"],
        ["report"], ["data", "fetch"],
    ],
)  # fmt: skip
def test_wrong_use_gives_the_usage(workbench, arguments):
    answer = workbench(*arguments)
    assert answer.code == 2
    assert answer.err.startswith("Usage: workbench")
    assert "Traceback" not in answer.err
    assert answer.out == ""


def test_an_option_without_its_value_is_named(workbench):
    answer = workbench("report", "--run")
    assert answer.code == 2
    assert "'--run' requires an argument" in answer.err


@pytest.mark.parametrize("command", [["evaluate"], ["report"], ["explain", "a fine film"]])
def test_a_folder_that_is_no_run_is_refused(workbench, tmp_path, command):
    for folder in (tmp_path, tmp_path / "absent"):
        answer = workbench(*command, "--run", folder)
        assert answer.code == 2
        assert f"{folder}: not a run folder (it has no config.yaml)" in answer.error
    assert not list(tmp_path.iterdir())


def test_a_foreign_folder_is_not_written_into(workbench, tiny, tmp_path):
    (tmp_path / "letters.txt").write_text("mine")
    answer = workbench("run", tiny.config, "--out", tmp_path)
    assert answer.code == 2
    assert "neither empty nor a run folder" in answer.error
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


@pytest.mark.parametrize("below", ["", "inside"])
def test_a_file_as_out_is_refused(workbench, tiny, tmp_path, below):
    (tmp_path / "file").write_text("mine")
    answer = workbench("run", tiny.config, "--out", tmp_path / "file" / below)
    assert answer.code == (1 if below else 2)
    assert str(tmp_path / "file") in answer.error
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("source", ["rotten-potatoes", "no/such/folder", "absent.csv"])
def test_an_unknown_source_of_data_is_refused(workbench, source):
    answer = workbench("data", "check", source)
    assert answer.code == 2
    assert source in answer.error


def test_movies_that_are_not_fetched_yet_are_explained(workbench, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    answer = workbench("data", "check", "eraser-movies")
    assert answer.code == 2
    assert "workbench data fetch eraser-movies" in answer.error


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ('good,pos\n"",neg\nbad,neg', "own.csv, row 2"),
        ("good,pos\nbad,", "own.csv, row 2"),
        ('good,pos\n"bad,neg', "own.csv"),
        ("good,pos,1,2\nbad,neg", "own.csv"),
    ],
)
def test_a_broken_table_is_named_with_its_row(workbench, tmp_path, rows, told):
    path = tmp_path / "own.csv"
    path.write_text(f"text,label\n{rows}\n", encoding="utf-8")
    answer = workbench("data", "check", path)
    assert answer.code == 2
    assert told in answer.error


def test_one_class_can_be_looked_at_and_is_refused_by_strict(workbench, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("text,label\ngood,pos\nfine,pos\n", encoding="utf-8")
    answer = workbench("data", "check", path)
    assert answer.code == 0
    assert "train has texts of one class: these data can be judged, not trained on." in answer.out
    assert workbench("data", "check", path, "--strict").code == 2


def test_evaluation_splits_alone_have_a_card(workbench, tmp_path):
    document = json.dumps({"docid": "d1", "document": "warm and witty"})
    (tmp_path / "docs.jsonl").write_text(f"{document}\n", encoding="utf-8")
    evidence = {"docid": "d1", "start_token": 0, "end_token": 1, "text": "warm"}
    rows = (
        {"annotation_id": f"t{n}", "classification": label, "docids": ["d1"], "evidences": [[evidence]]}
        for n, label in enumerate(("POS", "NEG"))
    )
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "test.jsonl").write_text(lines, encoding="utf-8")
    answer = workbench("data", "check", tmp_path)
    assert answer.code == 0
    assert "- There are no training texts: these data can be judged, not trained on." in answer.out


def test_a_broken_json_line_is_named_with_its_line(workbench, tmp_path):
    path = tmp_path / "own.jsonl"
    path.write_text('{"text": "good", "label": "pos"}\n{"text": \n', encoding="utf-8")
    answer = workbench("data", "check", path)
    assert answer.code == 2
    assert f"{path}:2" in answer.error


def test_evidence_that_does_not_match_is_named_with_file_line_and_id(workbench, tmp_path):
    (tmp_path / "docs").mkdir()
    for file in SAMPLE.rglob("*.*"):
        (tmp_path / file.relative_to(SAMPLE)).write_bytes(file.read_bytes())
    lines = (tmp_path / "val.jsonl").read_text().splitlines()
    record = json.loads(lines[2])
    record["evidences"][0][0]["text"] = "words that are not there"
    lines[2] = json.dumps(record)
    (tmp_path / "val.jsonl").write_text("\n".join(lines) + "\n")
    answer = workbench("data", "check", tmp_path)
    assert answer.code == 2
    assert f"val.jsonl:3: {record['annotation_id']}: evidence text" in answer.error


def test_a_wrong_archive_is_not_put_in_place(workbench, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    archive = tmp_path / "wrong.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(SAMPLE, "movies")
    answer = workbench("data", "fetch", "eraser-movies", "--address", archive.as_uri())
    assert answer.code == 1
    assert "SHA-256" in answer.error
    assert not [path for path in (tmp_path / "home").rglob("*") if path.is_file()]


def test_an_absent_address_and_an_unknown_name_are_refused(workbench, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    gone = (tmp_path / "gone.tar.gz").as_uri()
    answer = workbench("data", "fetch", "eraser-movies", "--address", gone)
    assert (answer.code, "gone.tar.gz" in answer.error) == (1, True)
    answer = workbench("data", "fetch", "novels")
    assert (answer.code, "eraser-movies" in answer.error) == (2, True)


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("backbone=/no/such/folder", "/no/such/folder"),
        ("data.max_tokens=65", "the backbone's limit is 64"),
        ("top.first_layer=3", "top.first_layer 3"),
        ("data.path=/no/such/data", "/no/such/data"),
        ("data.source=file", "train.jsonl:1: no column label"),
    ],
)
def test_settings_that_do_not_fit_are_named(workbench, tiny, tmp_path, override, told):
    more = ["--set", "methods=[dense, top]", "--set", override]
    answer = workbench("run", tiny.config, "--out", tmp_path / "run", *more)
    assert answer.code == 2
    assert told in answer.err.splitlines()[-1]
    assert "Traceback" not in answer.err


def test_debug_shows_the_traceback(workbench, tmp_path):
    answer = workbench("--debug", "report", "--run", tmp_path)
    assert answer.code == 2
    assert "Traceback" in answer.err
    assert answer.err.splitlines()[-1].startswith("error: ")


def test_an_error_nobody_foresaw_is_one_line_with_its_kind(workbench, tiny, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("first\nsecond")

    monkeypatch.setattr("workbench.reporting.pages.run.write_report", fail)
    answer = workbench("report", "--run", tiny.folder)
    assert answer.code == 1
    assert answer.error == "error: ZeroDivisionError: first second"


@pytest.mark.parametrize("file", ["policy.safetensors", "model.safetensors", "tokenizer.json"])
def test_a_model_file_that_is_gone_is_named(workbench, copied, file):
    (copied / "models" / "adapler" / file).unlink()
    for command in (["explain", "a fine film"], ["evaluate"]):
        answer = workbench(*command, "--run", copied)
        assert answer.code == 2
        last = answer.err.splitlines()[-1]
        assert last.startswith("error: ")
        assert "models/adapler" in last
        assert file in last


@pytest.mark.parametrize("file", ["predictions.parquet", "config.yaml", "metrics/efficiency.parquet"])
def test_a_damaged_file_is_named(workbench, copied, file):
    (copied / file).write_bytes(b"[not: what it was")
    answer = workbench("report", "--run", copied)
    assert answer.code == 2
    assert file in answer.error


def full_disk(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_old_results_whole(workbench, copied, monkeypatch):
    before = digests(copied)
    monkeypatch.setattr("workbench.storage.atomic.os.replace", full_disk)
    answer = workbench("evaluate", "--run", copied)
    assert answer.code == 1
    last = answer.err.splitlines()[-1]
    assert last.startswith("error: cannot write")
    assert "No space left on device" in last
    assert "Traceback" not in answer.err
    assert digests(copied) == before


@pytest.mark.parametrize("file", ["model", "policy"])
def test_a_full_disk_while_saving_a_model_leaves_the_old_one_whole(
    workbench, tiny, copied, monkeypatch, file
):
    before = digests(copied / "models")
    with monkeypatch.context() as patch:
        if file == "policy":
            patch.setattr("workbench.models.classifier.save_file", self_full)
        else:
            patch.setattr("transformers.modeling_utils.safe_save_file", self_full)
        answer = workbench("run", tiny.config, "--out", copied, "--set", "adapler.phi=0.3")
    assert answer.code == 1
    last = answer.err.splitlines()[-1]
    assert "cannot write" in last
    assert "models/adapler" in last
    assert "No space left on device" in last
    assert digests(copied / "models") == before
    # With room again the same command goes on.
    assert workbench("run", tiny.config, "--out", copied, "--set", "adapler.phi=0.3").code == 0
    assert load_run(copied).config.adapler.phi == 0.3
    assert digests(copied / "models") != before


def self_full(*_, **__):
    raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")


def test_an_interrupt_tells_that_the_same_command_resumes(workbench, tiny, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.training.objectives.dense.DenseObjective.after_step", interrupt)
    answer = workbench("run", tiny.config, "--out", tmp_path / "run")
    assert answer.code == 130
    assert (
        answer.err.splitlines()[-1] == "interrupted; the same command resumes from the last checkpoint"
    )
    assert "Traceback" not in answer.err


def test_an_interrupt_of_a_command_that_keeps_nothing_is_one_line(workbench, tiny, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.reporting.pages.run.write_report", interrupt)
    answer = workbench("report", "--run", tiny.folder)
    assert (answer.code, answer.err) == (130, "interrupted\n")


PLUGIN_COMMANDS = [
    ["run", "x.yaml"], ["demo"], ["compare", "x.yaml"], ["evaluate", "--run", "x"],
    ["report", "--run", "x"], ["explain", "text", "--run", "x"], ["tables", "x", "--out", "y"],
    ["attribute", "--run", "x", "--texts", "x.txt", "--scorers", "cp"], ["bench", "--run", "x"],
    ["export", "--run", "x", "--method", "top", "--to", "y"], ["reproduce", "x"],
    ["export-predictions", "--run", "x", "--scorer", "cp", "--out", "y"],
    ["data", "check", "x"], ["data", "plant", "x", "--out", "y"],
]  # fmt: skip


@pytest.mark.parametrize("command", PLUGIN_COMMANDS, ids=lambda words: " ".join(words[:2]))
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "no such plug-in"),
        ("1 / 0", "own.py:1: cannot be imported: ZeroDivisionError"),
        ("x = 1", "registers nothing"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_refused_by_every_command(
    workbench, tmp_path, command, content, told
):
    path = tmp_path / "own.py"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    answer = workbench(*command, "--plugin", path)
    assert answer.code == 2
    assert str(path) in answer.error
    assert told in answer.error


@pytest.mark.parametrize(
    "command",
    [
        ["run"], ["compare"], ["reproduce"], ["report", "--run"], ["evaluate", "--run"],
        ["bench", "--run"], ["explain", "a film", "--run"], ["tables", "--out", "y"],
        ["attribute", "--scorers", "saliency", "--texts", "imdb", "--run"],
        ["export", "--method", "top", "--to", "y", "--run"],
        ["export-predictions", "--scorer", "cp", "--out", "y", "--run"],
        ["data", "check"],
    ],
    ids=" ".join,
)  # fmt: skip
@pytest.mark.parametrize("kind", ["absent", "folder", "file"])
def test_a_path_of_the_wrong_kind_is_one_line(workbench, tmp_path, monkeypatch, command, kind):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "given"
    if kind == "folder":
        path.mkdir()
    elif kind == "file":
        path.write_text("no run at all", encoding="utf-8")
    answer = workbench(*command, path)
    assert answer.code == 2
    assert str(path) in answer.error
    assert [one.name for one in tmp_path.iterdir()] == ([] if kind == "absent" else ["given"])
