"""Runs side by side on a page; what is wrong with one is a sentence."""

from collections.abc import Sequence

from app.data.compared_runs import quality_and_speed, side_by_side
from app.shared import open_run, problem
from workbench.errors import InputError
from workbench.reporting.tables.table import Table


def compared_runs(names: Sequence[str]) -> Table | None:
    """Return the main tables of runs as one; None where none can be shown."""
    tables = []
    for name in names:
        try:
            tables.append(quality_and_speed(open_run(name), name))
        except InputError as error:
            problem(str(error))
    return side_by_side(tables) if tables else None
