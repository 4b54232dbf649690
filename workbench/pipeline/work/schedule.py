"""Units carried out in their order by an engine: retried where workers die, named where they fail."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

from workbench.pipeline.work.engine import Engine, Running
from workbench.pipeline.work.unit import Outcome, Unit, outcome

_POLL = 0.1
"""Seconds between two looks at what is running."""


def carry_out_all(
    units: Sequence[Unit],
    engine: Engine,
    retries: int,
    begun: Callable[[Unit], None],
    ended: Callable[[Unit, Outcome], None],
) -> None:
    """Carry out units, each once those that it waits for have ended well; one that fails stops no other.

    Whatever ends this function early, such as Ctrl-C, ends the workers.

    Args:
        units: In the order in which they begin, where several could. What one waits for and is not among
            them is taken for done.
        engine: Carries them out.
        retries: Times that a unit is begun again whose worker died.
        begun: Hears of a unit that is handed to the engine.
        ended: Hears how it ended; also of one that was not begun, because one before it failed.
    """
    waiting = {unit.name: unit for unit in units}
    running: dict[str, tuple[Unit, Running]] = {}
    failed: set[str] = set()
    deaths: Counter[str] = Counter()

    def end(unit: Unit, how: Outcome) -> None:
        if how.error is not None:
            failed.add(unit.name)
        ended(unit, how)

    try:
        while waiting or running:
            for unit in list(waiting.values()):
                if blocking := [name for name in unit.after if name in failed]:
                    del waiting[unit.name]
                    end(unit, Outcome(f"not begun, since {blocking[0]} failed", is_result=False))
                elif _may_begin(unit, engine, waiting.keys() | running.keys(), running.values()):
                    del waiting[unit.name]
                    unit.prepare()
                    running[unit.name] = unit, engine.submit(unit)
                    begun(unit)
            for unit, worker in [one for one in running.values() if one[1].ended()]:
                del running[unit.name]
                how = outcome(unit.folder)
                if how is not None:
                    end(unit, how)
                    continue
                deaths[unit.name] += 1
                if engine.begins_again or deaths[unit.name] > retries:
                    # What begins units again by itself does not say how often it did.
                    times = "" if engine.begins_again else f" (begun {deaths[unit.name]} times)"
                    end(unit, Outcome(f"{worker.why()}{times}", is_result=False))
                else:
                    waiting[unit.name] = unit
            time.sleep(_POLL)
    finally:
        for _, worker in running.values():
            with suppress(Exception):  # The others are to be stopped too.
                worker.stop()


def _may_begin(
    unit: Unit, engine: Engine, unfinished: set[str], running: Collection[tuple[Unit, Running]]
) -> bool:
    """Whether all that a unit waits for is done, and there is room for it."""
    if any(name in unfinished for name in unit.after):
        return False
    if unit.resources.alone:
        return not running
    if any(other.resources.alone for other, _ in running):
        return False
    return engine.at_once is None or len(running) < engine.at_once
