"""Two commands on one folder at once, readers while one writes, and signals that end a command."""

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from tests.campaigns.equality import differences
from tests.campaigns.harness import Case, Child
from tests.campaigns.kills import same_again
from tests.campaigns.stage import COMMANDS, Command, Stage

_OTHER: dict[str, list[str]] = {
    "run": ["--set", "seed=5"],
    "compare": ["--set", "run.adapler.eta_start=0.7"],
    "attribute": ["--scorers", "random"],
    "bench": ["--batch", "2"],
    "tables": [],
    "report": [],
    "evaluate": [],
    "export": ["--method", "top"],
    "data plant": ["--seed", "3"],
}
"""What the second writer says besides."""


def two_writers(stage: Stage, total: int, rng: random.Random) -> Iterator[Case]:
    """Start two, the second a moment later, with the same settings and with others."""
    by_name = {command.name: command for command in COMMANDS}
    pairs = [
        (by_name[name], more)
        for name, extra in _OTHER.items()
        for more in dict.fromkeys([(), tuple(extra)])
    ]
    for number in range(total):
        command, more = pairs[number % len(pairs)]
        wait = rng.uniform(0, 0.4) * rng.random()
        yield Case(
            f"pair/{command.name}/{'other' if more else 'same'}/{number}",
            command.name,
            lambda c=command, m=more, w=wait: _pair(stage, c, m, w),
            f"{stage.shown(command)} & sleep {wait:.2f}; the same {' '.join(more)}",
        )


def _pair(stage: Stage, command: Command, more: tuple[str, ...], wait: float) -> str:
    other = Command(f"{command.name} {' '.join(more)}", command.arguments + more, command.copies)
    truths = {c.name: stage.truth(c).folder for c in (command, other)}
    stage.fresh(command.copies)
    children = [stage.start(stage.arguments(command))]
    time.sleep(wait)
    children.append(stage.start(stage.arguments(other)))
    outcomes = [child.wait() for child in children]
    for outcome in outcomes:
        if outcome.code != 0 and (fault := outcome.fault()):
            return fault
    if all(outcome.code for outcome in outcomes):
        return f"both were refused: {outcomes[0].last} | {outcomes[1].last}"
    found = [differences(truth, stage.work) for truth in truths.values()]
    if all(found) and all(o.code == 0 for o in outcomes) and command.name == "attribute":
        # One after the other: both scorers stand there.
        return ""
    return "; ".join(min(found, key=len)[:4]) if all(found) else ""


def readers(stage: Stage, total: int, rng: random.Random) -> Iterator[Case]:
    """Read a finished run for as long as a command writes into it."""
    lines = [
        ["run", "{base}/tiny.yaml", "--set", "seed=5", "--out", "ref"],
        ["evaluate", "--run", "ref"],
        ["report", "--run", "ref"],
        ["bench", "--run", "ref", "--limit", "4", "--batch", "1", "--rounds", "1"],
    ]
    for number in range(total):
        line = [part.replace("{base}", str(stage.base)) for part in lines[number % len(lines)]]
        yield Case(f"reader/{line[0]}/{number}", line[0], lambda a=line: _read_while(stage, a),
                   f"workbench {' '.join(line)}   # read all the time")  # fmt: skip


def _read_while(stage: Stage, arguments: list[str]) -> str:
    stage.fresh(["ref"])
    writer = stage.start(arguments)
    end = stage.root / "written"
    end.unlink(missing_ok=True)
    reader = Child(lambda: _read(stage.work / "ref", end), stage.work, stage.log)
    written = writer.wait()
    end.touch()
    read = reader.wait()
    if written.code != 0:
        return f"the writer: {written.last}"
    return "" if read.code == 0 else f"the reader: {read.last}"


def _read(run: Path, end: Path) -> None:
    from workbench.errors import WorkbenchError
    from workbench.runs.folder import load_run
    from workbench.runs.tables import read_run_data

    while not end.exists():
        try:
            read_run_data(run)
            for scorer in load_run(run).scorers:
                load_run(run).scores(scorer)
        except WorkbenchError as error:
            if "readable" in str(error) or "cannot be read" in str(error) or "damaged" in str(error):
                raise


def signals(stage: Stage, total: int, rng: random.Random) -> Iterator[Case]:
    """End every command by Ctrl-C and by SIGTERM, at random moments; then the same command again."""
    for number in range(total):
        command = COMMANDS[number % len(COMMANDS)]
        sent = (signal.SIGINT, signal.SIGTERM)[number // len(COMMANDS) % 2]
        part = rng.uniform(0.05, 0.9)
        yield Case(
            f"{sent.name}/{command.name}/{number}",
            command.name,
            lambda c=command, s=sent, p=part: _ended(stage, c, s, p),
            f"{stage.shown(command)}   # {sent.name} after {part:.2f} of its time",
        )


def _ended(stage: Stage, command: Command, sent: signal.Signals, part: float) -> str:
    usual, expected = stage.truth(command).seconds, 128 + sent
    while True:
        stage.fresh(command.copies)
        child = stage.start(stage.arguments(command))
        time.sleep(0.05 + part * usual)
        child.kill(sent)
        outcome = child.wait()
        if outcome.code != 0 or part < 0.02:
            break
        part *= 0.7
    said = outcome.err.strip().splitlines()
    fault = ""
    if outcome.code != expected:
        fault = f"exit {outcome.code}, not {expected}: {outcome.last}"
    elif "Traceback" in outcome.err or not said or "interrupted" not in said[-1]:
        fault = f"no clear last line: {outcome.last}"
    again = same_again(stage, command)
    return "; ".join(reason for reason in (fault, again) if reason)
