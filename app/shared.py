"""What every page uses: the folder of runs, the chosen run, errors in sentences, safe text, theme.

Choices that stand in the URL are in `choices.py`, what a page shows and exports is in `screen.py`.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import streamlit as st

from app.choices import choice, remembered, several
from app.data.run_list import Entry, default_run, entry, folders, inside, stamp
from app.data.systems import SystemsData, read_systems
from workbench.core.display_text import for_markdown as plain
from workbench.errors import InputError
from workbench.runs.scores import ScoreTable
from workbench.runs.tables import RunData, read_run_data

_F = TypeVar("_F", bound=Callable[..., Any])
FIRST = "runs"
"""The page that opens when none is named."""
SYSTEMS = ("answers", "tags")
"""Kinds of folders that hold systems trained side by side."""
RUNS = "WORKBENCH_RUNS"
"""The environment variable that names the folder of runs."""
_HERE = Path(__file__).parent / "views"
VIEWS = [
    (_HERE / "runs.py", "Runs"),
    (_HERE / "token_flow.py", "Token flow"),
    (_HERE / "scorers.py", "Scorers"),
    (_HERE / "agreement.py", "Rationale agreement"),
    (_HERE / "speed.py", "Speed"),
    (_HERE / "answers_and_tags.py", "Answers and tags"),
    (_HERE / "data.py", "Data"),
    (_HERE / "export.py", "Export"),
]
"""File and title of each page in the order of the navigation; icons would come from a font server."""


def problem(sentence: str) -> None:
    """Show an error as a sentence, never as markup."""
    st.error(plain(sentence))


def empty(sentence: str) -> NoReturn:
    """Say why there is nothing to see, and end the page here."""
    st.info(plain(sentence))
    st.stop()


def is_dark() -> bool:
    """Return whether the reader's theme is dark."""
    return st.context.theme.type == "dark"


def runs_root() -> Path:
    """Return the folder of runs; InputError where it is missing."""
    root = Path(os.environ.get(RUNS, "runs"))
    if not root.is_dir():
        raise InputError(f"{root}: no such folder of runs; make a run with `workbench demo`")
    return root


def entries(inner: bool = False) -> list[Entry]:
    """Return what lies under the folder of runs, with or without the runs inside comparisons.

    A folder that has changed is read again.
    """
    root = runs_root()
    names = [name for name, part_of in folders(root) if inner or not part_of]
    return [_entry(root / name, str(root), name) for name in names]


def cached(entries: int, spinner: str) -> Callable[[_F], _F]:
    """Keep what a function returns for all sessions, until what it was read from changes on disk.

    Runs, score tables and paths among its arguments are told apart by folder or file and its changes.
    """
    keys = {
        type(Path()): _state,
        RunData: lambda run: _state(run.folder),
        ScoreTable: lambda table: _state(table.path),
    }
    return st.cache_resource(max_entries=entries, show_spinner=spinner, hash_funcs=keys)


def _state(path: Path) -> tuple[str, object]:
    return str(path), stamp(path) if path.is_dir() else path.stat().st_mtime_ns


@cached(1000, "Reading the runs …")
def _entry(folder: Path, root: str, name: str) -> Entry:
    return entry(Path(root), name)


def open_run(name: str) -> RunData:
    """Return the tables of a run under the root, read again when it has changed.

    Leave the frames as they are. InputError for a folder that is no run, damaged, or not under the root.
    """
    return _run(inside(runs_root(), name))


_run = cached(8, "Reading the run …")(read_run_data)


def openable() -> list[str]:
    """Return the names of the runs that can be opened; ends the page without any.

    The run shown by default comes first, those inside comparisons last.
    """
    listed = entries()
    first = default_run(listed)
    names = sorted((one.name for one in listed if one.opens), key=lambda name: name != first)
    names += [name for name, part_of in folders(runs_root()) if part_of]
    if not names:
        others = any(one.kind in SYSTEMS for one in listed)
        there = " What was answered and tagged is on the page Answers and tags." if others else ""
        empty(f"No run under {runs_root()} yet: make one with `workbench demo` or `make demo`.{there}")
    return names


def chosen_systems() -> SystemsData:
    """Return the folder of answers or tags chosen in the sidebar; ends the page where there is none."""
    listed = [one for one in entries() if one.kind in SYSTEMS]
    names = [one.name for one in listed if one.state != "damaged"]
    if not names:
        wrong = "; ".join(f"{one.name}: {one.reason}" for one in listed)
        made = "`workbench answer` and `workbench tag` make them."
        none = f"No answers or tags under {runs_root()} yet: {made}"
        empty(f"None of these folders can be opened. {wrong}" if wrong else none)
    help = "Which folder of `workbench answer` or `workbench tag` is shown."
    return _systems(inside(runs_root(), choice("Folder", names, key="folder", help=help, at=st.sidebar)))


_systems = cached(8, "Reading the folder …")(read_systems)


def chosen_run() -> RunData:
    """Return the run chosen in the sidebar, the same on all pages; ends the page where there is none."""
    names = openable()
    compared = remembered().get("runs") or [None]
    help = "Which run the pages about one run show."
    name = choice("Run", names, key="run", default=compared[0], help=help, at=st.sidebar)
    return open_run(name)


def chosen_runs() -> list[RunData]:
    """Return the runs chosen in the sidebar to stand side by side; ends the page where there is none."""
    names = openable()
    chosen = several(
        "Runs", names, key="runs", default=names[:1], help="Runs to compare.", at=st.sidebar
    )
    if not chosen:
        empty("No run is chosen: pick one in the sidebar.")
    return [open_run(name) for name in chosen]


def run_name(run: RunData) -> str:
    """Return its folder below the root, as the list of runs names it."""
    return run.folder.relative_to(os.path.realpath(runs_root())).as_posix()
