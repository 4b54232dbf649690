"""Folders of one comparison's parts, made anywhere, put together."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.config.comparison import CompareConfig, dump_comparison, spelled
from workbench.core.counts import listed
from workbench.errors import InputError
from workbench.pipeline.compare.parts import take_run
from workbench.pipeline.compare.plan import MATCH, Part, dense_jobs, parts_of
from workbench.pipeline.compare.record import merged_record, went_well
from workbench.pipeline.compare.run import SETTINGS, Comparison
from workbench.pipeline.compare.trials import without_extras
from workbench.pipeline.environment import describe_environment
from workbench.pipeline.job import Job, Reporter
from workbench.pipeline.run import is_finished, is_trained
from workbench.runs.folder import COMPARISON, Run, refuse_foreign
from workbench.storage.atomic import read_json, write_json, write_text
from workbench.storage.locks import one_writer


def join(
    folder: Path,
    config: CompareConfig,
    parts: Sequence[Path],
    reporters: Callable[[], Reporter],
    tell: Callable[[str], None],
    write_cards: Callable[[Path], object],
) -> bool:
    """Put parts of a comparison together; nothing is trained, and failed runs stay failed.

    Runs that have not measured time do so now. Files are linked, or copied where links cannot be.

    Args:
        folder: The comparison's; what it holds already stays.
        config: Its configuration.
        parts: Folders that `workbench compare` made, each with some of the runs.
        reporters: Makes the reporter of one run.
        tell: Hears, in a line, what is there, missing, or failed.
        write_cards: Writes the models' cards of the run folder that it is given.

    Returns:
        Whether no run failed and every search reached its target.

    Raises:
        InputError: A folder is no comparison, or a run in it was made with other settings or data; names
            the folder, the run and what differs.
        WorkbenchError: No run has finished.
    """
    refuse_foreign(folder, COMPARISON, "comparison")
    sources = [folder, *parts] if (folder / COMPARISON).is_file() else list(parts)
    records = [_checked(source, config) for source in sources]
    with one_writer(folder, "compare"):
        for source, record in zip(sources, records, strict=True):
            for cell in record["cells"]:
                if source != folder and not cell["error"]:
                    take_run(source / cell["name"], folder / cell["name"])
        environment = describe_environment(config.seeds[0])
        ended = merged_record(config, records, environment, False)
        write_json(folder / COMPARISON, ended)
        write_text(folder / SETTINGS, dump_comparison(config))
        missing = [part.name for part in parts_of(config) if not _is_there(ended, part)]
        if missing:
            tell(f"not there: {listed(missing)}")
        well = frozenset(_name(cell) for cell in ended["cells"] if not cell["error"])
        Comparison(folder, config, reporters, tell, write_cards, chosen=well).make()
        records.append(read_json(folder / COMPARISON))
        record = merged_record(config, records, environment, not missing)
        write_json(folder / COMPARISON, record)
    machines = sorted({_machine(folder / c["name"]) for c in record["cells"] if not c["error"]})
    if len(machines) > 1:
        tell(f"times were measured on {len(machines)} machines ({'; '.join(machines)}): compare ratios")
    return went_well(record, folder)


def _checked(folder: Path, config: CompareConfig) -> dict[str, Any]:
    """The record of a part, whose runs were all made with the configuration and its data."""
    if not (folder / COMPARISON).is_file():
        raise InputError(f"--join {folder}: not a comparison's folder (it has no {COMPARISON})")
    record = read_json(folder / COMPARISON, "cells", "groups", "searches", "match")
    match = config.match.model_dump(mode="json") if config.match else None
    if record["searches"] and record["match"] != match:
        raise InputError(f"--join {folder}: searched for {record['match']}, not for {match}")
    known, dense = {part.name for part in parts_of(config)}, dense_jobs(folder, config)
    for cell in record["cells"]:
        if not {_name(cell), Part(cell["method"], MATCH, cell["seed"]).name} & known:
            raise InputError(
                f"--join {folder}: {cell['name']} is no part of {config.name}; methods, strengths and "
                "seeds must be those of the configuration"
            )
        differing = [] if cell["error"] else list(_differences(folder, config, cell, dense))
        if differing:
            raise InputError(
                f"--join {folder}: {cell['name']} was made with other settings or data: "
                f"{'; '.join(differing[:3])}"
            )
    return record


def _differences(
    folder: Path, config: CompareConfig, cell: dict[str, Any], dense: dict[int, Job]
) -> Iterator[str]:
    """What a run was made with that is not what the configuration says; nothing where all is."""
    job = dense[cell["seed"]]
    if cell["method"] != "dense":
        settings = config.trial(cell["method"], cell["strength"], cell["seed"])
        job = Job(Run(folder / cell["name"]), settings, base=job)
    lean = Job(job.run, without_extras(job.config), base=job.base)
    if is_trained(job) or is_finished(lean):
        return
    for stage in job.config.methods:
        if not job.is_done(stage):
            yield job.stages.why(stage, job.recipe(stage)) or f"{stage} is not there"
            return
    yield "its evaluation"


def _name(cell: dict[str, Any]) -> str:
    return Part(cell["method"], spelled(cell["strength"]), cell["seed"]).name


def _is_there(record: dict[str, Any], part: Part) -> bool:
    """Whether a part has ended, well or not."""
    if part.strength != MATCH:
        return any(_name(cell) == part.name for cell in record["cells"])
    matched = [name for g in record["groups"] if g["kind"] == "matched" for name in g["cells"]]
    cells = [cell for cell in record["cells"] if cell["name"] in matched]
    searched = [(search["method"], search["seed"]) for search in record["searches"]]
    there = [*searched, *((cell["method"], cell["seed"]) for cell in cells)]
    return (part.method, part.seed) in there


def _machine(run: Path) -> str:
    machine = Run(run).environment.get("machine", {})
    return ", ".join(str(machine[key]) for key in ("processor", "gpu") if machine.get(key))
