"""A comparison whose parts are made by workers, several at a time, and put together as they end."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.catalog.plugins import loaded_plugins
from workbench.config.comparison import CompareConfig
from workbench.errors import InputError
from workbench.pipeline.compare.parts import OUT, take_run
from workbench.pipeline.compare.plan import MATCH, Part, chosen_parts, dense_jobs, parts_of, state_of
from workbench.pipeline.compare.record import merged_record, went_well
from workbench.pipeline.compare.run import Comparison, refuse_several_processes
from workbench.pipeline.environment import describe_environment
from workbench.pipeline.job import Reporter
from workbench.pipeline.work.engine import Engine, open_engine
from workbench.pipeline.work.schedule import carry_out_all
from workbench.pipeline.work.unit import Outcome, Unit
from workbench.pipeline.work.workers import Workers
from workbench.runs.folder import COMPARISON, PARTS, refuse_foreign
from workbench.storage.atomic import read_json, write_json
from workbench.storage.locks import one_writer
from workbench.storage.scratch import discard

STOPWATCH = "stopwatch"
"""The unit that measures time, after all others."""


@dataclass
class Spread:
    """A comparison being made by workers; only this process writes its folder, apart from `parts`."""

    folder: Path
    config: CompareConfig
    workers: Workers
    tell: Callable[[str], None]
    """Hears, in a line, what begins, ends or failed."""
    write_cards: Callable[[Path], object]
    """Writes the models' cards of the run folder that it is given."""
    only: Sequence[str] = ()
    """METHOD:STRENGTH:SEED each: nothing else is made but what these wait for; none: everything."""
    records: list[dict[str, Any]] = field(default_factory=list)
    """What compare.json says of what was there, and of each part that has ended."""
    ended: dict[str, str | None] = field(default_factory=dict)
    """By name of a part that has ended, or was there: why it failed."""
    begun: set[str] = field(default_factory=set)

    def run(self) -> bool:
        """Make every part; whether all went well and every search reached its target.

        A part that fails, or whose worker dies again and again, is recorded and the others go on.
        Raises InputError for an engine that cannot be had, when the folder is another's, and for data or
        a backbone that cannot be read; WorkbenchError where no run has finished.
        """
        refuse_several_processes()
        chosen = chosen_parts(self.config, self.only)
        refuse_foreign(self.folder, COMPARISON, "comparison")
        self.folder = self.folder.resolve()
        with (
            closing(open_engine(self.workers, self.folder / PARTS / "jobs")) as engine,
            one_writer(self.folder, "compare"),
        ):
            return self._run(engine, chosen)

    def _run(self, engine: Engine, chosen: frozenset[str]) -> bool:
        self.environment = describe_environment(self.config.seeds[0])
        timed = self._keep_what_is_there()
        left = [p for p in parts_of(self.config) if p.name in chosen and p.name not in self.ended]
        self.parts = {part.name: part for part in left}
        units = [self._part_unit(part) for part in left]
        carry_out_all(units, engine, self.workers.retries, self._begin, self._end)
        if self.config.run.efficiency.repeats and not (timed and not left):
            self._measure(engine)
        record = self._record()
        for cell in record["cells"]:
            if not cell["error"]:
                with one_writer(self.folder / cell["name"], "compare"):
                    self.write_cards(self.folder / cell["name"])
        failed = [name for name, error in self.ended.items() if error]
        if not failed and not any(cell["error"] for cell in record["cells"]):
            discard(self.folder / PARTS)
        return went_well(record, self.folder) and not failed

    def _keep_what_is_there(self) -> bool:
        """Take over what an earlier command finished; whether no time is left to be measured of it."""
        dense = dense_jobs(self.folder, self.config)
        states = {
            part: state_of(self.folder, self.config, part, dense[part.seed])
            for part in parts_of(self.config)
        }
        there = {part: state for part, (state, left) in states.items() if not left}
        self.ended |= dict.fromkeys((part.name for part in there), None)
        names = frozenset(part.name for part in there if part.strength != MATCH)
        Comparison(
            self.folder, self.config, Reporter, self.tell, lambda _: None, chosen=names, stopwatch=False
        ).make()
        self.records.append(read_json(self.folder / COMPARISON))
        return all(state == "done" for state in there.values())

    def _part_unit(self, part: Part) -> Unit:
        place = f"{part.method}/{part.strength}-seed{part.seed}"
        return replace(self._unit(part.name, place, "make_part", part=part.name), after=part.after)

    def _unit(self, name: str, place: str, work: str, **asked: object) -> Unit:
        plugins = [str(path) for path in loaded_plugins()]
        shared = {"comparison": str(self.folder), "plugins": plugins}
        return Unit(
            name, self.folder / PARTS / place, f"workbench.pipeline.compare.parts:{work}",
            {**shared, **asked}, resources=self.workers.resources,
        )  # fmt: skip

    def _begin(self, unit: Unit) -> None:
        self.tell(f"{unit.name} begun again" if unit.name in self.begun else unit.name)
        self.begun.add(unit.name)

    def _end(self, unit: Unit, how: Outcome) -> None:
        """Take a part over, or note why it failed."""
        part = self.parts[unit.name]
        if how.is_input and part.method == "dense":
            raise InputError(how.error)  # It is wrong for every seed and method.
        self.ended[unit.name] = how.error
        self.tell(f"{unit.name} failed: {how.error}" if how.error else f"{unit.name}: done")
        out, record = unit.folder / OUT, None
        if how.is_result and (out / COMPARISON).is_file():
            record = read_json(out / COMPARISON, "cells", "groups", "searches")
            # What the worker began from told of others' searches too, as they were then.
            record["searches"] = [one for one in record["searches"] if _is_search_of(part, one)]
            for cell in record["cells"]:
                if not cell["error"] and self._is_of(part, cell):
                    take_run(out / cell["name"], self.folder / cell["name"])
        if how.error and unit.name in self.begun and (record is None or not _tells_of(part, record)):
            record = self._lost(part, how.error)
        self.records += [record] if record else []
        self._record()

    def _is_of(self, part: Part, cell: dict[str, Any]) -> bool:
        """Whether a run is a part's own; one that the grid has too is the grid's."""
        if part.strength != MATCH:
            return bool(cell["name"] == part.folder)
        own = (cell["method"], cell["seed"]) == (part.method, part.seed)
        done = (one for one in parts_of(self.config) if self.ended.get(one.name, "not yet") is None)
        return own and cell["name"] not in {one.folder for one in done if one.strength != MATCH}

    def _lost(self, part: Part, error: str) -> dict[str, Any]:
        """The record of a part whose worker left none."""
        facts: dict[str, Any] = {"method": part.method, "seed": part.seed}
        match = self.config.match
        if part.strength == MATCH and match is not None:
            search = {
                "quantity": "speedup" if match.kind == "flops" else "loss", "target": match.target,
                "slack": match.slack, "range": list(self.config.range(part.method)), "tries": [],
                "nearest": None, "reached": False, "notes": [error],
            }  # fmt: skip
            return {"cells": [], "groups": [], "searches": [facts | search]}
        cell = {"name": part.folder, **facts, "strength": part.value, "error": error, "dev": None}
        return {"cells": [cell | {"seconds": 0.0}], "groups": [], "searches": []}

    def _measure(self, engine: Engine) -> None:
        """Take the time of everything that is trained, on a machine that does nothing else."""
        parts = [part for part in parts_of(self.config) if part.strength != MATCH]
        names = [p.name for p in parts if p.name in self.ended and not self.ended[p.name]]
        unit = self._unit(STOPWATCH, STOPWATCH, "measure_time", parts=names)
        unit = replace(unit, resources=replace(unit.resources, alone=True))
        if names:
            carry_out_all([unit], engine, self.workers.retries, self._begin, self._end_measuring)

    def _end_measuring(self, unit: Unit, how: Outcome) -> None:
        self.tell(f"{unit.name} failed: {how.error}" if how.error else f"{unit.name}: done")
        self.ended[unit.name] = how.error
        if how.error is None:
            record = read_json(unit.folder / OUT / COMPARISON, "cells", "groups", "searches")
            for cell in record["cells"]:
                take_run(unit.folder / OUT / cell["name"], self.folder / cell["name"])
            self.records.append(record)
            self.environment = record["environment"]

    def _record(self) -> dict[str, Any]:
        """Write compare.json as things stand, and return what it says."""
        finished = all(part.name in self.ended for part in parts_of(self.config))
        record = merged_record(self.config, self.records, self.environment, finished)
        write_json(self.folder / COMPARISON, record)
        return record


def _tells_of(part: Part, record: dict[str, Any]) -> bool:
    """Whether a part's record has what the part is for; a worker may fail before it comes to that."""
    if part.strength != MATCH:
        return any(cell["name"] == part.folder for cell in record["cells"])
    return any(_is_search_of(part, search) for search in record["searches"])


def _is_search_of(part: Part, search: dict[str, Any]) -> bool:
    own = (search["method"], search["seed"]) == (part.method, part.seed)
    return part.strength == MATCH and own
