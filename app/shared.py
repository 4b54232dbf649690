"""What every page uses: the folder of runs, the chosen run, errors in sentences, safe text, theme.

Choices that stand in the URL are in `choices.py`, what is on screen for the Export page in `screen.py`.
"""

import os
from pathlib import Path
from typing import NoReturn

import streamlit as st

from app.choices import choice, remembered, several
from app.data.catalogue import Entry, entry, first_choice, folders, inside, stamp
from workbench.core.display_text import for_markdown as plain
from workbench.errors import InputError
from workbench.runs.tables import RunData, read_run_data

FIRST = "runs"
"""The page that opens when none is named."""
RUNS = "WORKBENCH_RUNS"
"""The environment variable that names the folder of runs."""
_HERE = Path(__file__).parent / "views"
VIEWS = [
    (_HERE / "runs.py", "Runs"),
    (_HERE / "token_flow.py", "Token flow"),
    (_HERE / "scorers.py", "Scorers"),
    (_HERE / "agreement.py", "Rationale agreement"),
    (_HERE / "speed.py", "Speed"),
    (_HERE / "data.py", "Data"),
    (_HERE / "export.py", "Export"),
]
"""File and title of each page in the order of the navigation; icons would come from a font server."""


def problem(sentence: str) -> None:
    """An error as a sentence, never as markup."""
    st.error(plain(sentence))


def empty(sentence: str) -> NoReturn:
    """Say why there is nothing to see, and end the page here."""
    st.info(plain(sentence))
    st.stop()


def is_dark() -> bool:
    """Whether the reader's theme is dark."""
    return st.context.theme.type == "dark"


def runs_root() -> Path:
    """The folder of runs; InputError where it is missing."""
    root = Path(os.environ.get(RUNS, "runs"))
    if not root.is_dir():
        raise InputError(f"{root}: no such folder of runs; make a run with `workbench demo`")
    return root


def entries(cells: bool = False) -> list[Entry]:
    """What lies under the folder of runs, with or without the cells of comparisons; a folder that has
    changed is read again."""
    root = runs_root()
    names = [name for name, part_of in folders(root) if cells or not part_of]
    return [_entry(str(root), name, stamp(root / name)) for name in names]


@st.cache_resource(max_entries=1000, show_spinner="Reading the runs …")
def _entry(root: str, name: str, stamps: object) -> Entry:
    return entry(Path(root), name)


def open_run(name: str) -> RunData:
    """The tables of a run under the root, read again when it has changed; leave the frames as they are.

    InputError for a folder that is no run, is damaged, or is not under the root.
    """
    folder = inside(runs_root(), name)
    return _run(str(folder), stamp(folder))


@st.cache_resource(max_entries=8, show_spinner="Reading the run …")
def _run(folder: str, stamps: object) -> RunData:
    return read_run_data(Path(folder))


def openable() -> list[str]:
    """Names of the runs that can be opened, the one to show unasked first, then of comparisons' cells;
    ends the page without any."""
    listed = entries()
    first = first_choice(listed)
    names = sorted((one.name for one in listed if one.opens), key=lambda name: name != first)
    names += [name for name, part_of in folders(runs_root()) if part_of]
    if not names:
        empty(f"No run under {runs_root()} yet: make one with `workbench demo` or `make demo`.")
    return names


def chosen_run() -> RunData:
    """The run chosen in the sidebar, the same on all pages; ends the page where there is none."""
    names = openable()
    compared = remembered().get("runs") or [None]
    with st.sidebar:
        name = choice(
            "Run", names, key="run", default=compared[0], help="Which run the pages about one run show."
        )
    return open_run(name)


def chosen_runs() -> list[RunData]:
    """The runs chosen in the sidebar to stand side by side; ends the page where there is none."""
    names = openable()
    with st.sidebar:
        chosen = several("Runs", names, key="runs", default=names[:1], help="Runs to compare.")
    if not chosen:
        empty("No run is chosen: pick one in the sidebar.")
    return [open_run(name) for name in chosen]


def run_name(run: RunData) -> str:
    """Its folder below the root, as the catalogue names it."""
    return run.folder.relative_to(os.path.realpath(runs_root())).as_posix()
