"""SIGKILL at random moments and right before chosen file operations; then the same command again."""

import random
import signal
import time
from collections.abc import Iterator

from tests.campaigns.equality import differences
from tests.campaigns.harness import Case, Outcome
from tests.campaigns.stage import Command, Stage
from tests.helpers.file_events import kill_at


def random_kills(stage: Stage, total: int, rng: random.Random) -> Iterator[Case]:
    """Kill at moments spread over a command's time."""
    for command in stage.commands:
        for number in range(share(stage, command, total)):
            part = rng.random()
            yield Case(
                f"random/{command.name}/{number}",
                command.name,
                lambda c=command, p=part: _at_moment(stage, c, p),
                f"{stage.shown(command)}   # SIGKILL after {part:.3f} of its time",
            )


def chosen_kills(stage: Stage, total: int, rng: random.Random) -> Iterator[Case]:
    """Kill before operations that lie evenly over all that a command does, from a drawn first one on."""
    for command in stage.commands:
        events = stage.truth(command).events
        wanted = min(share(stage, command, total), len(events))
        step = len(events) / max(wanted, 1)
        offset = rng.random()
        for number in (int((place + offset) * step) + 1 for place in range(wanted)):
            yield Case(
                f"chosen/{command.name}/{number}",
                command.name,
                lambda c=command, n=number: _at_operation(stage, c, n),
                f"{stage.shown(command)}   # SIGKILL before operation {number} of {len(events)}:"
                f" {events[number - 1]}",
            )


def share(stage: Stage, command: Command, total: int) -> int:
    """Return how many of `total` attacks are this command's, of all that are killed."""
    return max(1, round(command.kills * total / sum(c.kills for c in stage.commands)))


def _at_moment(stage: Stage, command: Command, part: float) -> str:
    usual = stage.truth(command).seconds
    while True:
        stage.fresh(command.copies)
        child = stage.start(stage.arguments(command))
        time.sleep(part * usual)
        child.kill()
        if child.wait().code == -signal.SIGKILL:
            return same_again(stage, command)
        # It was faster than the unbroken one.
        part *= 0.8


def _at_operation(stage: Stage, command: Command, number: int) -> str:
    stage.fresh(command.copies)
    arguments = stage.arguments(command)
    outcome = stage.start(arguments, lambda: kill_at(stage.work, number)).wait()
    if outcome.code == 0:
        return same_again(stage, command)  # It had fewer operations this time.
    if outcome.code != -signal.SIGKILL:
        return f"not killed, but exit {outcome.code}: {outcome.last}"
    return same_again(stage, command)


def same_again(stage: Stage, command: Command) -> str:
    """Give the same command again; why it did not end as if nothing had been, or nothing."""
    outcome = stage.call(stage.arguments(command))
    found = differences(stage.truth(command).folder, stage.work)
    if outcome.code == 0 and not found:
        return ""
    if _done_already(outcome) and not found:
        return ""
    said = "" if outcome.code == 0 else f"again: exit {outcome.code}: {outcome.last}; "
    return said + "; ".join(found[:4]) + (f"; {len(found)} differences" if len(found) > 4 else "")


def _done_already(outcome: Outcome) -> bool:
    """Whether it refuses to write where a finished result lies: all was done before the kill."""
    return outcome.fault() == "" and outcome.code == 2 and "empty" in outcome.errors[-1]
