"""`workbench data convert` from the command line."""

import json
from pathlib import Path
from typing import get_args

import pytest

from tests.helpers.tiny_runs import SAMPLE
from workbench.catalog.options import CorpusForm


def card(answer) -> list[list[str]]:
    """The table of splits that `data check` prints."""
    lines = [line.split() for line in answer.out.splitlines()]
    return [line for line in lines if line and line[0] in {"texts", "annotated", "spans_per_text"}]


@pytest.mark.parametrize("form", get_args(CorpusForm))
def test_what_was_written_is_read_by_data_check(workbench, tmp_path: Path, form: str) -> None:
    answer = workbench("data", "convert", SAMPLE, "--to", form, "--out", tmp_path / "out")
    assert answer.code == 0
    assert answer.out.startswith("train 24, dev 10, test 10\n")
    assert answer.out.endswith(f"configuration: {tmp_path / 'out' / 'config.yaml'}\n")
    again = workbench("data", "check", tmp_path / "out" / "config.yaml")
    assert again.code == 0
    assert card(again) == card(workbench("data", "check", SAMPLE))
    assert workbench("data", "check", tmp_path / "out").out == again.out


def test_the_corpus_is_any_that_data_check_takes(workbench, tmp_path: Path) -> None:
    table = tmp_path / "own.csv"
    table.write_text("text,label\n" + "".join(f"film {n},{'ab'[n % 2]}\n" for n in range(60)))
    out = tmp_path / "out"
    answer = workbench(
        "data", "convert", table, "--to", "jsonl", "--out", out, "--set", "data.max_train=8"
    )
    assert (answer.code, answer.out.splitlines()[0][:8]) == (0, "train 8,")
    lines = (out / "texts.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0]).keys() == {"id", "split", "text", "label", "rationale"}
    again = workbench("data", "convert", out / "config.yaml", "--to", "eraser", "--out", tmp_path / "e")
    assert again.out.splitlines()[0] == answer.out.splitlines()[0]


def test_an_earlier_conversion_is_replaced_as_a_whole(workbench, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for form in ("eraser", "label-studio"):
        assert workbench("data", "convert", SAMPLE, "--to", form, "--out", out).code == 0
    names = {path.name for path in out.iterdir()}
    assert names == {"converted.json", "config.yaml", "tasks.json", "interface.xml"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_equal_calls_write_equal_bytes(workbench, tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        workbench("data", "convert", SAMPLE, "--to", "jsonl", "--out", tmp_path / "out")
        seen.append({path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()})
    assert seen[0] == seen[1]


def test_other_peoples_files_are_left_alone(workbench, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    convert = ("data", "convert", SAMPLE, "--to", "jsonl", "--out")
    answer = workbench(*convert, tmp_path)
    assert (answer.code, "neither empty nor a converted folder" in answer.error) == (2, True)
    assert workbench(*convert, tmp_path / "out").code == 0
    (tmp_path / "out" / "notes.txt").write_text("mine")
    answer = workbench(*convert, tmp_path / "out")
    assert answer.code == 2
    assert "has files that no conversion wrote (notes.txt)" in answer.error
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"
    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("record", "told"), [("{", "not readable as JSON"), ('{"files": 3}', "files is not a list of names")]
)
def test_a_broken_record_is_named(workbench, tmp_path: Path, record: str, told: str) -> None:
    (tmp_path / "converted.json").write_text(record)
    answer = workbench("data", "convert", SAMPLE, "--to", "jsonl", "--out", tmp_path)
    assert (answer.code, told in answer.error) == (2, True)


@pytest.mark.parametrize("missing", ["--to", "--out"])
def test_form_and_folder_must_be_named(workbench, tmp_path: Path, missing: str) -> None:
    given = {"--to": "jsonl", "--out": tmp_path / "out"}
    del given[missing]
    answer = workbench("data", "convert", SAMPLE, *(word for pair in given.items() for word in pair))
    assert (answer.code, missing in answer.err) == (2, True)


def test_what_reading_left_out_and_people_who_disagreed_are_told(workbench, tmp_path: Path) -> None:
    rows = [{"text": f"film {n}", "label": ["a", "a", "ab"[n % 2]] if n else ["b"]} for n in range(40)]
    rows += [{"text": f"fine {n}", "label": "b"} for n in range(20)]
    table = tmp_path / "own.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    answer = workbench("data", "convert", table, "--to", "jsonl", "--out", tmp_path / "out")
    assert "dev and test cut from train by a hash" in answer.out
    assert "20 texts to which people gave different classes: only the class is written." in answer.out
