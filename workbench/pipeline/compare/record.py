"""What compare.json says of a comparison, and one such record of those of its parts."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.config.comparison import CompareConfig, spelled
from workbench.errors import WorkbenchError
from workbench.pipeline.compare.plan import MATCH, Part, parts_of
from workbench.pipeline.compare.trials import Trial

Groups = Mapping[tuple[str, str, float | None], Sequence[str]]
"""(method, kind, strength) -> names of the trials that differ in their seed only."""


def comparison_record(
    config: CompareConfig,
    cells: Iterable[Mapping[str, Any]],
    groups: Groups,
    searches: Sequence[Mapping[str, Any]],
    environment: Mapping[str, Any],
    finished: bool,
) -> dict[str, Any]:
    """Return what compare.json holds.

    Args:
        config: The comparison's.
        cells: What is known of each run.
        groups: Which of them differ in their seed only.
        searches: What each search tried and found.
        environment: What the comparison was made with.
        finished: Whether every part is there, or has failed.
    """
    listed = list(cells)
    return {
        "name": config.name,
        "finished": finished,
        "seeds": config.seeds,
        "methods": config.methods,
        "match": config.match.model_dump(mode="json") if config.match else None,
        "data": config.run.data.source,
        "seconds": round(sum(cell["seconds"] for cell in listed), 2),
        "cells": listed,
        "groups": [
            {"method": method, "kind": kind, "strength": strength, "cells": list(names)}
            for (method, kind, strength), names in groups.items()
        ],
        "searches": list(searches),
        "environment": environment,
    }


def merged_record(
    config: CompareConfig,
    records: Sequence[Mapping[str, Any]],
    environment: Mapping[str, Any],
    finished: bool,
) -> dict[str, Any]:
    """Return the record of a whole comparison, in the order in which one process would have made it.

    Args:
        config: The comparison's.
        records: Those of its parts; of a run that several of them name, the last that did not fail
            counts.
        environment: What the comparison was made with.
        finished: Whether every part is there, or has failed.
    """
    order = {part.name: place for place, part in enumerate(parts_of(config))}
    searches: dict[tuple[str, int], Mapping[str, Any]] = {}
    cells: dict[str, Mapping[str, Any]] = {}
    groups: dict[tuple[str, str, float | None], set[str]] = {}
    for record in records:
        searches |= {(one["method"], one["seed"]): one for one in record["searches"]}
        for cell in record["cells"]:
            if not cell["error"] or cells.get(cell["name"], cell)["error"]:
                cells[cell["name"]] = cell
        for group in record["groups"]:
            key = (group["method"], group["kind"], group["strength"])
            groups.setdefault(key, set()).update(group["cells"])

    def place(name: str, kind: str = "") -> tuple[int, int]:
        """Where a run is made: the number of its part, and of its try where that is a search."""
        method, strength, seed = (cells[name][key] for key in ("method", "strength", "seed"))
        own, search = (Part(method, one, seed).name for one in (spelled(strength), MATCH))
        if own in order and kind != "matched":
            return order[own], 0
        tries = searches.get((method, seed), {}).get("tries", [])
        tried = [Trial(method, one["strength"], seed).name for one in tries]
        return order.get(search, len(order)), tried.index(name) if name in tried else 0

    kept = {key: sorted(names, key=lambda one: place(one, key[1])) for key, names in groups.items()}
    ordered = sorted(kept, key=lambda key: place(kept[key][0], key[1]))
    return comparison_record(
        config,
        [cells[name] for name in sorted(cells, key=place)],
        {key: kept[key] for key in ordered},
        sorted(
            searches.values(),
            key=lambda one: order.get(Part(one["method"], MATCH, one["seed"]).name, len(order)),
        ),
        environment,
        finished,
    )


def went_well(record: Mapping[str, Any], folder: Path) -> bool:
    """Return whether no run of a comparison failed, and every search reached its target.

    Raises WorkbenchError where every run failed.

    Args:
        record: What compare.json holds.
        folder: The comparison's, for the message.
    """
    errors = [f"{cell['name']}: {cell['error']}" for cell in record["cells"] if cell["error"]]
    if errors and len(errors) == len(record["cells"]):
        raise WorkbenchError(f"{folder}: no run has finished ({'; '.join(errors)})")
    return not errors and all(search["reached"] for search in record["searches"])
