"""Wrong command lines and configurations, made from the commands' own options and keys."""

import os
import random
import shlex
from collections.abc import Callable, Iterator
from inspect import signature
from itertools import chain, zip_longest
from pathlib import Path
from typing import get_args

import yaml

from tests.campaigns.harness import Case
from tests.campaigns.stage import COMMANDS, Stage
from tests.campaigns.wrong_values import ESCAPE, LONG, TEXTS, wrong_for, wrong_keys
from workbench.cli.program import app
from workbench.config.run import run_config_class

SECONDS = 5.0
"""Of the processor, after the imports."""
OTHERS = {
    "data check": ["data", "check", "{base}/t.csv"],
    "data list": ["data", "list"],
    "app": ["app", "--runs", "/no/such"],
}
"""Commands that the kills have no use for."""
ODD = {
    "text",
    "second",
    "id_column",
    "text_column",
    "label_column",
    "context",
    "tokens",
    "name",
    "source",
}
"""Parameters that may take what is wrong elsewhere: words."""


def command_lines(stage: Stage, total: int, rng: random.Random) -> Iterator[Case]:
    """Draw of every form as many as the others, for as long as there are any."""
    forms = [list(form) for form in (_options(), _forms(), _files(), _keys(stage))]
    for form in forms:
        rng.shuffle(form)
    mixed = (line for line in chain(*zip_longest(*forms)) if line)
    for number, (command, arguments, text) in zip(range(total), mixed, strict=False):
        yield Case(
            f"line/{number}",
            command,
            lambda a=arguments, t=text: _refused(stage, a, t),
            shlex.join(["workbench", *(a if len(a) < 400 else f"{a[:60]}..." for a in arguments)])
            + (f"   # wrong.yaml: {text[:80]!r}" if text is not None else ""),
        )


OWNED = Path("/tmp/owned")
"""What nothing may ever write."""
Line = tuple[str, list[str], bytes | None]
"""A command, its line, and what stands in wrong.yaml."""


def _valid() -> dict[str, list[str]]:
    return {c.name: list(c.arguments) for c in COMMANDS} | OTHERS


def _functions() -> dict[str, Callable[..., None]]:
    """Return every command's function by the command's name."""
    apps = [("", app), *((f"{group.name} ", group.typer_instance) for group in app.registered_groups)]
    return {
        prefix + (info.name or info.callback.__name__.replace("_", "-")): info.callback
        for prefix, inner in apps
        for info in inner.registered_commands
    }


def known_commands() -> set[str]:
    """Return the names of all commands."""
    return set(_functions())


def _options() -> Iterator[Line]:
    """Every option with every value that it cannot take."""
    functions = _functions()
    for command, line in _valid().items():
        for name, parameter in signature(functions[command]).parameters.items():
            kind, described = get_args(parameter.annotation)[:2]
            flags = getattr(described, "param_decls", None)
            if name in ODD or kind is bool or not flags:
                continue
            flag = flags[-1]
            for value in wrong_for(name, kind):
                if flag in line:
                    place = line.index(flag) + 1
                    yield command, [*line[:place], value, *line[place + 1 :]], None
                else:
                    yield command, [*line, flag, value], None


def _forms() -> Iterator[Line]:
    """Lines with too much, too little, or an argument that is no file."""
    for command, line in _valid().items():
        words = len(command.split())
        yield command, [*line, "--nope"], None
        yield command, [*line, "--nope=1", "--", "-x"], None
        yield command, [*line, "one", "two", "three/no/such", ESCAPE], None
        if len(line) > words:
            yield command, line[:-1], None
            yield command, [*line[:words], "/no/such", *line[words + 1 :]], None
            yield command, [*line[:words], LONG, *line[words + 1 :]], None
            yield command, [*line[:words], ESCAPE, *line[words + 1 :]], None
            yield command, [*line[:words], "", *line[words + 1 :]], None
    yield "workbench", ["nope"], None
    yield "workbench", [ESCAPE], None
    yield "workbench", ["--nope"], None
    yield "data check", ["data", "nope"], None


def _files() -> Iterator[Line]:
    """Configurations that are wrong as files."""
    for text in TEXTS.values():
        yield "run", ["run", "wrong.yaml"], text
        yield "compare", ["compare", "wrong.yaml"], text
        yield "data check", ["data", "check", "wrong.yaml"], text


def _keys(stage: Stage) -> Iterator[Line]:
    """Configurations with one wrong value."""
    good = yaml.safe_load((stage.base / "tiny.yaml").read_text(encoding="utf-8"))
    for key, value in wrong_keys(run_config_class()):
        *sections, last = key.split(".")
        settings = yaml.safe_load(yaml.safe_dump(good))
        inner = settings
        for section in sections:
            inner = inner.setdefault(section, {})
        inner[last] = value
        yield "run", ["run", "wrong.yaml", "--out", "run"], yaml.safe_dump(settings).encode()


def _refused(stage: Stage, arguments: list[str], text: bytes | None) -> str:
    stage.fresh(["ref"] if "ref" in arguments else [])
    if text is not None:
        (stage.work / "wrong.yaml").write_bytes(text)
    around = _around(stage.root)
    filled = [part.replace("{base}", str(stage.base)) for part in arguments]
    outcome = stage.start(filled).wait(6 * SECONDS)
    if _around(stage.root) != around or list(stage.work.rglob("owned*")) or OWNED.exists():
        return "wrote outside of its folder, or ran what it read"
    if outcome.code == 0:
        return "exit 0"
    if outcome.cpu > SECONDS:
        return f"{outcome.cpu:.0f} s: {outcome.last}"
    return outcome.fault()


def _around(root: Path) -> list[list[str]]:
    return [sorted(os.listdir(folder)) for folder in (root, root.parent, root / "base")]
