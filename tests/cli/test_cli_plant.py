"""`workbench data plant` from the command line."""

import json

import pytest

from tests.helpers.tiny_runs import SAMPLE

COUNT = {"token": 1, "context": 2, "pair": 2}


@pytest.mark.parametrize("kind", COUNT)
def test_a_planted_folder_is_read_by_data_check(workbench, tmp_path, kind):
    answer = workbench("data", "plant", SAMPLE, "--kind", kind, "--out", tmp_path / "out", "--seed", 3)
    assert answer.code == 0
    assert "'qqa'" in answer.out
    assert "planted.yaml" in answer.out
    record = json.loads((tmp_path / "out" / "planted.json").read_text())
    assert record["plan"]["seed"] == 3
    card = workbench("data", "check", tmp_path / "out" / "planted.yaml")
    assert card.code == 0
    counts = [str(own["planted"]) for own in record["splits"].values()]
    lines = [line.split() for line in card.out.splitlines()]
    assert ["annotated", *counts] in lines
    assert ["spans_per_text", *[str(COUNT[kind])] * 3] in lines


def test_equal_calls_write_equal_bytes_and_replace(workbench, tmp_path):
    seen = []
    for seed in (1, 1, 2):
        workbench("data", "plant", SAMPLE, "--kind", "pair", "--out", tmp_path / "out", "--seed", seed)
        seen.append((tmp_path / "out" / "planted.jsonl").read_bytes())
    assert seen[0] == seen[1] != seen[2]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--tokens", "film,qqb"], "'film' 16 times in 16 texts; choose others"),
        (["--tokens", "qqa"], "2 tokens are needed, one per class, not 1"),
        (["--context", "qqz"], "no other kind has one"),
        (["--decoys", "0.5"], "no decoys"),
        (["--share", "0"], "must lie between 0 and 1"),
    ],
)
def test_what_does_not_fit_is_one_line_and_writes_nothing(workbench, tmp_path, options, message):
    answer = workbench("data", "plant", SAMPLE, "--out", tmp_path / "out", *options)
    assert answer.code == 2
    assert message in answer.error
    assert not (tmp_path / "out").exists()


def test_a_folder_of_other_things_is_left_alone(workbench, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    answer = workbench("data", "plant", SAMPLE, "--out", tmp_path)
    assert answer.code == 2
    assert "neither empty nor a planted folder" in answer.error
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_an_earlier_planted_folder_keeps_what_was_not_planted(workbench, tmp_path):
    for seed in (1, 2):
        assert workbench("data", "plant", SAMPLE, "--out", tmp_path / "out", "--seed", seed).code == 0
        (tmp_path / "out" / "mine.txt").write_text("mine")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names - {".lock"} == {"mine.txt", "planted.json", "planted.jsonl", "planted.yaml"}
    assert json.loads((tmp_path / "out" / "planted.json").read_text())["plan"]["seed"] == 2
