"""What is probably not meant: told by `data check`, told once by a run, and kept with it."""

import io
import json

import pytest
from rich.console import Console

from tests.helpers.tiny_runs import write_settings
from workbench.cli.console import ConsoleReporter
from workbench.pipeline.job import Reporter
from workbench.reporting.cards.model import data_card_text
from workbench.reporting.pages.run import write_report
from workbench.runs.tables import read_run_data

SMALL = "test has 10 texts: intervals will span nearly everything."
"""Of the sample."""


@pytest.fixture
def table(tmp_path):
    """Two classes of one meaning, and one that is called like a missing value."""
    path = tmp_path / "own.csv"
    labels = ["good", "Good", "NA"]
    rows = [f"film {n} is odd,{labels[n % 3]}\n" for n in range(450)]
    path.write_text("text,label\n" + "".join(rows), encoding="utf-8")
    return path


def test_data_check_ends_with_the_warnings(workbench, table) -> None:
    answer = workbench("data", "check", table)
    assert (answer.code, answer.err) == (0, "")
    card, _, told = answer.out.partition("\nwarnings:\n")
    assert "cut from train by a hash" in card
    assert told.splitlines() == [
        "- classes that are the same but for how they are written: Good, good.",
        "- a class that is called like a missing value: NA.",
    ]


def test_data_check_of_good_data_has_no_warnings(workbench, table) -> None:
    text = table.read_text(encoding="utf-8").replace(",Good", ",good").replace(",NA", ",bad")
    table.write_text(text, encoding="utf-8")
    for arguments in ([], ["--strict"]):
        answer = workbench("data", "check", table, *arguments)
        assert (answer.code, answer.err) == (0, "")
        assert "warning" not in answer.out


def test_strictly_a_warning_is_an_error_after_the_card(workbench, table) -> None:
    answer = workbench("data", "check", table, "--strict")
    assert answer.code == 2
    assert answer.out == workbench("data", "check", table).out
    assert answer.err == "error: own: 2 warnings, told above, and --strict takes none\n"


@pytest.mark.parametrize("command", ["run", "compare"])
def test_an_empty_configuration_trains_on_nothing(workbench, tmp_path, command: str) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("", encoding="utf-8")
    answer = workbench(command, path, "--out", tmp_path / "out")
    prefix = "run." if command == "compare" else ""
    told = f"names no texts: set {prefix}data.source to one that `workbench data list` shows"
    assert (answer.code, answer.error) == (2, f"error: {path}: {told}")
    assert not (tmp_path / "out").exists()
    answer = workbench("data", "check", path)
    assert (answer.code, "names no texts: set data.source" in answer.error) == (2, True)


def test_a_run_tells_once_and_keeps_what_it_told(workbench, tiny, tmp_path) -> None:
    folder = tmp_path / "run"
    answer = workbench("run", tiny.config, "--out", folder, "--set", "methods=[dense]")
    assert answer.code == 0
    assert [line for line in answer.err.splitlines() if "warning" in line] == [f"warning: {SMALL}"]
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    assert about["warnings"] == [SMALL]
    assert SMALL not in about["notes"]
    assert (folder / "report.html").read_text(encoding="utf-8").count(f"Warning: {SMALL}") == 1
    assert (folder / "report.md").read_text(encoding="utf-8").count(f"> Warning: {SMALL}") == 1
    cards = list(folder.glob("models/*/data_card.md"))
    assert cards
    assert all(card.read_text(encoding="utf-8").count(f"- Warning: {SMALL}") == 1 for card in cards)


def test_a_run_of_an_earlier_version_has_none(fresh_run, quick_figures) -> None:
    path = fresh_run / "about.json"
    about = json.loads(path.read_text(encoding="utf-8"))
    for told in (None, "odd"):
        about.pop("warnings", None)
        path.write_text(json.dumps(about | ({"warnings": told} if told else {})), encoding="utf-8")
        data = read_run_data(fresh_run)
        assert data.warnings == []
        assert "Warning" not in data_card_text(data)
    write_report(fresh_run)
    assert "Warning: " not in (fresh_run / "report.md").read_text(encoding="utf-8")


def test_trials_tell_together_once() -> None:
    out, warned = io.StringIO(), set[str]()
    for _ in range(2):
        with ConsoleReporter(Console(file=out, width=100), warned) as reporter:
            reporter.warning("odd")
            reporter.warning("odd")
            reporter.note("small")
    assert out.getvalue().count("warning: odd\n") == 1
    assert out.getvalue().count("note: small\n") == 2


def test_a_reporter_without_a_way_to_warn_hears_a_note() -> None:
    heard = []

    class Plain(Reporter):
        def note(self, text: str) -> None:
            heard.append(text)

    Plain().warning("odd")
    assert heard == ["warning: odd"]


@pytest.mark.parametrize(("has", "told"), [(False, True), (True, False), (None, False)])
def test_bfloat16_that_a_processor_has_to_imitate_is_told(
    workbench, tmp_path, monkeypatch, has, told
) -> None:
    monkeypatch.setattr("workbench.pipeline.checks.multiplies_bfloat16", lambda: has)
    # More tokens than the backbone takes, so that the command ends after what is told first.
    answer = workbench(
        "run", write_settings(tmp_path), "--out", tmp_path / "run", "--set", "methods=[dense]",
        "--set", "dense.mixed_precision=bf16", "--set", "data.max_tokens=100",
    )  # fmt: skip
    assert answer.code == 2
    sentence = "dense.mixed_precision: bf16 on a processor without bfloat16 products makes training many"
    assert (sentence in answer.err) == told
