"""Every command that README and docs show exists, with its options; so do scripts and configurations."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from tests.helpers.docs_blocks import ROOT, command_lines, markdown_files
from workbench.cli.program import app

FILES = {str(path.relative_to(ROOT)): path for path in markdown_files()}
SPAN = re.compile(r"`(workbench [^`\n]+)`")
BUILTIN = re.compile(r"(?:workbench/)?configs/[\w-]+\.yaml")
LEFT_TO_THE_READER = {"...", "DIR", "FOLDER", "SOURCE", "M"}


@cache
def root():
    return get_command(app)


def found(words: list[str]):
    """The command that the words name, and the words after its name."""
    command = root()
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    return command, words


def check_options(words: list[str]) -> None:
    """A command of that name with these options; ValueError for what is not there."""
    command, rest = found(words)
    if hasattr(command, "commands") and not set(rest) <= {"--help"}:
        raise ValueError(f"no command {' '.join(words)}")
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    for word in rest:
        name = word.partition("=")[0]
        if name.startswith("--") and name not in known:
            raise ValueError(f"{command.name} has no option {name}")


def check_whole(words: list[str]) -> None:
    """The same, with arguments and values as the command takes them."""
    check_options(words)
    command, rest = found(words)
    try:
        command.make_context(command.name, rest)
    except Exception as error:
        raise ValueError(f"{' '.join(words)}: {error}") from None


def shown(path: Path) -> Iterator[list[str]]:
    """The words of each line of a shell block."""
    for line in command_lines(path.read_text(encoding="utf-8")):
        yield (
            shlex.split(line, comments=True) if line.startswith(("workbench", "make", "python")) else []
        )


def scripts(words: list[str]) -> list[str]:
    return [word for word in words if re.fullmatch(r"(?:analyses|docs|tests)/[\w/]+\.py", word)]


@pytest.mark.parametrize("name", FILES)
def test_commands_in_blocks_are_whole(name: str) -> None:
    for words in shown(FILES[name]):
        if words[:1] == ["workbench"] and not LEFT_TO_THE_READER & set(words):
            check_whole(words[1:])


@pytest.mark.parametrize("name", FILES)
def test_commands_in_sentences_exist(name: str) -> None:
    for text in SPAN.findall(FILES[name].read_text(encoding="utf-8")):
        words = re.sub(r"[\"']", "", text).split()[1:]
        for alternative in words[-1].split("|") if len(words) == 2 else [None]:
            check_options([words[0], alternative] if alternative else words)


@pytest.mark.parametrize("name", FILES)
def test_scripts_and_their_options_exist(name: str) -> None:
    text = FILES[name].read_text(encoding="utf-8")
    lines = [words for words in shown(FILES[name]) if words[:1] == ["python"]]
    lines += [span.split() for span in re.findall(r"`(?:python )?(\w+/[\w/]+\.py[^`\n]*)`", text)]
    for words in lines:
        for script in scripts(words):
            source = (ROOT / script).read_text(encoding="utf-8")
            for option in (word for word in words if word.startswith("--")):
                assert f'"{option}"' in source, f"{script} has no option {option}"


@pytest.mark.parametrize("name", FILES)
def test_configurations_and_make_targets_exist(name: str) -> None:
    text = FILES[name].read_text(encoding="utf-8")
    for config in BUILTIN.findall(text):
        assert (ROOT / config).is_file(), config
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M)
    for target in re.findall(r"(?:`|^ {4})make ([a-z][\w-]*)", text, flags=re.M):
        assert target in targets, f"make {target}"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("bnech --run runs/demo", "no command bnech"),
        ("bench --rum runs/demo", "no option --rum"),
        ("data lsit", "no command data lsit"),
        ("bench --rounds many --run runs/demo", "many"),
        ("explain --run runs/demo", "text|argument"),
        ("report --run", "--run"),
    ],
)
def test_a_wrong_command_is_found(line: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.compile(told, re.I)):
        check_whole(line.split())


def test_parsing_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typer, "echo", lambda *_: pytest.fail("ran"))
    check_whole(["demo", "--out", "nowhere"])
    assert not Path("nowhere").exists()
