"""Wrong values of every option: exit code 2 and one line or the usage, never a traceback."""

import pytest
from rich.table import Table

from workbench.cli.terminal import OUT, say

LONG = "x" * 300
PATHS = [
    ["run", "PATH"], ["run", "own.yaml", "--out", "PATH"], ["compare", "PATH"], ["reproduce", "PATH"],
    ["reproduce", "x", "--out", "PATH"], ["evaluate", "--run", "PATH"], ["report", "--run", "PATH"],
    ["bench", "--run", "PATH"], ["explain", "good", "--run", "PATH"],
    ["explain", "good", "--run", "x", "--html", "PATH"], ["tables", "PATH", "--out", "y"],
    ["tables", "x", "--out", "PATH"], ["export", "--run", "PATH", "--method", "top", "--to", "y"],
    ["export", "--run", "x", "--method", "top", "--to", "PATH"], ["app", "--runs", "PATH"],
    ["data", "convert", "imdb", "--to", "jsonl", "--out", "PATH"],
    ["data", "plant", "imdb", "--out", "PATH"], ["report", "--run", "x", "--plugin", "PATH"],
]  # fmt: skip
SCORING = ["attribute", "--run", "x", "--texts", "t.txt", "--scorers", "random"]
NUMBERS = [
    *([*SCORING, option, value]
      for option in ("--limit", "--steps", "--samples", "--batch-size", "--memory")
      for value in ("0", "-1", "x")),
    *([*SCORING, "--max-tokens", value] for value in ("0", "7", "x", "1.5", "9" * 5000)),
    *([*SCORING, "--seed", value] for value in ("-1", "4294967296", "x")),
    *([*SCORING, "--layers", value] for value in ("", "x", "0,0", "1,,2", "9" * 5000)),
    *(["bench", "--run", "x", *given] for given in (
        ["--limit", "0"], ["--rounds", "0"], ["--rounds", "9" * 30], ["--batch", ""], ["--batch", "1,1"],
        ["--batch", "9" * 30], ["--max-tokens", "0"],
    )),
    ["explain", "good", "--run", "x", "--layer", "-1"],
    ["data", "plant", "imdb", "--out", "y", "--first-words", "0"],
    ["data", "plant", "imdb", "--out", "y", "--seed", "-1"],
    ["app", "--port", "0"], ["app", "--port", "70000"],
]  # fmt: skip


@pytest.mark.parametrize("path", [LONG, f"{LONG}/y.yaml"], ids=["long", "long folder"])
@pytest.mark.parametrize("command", PATHS, ids=" ".join)
def test_a_path_that_no_file_system_takes_is_one_line(workbench, command, path):
    answer = workbench(*(path if word == "PATH" else word for word in command))
    assert answer.code == 2
    assert answer.error.startswith("error: 'xxxxx")
    assert answer.error.endswith("a name longer than 255 bytes")


@pytest.mark.parametrize("command", PATHS, ids=" ".join)
def test_a_path_with_a_nul_is_wrong_use(workbench, command):
    answer = workbench(*("a\0b" if word == "PATH" else word for word in command))
    assert answer.code == 2
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("command", NUMBERS, ids=lambda words: " ".join(words)[-40:])
def test_a_number_out_of_bounds_names_its_option(workbench, command):
    answer = workbench(*command)
    assert answer.code == 2
    assert command[-2] in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    "words", [["\x1b]0;x\x07"], ["run", "--\x1b[2J"], ["report", "--run", "\x1b\u202e"]]
)
def test_what_was_given_does_not_command_the_terminal(workbench, words):
    answer = workbench(*words)
    assert answer.code == 2
    assert not {"\x1b", "\x07", "\u202e"} & set(answer.err)
    assert "\\x1b" in answer.err


def test_what_is_printed_does_not_command_the_terminal(capsys):
    say("a\x1b]0;b\u202ec", "größe")
    OUT.print(Table("\x9b2J"), width=40)
    printed = capsys.readouterr().out
    assert printed.startswith("a\\x1b]0;b\\u202ec\ngröße\n")
    assert not {"\x1b", "\x9b", "\u202e"} & set(printed)
